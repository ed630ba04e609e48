"""URLs: what is taken, what is shown, and what comes over the wire, against web servers on loopback."""

from __future__ import annotations

import gzip
import os
import random
import re
import shutil
import socket
import ssl
import tarfile
import time
from pathlib import Path

import pytest
from bench.graphs import write_plan
from hypothesis import given
from hypothesis import strategies as st
from models.writer import DType, Node, data, number, varint
from servers import Handler, Server

from pytest_trt.artifacts import remote
from pytest_trt.artifacts.errors import ArtifactError, LimitReached
from pytest_trt.artifacts.open import open_artifact
from pytest_trt.artifacts.remote import BLOCK, RangeSource, UrlError
from pytest_trt.artifacts.remote import ask as remote_ask
from pytest_trt.artifacts.remote.ask import Clock
from pytest_trt.artifacts.remote.http import Session, WebFile, is_public
from pytest_trt.artifacts.remote.url import parse, redacted
from pytest_trt.artifacts.remote.walk import discover
from pytest_trt.lint.runner import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_trt.artifacts.open import Artifact, Found

ROOT = Path(__file__).parents[3]
PLANS = ROOT / "tests" / "data" / "plans"
ORACLE = ROOT / "tests" / "data" / "oracle"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No test waits for a pause: how long it would have waited is kept."""
    waited: list[float] = []
    monkeypatch.setattr(Clock.__init__, "__defaults__", (waited.append,))
    return waited


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "served"
    path.mkdir()
    return path


def found(url: str) -> tuple[list[Found], list[ArtifactError]]:
    failed: list[ArtifactError] = []
    return list(discover(url, lambda _: False, failed.append)), failed


def opened(url: str) -> Artifact:
    """The one artifact of a URL; its connection is closed behind it."""
    candidates, failed = found(url)
    assert not failed, failed
    artifact = open_artifact(candidates[0])
    assert artifact is not None
    return artifact


def fault(url: str) -> ArtifactError:
    _, failed = found(url)
    assert len(failed) == 1
    return failed[0]


# What a URL may be.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://bucket/models/", "s3://bucket/models"),
        ("s3://bucket", "s3://bucket"),
        ("S3://Bucket.with-dots/a b#c?d", "s3://Bucket.with-dots/a b#c?d"),
        ("gs://b/x::y", "gs://b/x::y"),
        ("az://container/m/1", "az://container/m/1"),
        ("https://host/m.plan", "https://host/m.plan"),
        ("https://HOST:8443/a%20b/m.plan", "https://HOST:8443/a%20b/m.plan"),
        ("https://host/m.plan?X-Amz-Signature=abc&y=1#part", "https://host/m.plan"),
        ("https://user:secret@host/m.plan", "https://***@host/m.plan"),
        ("https://[2001:db8::1]:1/m", "https://[2001:db8::1]:1/m"),
        ("https://bücher.example/m", "https://xn--bcher-kva.example/m"),
        ("http://127.0.0.1:80/m", "http://127.0.0.1:80/m"),
        ("http://localhost/m", "http://localhost/m"),
        ("http://[::1]/m", "http://[::1]/m"),
    ],
)
def test_taken(text: str, shown: str) -> None:
    assert remote.is_url(text)
    assert parse(text).shown == shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("simplecache::s3://b/k", "chained"),
        ("zip://a.pb::s3://b/k.zip", "chained"),
        ("s3://b/k.zip::https://h/x", "chained"),
        ("http://host/m", "only https, or http on a loopback address"),
        ("http://10.0.0.1/m", "only https"),
        ("http://127.0.0.1.evil.example/m", "only https"),
        ("http://localhost.evil.example/m", "only https"),
        ("ftp://host/m", "only s3://, gs://, az://, https://"),
        ("file:///etc/passwd", "without file://"),
        ("gcs://b/k", "write gs://"),
        ("abfs://c@account.dfs.core.windows.net/k", "AZURE_STORAGE_ACCOUNT_NAME"),
        ("memory://x", "only s3://"),
        ("s3://", "no bucket"),
        ("s3:///k", "no bucket"),
        ("s3://a/../b", "with . or .."),
        ("s3://key:secret@bucket/k", "credentials"),
        ("az://c/k?sv=1&sig=secret", "credentials"),
        ("s3://b/k?X-Amz-Signature=secret", "credentials"),
        ("https://host/%2e%2e/x", "with . or .."),
        ("https:///m", "no host"),
        ("https://ho st/m", "no host"),
        ("https://host:0/m", "not a port"),
        ("https://host:99999999999/m", "not a port"),
        ("https://host\\@evil/m", "no host"),
        ("https://host/\r\nHost: x", "control"),
        ("https://" + "a" * 9000, "characters"),
    ],
)
def test_refused(text: str, why: str) -> None:
    assert remote.is_url(text)
    with pytest.raises(UrlError, match=why) as caught:
        parse(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("path", ["models/a", "s3:/b", "C:\\x", "a://", "model.tar.gz!/a", "weird:name", "://x"])
def test_paths_are_not_urls(path: str) -> None:
    assert remote.is_url(path) is (path == "a://")


@given(st.text(max_size=60), st.sampled_from(["https://", "s3://", "az://", "http://localhost/", "https://h/", ""]))
def test_any_text(text: str, start: str) -> None:
    try:
        url = parse(start + text)
    except UrlError:
        return
    assert url.scheme in ("s3", "gs", "az", "https", "http")
    assert not any(character < " " for character in url.shown)


@given(st.sampled_from(["Xs3cretX", "p%40Xs3cretX"]), st.sampled_from(["u:{0}@", "{0}@", ""]), st.booleans())
def test_secrets_are_never_shown(secret: str, login: str, query: bool) -> None:
    text = f"https://{login.format(secret)}host/m{'?X-Amz-Signature=' + secret if query or not login else ''}"
    assert "s3cret" not in parse(text).shown + repr(parse(text)) + redacted(f"<{text}> is bad, '{text}'")


def test_a_folder_of_the_web_cannot_be_listed() -> None:
    with pytest.raises(UrlError, match=r"name a file, as in https://host/models/saved_model\.pb"):
        remote.check("https://host/models/")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::", "::127.0.0.1", "x", "",
        "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


# What is transferred.


@pytest.mark.parametrize("plan", sorted(PLANS.glob("*.plan")), ids=lambda path: path.name)
def test_plan(plan: Path) -> None:
    with Server(PLANS) as server:
        artifact = opened(f"{server.url}/{plan.name}")
        assert artifact.kind == "plan"
        assert artifact.plan is not None and artifact.source is not None
        assert artifact.source.bytes_read == server.sent <= 64 << 10


def test_large_plan(folder: Path) -> None:
    """A plan with an engine of 200 MiB: its head, the engine's head, its end."""
    write_plan(folder / "m.plan", (PLANS / "fp32.plan").read_bytes(), 200 << 20)
    with Server(folder) as server:
        artifact = opened(f"{server.url}/m.plan")
        assert artifact.plan is not None
        assert artifact.plan.damage is None
        assert artifact.plan.compute_capability == "9.0"
        assert server.sent <= 64 << 10
        assert len(server.requests) <= 4


