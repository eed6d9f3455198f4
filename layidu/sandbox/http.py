"""How do bytes travel? HTTP/1.1 with keep-alive, chunks, and gzip when the client asks for it."""

import gzip
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from layidu.sandbox.answers import Answer, Request
from layidu.sandbox.data_values_read import gzipped
from layidu.sandbox.desk import Desk
from layidu.sandbox.faults import Faults
from layidu.sandbox.ledger import Entry, Ledger
from layidu.sandbox.site import Site
from layidu.sandbox.wire import CHUNKS, CLOSE, LENGTH, OPEN, Wire, reset

LOG = logging.getLogger(__name__)
WORTH_PACKING = 1400  # bytes: below a network packet compression saves nothing
PIECE = 1 << 16
IDLE_SECONDS = 120


GZIP_MAGIC = b"\x1f\x8b"


class Server(ThreadingHTTPServer):
    """One thread a connection, on the loopback interface."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, site: Site, port: int = 0) -> None:
        self.site = site
        self.desk = Desk(site)
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def faults(self) -> Faults:
        """The bad days that are switched on."""
        return self.site.faults

    @property
    def ledger(self) -> Ledger:
        """What was asked and written."""
        return self.site.ledger

    def server_close(self) -> None:
        """Stop listening, and let go of whoever waits in a fault."""
        super().server_close()
        self.site.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        """A fault of ours: the connection is cut, the log has the trace."""
        LOG.error("a request failed", exc_info=True)  # noqa: LOG014 - socketserver calls this while handling it


class Handler(BaseHTTPRequestHandler):
    """Reads requests, asks the API, writes answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm: ClassVar[bool] = True
    wbufsize = PIECE
    timeout = IDLE_SECONDS
    server: Server

    def do_GET(self) -> None:
        """Any method is served alike."""
        request = self._read()
        site, wire = self.server.site, Wire()
        ours = self.server.desk.answer(request)
        user = site.api.user(request)
        entry = site.ledger.open(request, user)
        answer = ours or site.faults.answer(request, user, wire)
        if wire.lost:
            self._reset()
            return
        try:
            self._write(
                answer, wire, entry, gzip_allowed="gzip" in request.headers.get("accept-encoding", "")
            )
        except (BrokenPipeError, ConnectionResetError):
            LOG.info("%s %s: the client left", request.method, request.path)
            self.close_connection = True

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names http.server looks for

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(headers.get("content-length") or 0))
        if body[:2] == GZIP_MAGIC:  # DHIS2 looks at the first bytes of a body, not at a header
            body = gzip.decompress(body)
        params = parse_qs(parts.query, keep_blank_values=True)
        base = f"http://{headers.get('host', '127.0.0.1')}"
        return Request(self.command, parts.path, params, headers, body, base, parts.query)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _write(self, answer: Answer, wire: Wire, entry: Entry, *, gzip_allowed: bool) -> None:
        body = answer.body
        headers = dict(answer.headers)
        if answer.content_type:
            headers["Content-Type"] = answer.content_type
        packed = gzip_allowed and not answer.packed and _is_worth_packing(body)
        if packed:
            headers["Content-Encoding"] = "gzip"
            headers["Vary"] = "Accept-Encoding"
            body = gzip.compress(body, 1) if isinstance(body, bytes) else gzipped(body)
        framing = wire.framing or (LENGTH if isinstance(body, bytes) and not answer.chunked else CHUNKS)
        if framing == LENGTH and answer.status != 204:
            headers["Content-Length"] = str(len(body) + wire.longer_by) if isinstance(body, bytes) else "0"
        elif framing in (CHUNKS, OPEN):
            headers["Transfer-Encoding"] = "chunked"
        if framing in (CLOSE, OPEN):
            headers["Connection"] = "close"
        entry["status"] = answer.status
        self.send_response_only(answer.status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self._send(body, answer, wire, entry, framing, packed=packed or answer.packed)

    def _send(
        self,
        body: bytes | Iterator[bytes],
        answer: Answer,
        wire: Wire,
        entry: Entry,
        framing: str,
        *,
        packed: bool,
    ) -> None:
        """Send the pieces; the entry knows of each before the client can."""
        for piece in wire.paced(iter([body]) if isinstance(body, bytes) else body, packed=packed):
            if not piece:
                continue
            entry["bytes"] += len(piece)
            entry["rows"] = answer.rows
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if framing in (CHUNKS, OPEN) else piece)
            if wire.piece:
                self.wfile.flush()
        if wire.touched:
            self.wfile.flush()
            wire.dwell()
            if wire.resets:
                self._reset()
                return
        entry["rows"] = answer.rows
        entry["whole"] = not wire.touched
        if framing == CHUNKS:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        if framing in (CLOSE, OPEN) or wire.longer_by:
            self.close_connection = True

    def _reset(self) -> None:
        self.wfile.flush()
        reset(self.connection)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Requests stand in the ledger, not in the log."""
        LOG.debug(format, *args)


def _is_worth_packing(body: bytes | Iterator[bytes]) -> bool:
    return not isinstance(body, bytes) or len(body) > WORTH_PACKING
