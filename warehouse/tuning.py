"""Which settings does the embedded server get on this machine?

PostgreSQL's defaults are for a very small machine and cost a third to two thirds more CPU. Durability is
never traded: `fsync` and `synchronous_commit` stay on.
"""

import os
import shutil
from pathlib import Path

MEBIBYTE = 1024 * 1024


def memory() -> int:
    """Bytes of memory that we may use: the machine's, or less inside a container."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.is_file() else "max"
    return min(machine, int(text)) if text.isdigit() else machine


def shared_memory_kind() -> str:
    """Containers often have a tiny /dev/shm, which parallel queries overflow; then files are used."""
    folder = Path("/dev/shm")  # noqa: S108  looked at, not written
    return "posix" if folder.is_dir() and shutil.disk_usage(folder).total >= 512 * MEBIBYTE else "mmap"


def server_settings(sockets: Path, *, port: int, tcp: bool) -> str:
    """The text of our part of the server's configuration."""
    available = memory() // MEBIBYTE
    settings: dict[str, str | int] = {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": port,
        "unix_socket_directories": f'"{sockets}"',
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": 100,
        "shared_buffers": f"{max(128, min(1024, available // 4))}MB",
        "effective_cache_size": f"{max(256, available // 2)}MB",
        "work_mem": "64MB",
        "maintenance_work_mem": f"{max(64, min(512, available // 16))}MB",
        "dynamic_shared_memory_type": shared_memory_kind(),
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        # One writer, no replica: the log needs only what a crash needs.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "random_page_cost": "1.1",
        "jit": "off",
        "fsync": "on",
        "synchronous_commit": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d %a ",
        # A statement may hold values; the log names errors, not rows.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    return "".join(
        f"{name} = '{str(value).replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()
    )
