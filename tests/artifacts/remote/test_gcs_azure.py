"""gs:// against an emulator of the package index, az:// against the part of Azure's protocol that is asked for here.

Both are asked by the real libraries (gcsfs, adlfs). The answers of the latter are as Azurite 3 gives them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.remote import StoreFolder
from pytest_trt.artifacts.remote import ask as remote_ask
from pytest_trt.artifacts.remote.ask import Clock
from pytest_trt.artifacts.remote.store import Store
from pytest_trt.artifacts.remote.url import parse
from pytest_trt.lint.runner import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PLAN = (ROOT / "tests" / "data" / "plans" / "fp32.plan").read_bytes()
EXAMPLES = ROOT / "examples"
ODD = ("with space", "a+b", "ü", "q?x=1", "100%25", "a#b", "x:y", "b&c", "[1]", "*")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def conv(folder: str) -> dict[str, bytes]:
    files = (path for path in sorted((EXAMPLES / "conv").rglob("*")) if path.is_file())
    return {f"{folder}/{path.relative_to(EXAMPLES / 'conv').as_posix()}": path.read_bytes() for path in files}


def content() -> dict[str, bytes]:
    found = {"x/m.plan": PLAN, "cut.plan": PLAN[:3000], "both": b"x", "both/m.plan": PLAN, **conv("m/conv")}
    for number in range(30):
        found |= conv(f"thirty/n{number}")
    return found | {f"odd/{name}/m.plan": PLAN for name in ODD}


class Blobs(BaseHTTPRequestHandler):
    """GET and HEAD of a blob, with ranges, and a page of a listing with delimiter, of the container `models`."""

    protocol_version = "HTTP/1.1"
    blobs: dict[str, bytes] = {}
    folders: frozenset[str] = frozenset()
    denied = ""
    page = 40
    listings: list[str] = []

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(place.query, keep_blank_values=True).items()}
        container, _, name = unquote(place.path).removeprefix("/account/").partition("/")
        if self.denied:
            self.error(403, self.denied)
        elif container != "models":
            self.error(404, "ContainerNotFound")
        elif query.get("comp") == "list":
            self.listings.append(query.get("prefix", ""))
            self.listing(query)
        elif name in self.blobs:
            self.blob(name)
        else:
            self.error(404, "BlobNotFound")

    def blob(self, name: str) -> None:
        data = self.blobs[name]
        headers = {"ETag": f'"{len(data)}"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
        headers |= {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02"}
        if name in self.folders:
            headers["x-ms-meta-hdi_isfolder"] = "true"
        wanted = self.headers.get("x-ms-range") or self.headers.get("Range")
        if not wanted or self.command == "HEAD":
            self.answer(200, data, headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        end = min(int(last or len(data)), len(data) - 1) + 1
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(data)}"
        self.answer(206, data[int(first) : end], headers)

    def listing(self, query: dict[str, str]) -> None:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        entries = {}
        for name, data in sorted(self.blobs.items()):
            if not name.startswith(prefix):
                continue
            step, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            if found:
                text = f"{prefix}{step}{found}"
                entries[text] = f"<BlobPrefix><Name>{escape(text)}</Name></BlobPrefix>"
            else:
                stub = "<hdi_isfolder>true</hdi_isfolder>" if name in self.folders else ""
                entries[f"{name}\0"] = (
                    f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>Mon, 01 Jan 2024 00:00:00 GMT"
                    f"</Last-Modified><Etag>{len(data)}</Etag><Content-Length>{len(data)}</Content-Length>"
                    f"<BlobType>BlockBlob</BlobType></Properties><Metadata>{stub}</Metadata></Blob>"
                )
        begin = int(query.get("marker") or 0)
        texts = list(entries.values())
        more = begin + self.page if begin + self.page < len(texts) else ""
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://x/"'
            f' ContainerName="models"><Prefix>{escape(prefix)}</Prefix><Delimiter>/</Delimiter><Blobs>'
            f"{''.join(texts[begin : begin + self.page])}</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>"
        )
        self.answer(200, body.encode(), {"Content-Type": "application/xml", "x-ms-version": "2021-12-02"})

    def error(self, status: int, code: str) -> None:
        body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
        self.answer(status, body.encode(), {"Content-Type": "application/xml", "x-ms-error-code": code})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextlib.contextmanager
def azure(handler: type[Blobs]) -> Iterator[str]:
    """A connection string of a server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = "c2VjcmV0LWtleS1vZi10aGlzLWFjY291bnQ="
    endpoint = f"http://127.0.0.1:{server.server_port}/account"
    yield f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={key};BlobEndpoint={endpoint};"
    server.shutdown()
    server.server_close()


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "GOOGLE_", "GCSFS_", "FSSPEC_", "STORAGE_EMULATOR")):
            monkeypatch.delenv(name)