def frozen(path: Path, constants: int, size: int) -> None:
    """A frozen graph of constants of this size each, which take no room on disk, and a TRTEngineOp behind them."""
    with open(path, "wb") as file:
        for place in range(constants):
            tensor = number(1, DType.FLOAT) + data(2, data(2, number(1, size // 4))) + b"\x22" + varint(size)
            value = b"\x42" + varint(len(tensor) + size)
            entry = data(1, "value") + b"\x12" + varint(len(value) + len(tensor) + size) + value
            kind = data(5, data(1, "dtype") + data(2, number(6, DType.FLOAT)))
            length = len(entry) + len(tensor) + size
            node = data(1, f"w{place}") + data(2, "Const") + kind + b"\x2a" + varint(length)
            file.write(b"\x0a" + varint(len(node) + length) + node + entry + tensor)
            file.seek(size, os.SEEK_CUR)
        file.write(data(1, Node("end", "TRTEngineOp").encode()))


def test_frozen_graph_of_a_gibibyte(folder: Path) -> None:
    frozen(folder / "frozen.pb", 64, 16 << 20)
    assert (folder / "frozen.pb").stat().st_size > 1 << 30
    with Server(folder) as server:
        report = check([f"{server.url}/frozen.pb"])
        assert [finding.code for finding in report.findings] == ["TRT104"]
        assert report.cases[0].artifact.complete
        assert server.sent <= 4 << 20


def test_the_same_bytes(folder: Path) -> None:
    """Whatever is asked for, it is what the file holds; the cache forgets."""
    content = random.Random(1).randbytes(9 * BLOCK * remote.KEPT // 8 + 77)
    (folder / "m.bin").write_bytes(content)
    with Server(folder) as server:
        url = parse(f"{server.url}/m.bin")
        session = Session(url, Clock())
        source = RangeSource(WebFile(url, session), url.shown)
        assert source.size == len(content)
        dice = random.Random(2)
        for _ in range(150):
            at = dice.randrange(len(content))
            length = dice.choice((1, 7, 100, BLOCK, 3 * BLOCK + 5, 1 << 20))
            length = min(length, len(content) - at)
            assert source.at(at, length) == content[at : at + length]
        assert source.at(0, len(content)) == content
        assert len(source._blocks) <= remote.KEPT
        assert source.bytes_read == server.sent
        session.close()


def test_sequential_reading_takes_few_requests(folder: Path) -> None:
    (folder / "m.bin").write_bytes(bytes(8 << 20))
    with Server(folder) as server:
        url = parse(f"{server.url}/m.bin")
        session = Session(url, Clock())
        source = RangeSource(WebFile(url, session), url.shown)
        for at in range(0, source.size, 4096):
            source.at(at, 4096)
        assert len(server.requests) < 40
        assert server.sent <= (8 << 20) + (1 << 20)
        session.close()


@pytest.mark.parametrize("name", [path.name for path in sorted(ORACLE.iterdir()) if path.is_dir()])
def test_models_are_judged_as_on_disk(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts over https are those of the folder."""
    model = next(path for path in sorted((ORACLE / name).rglob("*")) if path.suffix == ".pb")
    with Server(ROOT) as server:
        here = check([str(model)])
        there = check([f"{server.url}/{model.relative_to(ROOT)}"])
    assert [case.artifact.kind for case in there.cases] == [case.artifact.kind for case in here.cases]

    def outline(report: object) -> object:
        return [
            [
                (verdict.load, verdict.signatures, [(reason.stage, reason.code) for reason in verdict.reasons])
                for verdict in case.verdicts
            ]
            for case in report.cases  # type: ignore[attr-defined]
        ]

    assert outline(there) == outline(here)
    assert [finding.code for finding in there.findings] == [finding.code for finding in here.findings]


def test_archive(folder: Path) -> None:
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        archive.add(ORACLE / "c02_v1_main_onpath", "export/Servo/1")
    with Server(folder) as server:
        report = check([f"{server.url}/model.tar.gz"])
        assert [case.artifact.path for case in report.cases] == [f"{server.url}/model.tar.gz!/export/Servo/1"]
        assert "TRT101" in [finding.code for finding in report.findings]


def test_archive_that_expands_without_end(folder: Path) -> None:
    with gzip.open(folder / "model.tar.gz", "wb", compresslevel=9) as file:
        head = tarfile.TarInfo("1/saved_model.pb")
        head.size = 1 << 40
        file.write(head.tobuf())
        for _ in range(64):
            file.write(bytes(1 << 20))
    with Server(folder) as server:
        report = check([f"{server.url}/model.tar.gz"])
        assert report.exit_status() == 3


# Servers with faults.


def test_no_ranges_small(folder: Path) -> None:
    """A small file is read whole."""
    shutil.copy(PLANS / "fp32.plan", folder / "m.plan")
    with Server(folder, ranges=False) as server:
        artifact = opened(f"{server.url}/m.plan")
        assert artifact.plan is not None
        assert len(server.requests) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_no_ranges_large(folder: Path, chunked: bool) -> None:
    """The reading of a large one stops at the bound, whether its length is said or not."""
    (folder / "m.plan").write_bytes(b"")
    os.truncate(folder / "m.plan", 1 << 30)
    with Server(folder, ranges=False, chunked=chunked) as server:
        error = fault(f"{server.url}/m.plan")
        assert isinstance(error, LimitReached)
        assert error.code == "TRT903"
        assert "knows no byte ranges (it answers 200, not 206)" in error.why
        assert server.sent < 64 << 20  # what the sockets' buffers took before the connection was closed


def answer(status: int, *times: int, body: bytes = b"", **headers: str) -> Callable[[Handler], bool]:
    """The first requests (or all of them) are answered so."""
    left = [times[0]] if times else [-1]

    def first(handler: Handler) -> bool:
        if not left[0]:
            return False
        left[0] -= 1
        return handler.answer(status, body, **headers)

    return first


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_faults_are_asked_again(status: int, quick: list[float]) -> None:
    with Server(PLANS, first=answer(status, 2)) as server:
        assert opened(f"{server.url}/fp32.plan").plan is not None
        assert len(server.requests) == 4
    assert quick == [0.5, 1.0]


def test_server_says_how_long(quick: list[float]) -> None:
    with Server(PLANS, first=answer(503, 3, Retry_After="3")) as server:
        assert opened(f"{server.url}/fp32.plan").plan is not None
    assert quick == [3.0, 3.0, 3.0]


def test_nobody_waits_for_an_hour(quick: list[float]) -> None:
    with Server(PLANS, first=answer(429, 1, Retry_After="3600")) as server:
        assert opened(f"{server.url}/fp32.plan").plan is not None
    assert quick == [remote_ask.LONGEST_PAUSE]


@pytest.mark.parametrize(
    ("status", "tries", "why"),
    [
        (503, 4, r"HTTP 503 .*\(tried 4 times\)"),
        (401, 1, "access denied .*asks for a login"),
        (403, 1, "access denied"),
        (404, 1, "no such file"),
        (410, 1, "no such file any more"),
        (418, 1, "HTTP 418"),
        (416, 1, "refuses the first bytes"),
        (302, 1, "leads nowhere"),
        (206, 1, "does not say which bytes"),
    ],
)
def test_lasting_faults(status: int, tries: int, why: str) -> None:
    with Server(PLANS, first=answer(status, body=b"x" * 1000)) as server:
        error = fault(f"{server.url}/fp32.plan?X-Amz-Signature=secret")
        assert error.code == "TRT901"
        assert error.location.path == f"{server.url}/fp32.plan"
        assert len(server.requests) == tries
    assert re.search(why, error.why), error.why
    assert "secret" not in str(error)


def test_wrong_range(folder: Path) -> None:
    with Server(PLANS, first=answer(206, body=b"x" * 100, Content_Range="bytes 50-149/1000")) as server:
        assert "sends bytes 50-149" in fault(f"{server.url}/fp32.plan").why


def test_compressed() -> None:
    body = gzip.compress(b"x" * 100)
    headers = {"Content_Range": f"bytes 0-{len(body) - 1}/{len(body)}", "Content_Encoding": "gzip"}
    with Server(PLANS, first=answer(206, body=body, **headers)) as server:
        assert "compresses" in fault(f"{server.url}/fp32.plan").why


def test_empty_file(folder: Path) -> None:
    (folder / "m.plan").write_bytes(b"")
    with Server(folder) as server:
        candidates, failed = found(f"{server.url}/m.plan")
        assert not failed
        assert open_artifact(candidates[0]) is None  # no artifact of ours, as on disk


def test_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing is left, tried again, and given up."""
    monkeypatch.setattr(remote_ask, "SILENCE", 0.2)

    def hang(handler: Handler) -> bool:
        handler.owner.stop.wait(5)
        return True

    begin = time.monotonic()
    with Server(PLANS, first=hang) as server:
        error = fault(f"{server.url}/fp32.plan")
        assert "no answer from 127.0.0.1 within 0.2 seconds (tried 4 times)" in error.why
    assert time.monotonic() - begin < 5


def test_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends a byte now and then is never silent for long; the request as a whole has a bound."""
    monkeypatch.setattr(remote_ask, "REQUEST", 0.5)
    monkeypatch.setattr(remote_ask, "TRIES", 2)

    def drip(handler: Handler) -> bool:
        handler.wfile.write(b"HTTP/1.1 206 Partial Content\r\n")
        for count in range(200):
            handler.wfile.write(b"X-%d: y\r\n" % count)
            handler.wfile.flush()
            if handler.owner.stop.wait(0.1):
                break
        return True

    begin = time.monotonic()
    with Server(PLANS, first=drip) as server:
        why = fault(f"{server.url}/fp32.plan").why
        assert why == "no whole answer from 127.0.0.1 within 0.5 seconds (tried 2 times)"
    assert time.monotonic() - begin < 6


def test_the_whole_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_ask, "WHOLE", 0.0)
    with Server(PLANS) as server:
        error = fault(f"{server.url}/fp32.plan")
        assert error.code == "TRT903"
        assert not server.requests


def test_body_breaks_off() -> None:
    def cut(handler: Handler) -> bool:
        if len(handler.owner.requests) > 2:
            return False
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 0-8191/91540")
        handler.send_header("Content-Length", "8192")
        handler.send_header("ETag", handler.owner.etag)
        handler.end_headers()
        handler.wfile.write(b"x" * 100)
        handler.close_connection = True
        return True

    with Server(PLANS, first=cut) as server:
        artifact = opened(f"{server.url}/fp32.plan")
        assert artifact.plan is not None
        assert artifact.source is not None
        assert artifact.source.bytes_read == server.sent + 200


def test_connections_are_kept() -> None:
    seen = set()

    def first(handler: Handler) -> bool:
        seen.add(handler.client_address)
        return False

    with Server(ROOT, first=first) as server:
        assert check([f"{server.url}/examples/conv/1/saved_model.pb"]).exit_status() == 0
        assert len(server.requests) > 4
    assert len(seen) == 1


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = fault(f"http://127.0.0.1:{taken.getsockname()[1]}/m.plan")
    assert "no connection to 127.0.0.1: Connection refused (tried 4 times)" in error.why


def test_changed_meanwhile(folder: Path) -> None:
    shutil.copy(PLANS / "fp32.plan", folder / "m.plan")

    def first(handler: Handler) -> bool:
        if len(handler.owner.requests) > 1:
            handler.owner.etag = '"two"'
        return False

    with Server(folder, first=first) as server:
        report = check([f"{server.url}/m.plan"])
        (case,) = report.cases
        assert case.artifact.error is not None
        assert case.artifact.error.code == "TRT901"
        assert "changed while it was read" in case.artifact.error.why
        assert server.headers[1]["if-match"] == '"one"'
    assert report.exit_status() == 3


def test_changed_size_without_tags(folder: Path) -> None:
    shutil.copy(PLANS / "fp32.plan", folder / "m.plan")

    def first(handler: Handler) -> bool:
        begin, stop = (int(part) for part in handler.headers["Range"].partition("=")[2].split("-"))
        size = 91540 + (len(handler.owner.requests) > 1)
        body = (folder / "m.plan").read_bytes()[begin : stop + 1]
        return handler.answer(206, body, Content_Range=f"bytes {begin}-{begin + len(body) - 1}/{size}")

    with Server(folder, first=first) as server:
        (case,) = check([f"{server.url}/m.plan"]).cases
        assert case.artifact.error is not None
        assert case.artifact.error.code == "TRT901"


# What redirects may do.


def redirect(to: Callable[[Handler], str], *paths: str) -> Callable[[Handler], bool]:
    def first(handler: Handler) -> bool:
        return handler.path.startswith("/old") and handler.answer(302, b"moved", Location=to(handler))

    return first


def test_redirect_to_the_same_server() -> None:
    """The user named this address himself."""
    with Server(PLANS, first=redirect(lambda _: "/fp32.plan?X-Amz-Signature=secret")) as server:
        artifact = opened(f"{server.url}/old/m.plan")
        assert artifact.plan is not None
        assert artifact.path == f"{server.url}/old/m.plan"
        # What it leads to is asked directly from then on.
        assert [path.partition("?")[0] for path, _ in server.requests] == ["/old/m.plan", "/fp32.plan", "/fp32.plan"]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://169.254.169.254/latest/meta-data/", "not read"),
        ("https://169.254.169.254/latest/meta-data/", "169.254.169.254 is not a public one"),
        ("https://127.0.0.1/x", "127.0.0.1 is not a public one"),
        ("https://localhost/x", "is not a public one"),
        ("https://10.0.0.1/x", "10.0.0.1 is not a public one"),
        ("https://[::ffff:10.0.0.1]/x", "is not a public one"),
        ("https://2130706433/x", "127.0.0.1 is not a public one"),
        ("https://0x7f.1/x", "127.0.0.1 is not a public one"),
        ("file:///etc/passwd", "not read"),
        ("ftp://8.8.8.8/x", "not read"),
        ("s3://bucket/x", "redirects from|not read"),
        ("//169.254.169.254/x", "not read"),
        ("https://h/%0d%0ax::s3://y", "chained"),
    ],
)
def test_redirect_that_is_not_followed(target: str, why: str) -> None:
    with Server(PLANS, first=redirect(lambda _: target)) as server:
        error = fault(f"{server.url}/old")
        assert error.code == "TRT901"
        assert re.search(why, error.why), error.why
        assert len(server.requests) == 1


def test_redirect_to_another_port_of_this_machine() -> None:
    """Only what was named: another server on the same private address was not."""
    with Server(PLANS) as inner:
        with Server(PLANS, first=redirect(lambda _: f"{inner.url}/fp32.plan")) as server:
            assert "127.0.0.1 is not a public one" in fault(f"{server.url}/old").why
        assert not inner.requests


def test_name_that_resolves_to_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    asked: list[str] = []

    def lookup(host: str, port: int, *words: int, **options: int) -> object:
        asked.append(host)
        return real("127.0.0.1" if host == "public.example" else host, port, *words, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with Server(PLANS, first=redirect(lambda _: "https://public.example/x")) as server:
        error = fault(f"{server.url}/old")
        assert "redirects to public.example, whose address 127.0.0.1 is not a public one" in error.why
    assert "public.example" in asked


def test_circle() -> None:
    with Server(PLANS, first=redirect(lambda handler: handler.path + "x")) as server:
        assert "more than 5 redirects" in fault(f"{server.url}/old").why
        assert len(server.requests) == 6


def test_what_a_redirect_leads_to_runs_out() -> None:
    """A signed address holds for a while; then it is asked for again."""
    state = {"token": 1}

    def first(handler: Handler) -> bool:
        path, _, query = handler.path.partition("?")
        if path == "/old":
            return handler.answer(307, Location=f"/fp32.plan?token={state['token']}")
        if query != f"token={state['token']}":
            return handler.answer(403)
        state["token"] += len(handler.owner.requests) == 2
        return False

    with Server(PLANS, first=first) as server:
        assert opened(f"{server.url}/old").plan is not None
        assert [path for path, _ in server.requests] == [
            "/old", "/fp32.plan?token=1", "/fp32.plan?token=1", "/old", "/fp32.plan?token=2",
        ]  # fmt: skip


def test_login(folder: Path) -> None:
    """It goes to the named origin and nowhere else, and is not shown."""

    def first(handler: Handler) -> bool:
        return handler.headers.get("Authorization") != "Basic dTpwQHc=" and handler.answer(401)

    with Server(PLANS, first=first) as server:
        artifact = opened(f"{server.url.replace('//', '//u:p%40w@')}/fp32.plan")
        assert artifact.plan is not None
        assert artifact.path == f"{server.url.replace('//', '//***@')}/fp32.plan"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"])
def test_proxies_of_the_environment_are_not_asked(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    with Server(PLANS) as server:
        assert opened(f"{server.url}/fp32.plan").plan is not None


def test_localhost_that_is_not_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]
    )
    assert "http:// is for loopback" in fault("http://localhost:1/m.plan").why


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A key and a certificate for 127.0.0.1 that nobody has signed but itself."""
    x509 = pytest.importorskip("cryptography.x509")
    import datetime
    import ipaddress

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    yield path


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_https(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(PLANS, context=tls(certificate)) as server:
        assert opened(f"{server.url}/fp32.plan").plan is not None
        assert server.headers[0]["host"] == server.url.partition("//")[2]


def test_certificate_that_nobody_knows(certificate: Path) -> None:
    with Server(PLANS, context=tls(certificate)) as server:
        error = fault(f"{server.url}/fp32.plan")
        assert "the certificate of 127.0.0.1 is not accepted: self-signed certificate" in error.why.replace(
            "self signed", "self-signed"
        )
        assert not server.requests


def test_never_from_https_to_http(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Server(PLANS) as inner:
        to = f"{inner.url}/fp32.plan"
        with Server(PLANS, first=redirect(lambda _: to), context=tls(certificate)) as server:
            assert "redirects from https to http" in fault(f"{server.url}/old").why
        assert not inner.requests


# A SavedModel on the web.


def test_siblings_that_nobody_may_see() -> None:
    """Many servers deny what is not there: that is not known to be missing, so the verdict is unknown."""

    def first(handler: Handler) -> bool:
        return "saved_model.pb" not in handler.path and handler.answer(403)

    with Server(ROOT, first=first) as server:
        report = check([f"{server.url}/examples/conv/1/saved_model.pb"])
    (case,) = report.cases
    assert [verdict.load for verdict in case.verdicts] == ["unknown", "unknown"]
    assert [(finding.code, "some servers say so" in finding.message) for finding in report.findings] == [
        ("TRT901", True)
    ]
    assert report.exit_status() == 3


def test_signed_url_of_a_graph_file() -> None:
    """Its neighbours have signatures of their own, so that they cannot be asked for."""
    with Server(ROOT) as server:
        report = check([f"{server.url}/examples/conv/1/saved_model.pb?X-Amz-Signature=secret"])
        assert {path for path, _ in server.requests} == {"/examples/conv/1/saved_model.pb?X-Amz-Signature=secret"}
    assert [case.artifact.kind for case in report.cases] == ["saved_model"]


def test_two_urls_that_look_alike(folder: Path) -> None:
    """What tells them apart is not shown, but both are read."""
    shutil.copy(PLANS / "fp32.plan", folder / "m")
    with Server(folder) as server:
        report = check([f"{server.url}/m?id=1", f"{server.url}/m?id=2"])
        assert len(report.cases) == 2


def test_text_form(folder: Path) -> None:
    (folder / "1").mkdir()
    (folder / "1" / "saved_model.pbtxt").write_text("saved_model_schema_version: 1\nmeta_graphs { meta_info_def {} }\n")
    with Server(folder) as server:
        report = check([f"{server.url}/1/saved_model.pbtxt"])
    assert [finding.code for finding in report.findings] == ["TRT304"]


def test_sources_are_closed_early(folder: Path) -> None:
    """A source whose reading ends in the middle leaves nothing open."""
    shutil.copy(PLANS / "fp32.plan", folder / "m.plan")
    with Server(folder) as server:
        for one in discover(f"{server.url}/m.plan", lambda _: False, lambda _: None):
            artifact = open_artifact(one)
            assert artifact is not None
            artifact.close()
            break
