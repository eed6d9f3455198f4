"""A socket that answers byte by byte what a test scripted: what a web server library would not let us send."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEADER = (
    b"dataelement,period,orgunit,categoryoptioncombo,attributeoptioncombo,"
    b"value,storedby,lastupdated,comment,followup,deleted\n"
)


class Scripted:
    """What was asked, and what is still to be answered."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.hang_first = 0.0  # seconds of silence before the first answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        """Answer one request a connection, until the listener closes."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(read_request(connection))
                if len(self.requests) == 1:
                    time.sleep(self.hang_first)
                connection.sendall(
                    self.answers.pop(0) if self.answers else answer(500, b"the script is over")
                )


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def scripted(*answers: bytes) -> Iterator[Scripted]:
    server = Scripted(list(answers))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        thread.join(5)


@contextmanager
def dripping(body: bytes, *, pause: float) -> Iterator[str]:
    """A server that sends one byte after the other, each in time, and so never trips a read time-out."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                read_request(connection)
                for byte in answer(200, body, "Content-Type: application/csv"):
                    connection.sendall(bytes([byte]))
                    if ended.wait(pause if byte == 10 else pause / 50):
                        return
                ended.wait(30)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()
        thread.join(5)


def answer(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} X", "Connection: close", *headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(body: bytes, *headers: str, end: bytes = b"0\r\n\r\n", status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} X", "Connection: close", "Transfer-Encoding: chunked", *headers]
    half = len(body) // 2
    pieces = [piece for piece in (body[:half], body[half:]) if piece]
    return (
        "\r\n".join(lines).encode()
        + b"\r\n\r\n"
        + b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
        + end
    )


def endless(body: bytes) -> bytes:
    """A body whose end is the end of the connection: neither length nor chunks."""
    return b"HTTP/1.1 200 X\r\nConnection: close\r\nContent-Type: application/csv\r\n\r\n" + body


def csv_answer(*rows: str) -> bytes:
    return chunked(csv_body(*rows), "Content-Type: application/csv;charset=UTF-8")


def csv_body(*rows: str) -> bytes:
    return HEADER + "".join(f"{row}\n" for row in rows).encode()


def gzipped(body: bytes, *, cut: int = 0) -> bytes:
    packed = gzip.compress(body, mtime=0)
    return packed[: len(packed) - cut]