@pytest.fixture
def az(clean: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Blobs]]:
    pytest.importorskip("adlfs")
    handler = type("Container", (Blobs,), {"blobs": content(), "listings": []})
    with azure(handler) as text:
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", text)
        yield handler


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    pytest.importorskip("gcsfs")
    made = pytest.importorskip("gcp_storage_emulator.server")
    import requests

    logging.getLogger("gcp_storage_emulator").setLevel(logging.ERROR)
    server = made.create_server("127.0.0.1", 0, in_memory=True, default_bucket="models")
    server.start()
    address = f"http://127.0.0.1:{server._api._httpd.socket.getsockname()[1]}"
    for key, data in content().items():
        url = f"{address}/upload/storage/v1/b/models/o?uploadType=media&name={quote(key, safe='')}"
        requests.post(
            url, data=data, headers={"Content-Type": "application/octet-stream"}, timeout=10
        ).raise_for_status()
    yield address
    server.stop()


@pytest.fixture
def gs(clean: None, emulator: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator)
    return emulator


@pytest.fixture(params=["gs", "az"])
def scheme(request: pytest.FixtureRequest) -> str:
    request.getfixturevalue(request.param)
    return str(request.param)


def outline(url: str) -> tuple[list[str], list[tuple[str, str]], int]:
    report = check([url])
    findings = [(finding.code, finding.at.path) for finding in report.findings]
    return [case.artifact.path for case in report.cases], findings, report.exit_status()


def test_plan(scheme: str) -> None:
    url = f"{scheme}://models/x/m.plan"
    assert outline(url) == ([url], [("TRT203", url)], 0)


@pytest.mark.parametrize("name", ["m/conv", "m/conv/", "m/conv/1/saved_model.pb", "m/conv/1/variables/variables.index"])
def test_any_part_of_a_model_is_the_model(scheme: str, name: str) -> None:
    assert outline(f"{scheme}://models/{name}") == ([f"{scheme}://models/m/conv/1"], [], 0)


