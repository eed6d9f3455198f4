"""Sends answers that were built beforehand: `/VARIANT/ROWS_A_SECOND/api/dataValueSets.csv?period=…`.

ROWS_A_SECOND 0 is as fast as it goes. A process of its own, so that its work is nobody else's.
"""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.bench.large_source import MONTH_ROWS

STEP = 0.02  # seconds between two pieces of a slowed answer


class Handler(BaseHTTPRequestHandler):
    """Answers from files."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        """Send one prepared answer."""
        address = urlsplit(self.path)
        variant, speed = address.path.split("/")[1:3]
        periods = parse_qs(address.query).get("period", [])
        csv = address.path.endswith(".csv")
        name = f"{periods[0]}-{periods[-1]}.csv.gz" if csv else "all.json.gz"
        body = (self.folder / variant / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/csv" if csv else "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        seconds = len(periods) * MONTH_ROWS / int(speed) if int(speed) else 0.0
        self.send_over(body, seconds)

    def send_over(self, body: bytes, seconds: float) -> None:
        """Send a body evenly over some seconds."""
        pieces = max(1, int(seconds / STEP))
        size = -(-len(body) // pieces)
        start = time.monotonic()
        for place in range(0, len(body), size):
            self.wfile.write(body[place : place + size])
            time.sleep(max(0.0, start + seconds * (place + size) / len(body) - time.monotonic()))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(folder: Path, ready: Connection) -> None:
    """Serve until killed."""
    handler = type("Of", (Handler,), {"folder": folder})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    ready.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server of this folder's answers."""
    context = multiprocessing.get_context("spawn")
    ready, theirs = context.Pipe(duplex=False)
    process = context.Process(target=serve, args=(folder, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ready.recv()}"
    finally:
        process.terminate()
        process.join()
