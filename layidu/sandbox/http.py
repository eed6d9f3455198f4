"""How do bytes travel? HTTP/1.1 with keep-alive, chunks, and gzip when the client asks for it."""

import gzip
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from layidu.sandbox.answers import Answer, Request
from layidu.sandbox.api import Api
from layidu.sandbox.data_values_read import gzipped

LOG = logging.getLogger(__name__)
WORTH_PACKING = 1400  # bytes: below a network packet compression saves nothing
PIECE = 1 << 16
IDLE_SECONDS = 120


GZIP_MAGIC = b"\x1f\x8b"


class Server(ThreadingHTTPServer):
    """One thread a connection, on the loopback interface."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, api: Api, port: int = 0) -> None:
        self.api = api
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

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
        answer, user = self.server.api.answer(request)
        try:
            size = self._write(answer, gzip_allowed="gzip" in request.headers.get("accept-encoding", ""))
        except (BrokenPipeError, ConnectionResetError):
            LOG.info("%s %s: the client left", request.method, request.path)
            self.close_connection = True
            return
        self.server.api.ledger.add(request, user, answer, size)

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
        return Request(self.command, parts.path, params, headers, body, base)

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _write(self, answer: Answer, *, gzip_allowed: bool) -> int:
        body = answer.body
        headers = dict(answer.headers)
        if answer.content_type:
            headers["Content-Type"] = answer.content_type
        if gzip_allowed and not answer.packed and _is_worth_packing(body):
            headers["Content-Encoding"] = "gzip"
            headers["Vary"] = "Accept-Encoding"
            body = gzip.compress(body, 1) if isinstance(body, bytes) else gzipped(body)
        chunked = answer.chunked or not isinstance(body, bytes)
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif answer.status != 204:
            headers["Content-Length"] = str(len(body)) if isinstance(body, bytes) else "0"
        self.send_response_only(answer.status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        size = 0
        for piece in [body] if isinstance(body, bytes) else body:
            size += len(piece)
            self._send(piece, chunked=chunked)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        return size

    def _send(self, piece: bytes, *, chunked: bool) -> None:
        if chunked and piece:
            self.wfile.write(b"%x\r\n" % len(piece))
            self.wfile.write(piece)
            self.wfile.write(b"\r\n")
        elif piece:
            self.wfile.write(piece)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Requests stand in the ledger, not in the log."""
        LOG.debug(format, *args)


def _is_worth_packing(body: bytes | Iterator[bytes]) -> bool:
    return not isinstance(body, bytes) or len(body) > WORTH_PACKING