def test_folder_of_thirty_models(scheme: str) -> None:
    """Of which n1 begins as n10 to n19 do."""
    paths, findings, status = outline(f"{scheme}://models/thirty")
    assert sorted(paths) == sorted(f"{scheme}://models/thirty/n{number}/1" for number in range(30))
    assert (findings, status) == ([], 0)
    assert outline(f"{scheme}://models/thirty/n1")[0] == [f"{scheme}://models/thirty/n1/1"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names(scheme: str, name: str) -> None:
    url = f"{scheme}://models/odd/{name}"
    assert outline(url)[0] == outline(f"{url}/m.plan")[0] == [f"{url}/m.plan"]


def test_cut(scheme: str) -> None:
    assert ("TRT204", f"{scheme}://models/cut.plan") in outline(f"{scheme}://models/cut.plan")[1]


@pytest.mark.parametrize("place", ["models/nope", "models/nope.plan", "other", "other/m.plan"])
def test_nothing_there(scheme: str, place: str) -> None:
    url = f"{scheme}://{place}"
    assert outline(url)[1:] == ([("TRT901", url)], 3)


def test_object_with_the_name_of_a_folder(scheme: str) -> None:
    assert outline(f"{scheme}://models/both")[0] == [f"{scheme}://models/both/m.plan"]


def test_empty_blob_that_stands_for_a_folder(az: type[Blobs]) -> None:
    az.blobs = {"dir/": b"", "dir/m.plan": PLAN, "hns": b"", "hns/m.plan": PLAN, "hns/empty": b""}
    az.folders = frozenset(("hns", "hns/empty"))
    for name in ("dir", "hns"):
        assert outline(f"az://models/{name}")[0] == [f"az://models/{name}/m.plan"]
    assert len(outline("az://models")[0]) == 2
    assert outline("az://models/hns/empty")[1] == [("TRT901", "az://models/hns/empty")]


def test_two_slashes(az: type[Blobs]) -> None:
    az.blobs = {"a//in/m.plan": PLAN, "a/m.plan": PLAN}
    assert ("TRT901", "az://models/a//") in outline("az://models/a")[1]
    assert outline("az://models/a//in")[0] == ["az://models/a//in/m.plan"]


def test_a_folder_of_azure_is_listed_alone(az: type[Blobs]) -> None:
    """Once, and not those whose names begin alike; by pages."""
    az.blobs |= {f"m/conv{number}/x": b"" for number in range(100)}
    names = [entry.name for entry in Store(parse("az://models/m"), Clock()).children("m")]
    assert sorted(names) == sorted(["conv", *(f"conv{number}" for number in range(100))])
    assert az.listings == ["m/"] * 3
    az.listings.clear()
    outline("az://models/m/conv")
    assert not [prefix for prefix in az.listings if not prefix.endswith("/")]


def test_changed_meanwhile(az: type[Blobs]) -> None:
    store = Store(parse("az://models/x"), Clock())
    source = StoreFolder(store, "x").open("shown", "m.plan")
    source.at(0, 100)
    source.unchanged()
    az.blobs["x/m.plan"] = PLAN[:-1]
    with pytest.raises(ArtifactError, match="changed while it was read"):
        source.unchanged()


def test_denied(az: type[Blobs]) -> None:
    az.denied = "AuthorizationFailure"
    for url in ("az://models/x/m.plan", "az://models/m", "az://models"):
        (finding,) = check([url]).findings
        assert (finding.code, finding.at.path) == ("TRT901", url)
        assert "access denied" in finding.message
        assert "c2Vjcm" not in finding.message


@pytest.mark.parametrize("status", [401, 403])
def test_denied_by_google(clean: None, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gcsfs")
    body = f'{{"error": {{"code": {status}, "message": "caller does not have storage.objects.get access"}}}}'.encode()

    class Denied(Blobs):
        def do_GET(self) -> None:
            self.answer(status, body, {"Content-Type": "application/json"})

    with azure(Denied) as text:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", text.partition("BlobEndpoint=")[2].removesuffix("/account;"))
        (finding,) = check(["gs://models/x/m.plan"]).findings
    assert finding.code == "TRT901"
    assert "access denied" in finding.message


def test_nobody_there(clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before the time for one request is over, and as what it is."""
    pytest.importorskip("adlfs")
    endpoint = "BlobEndpoint=http://127.0.0.1:1/account"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"{endpoint};AccountName=account;AccountKey=a2V5")
    monkeypatch.setattr(remote_ask, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(remote_ask, "TRIES", 2)
    (finding,) = check(["az://models/x/m.plan"]).findings
    assert finding.code == "TRT901"
    assert "no connection" in finding.message


def test_account_without_credentials() -> None:
    pytest.importorskip("adlfs")
    from azure.core.exceptions import ClientAuthenticationError

    store = Store.__new__(Store)
    store.url, store.clock, store._open = parse("az://models/m"), Clock(), False
    error = ClientAuthenticationError(message="DefaultAzureCredential failed to retrieve a token from ...")
    assert "AZURE_STORAGE_ACCOUNT_NAME" in str(store._fault("shown", error))
