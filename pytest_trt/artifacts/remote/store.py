"""s3, gs and az: objects and listings through fsspec's file systems."""

from __future__ import annotations

import importlib
import logging

from pytest_trt.artifacts.errors import ArtifactError, Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.remote import ask as remote_ask
from pytest_trt.artifacts.remote.ask import Again, Clock, Missing
from pytest_trt.artifacts.remote.url import Url, UrlError, redacted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Scheme -> (package, module, class, extra).
_SYSTEMS = {
    "s3": ("s3fs", "s3fs", "S3FileSystem", "s3"),
    "gs": ("gcsfs", "gcsfs", "GCSFileSystem", "gcs"),
    "az": ("adlfs", "adlfs", "AzureBlobFileSystem", "azure"),
}
# The credentials' own places, as an error names them.
_CREDENTIALS = {
    "s3": "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or gcloud auth application-default login",
    "az": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}
_PASSING = frozenset(("408", "429", "500", "502", "503", "504", "SlowDown", "RequestTimeout", "InternalError"))
_TAGS = ("ETag", "etag", "generation", "md5Hash", "LastModified", "last_modified")


class Entry:
    """An object, or a folder of objects. name: its last step; size: of an object, None of a folder."""

    __slots__ = ("name", "size", "tag")

    def __init__(self, name: str, size: int | None, tag: str) -> None:
        self.name = name
        self.size = size
        self.tag = tag


def available(scheme: str) -> None:
    """Raises UrlError, which names the extra, where the packages for a scheme are not installed."""
    package, module, name, extra = _SYSTEMS[scheme]
    try:
        getattr(importlib.import_module(module), name)
    except ImportError as error:
        missing = error.name or package
        cure = f"pip install 'pytest-trt[{extra}]'"
        raise UrlError(f"{scheme}:// URLs are read by {package}, and {missing} is not installed: {cure}") from None


