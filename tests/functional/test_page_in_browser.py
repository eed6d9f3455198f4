"""The page in a real Chromium, opened from disk: it draws itself, complains of nothing, asks nobody."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from layidu.report.country_map import country_map
from layidu.report.page import render
from tests.report_world import indicators, page

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--metrics-recording-only",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
)
BROWSER = "not an origin"  # how the network log names the browser itself as the one who asks
OUTSIDE = re.compile(r"^(?!file:|data:|chrome|about:|devtools:)")


@dataclass(frozen=True)
class Visit:
    """What a browser did with a page."""

    dom: str
    console: list[str]
    asked: list[str]  # addresses of requests that are not the page itself
    reached: list[
        str
    ]  # what came to the proxy every request would go through, the browser's own calls left out


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        reason = "Chromium n'est pas installé : la page n'est pas ouverte dans un vrai navigateur"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def counting_proxy() -> Iterator[tuple[int, list[str]]]:
    """A port every request of the browser would go through; it notes the first line and hangs up."""
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    heard.append(connection.recv(300).split(b"\r\n")[0].decode("latin-1"))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def visit(chromium: str, file: Path, folder: Path) -> Visit:
    """Open a file and wait until its scripts have run."""
    log = folder / "net.json"
    with counting_proxy() as (port, heard):
        ended = subprocess.run(  # noqa: S603 - the browser, with our own arguments
            [
                chromium,
                *QUIET,
                f"--user-data-dir={folder / 'profile'}",
                f"--proxy-server=127.0.0.1:{port}",
                "--proxy-bypass-list=<-loopback>",
                f"--log-net-log={log}",
                "--enable-logging=stderr",
                "--v=0",
                "--virtual-time-budget=3000",
                "--dump-dom",
                file.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    asked, own = requests(log)
    reached = [line for line in heard if line.split(" ")[0] and not any(host in line for host in own)]
    console = [line for line in ended.stderr.splitlines() if "CONSOLE" in line]
    return Visit(ended.stdout, console, asked, reached)


def requests(log: Path) -> tuple[list[str], set[str]]:
    """Addresses a page asked for, and the hosts the browser itself called home to, from its network log."""
    text = log.read_text(encoding="utf-8").rstrip().rstrip(",")
    events = json.loads(text if text.endswith("}") else f"{text}]}}")["events"]
    started = [event["params"] for event in events if "initiator" in event.get("params", {})]
    asked = sorted({each["url"] for each in started if each["initiator"] != BROWSER})
    own = {urlsplit(each["url"]).hostname or "" for each in started if each["initiator"] == BROWSER}
    return [url for url in asked if OUTSIDE.match(url)], own - {urlsplit(url).hostname for url in asked}


@pytest.fixture(scope="module")
def seen(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    folder = tmp_path_factory.mktemp("page")
    file = folder / "nuit.html"
    file.write_text(render(page()), encoding="utf-8")
    return visit(chromium, file, folder)


def test_no_request_leaves(seen: Visit) -> None:
    assert seen.reached == []
    assert seen.asked == []


def test_the_console_is_silent(seen: Visit) -> None:
    assert seen.console == []


def test_everything_is_drawn(seen: Visit) -> None:
    for code in indicators():
        assert code in seen.dom
    assert len(re.findall(r'<circle class="point c[0-5]"', seen.dom)) == 75
    assert len(re.findall(r'<path class="outline"', seen.dom)) == 9
    assert len(re.findall(r'<path class="line" d="M[0-9.,ML]+"', seen.dom)) == len(indicators())
    board = seen.dom.split('class="board"')[1].split("</table>")[0]
    assert len(re.findall(r'<td class="(?:GREEN|RED|YELLOW|GREY)', board)) == 12 * len(indicators())
    assert "reçues 181\u202f239 = nouvelles 181\u202f200" in seen.dom


def test_the_selector_recolours_the_points(chromium: str, tmp_path: Path) -> None:
    html = render(page())
    data = json.loads(html.split('id="map-data">')[1].split("</script>")[0])
    choose = (
        "<script>const s=document.getElementById('indicator');s.value='PAL-TPR';"
        "document.getElementById('period').value='year';s.dispatchEvent(new Event('change'));</script></body>"
    )
    file = tmp_path / "nuit.html"
    unlocked = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    file.write_text(unlocked.replace("</body>", choose), encoding="utf-8")
    chosen = visit(chromium, file, tmp_path)
    classes = "".join(re.findall(r'<circle class="point c([0-5])"', chosen.dom))
    assert classes == data["PAL-TPR"]["year"]["classes"]
    first = next(iter(data))
    assert classes != data[first]["month"]["classes"]
    told = re.findall(r'<circle class="point[^>]*><title>[^<]* : ([^<]*)</title>', chosen.dom)
    shown = page()
    drawn = country_map(shown.labelled, shown.districts, shown.board, shown.thresholds, shown.outlines)
    cells = drawn.themes["PAL-TPR"]["year"].cells
    assert [unescape(words) for words in told] == [cells[point.place].words for point in drawn.points]


def test_a_script_in_a_name_does_not_run_and_a_request_would_be_seen(chromium: str, tmp_path: Path) -> None:
    """The trap is real: the same words outside the page's escaping and policy do run and do ask."""
    trap = "</script><script>document.title='pris'</script><img src='http://beacon.example/x.png'>"
    for folder in ("safe", "open"):
        (tmp_path / folder).mkdir()
    safe = tmp_path / "safe" / "nuit.html"
    safe.write_text(render(page(trap)), encoding="utf-8")
    held = visit(chromium, safe, safe.parent)
    assert "<title>pris" not in held.dom
    assert (held.reached, held.asked, held.console) == ([], [], [])
    unsafe = tmp_path / "open" / "nuit.html"
    unsafe.write_text(f"<!doctype html><title>libre</title><body>{trap}", encoding="utf-8")
    caught = visit(chromium, unsafe, unsafe.parent)
    assert "<title>pris" in caught.dom
    assert any("beacon.example" in line for line in caught.reached)
    assert any("beacon.example" in url for url in caught.asked)
