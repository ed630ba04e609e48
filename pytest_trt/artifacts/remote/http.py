"""https: byte ranges of one file, with the safety rules held at every hop.

http.client and not an HTTP library: the address that is connected to is the address that was checked (a name may
resolve to another one the next moment), every redirect is looked at before it is followed, and no variable of the
environment (proxies, .netrc) changes where bytes come from. See docs/decisions/0011-urls.md.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import re
import socket
import ssl
import threading
from urllib.parse import urljoin

from pytest_trt.artifacts.errors import LimitReached, Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.remote import ask as remote_ask
from pytest_trt.artifacts.remote.ask import Again, Clock, Missing
from pytest_trt.artifacts.remote.url import Url, UrlError, is_loopback, parse, redacted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# A file of a server that knows no ranges is read whole up to here.
WITHOUT_RANGES = 4 << 20
# The first request: enough for most heads.
FIRST = 8 << 10
HOPS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_PIECE = 64 << 10
_WORDS_LIMIT = 16 << 10
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_WORDS = {
    401: "access denied (HTTP 401): it asks for a login",
    403: "access denied (HTTP 403)",
    404: "no such file (HTTP 404)",
    407: "a proxy asks for a login (HTTP 407)",
    410: "no such file any more (HTTP 410)",
}


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked; the name is for the certificate and the Host header."""

    def __init__(self, url: Url, address: str, timeout: float) -> None:
        _, host, port = url.origin
        super().__init__(host, port, timeout=timeout)
        self.address = address
        self.context = ssl.create_default_context() if url.scheme == "https" else None
        self.default_port = 443 if self.context else 80
        self.raw: socket.socket | None = None
        self.stopped = False

    def connect(self) -> None:
        self.raw = self.sock = socket.create_connection((self.address, self.port), self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context is not None:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End whatever another thread waits for."""
        self.stopped = True
        try:
            if self.raw is not None:
                self.raw.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Session:
    """The connection for one named URL and for its neighbours. transferred: bytes of bodies that came over it."""

    __slots__ = ("named", "clock", "transferred", "_addresses", "_connection", "_origin")

    def __init__(self, named: Url, clock: Clock) -> None:
        self.named = named
        self.clock = clock
        self.transferred = 0
        # The named origin keeps the address that it had at first.
        self._addresses: dict[tuple[str, str, int], list[str]] = {}
        self._connection: _Connection | None = None
        self._origin: tuple[str, str, int] | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    __del__ = close

    def connection(self, url: Url, timeout: float) -> _Connection:
        """A connection to the host of a URL. Raises Unreadable where it may not be talked to, OSError."""
        if self._connection is not None and self._origin == url.origin:
            self._connection.timeout = timeout
            if self._connection.sock is not None:
                self._connection.sock.settimeout(timeout)
            return self._connection
        self.close()
        found = self._addresses.get(url.origin)
        if found is None:
            found = self._addresses[url.origin] = self._resolve(url)
        error: OSError | None = None
        for address in found:
            connection = _Connection(url, address, timeout)
            try:
                connection.connect()
            except OSError as failed:
                connection.close()
                error = error or failed
                continue
            self._connection, self._origin = connection, url.origin
            return connection
        raise error or OSError("no address")

    def _resolve(self, url: Url) -> list[str]:
        _, host, port = url.origin
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        found = list(dict.fromkeys(found))[:8]
        if url.scheme == "http" and not all(is_loopback(address) for address in found):
            raise Unreadable(Location(self.named.shown), f"http:// is for loopback, which {host} is not")
        if url.origin != self.named.origin:
            private = next((address for address in found if not is_public(address)), None)
            if private is not None:
                why = f"redirects to {host}, whose address {private} is not a public one; that is not followed"
                raise Unreadable(Location(self.named.shown), why)
        return found


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also inside of its IPv6 disguises."""
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = None
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if one in _NAT64:
            inner = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if inner is None and int(one) >> 32 == 0:
            return False
    if inner is not None:
        return is_public(str(inner))
    return one.is_global and not one.is_multicast


class WebFile:
    """A file of a web server. size: its bytes; head: the first; held: all of them, where the server knows no ranges."""

    __slots__ = ("url", "size", "head", "held", "transferred", "_session", "_at", "_tag")

    def __init__(self, url: Url, session: Session) -> None:
        """Reads the first bytes. Raises Missing, Unreadable, LimitReached."""
        self.url = url
        self.size = -1
        self.held: bytes | None = None
        self.transferred = 0
        self._session = session
        # Where redirects led, and what names this content.
        self._at = url
        self._tag = ""
        self.head = self._tried(0, FIRST)

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes, which are within size. Raises Unreadable, LimitReached."""
        if self.held is not None:
            return self.held[offset : offset + length]
        data = self._tried(offset, length)
        if self.held is not None:
            return self.held[offset : offset + length]
        return data

    def unchanged(self) -> None:
        """Every answer was held against the first one when it came."""

    def _fault(self, why: str) -> Unreadable:
        return Unreadable(Location(self.url.shown), redacted(why))

    def _tried(self, offset: int, length: int) -> bytes:
        return self._session.clock.tried(self.url.shown, lambda: self._ask(offset, length))

    def _ask(self, offset: int, length: int) -> bytes:
        """One request, redirects followed. Raises Again, Unreadable, LimitReached."""
        url = self._at
        renewed = False
        for _ in range(HOPS + 1):
            before = self._session.transferred
            try:
                found = self._hop(url, offset, length)
            finally:
                self.transferred += self._session.transferred - before
            if isinstance(found, bytes):
                self._at = url
                return found
            if found is None:
                if renewed:
                    raise self._fault("access denied where it redirects to")
                # What a redirect leads to holds for a while only: ask again where it came from.
                self._at = url = self.url
                renewed = True
                continue
            url = self._next(url, found)
        raise self._fault(f"more than {HOPS} redirects")

    def _next(self, url: Url, location: str) -> Url:
        text = urljoin(f"{url.scheme}://{_netloc(url)}{url.path or '/'}{url.query}", location)
        try:
            target = parse(text)
        except UrlError as error:
            raise self._fault(f"redirects to what is not read: {error}") from None
        if target.scheme not in ("https", url.scheme):
            raise self._fault(f"redirects from https to {target.scheme}; that is not followed")
        login = self.url.login if target.origin == self.url.origin else None
        return Url(target.scheme, target.host, target.path, target.port, target.query, login)

    def _hop(self, url: Url, offset: int, length: int) -> bytes | str | None:
        """The bytes, where a redirect leads, or None where the redirect that led here has run out."""
        session = self._session
        limit = session.clock.request(self.url.shown)
        try:
            connection = session.connection(url, min(remote_ask.SILENCE, limit))
        except TimeoutError:
            raise Again(f"no connection to {url.host} within {remote_ask.SILENCE:g} seconds") from None
        except ssl.SSLCertVerificationError as error:
            raise self._fault(f"the certificate of {url.host} is not accepted: {error.verify_message}") from None
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise Again(f"the name {url.host} cannot be resolved now") from None
            raise self._fault(f"the name {url.host} cannot be resolved") from None
        except OSError as error:
            raise Again(f"no connection to {url.host}: {error.strerror or error}") from None
        watch = threading.Timer(limit, connection.cut)
        watch.daemon = True
        watch.start()
        whole = False
        try:
            connection.request("GET", (url.path or "/") + url.query, headers=self._headers(url, offset, length))
            with connection.getresponse() as response:
                try:
                    found = self._answer(url, response, offset, length)
                finally:
                    whole = response.length == 0 and not connection.stopped
                    if connection.stopped:
                        raise Again(f"no whole answer from {url.host} within {limit:g} seconds")
            return found
        except (OSError, http.client.HTTPException) as error:
            # What a connection says that was cut from here differs: a reset, an end, half a header.
            if connection.stopped:
                raise Again(f"no whole answer from {url.host} within {limit:g} seconds") from None
            if isinstance(error, TimeoutError):
                raise Again(f"no answer from {url.host} within {remote_ask.SILENCE:g} seconds") from None
            said = redacted(str(error)) or type(error).__name__
            raise Again(f"the connection to {url.host} broke: {said}") from None
        finally:
            watch.cancel()
            if not whole:
                session.close()

    def _headers(self, url: Url, offset: int, length: int) -> dict[str, str]:
        headers = {
            "Range": f"bytes={offset}-{offset + length - 1}",
            "Accept-Encoding": "identity",
            "User-Agent": "trt-lint",
        }
        if self._tag.startswith('"'):
            headers["If-Match"] = self._tag
        if url.login is not None:
            word = base64.b64encode(":".join(url.login).encode()).decode("ascii")
            headers["Authorization"] = f"Basic {word}"
        return headers

    def _answer(self, url: Url, response: http.client.HTTPResponse, offset: int, length: int) -> bytes | str | None:
        status = response.status
        if status in _REDIRECTS or status == 404:
            self._drain(response)
        if status in _REDIRECTS:
            location = response.getheader("Location")
            if not location:
                raise self._fault(f"a redirect (HTTP {status}) that leads nowhere")
            return location
        if status == 206:
            return self._part(response, offset, length)
        if status == 200:
            self.held = self._all(response)
            return self.held
        if status == 416 and self.size < 0:
            if re.fullmatch(r"bytes \*/0", response.getheader("Content-Range") or ""):
                self.size = 0
                return b""
            raise self._fault("the server refuses the first bytes of it (HTTP 416)")
        if status == 412 or status == 416:
            raise self._changed()
        if status in _PASSING:
            raise Again(f"HTTP {status} {_phrase(response)}".rstrip(), _seconds(response.getheader("Retry-After")))
        if url is not self.url and self.size >= 0 and status in (401, 403, 410):
            return None
        if status in (404, 410):
            raise Missing(Location(self.url.shown), _WORDS[status])
        raise self._fault(_WORDS.get(status) or f"HTTP {status} {_phrase(response)}".rstrip())

    def _changed(self) -> Unreadable:
        return self._fault("changed while it was read; run again when nobody writes it")

    def _same(self, response: http.client.HTTPResponse, size: int) -> None:
        tag = response.getheader("ETag") or response.getheader("Last-Modified") or ""
        if self.size < 0:
            self.size, self._tag = size, tag
        elif size != self.size or tag != self._tag:
            raise self._changed()

    def _part(self, response: http.client.HTTPResponse, offset: int, length: int) -> bytes:
        if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
            raise self._fault("the server compresses what it was asked not to")
        match = _RANGE.fullmatch((response.getheader("Content-Range") or "").strip())
        if match is None or match[3] == "*":
            raise self._fault("the server does not say which bytes it sends, or of how many")
        first, last, size = int(match[1]), int(match[2]), int(match[3])
        wanted = min(length, size - offset)
        if first != offset or last - first + 1 != wanted:
            raise self._fault(
                f"the server sends bytes {first}-{last} where {offset}-{offset + length - 1} were asked for"
            )
        self._same(response, size)
        return self._body(response, wanted, wanted)

    def _all(self, response: http.client.HTTPResponse) -> bytes:
        """The whole of a file whose server ignores ranges."""
        if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
            raise self._fault("the server compresses what it was asked not to")
        length = response.length
        if length is not None and length > WITHOUT_RANGES:
            raise self._no_ranges(f"this one has {length:,}")
        data = self._body(response, WITHOUT_RANGES + 1, length or 0)
        if len(data) > WITHOUT_RANGES:
            raise self._no_ranges("this one has more")
        self._same(response, len(data))
        return data

    def _no_ranges(self, size: str) -> LimitReached:
        why = (
            "the server knows no byte ranges (it answers 200, not 206); its files are read whole, up to"
            f" {WITHOUT_RANGES:,} bytes, and {size}"
        )
        return LimitReached(Location(self.url.shown), why)

    def _drain(self, response: http.client.HTTPResponse) -> None:
        """Read the few words behind an answer that are of no use, so that the connection can be."""
        if response.length is not None and response.length <= _WORDS_LIMIT:
            self._body(response, response.length, 0)

    def _body(self, response: http.client.HTTPResponse, most: int, least: int) -> bytes:
        parts = []
        count = 0
        for part in _pieces(response, most):
            parts.append(part)
            count += len(part)
            self._session.transferred += len(part)
        if count < least:
            raise Again(f"the connection broke after {count:,} of {least:,} bytes")
        return b"".join(parts)


def _pieces(response: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    while most > 0:
        part = response.read1(min(most, _PIECE))
        if not part:
            return
        most -= len(part)
        yield part


def _netloc(url: Url) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port}" if url.port is not None else host


def _phrase(response: http.client.HTTPResponse) -> str:
    return redacted("".join(character for character in response.reason[:60] if character.isprintable()))


def _seconds(text: str | None) -> float:
    """Seconds of a Retry-After header; 0 where it holds a date, or nothing."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0.0
