"""Web servers on loopback that serve a folder: with byte ranges, without, with faults."""

from __future__ import annotations

import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_PIECE = 1 << 16


class Server:
    """Serves the files of a folder on 127.0.0.1.

    ranges: whether it knows byte ranges. first: called with the handler of every request; True where it has answered.
    sent: bytes of bodies that were written. requests: (path with its query, Range) of every request.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ranges: bool = True,
        first: Callable[[Handler], bool] | None = None,
        context: ssl.SSLContext | None = None,
        chunked: bool = False,
        address: str = "127.0.0.1",
    ) -> None:
        self.folder = folder
        self.ranges = ranges
        self.first = first
        self.chunked = chunked
        self.sent = 0
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.etag = '"one"'
        self.stop = threading.Event()
        server = self
        self._server = ThreadingHTTPServer((address, 0), type("Of", (Handler,), {"owner": server}))
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://{address}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> bool:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.owner.sent += len(body)
        return True

    def do_GET(self) -> None:
        owner = self.owner
        owner.requests.append((self.path, self.headers.get("Range", "")))
        owner.headers.append({name.lower(): value for name, value in self.headers.items()})
        try:
            if owner.first is not None and owner.first(self):
                return
            self.file(owner)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def file(self, owner: Server) -> None:
        path = owner.folder / unquote(self.path.partition("?")[0]).lstrip("/")
        if not path.is_file():
            self.answer(404, b"nothing here")
            return
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if self.headers.get("If-Match", owner.etag) != owner.etag:
            self.answer(412)
            return
        start, stop = 0, size
        if owner.ranges and asked is not None:
            start, stop = int(asked[1]), min(int(asked[2]) + 1, size)
            if start >= size:
                self.answer(416, Content_Range=f"bytes */{size}")
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        else:
            self.send_response(200)
        self.send_header("ETag", owner.etag)
        if owner.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        with open(path, "rb") as file:
            file.seek(start)
            while start < stop:
                data = file.read(min(_PIECE, stop - start))
                if owner.chunked:
                    data = b"%x\r\n%s\r\n" % (len(data), data)
                self.wfile.write(data)
                owner.sent += len(data)
                start += _PIECE
        if owner.chunked:
            self.wfile.write(b"0\r\n\r\n")


def sparse(path: Path, size: int) -> None:
    """A file of this size that takes no room, at whose end nothing stands."""
    with open(path, "ab") as file:
        os.truncate(file.fileno(), size)
