"""URLs that models are read from: which are taken, and how they are shown without what is secret in them."""

from __future__ import annotations

import re

STORES = ("s3", "gs", "az")
SCHEMES = (*STORES, "https")
# Schemes that people write, and what to write instead.
_INSTEAD = {
    "http": "only https, or http on a loopback address",
    "file": "a local path is given without file://",
    "s3a": "write s3://",
    "s3n": "write s3://",
    "gcs": "write gs://",
    "abfs": "write az://CONTAINER/PATH and name the account in AZURE_STORAGE_ACCOUNT_NAME",
    "abfss": "write az://CONTAINER/PATH and name the account in AZURE_STORAGE_ACCOUNT_NAME",
    "wasbs": "write az://CONTAINER/PATH and name the account in AZURE_STORAGE_ACCOUNT_NAME",
}
_LENGTH_LIMIT = 8192
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_SECRET = re.compile(
    r"[?&](?:[\w-]*sig|[\w-]*signature|[\w-]*token|[\w-]*credential|[\w-]*key(?:-?id)?)=", re.IGNORECASE
)
# What libraries put into their errors: userinfo, and everything behind a question mark.
_USERINFO = re.compile(r"(?<=://)[^/@\s'\"]*@")
_QUERY = re.compile(r"\?[^\s'\"<>)]*=[^\s'\"<>)]*")


class UrlError(ValueError):
    """A URL that is not read. The text says why, and holds no secret."""


class Url:
    """A URL in its parts.

    scheme: of SCHEMES, or http on loopback. host: the host without brackets, the bucket or the container. port: None
    where it is the scheme's. path: behind the host, without a slash at its beginning for an object store, with one
    for https. query: with its question mark, secret. login: (user, password), secret. shown: for reports, without both.
    """

    __slots__ = ("scheme", "host", "port", "path", "query", "login", "shown")

    def __init__(
        self,
        scheme: str,
        host: str,
        path: str,
        port: int | None = None,
        query: str = "",
        login: tuple[str, str] | None = None,
    ) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
        self.login = login
        name = f"[{host}]" if ":" in host else host
        self.shown = (
            f"{scheme}://{'***@' if login else ''}{name}{f':{port}' if port is not None else ''}"
            f"{'' if path.startswith('/') or not path else '/'}{path}"
        )

    def __repr__(self) -> str:
        return f"Url({self.shown!r})"

    @property
    def is_store(self) -> bool:
        return self.scheme in STORES

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host.lower(), self.port or {"http": 80, "https": 443}.get(self.scheme, 0)

    def at(self, path: str) -> Url:
        """Another path of the same host, bucket or container, without the query."""
        return Url(self.scheme, self.host, path, self.port, "", self.login)


def is_url(text: str) -> bool:
    """Whether a PATH of the command line is a URL, of a scheme that is read or not."""
    return "://" in text and _SCHEME.match(text.replace("::", "+")) is not None


def parse(text: str) -> Url:
    """Raises UrlError."""
    if len(text) > _LENGTH_LIMIT:
        raise UrlError(f"a URL of {len(text):,} characters; at most {_LENGTH_LIMIT:,} are read")
    scheme, _, rest = text.partition("://")
    if "::" in scheme or "::" in rest and "://" in rest:
        raise UrlError(f"{redacted(text)}: chained URLs are not read; name the object itself")
    scheme = scheme.lower()
    if any(character < " " or character == "\x7f" for character in text):
        raise UrlError(f"{redacted(text)}: a URL with control characters")
    if scheme in STORES:
        return _object(scheme, rest)
    if scheme in ("http", "https"):
        return _web(scheme, rest)
    cure = _INSTEAD.get(scheme)
    known = ", ".join(f"{one}://" for one in SCHEMES)
    raise UrlError(f"{redacted(text)}: {scheme}:// is not read ({cure or f'only {known}'})")


def _object(scheme: str, rest: str) -> Url:
    bucket, _, key = rest.partition("/")
    text = redacted(f"{scheme}://{rest}")
    if "@" in bucket or ":" in bucket or _SECRET.search(rest):
        raise UrlError(f"{text}: credentials do not belong into a {scheme}:// URL; the environment holds them")
    if not bucket or not _HOST.fullmatch(bucket):
        raise UrlError(f"{text}: {'no' if not bucket else 'not a'} {'container' if scheme == 'az' else 'bucket'}")
    if any(step in (".", "..") for step in key.split("/")):
        raise UrlError(f"{text}: a path with . or .. in it")
    return Url(scheme, bucket, key.strip("/"))


def _web(scheme: str, rest: str) -> Url:
    from urllib.parse import quote, unquote

    place, _, query = rest.partition("#")[0].partition("?")
    host, slash, path = place.partition("/")
    text = redacted(f"{scheme}://{rest}")
    login, at, host = host.rpartition("@")
    if "\\" in login:
        raise UrlError(f"{text}: no host, or not the name of one")
    user, _, password = login.partition(":")
    name, port = _host(host, text)
    if scheme == "http" and not is_loopback(name):
        raise UrlError(f"{text}: http:// is not read ({_INSTEAD['http']})")
    steps = unquote(path).split("/")
    if any(step in (".", "..") for step in steps) or "\\" in path:
        raise UrlError(f"{text}: a path with . or .. or \\ in it")
    return Url(
        scheme,
        name,
        slash + quote(path, safe="/%:@!$&'()*+,;=~-._"),
        port,
        f"?{quote(query, safe=_QUERY_SAFE)}" if query else "",
        (unquote(user), unquote(password)) if at else None,
    )


_QUERY_SAFE = "/%:@!$&'()*+,;=~-._?[]"


def _host(text: str, shown: str) -> tuple[str, int | None]:
    name, port = text, ""
    if not text.endswith("]"):
        before, colon, after = text.rpartition(":")
        if colon:
            name, port = before, after
    try:
        ascii_name = name if name.startswith("[") or name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_name = ""
    if not _HOST.fullmatch(ascii_name):
        raise UrlError(f"{shown}: no host, or not the name of one")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise UrlError(f"{shown}: not a port")
    return ascii_name.strip("[]"), int(port) if port else None


def is_loopback(host: str) -> bool:
    """Whether a host is written as one that never leaves this machine."""
    if host.lower() == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def redacted(text: str) -> str:
    """Text about URLs, as a library writes it, without logins and queries."""
    return _QUERY.sub("?***", _USERINFO.sub("***@", text))
