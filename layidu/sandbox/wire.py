"""How do the bytes of one answer travel? Well; or, where a fault says so, slowly, too few, or with a false length."""

import fcntl
import os
import socket
import struct
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: How the end of a body is told: its length, a last chunk, the end of the connection, or not at all.
LENGTH, CHUNKS, CLOSE, OPEN = "length", "chunks", "close", "open"
LINGER_SECONDS = 5.0


@dataclass(slots=True)
class Wire:
    """How one answer travels. Untouched, it travels well."""

    lost: bool = False  # not even a status line: the connection is reset
    framing: str = ""  # one of the four; empty: as the answer would go
    longer_by: int = 0  # what Content-Length adds to the truth
    stop_at: int | None = None  # bytes of the body as sent, compressed or not
    packed_stop_at: int | None = None  # the same, for compressed bodies only
    strikes: Callable[[], bool] = lambda: (
        False
    )  # asked when that many bytes are reached and more would follow
    dwell: Callable[[], None] = lambda: None  # what happens then, before
    resets: bool = False  # the connection is reset
    piece: int = 0
    pause: Callable[[], None] = lambda: None
    touched: bool = False  # fewer bytes go than the answer has

    def paced(self, pieces: Iterator[bytes], *, packed: bool) -> Iterator[bytes]:
        """The pieces as they go: smaller, slower, fewer."""
        left = self.packed_stop_at if packed and self.packed_stop_at is not None else self.stop_at
        for piece in pieces:
            if left is not None and len(piece) > left:
                if self.strikes():
                    self.touched = True
                    yield from self._slowly(piece[:left])
                    return
                left = None
            left = None if left is None else left - len(piece)
            yield from self._slowly(piece)

    def _slowly(self, piece: bytes) -> Iterator[bytes]:
        if not self.piece:
            yield piece
            return
        for start in range(0, len(piece), self.piece):
            yield piece[start : start + self.piece]
            self.pause()


def reset(connection: socket.socket) -> None:
    """Cut a connection as a crash does: what was sent arrives, then `Connection reset by peer`."""
    give_up = time.monotonic() + LINGER_SECONDS
    while _unsent(connection) and time.monotonic() < give_up:
        time.sleep(0.005)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def _unsent(connection: socket.socket) -> int:
    return int(struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))[0])
