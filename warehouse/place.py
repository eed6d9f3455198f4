"""Where does the embedded server keep its files, and as which user does it run?

PostgreSQL refuses to run as root. As root the server runs as a system user of its own, and its files lie
where that user can reach them; the mode of a folder that we did not create is never changed.
"""

import hashlib
import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from layidu.errors import ConfigurationError
from warehouse import binaries

ACCOUNT = "layidu"
# A socket's address holds 107 bytes, of which PostgreSQL's file name takes 14 (more with a longer port).
LONGEST_SOCKET_FOLDER = 90


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one embedded server and the user that runs it."""

    folder: Path  # of ours, under home: passwords, what was decided
    base: Path  # of the server: data, log; the same folder unless the server's user cannot reach it
    programs: Path
    account: pwd.struct_passwd | None  # None: the server runs as ourselves

    @property
    def data(self) -> Path:
        """The data folder (0700, the server's)."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.base / "server.log"

    @property
    def passwords(self) -> Path:
        """The libpq password file (0600, ours)."""
        return self.folder / "pgpass"

    @property
    def installed(self) -> Path:
        """Present once roles and databases exist."""
        return self.folder / "installed"

    def run(self, program: str, *arguments: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's user, in English, in a private file mode."""
        return run_as(self.account, str(self.programs / program), *arguments, timeout=timeout)

    def give(self, path: Path) -> None:
        """Hand a file or folder that we just made to the server's user."""
        if self.account is not None:
            # A link that the server's user put there must not hand it somebody else's file.
            os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)


def run_as(
    account: pwd.struct_passwd | None, *command: str, timeout: float = 180
) -> subprocess.CompletedProcess[str]:
    """Run a command as another user, or as ourselves."""
    return subprocess.run(  # noqa: S603  programs and arguments are ours
        command,
        cwd="/",
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        umask=0o077,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout,
        user=None if account is None else account.pw_uid,
        group=None if account is None else account.pw_gid,
        extra_groups=None if account is None else (),
    )


def place_of(home: Path) -> Place:
    """The place of this home's server; decided, created and written down at first contact."""
    folder = home / "postgresql"
    everybody = os.geteuid() == 0
    make_folder(folder, 0o755 if everybody else 0o700)
    account = server_account(folder)
    if account is None:
        return Place(folder=folder, base=folder, programs=binaries.programs_in_place(), account=None)
    base = reachable_base(folder, account)
    return Place(folder=folder, base=base, programs=binaries.programs_copied(base), account=account)


def make_folder(folder: Path, mode: int) -> None:
    """Create a folder and its missing parents with exactly this mode; leave existing ones alone."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    try:
        folder.mkdir()
    except FileExistsError:
        return
    folder.chmod(mode)


def server_account(folder: Path) -> pwd.struct_passwd | None:
    """The user the server runs as: None for ourselves; as root the owner of the data, else our system user."""
    if os.geteuid() != 0:
        return None
    data = recorded_base(folder) / "data"
    if data.is_dir():
        return pwd.getpwuid(data.stat().st_uid)
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        return create_account()


def create_account() -> pwd.struct_passwd:
    """Create our system user, without a home, without a shell, without a password."""
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    said = "le programme « useradd » est introuvable"
    if program is not None:
        options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent")
        done = run_as(None, program, *options, "--shell", "/bin/false", ACCOUNT)
        said = done.stderr.strip()
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError as error:
        raise ConfigurationError(
            where="base de données intégrée",
            found=f"l'utilisateur système « {ACCOUNT} » n'existe pas et n'a pu être créé ({said})",
            expected="un utilisateur sans privilège : PostgreSQL refuse de tourner sous root",
            todo=f"créer l'utilisateur (useradd --system {ACCOUNT}), ou lancer layidu sous un compte ordinaire, "
            "ou désigner un serveur PostgreSQL par LAYIDU_WAREHOUSE_URL",
        ) from error


def recorded_base(folder: Path) -> Path:
    """Where the server's files were put at first contact; under home unless written down otherwise."""
    note = folder / "base.json"
    return Path(json.loads(note.read_text(encoding="utf-8"))["base"]) if note.is_file() else folder


def reachable_base(folder: Path, account: pwd.struct_passwd) -> Path:
    """The recorded base, or the folder itself if the server's user can enter it, or one of the system's."""
    base = recorded_base(folder)
    if base != folder or can_enter(folder, account):
        make_folder(base, 0o755)
        return base
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    base = Path("/var/lib") / f"layidu-{name}"
    make_folder(base, 0o755)
    if base.stat().st_uid != 0 or not can_enter(base, account):
        raise ConfigurationError(
            where="base de données intégrée",
            found=f"l'utilisateur « {account.pw_name} » ne peut entrer ni dans {folder} ni dans {base}",
            expected="un dossier que cet utilisateur peut traverser",
            todo="placer LAYIDU_HOME sous un dossier ouvert en lecture, par exemple /var/lib/layidu",
        )
    (folder / "base.json").write_text(json.dumps({"base": str(base)}), encoding="utf-8")
    return base


def can_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    """Whether that user can enter the folder: tried, since modes alone do not tell."""
    return run_as(account, "/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)).returncode == 0


def socket_folder(place: Place) -> Path:
    """The private folder of the server's socket: beside the data when its path is short enough."""
    beside = place.base / "socket"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        if not beside.is_dir():
            beside.mkdir()
            beside.chmod(0o700)
            place.give(beside)
        return beside
    note = place.folder / "socket.json"
    if note.is_file():
        recorded = Path(json.loads(note.read_text(encoding="utf-8"))["socket"])
        if is_private(recorded, place):
            return recorded
    folder = unpredictable_folder()
    place.give(folder)
    note.write_text(json.dumps({"socket": str(folder)}), encoding="utf-8")
    return folder


def unpredictable_folder() -> Path:
    """A new 0700 folder with a short path that nobody could prepare for us."""
    root = tempfile.gettempdir()
    if len(os.fsencode(root)) > LONGEST_SOCKET_FOLDER - 20:
        root = "/tmp"  # noqa: S108  mkdtemp makes the name unpredictable and the folder private
    try:
        return Path(tempfile.mkdtemp(prefix="layidu-", dir=root))
    except OSError as error:
        raise ConfigurationError(
            where="base de données intégrée, dossier de la prise (socket)",
            found=f"le chemin de LAYIDU_HOME est trop long et {root} refuse un dossier ({error.strerror})",
            expected=f"un dossier dont le chemin tient en {LONGEST_SOCKET_FOLDER} octets",
            todo="choisir un LAYIDU_HOME au chemin plus court",
        ) from error


def is_private(folder: Path, place: Place) -> bool:
    """Whether the folder is still there, the server's own and closed to everybody else."""
    owner = os.geteuid() if place.account is None else place.account.pw_uid
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077