class Store:
    """The file system of one named URL.

    transferred: bytes of objects that came from it. faults: why folders could not be listed, by path. doubled: folders
    in which names go on with another slash (`a//b`); what lies there has no place in a tree.
    """

    __slots__ = ("url", "clock", "transferred", "faults", "doubled", "_system", "_open")

    def __init__(self, url: Url, clock: Clock) -> None:
        """Raises Unreadable."""
        self.url = url
        self.clock = clock
        self.transferred = 0
        self.faults: dict[str, ArtifactError] = {}
        self.doubled: set[str] = set()
        self._open = False
        try:
            self._system = _system(url.scheme)
        except Exception as error:
            # Some libraries look for credentials as soon as they are made.
            fault = self._fault(url.shown, error)
            raise fault if isinstance(fault, ArtifactError) else Unreadable(Location(url.shown), str(fault)) from None

    def children(self, path: str) -> list[Entry]:
        """What lies in a folder, by name. Raises Missing, Unreadable."""
        whole = f"{self.url.host}/{path}".rstrip("/")
        found = self._asked(path, lambda: self._listed(whole))
        entries = {}
        for one in found:
            if one["type"] == "directory" and str(one["name"]) == whole + "/":
                self.doubled.add(path)
            name = str(one["name"]).strip("/")
            step = name.removeprefix(whole + "/")
            # A folder may be an object of its own, of no bytes; a bucket is not a name in itself.
            if name == whole or "/" in step:
                continue
            entry = Entry(step, None if one["type"] == "directory" else int(one["size"] or 0), _tag(one))
            # An object and a folder may have one name; what lies below is what a server sees.
            if step not in entries or entry.size is None:
                entries[step] = entry
        return sorted(entries.values(), key=lambda entry: entry.name)

    def info(self, path: str) -> Entry:
        """An object or a folder. Raises Missing, Unreadable."""
        whole = f"{self.url.host}/{path}"
        one = self._asked(path, lambda: self._call(self._system._info, whole))
        return Entry(path.rpartition("/")[2], None if one["type"] == "directory" else int(one["size"] or 0), _tag(one))

    def read(self, path: str, offset: int, length: int) -> bytes:
        """At most these bytes of an object. Raises Missing, Unreadable."""
        whole = f"{self.url.host}/{path}"
        end = offset + length
        data = bytes(self._asked(path, lambda: self._call(self._system._cat_file, whole, start=offset, end=end)))
        self.transferred += len(data)
        return data

    def _listed(self, whole: str) -> Any:
        if self.url.scheme != "az":
            return self._call(self._system._ls, whole, detail=True)
        from pytest_trt.artifacts.remote import azure

        return self._call(azure.children, self._system, whole)

    def _call(self, ask: Callable[..., Any], *words: object, **named: object) -> Any:
        from fsspec.asyn import sync

        self._system.invalidate_cache()
        seconds = min(self.clock.request(self.url.shown), remote_ask.REQUEST)
        return sync(self._system.loop, ask, *words, timeout=seconds, **named)

    def _asked(self, path: str, ask: Callable[[], Any]) -> Any:
        shown = self.url.at(path).shown

        def once() -> Any:
            try:
                return ask()
            except ArtifactError:
                raise
            except Exception as error:
                if not self._open and self.url.scheme == "s3" and "NoCredentialsError" in _names(error):
                    # A public bucket is read by anybody.
                    self._open = True
                    self._system = _system("s3", anon=True)
                    return once()
                raise self._fault(shown, error) from None

        return self.clock.tried(shown, once)

    def _fault(self, shown: str, error: Exception) -> Exception:
        """What a library's exception means; its classes are told by name, so that none has to be imported.

        The libraries try again themselves, but for answers of s3, where botocore is told not to.
        """
        names = _names(error)
        at = Location(shown)
        scheme = self.url.scheme
        said = _said(error)
        if names & {"FSTimeoutError", "TimeoutError", "ConnectTimeoutError", "ReadTimeoutError"}:
            return Unreadable(at, "no answer in time")
        if "FileNotFoundError" in names or _code(error) in ("404", "NoSuchKey", "NoSuchBucket"):
            return Missing(at, "no such object, folder or bucket")
        if _code(error) in _PASSING:
            return Again(said) if scheme == "s3" else Unreadable(at, said)
        lacking = bool(names & {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError"})
        # adlfs, where an account is named and nothing else; the library's words name no cure that is ours.
        lacking = lacking or said.startswith("DefaultAzureCredential failed")
        if lacking or "credential" in said.casefold() and "ValueError" in names:
            return Unreadable(at, f"no credentials were found for {scheme}:// (set {_CREDENTIALS[scheme]})")
        denied = _code(error) in ("401", "403") or said.startswith("Forbidden")  # as gcsfs says it
        if names & {"PermissionError", "ClientAuthenticationError"} or denied:
            how = "; no credentials were found, so it was asked for as anybody" if self._open else ""
            return Unreadable(at, f"access denied ({said}){how}")
        if names & {"EndpointConnectionError", "ClientConnectionError", "ServiceRequestError", "ConnectionError"}:
            return Unreadable(at, f"no connection: {said}")
        return Unreadable(at, said)


class StoreFile:
    """An object. size: its bytes."""

    __slots__ = ("size", "head", "transferred", "held", "_store", "_path", "_tag", "_shown")

    def __init__(self, store: Store, path: str, entry: Entry | None = None) -> None:
        """entry: what a listing said of it. Raises Missing, Unreadable."""
        self._shown = store.url.at(path).shown
        entry = entry if entry is not None else store.info(path)
        if entry.size is None:
            raise Missing(Location(self._shown), "a folder, not an object")
        self.size = entry.size
        self.transferred = 0
        self.head = b""
        self.held: bytes | None = None
        self._store = store
        self._path = path
        self._tag = entry.tag

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes, which are within size. Raises Unreadable, LimitReached."""
        data = self._store.read(self._path, offset, length)
        self.transferred += len(data)
        if len(data) != length:
            raise self._changed()
        return data

    def unchanged(self) -> None:
        """Raise Unreadable if the object is another one by now."""
        entry = self._store.info(self._path)
        if (entry.size, entry.tag) != (self.size, self._tag):
            raise self._changed()

    def _changed(self) -> Unreadable:
        return Unreadable(Location(self._shown), "changed while it was read; run again when nobody writes it")


def _system(scheme: str, **options: object) -> Any:
    """A file system of its own: no listing that another one has kept, and nothing of fsspec's configuration."""
    available(scheme)
    from fsspec.config import conf as configured

    _, module, name, _ = _SYSTEMS[scheme]
    if scheme == "s3":
        waits = {"connect_timeout": remote_ask.SILENCE, "read_timeout": remote_ask.SILENCE}
        options["config_kwargs"] = {**waits, "retries": {"mode": "standard", "max_attempts": 1}}
    for logger in map(logging.getLogger, ("adlfs", "azure", "botocore", "fsspec", "gcsfs", "google", "s3fs")):
        # What fails is reported by us; their words go where the program sends its log, if it has one, not to stderr.
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    make = getattr(importlib.import_module(module), name)
    kept = dict(configured)
    configured.clear()
    try:
        system = make(skip_instance_cache=True, use_listings_cache=False, **options)
    finally:
        configured.update(kept)
    if scheme == "az":
        from pytest_trt.artifacts.remote import azure

        azure.hurry(system)
    return system


def _tag(one: dict[str, Any]) -> str:
    return next((str(one[key]) for key in _TAGS if one.get(key)), "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, and what it came from."""
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _names(error: BaseException) -> set[str]:
    """The classes of an exception and of what it came from."""
    return {one.__name__ for each in _chain(error) for one in type(each).__mro__}


def _code(error: BaseException) -> str:
    """The status or code that a store answered with, as botocore, gcsfs and azure.core keep it."""
    for each in _chain(error):
        answer = getattr(each, "response", None)
        if isinstance(answer, dict):
            code = str(answer.get("Error", {}).get("Code", ""))
            return code or str(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
        for name in ("status_code", "code"):
            status = getattr(each, name, None)
            if isinstance(status, int):
                return str(status)
    return ""


def _said(error: BaseException) -> str:
    text = " ".join(redacted(str(error)).split())
    return text[:300] or type(error).__name__
