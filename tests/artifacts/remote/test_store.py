"""s3:// against a server that speaks S3, from the package index; what is not installed, and what libraries raise."""

from __future__ import annotations

import logging
import os
import re
import sys
import tarfile
from pathlib import Path

import pytest

from pytest_trt.artifacts import remote
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.open import open_artifact
from pytest_trt.artifacts.remote import StoreFolder, UrlError
from pytest_trt.artifacts.remote import ask as remote_ask
from pytest_trt.artifacts.remote import store as remote_store
from pytest_trt.artifacts.remote.ask import Again, Clock, Missing
from pytest_trt.artifacts.remote.store import Store
from pytest_trt.artifacts.remote.url import parse
from pytest_trt.artifacts.remote.walk import discover
from pytest_trt.lint.runner import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ROOT = Path(__file__).parents[3]
PLANS = ROOT / "tests" / "data" / "plans"
EXAMPLES = ROOT / "examples"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3-compatible server on loopback; its address."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The bucket `models` of the server, empty; the environment is that of somebody who may read it."""
    import boto3

    for name in list(os.environ):
        if name.startswith(("AWS_", "FSSPEC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    made = boto3.resource("s3").Bucket("models")
    made.create()
    yield made
    made.objects.all().delete()
    made.delete()


def put(bucket: Any, folder: Path, key: str) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            bucket.upload_file(str(path), f"{key}/{path.relative_to(folder)}")


def outline(report: Any, cut: str) -> list[object]:
    return [
        [case.artifact.path.removeprefix(cut) for case in report.cases],
        [[(verdict.load, verdict.signatures) for verdict in case.verdicts] for case in report.cases],
        [(finding.code, finding.at.path.removeprefix(cut), finding.at.offset) for finding in report.findings],
    ]


def test_folders_are_judged_as_on_disk(bucket: Any) -> None:
    names = ("conv", "conv_trt_built", "conv_trt_unbuilt", "half_plus_two_trt")
    for name in names:
        put(bucket, EXAMPLES / name, f"a/b/{name}")
    targets = ["tensorflow/serving:2.14.1-gpu,gpu=sm_90", "tensorflow/serving:2.19.0"]
    there = check(["s3://models/a/b/"], targets=targets)
    here = check([str(EXAMPLES / name) for name in names], targets=targets)
    assert outline(there, "s3://models/a/b") == outline(here, str(EXAMPLES))
    assert there.cases


def test_whole_bucket(bucket: Any) -> None:
    bucket.upload_file(str(PLANS / "fp32.plan"), "x/m.plan")
    bucket.put_object(Key="x/notes.txt", Body=b"x")
    bucket.put_object(Key="x/part-00000", Body=b"x")
    report = check(["s3://models"])
    assert [case.artifact.path for case in report.cases] == ["s3://models/x/m.plan"]


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index", "variables"])
def test_any_part_of_a_model_is_the_model(bucket: Any, name: str) -> None:
    put(bucket, EXAMPLES / "conv", "m")
    report = check([f"s3://models/m/1/{name}"])
    paths = [case.artifact.path for case in report.cases]
    assert paths == ([] if name == "variables" else ["s3://models/m/1"])


def test_several_parts_are_one(bucket: Any) -> None:
    put(bucket, EXAMPLES / "conv", "m")
    report = check(["s3://models/m/1/saved_model.pb", "s3://models/m/1/variables/variables.index", "s3://models/m"])
    assert [case.artifact.path for case in report.cases] == ["s3://models/m/1"]


def test_missing_variables_are_known_to_be_missing(bucket: Any) -> None:
    put(bucket, EXAMPLES / "conv", "m")
    bucket.Object("m/1/variables/variables.data-00000-of-00001").delete()
    report = check(["s3://models/m"])
    assert [finding.code for finding in report.findings] == ["TRT307"]
    assert report.exit_status() == 1


def test_plan_takes_little(bucket: Any) -> None:
    bucket.upload_file(str(PLANS / "fp32.plan"), "m.plan")
    failed: list[ArtifactError] = []
    (one,) = discover("s3://models/m.plan", lambda _: False, failed.append)
    artifact = open_artifact(one)
    assert artifact is not None and artifact.plan is not None and artifact.source is not None
    assert artifact.source.bytes_read <= 64 << 10
    assert artifact.source.bytes_read < artifact.source.size
    assert not failed


def test_frozen_graph_takes_little(bucket: Any, tmp_path: Path) -> None:
    from bench.graphs import write_frozen

    write_frozen(tmp_path / "frozen.pb", 3)
    bucket.upload_file(str(tmp_path / "frozen.pb"), "frozen.pb")
    (one,) = discover("s3://models/frozen.pb", lambda _: False, lambda error: pytest.fail(str(error)))
    artifact = open_artifact(one)
    assert artifact is not None and artifact.graph is not None and artifact.source is not None
    assert "TRTEngineOp" in artifact.graph.main.ops
    assert artifact.source.bytes_read < 1 << 20 < 48 << 20 < artifact.source.size


def test_archive(bucket: Any, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(EXAMPLES / "conv_trt_built" / "1", "1")
    for key in ("a/model.tar.gz", "a/data.tar.gz"):
        bucket.upload_file(str(tmp_path / "model.tar.gz"), key)
    walked = check(["s3://models/a"])
    assert [case.artifact.path for case in walked.cases] == ["s3://models/a/model.tar.gz!/1"]
    named = check(["s3://models/a/data.tar.gz"])
    assert [case.artifact.path for case in named.cases] == ["s3://models/a/data.tar.gz!/1"]
    assert [finding.code for finding in named.findings] == [finding.code for finding in walked.findings]


def test_large_archives_are_read_where_they_are_named(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_trt.artifacts.remote import walk as remote_walk

    monkeypatch.setattr(remote_walk, "_ARCHIVE_LIMIT", 10)
    bucket.put_object(Key="a/model.tar.gz", Body=b"x" * 11)
    report = check(["s3://models/a"])
    assert [(finding.code, finding.at.path) for finding in report.findings] == [
        ("TRT903", "s3://models/a/model.tar.gz")
    ]


def test_odd_names(bucket: Any) -> None:
    for name in ("with space", "a+b", "ü", "q?x=1", "100%25", "a#b", "x:y"):
        bucket.upload_file(str(PLANS / "fp32.plan"), f"{name}/m.plan")
    report = check(["s3://models"])
    assert len(report.cases) == 7
    assert {case.artifact.kind for case in report.cases} == {"plan"}
    assert report.exit_status() == 0


def test_more_objects_than_a_page_holds(bucket: Any) -> None:
    for number in range(1005):
        bucket.put_object(Key=f"many/{number:04}.txt", Body=b"x")
    bucket.upload_file(str(PLANS / "fp32.plan"), "many/z/m.plan")
    assert [case.artifact.path for case in check(["s3://models/many"]).cases] == ["s3://models/many/z/m.plan"]


def test_two_slashes(bucket: Any) -> None:
    """What a path that was joined wrongly left behind is said, and read where it is named."""
    for key in ("a//in/m.plan", "a/m.plan", "//m.plan"):
        bucket.upload_file(str(PLANS / "fp32.plan"), key)
    report = check(["s3://models/a"])
    assert [case.artifact.path for case in report.cases if case.artifact.kind == "plan"] == ["s3://models/a/m.plan"]
    assert [(one.code, one.at.path) for one in report.findings if one.code != "TRT203"] == [
        ("TRT901", "s3://models/a//")
    ]
    assert report.exit_status() == 3
    assert ("TRT901", "s3://models//") in [(one.code, one.at.path) for one in check(["s3://models"]).findings]
    assert [case.artifact.path for case in check(["s3://models/a//in"]).cases] == ["s3://models/a//in/m.plan"]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("body", [b"", b"x"])
def test_object_with_the_name_of_a_folder(bucket: Any, body: bytes, slash: str) -> None:
    """As Hadoop and consoles leave them."""
    bucket.put_object(Key="a/m" + slash, Body=body)
    bucket.upload_file(str(PLANS / "fp32.plan"), "a/m/m.plan")
    for url in ("s3://models/a/m", "s3://models/a/m/", "s3://models/a"):
        assert [case.artifact.path for case in check([url]).cases] == ["s3://models/a/m/m.plan"]


@pytest.mark.parametrize(
    ("key", "path"), [("a/m.plan", "a/m.plan"), ("a/model.tar.gz", "a/model.tar.gz!/1"), ("a/1/saved_model.pb", None)]
)
def test_who_may_get_but_not_list(
    bucket: Any, key: str, path: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was named is read; a model whose other files cannot be seen is unknown. Asked is once a folder."""
    put(bucket, EXAMPLES / "conv", "a")
    bucket.upload_file(str(PLANS / "fp32.plan"), "a/m.plan")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(EXAMPLES / "conv" / "1", "1")
    bucket.upload_file(str(tmp_path / "model.tar.gz"), "a/model.tar.gz")
    asked: list[str] = []

    def children(store: Store, folder: str) -> list[remote_store.Entry]:
        asked.append(folder)
        raise store._fault(store.url.at(folder).shown, PermissionError("Access Denied"))

    monkeypatch.setattr(Store, "children", children)
    report = check([f"s3://models/{key}"])
    if path is None:
        assert [(finding.code, finding.at.path) for finding in report.findings] == [("TRT901", "s3://models/a/1")]
    else:
        assert [case.artifact.path for case in report.cases] == [f"s3://models/{path}"]
        assert report.exit_status() == 0
    assert len(asked) == len(set(asked))


def test_excluded(bucket: Any) -> None:
    put(bucket, EXAMPLES / "conv", "m")
    put(bucket, EXAMPLES / "conv", "old")
    put(bucket, EXAMPLES / "conv", ".git")
    report = check(["s3://models"], extend_exclude=["old"])
    assert [case.artifact.path for case in report.cases] == ["s3://models/m/1"]


@pytest.mark.parametrize("url", ["s3://models/nope", "s3://models/nope.plan", "s3://no-such-bucket", "s3://models"])
def test_nothing_there(bucket: Any, url: str) -> None:
    report = check([url])
    assert [(finding.code, finding.at.path) for finding in report.findings] == [("TRT901", url)]
    assert report.exit_status() == 3


def test_changed_meanwhile(bucket: Any) -> None:
    put(bucket, EXAMPLES / "conv", "m")
    url = parse("s3://models/m/1")
    store = Store(url, Clock())
    source = StoreFolder(store, "m/1").open("shown", "saved_model.pb")
    source.at(0, 100)
    source.unchanged()
    bucket.put_object(Key="m/1/saved_model.pb", Body=b"x" * source.size)
    with pytest.raises(ArtifactError, match="changed while it was read"):
        source.unchanged()
    bucket.put_object(Key="m/1/saved_model.pb", Body=b"x")
    with pytest.raises(ArtifactError):
        source.at(source.size - 1, 1)


def test_folder(bucket: Any) -> None:
    """What a folder of a store answers is what one on disk does."""
    from pytest_trt.artifacts.member import Folder

    put(bucket, EXAMPLES / "conv_trt_built", "m")
    there = StoreFolder(Store(parse("s3://models/m"), Clock()), "m")
    here = Folder(str(EXAMPLES / "conv_trt_built"))
    for names in (
        ("1",), ("1", "saved_model.pb"), ("1/saved_model.pb",), ("1", "variables"), ("2",),
        ("1", "saved_model.pb", "x"), ("1/variables/variables.index",),
    ):  # fmt: skip
        assert there.exists(*names) == here.exists(*names), names
        assert there.named(*names) == here.named(*names), names
        assert there.is_file(*names) == here.is_file(*names), names
        assert there.is_folder(*names) == here.is_folder(*names), names
        assert there.names(*names) == here.names(*names), names
        if here.is_file(*names):
            assert there.size(*names) == here.size(*names), names
    assert sorted(there.files()) == sorted(here.files())
    assert len(list(there.files(limit=2))) == 2
    assert there.below("1").above().names() == ["1"]
    assert there.whole("1", "x") == "s3://models/m/1/x"
    assert there.doubt is None


def test_configuration_of_fsspec_does_not_matter(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec import config

    monkeypatch.setitem(config.conf, "s3", {"endpoint_url": "http://127.0.0.1:1", "anon": True})
    bucket.upload_file(str(PLANS / "fp32.plan"), "m.plan")
    assert check(["s3://models/m.plan"]).exit_status() == 0
    assert config.conf["s3"]["anon"] is True


def test_nobody_there(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(remote_ask, "FIRST_PAUSE", 0.0)
    report = check(["s3://models/m.plan"])
    (finding,) = report.findings
    assert finding.code == "TRT901"
    assert "no connection" in finding.message


def test_public_bucket_without_credentials(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.upload_file(str(PLANS / "fp32.plan"), "m.plan")
    bucket.Object("m.plan").Acl().put(ACL="public-read")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert check(["s3://models/m.plan"]).exit_status() == 0


def test_limit(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in range(12):
        bucket.put_object(Key=f"{count}/x.txt", Body=b"x")
    monkeypatch.setattr(remote, "_OBJECTS_LIMIT", 10)
    report = check(["s3://models"])
    assert [finding.code for finding in report.findings] == ["TRT903"]


# What libraries raise, made by hand: classes and attributes as botocore, gcsfs, google-auth and azure.core have them.


def raised(name: str, text: str = "text", base: type[Exception] = Exception, **attributes: object) -> Exception:
    return type(name, (base,), attributes)(text)


@pytest.mark.parametrize(
    ("error", "scheme", "kind", "why"),
    [
        (raised("NoCredentialsError", "Unable to locate credentials"), "s3", ArtifactError, "no credentials .*AWS_"),
        (raised("DefaultCredentialsError"), "gs", ArtifactError, "no credentials .*GOOGLE_APPLICATION_CREDENTIALS"),
        (ValueError("unable to connect: must provide credentials"), "az", ArtifactError, "AZURE_STORAGE_ACCOUNT_NAME"),
        (PermissionError("Access Denied"), "s3", ArtifactError, r"access denied \(Access Denied\)"),
        (raised("HttpError", code=403), "gs", ArtifactError, "access denied"),
        (raised("ClientAuthenticationError", status_code=401), "az", ArtifactError, "access denied"),
        (FileNotFoundError("models/x"), "s3", Missing, "no such object"),
        (raised("ClientError", response={"Error": {"Code": "NoSuchBucket"}}), "s3", Missing, "no such object"),
        (raised("ClientError", response={"Error": {"Code": "SlowDown"}}), "s3", Again, "text"),
        (raised("HttpError", code=503), "gs", ArtifactError, "text"),
        (raised("HttpResponseError", status_code=429), "az", ArtifactError, "text"),
        (raised("FSTimeoutError", base=TimeoutError), "s3", ArtifactError, "no answer in time"),
        (raised("EndpointConnectionError"), "s3", ArtifactError, "no connection"),
        (OSError("https://k:secret@h/x?sig=secret broke"), "az", ArtifactError, r"https://\*\*\*@h/x\?\*\*\* broke"),
        (OSError("a\nb\x1b" + "c" * 900), "s3", ArtifactError, "a b"),
        (OSError(), "s3", ArtifactError, "OSError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_it_means(error: Exception, scheme: str, kind: type[Exception], why: str) -> None:
    store = Store.__new__(Store)
    store.url, store.clock, store._open = parse(f"{scheme}://bucket/m"), Clock(), False
    found = store._fault("shown", error)
    assert type(found) is kind or isinstance(found, kind) and not isinstance(found, Again)
    text = found.why if isinstance(found, ArtifactError) else str(found)
    assert re.search(why, text)
    assert "secret" not in text
    assert len(text) < 400


@pytest.mark.parametrize(
    ("scheme", "package", "extra"), [("s3", "s3fs", "s3"), ("gs", "gcsfs", "gcs"), ("az", "adlfs", "azure")]
)
def test_not_installed(scheme: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UrlError, match=rf"{package} is not installed: pip install 'pytest-trt\[{extra}\]'"):
        remote.check(f"{scheme}://bucket/m")
    report = check([f"{scheme}://bucket/m"])
    assert [finding.code for finding in report.findings] == ["TRT901"]
    assert remote_store._SYSTEMS[scheme][0] == package
