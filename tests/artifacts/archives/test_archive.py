"""Archives read in place: their members are judged as on disk; hostile and broken ones end in an error."""

from __future__ import annotations

import gc
import gzip
import io
import os
import shutil
import stat
import tarfile
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.artifacts.archives import archive as archives
from pytest_trt.artifacts.archives import tar, unpack, zips
from pytest_trt.artifacts.archives.archive import (
    Archive,
    is_archive,
    of_source,
    read_archive,
    shows_model,
    split,
    steps,
)
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.open import discover, open_artifact
from pytest_trt.artifacts.wire import Memory, Source
from pytest_trt.lint.runner import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).parents[2] / "data"
MODELS = {path.name: path for path in sorted((DATA / "oracle").iterdir()) if path.is_dir()}
MODELS["built"] = DATA / "tftrt" / "conv_fp32_built"
FORMS = (".tar.gz", ".tar", ".zip", "-stored.zip")


def pack(folder: Path, out: Path, inside: str = "") -> Path:
    """An archive of what lies in a folder, below `inside`; the ending of its name says which."""
    if out.name.endswith(".zip"):
        method = zipfile.ZIP_STORED if "stored" in out.name else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(out, "w", method) as file:
            for path in sorted(folder.rglob("*")):
                file.write(path, os.path.join(inside, path.relative_to(folder)))
    else:
        with tarfile.open(out, "w:gz" if out.name.endswith("gz") else "w") as made:
            made.add(folder, inside or ".")
    return out


def made(out: Path, *members: tuple[str | tarfile.TarInfo, bytes]) -> Path:
    """A tar file of these members, by name or header."""
    with tarfile.open(out, "w:gz" if out.name.endswith("gz") else "w") as file:
        for header, data in members:
            info = header if isinstance(header, tarfile.TarInfo) else tarfile.TarInfo(header)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


_open: list[Archive] = []


def archive(path: Path) -> Archive:
    _open.append(of_source(Source(str(path), path.name)))
    return _open[-1]


def found(*paths: Path | str) -> tuple[list[str], list[ArtifactError]]:
    failed: list[ArtifactError] = []
    return [one.path for one in discover([os.fspath(path) for path in paths], lambda _: False, failed.append)], failed


def judged(path: str, root: str) -> list[object]:
    """Verdicts and findings of what is at a path, without the path."""
    report = check([path], targets=["tensorflow/serving:2.17.1", "tensorflow/serving:2.17.1-gpu,gpu=sm_89"])
    verdicts = [
        (case.artifact.kind, case.artifact.content, case.artifact.complete)
        + tuple(
            (verdict.load, verdict.signatures, [(one.code, one.message.replace(root, "")) for one in verdict.reasons])
            for verdict in case.verdicts
        )
        for case in report.cases
    ]
    findings = [
        (one.code, one.message.replace(root, ""), str(one.at).replace(root, ""), one.at.offset)
        for one in report.findings
    ]
    return [verdicts, findings]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No archive of another test is at hand."""
    yield
    while _open:
        _open.pop().close()
    archives._latest.clear()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MODELS)
def test_judged_as_on_disk(name: str, form: str, tmp_path: Path) -> None:
    beside = tmp_path / "disk" / "1"
    shutil.copytree(MODELS[name], beside)
    packed = pack(beside, tmp_path / f"m{form}", "1")
    there = judged(str(beside), str(tmp_path / "disk"))
    assert judged(f"{packed}!/1", f"{packed}!") == there
    assert judged(str(packed), f"{packed}!") == there


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", sorted(path.name for path in (DATA / "plans").iterdir() if path.suffix != ".json"))
def test_plans(name: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    shutil.copy(DATA / "plans" / name, tmp_path / "disk")
    packed = pack(tmp_path / "disk", tmp_path / f"m{form}", "m")
    assert judged(str(packed), f"{packed}!/m") == judged(str(tmp_path / "disk" / name), str(tmp_path / "disk"))


def test_of_a_plan_only_its_ends_are_kept(tmp_path: Path) -> None:
    plan = (DATA / "plans" / "fp32.plan").read_bytes()
    read = archive(made(tmp_path / "m.tar.gz", ("m/1/model.plan", plan)))
    assert len(plan) > 10_000 > read.store.size
    with read.root().open("x", "m/1/model.plan") as source:
        assert source.size == len(plan)
        assert source.at(0, 512) == plan[:512] and source.at(len(plan) - 4, 4) == plan[-4:]
        with pytest.raises(LimitReached, match="was not kept"):
            source.at(len(plan) // 2, 4)


def test_what_is_kept(tmp_path: Path) -> None:
    """Bytes of shards and of what is none of ours are not; their sizes are known."""
    members = {
        "1/saved_model.pb": True,
        "1/variables/variables.index": True,
        "1/variables/variables.data-00000-of-00001": False,
        "1/assets/trt-serialized-engine.x": True,
        "1/assets/vocab.txt": False,
        "1/assets.extra/tf_serving_warmup_requests": True,
        "m/config.pbtxt": True,
        "notes.md": False,
    }
    read = archive(made(tmp_path / "m.tar.gz", *((name, name.encode() * 500) for name in members)))
    root = read.root()
    assert {name: bool(read.members[name].spans) for name in members} == members
    for name in members:
        assert root.size(name) == 500 * len(name) and root.is_file(name) and root.exists(name)
        if members[name]:
            with root.open("x", name) as source:
                assert source.at(0, source.size) == name.encode() * 500
        else:
            with pytest.raises(LimitReached, match="was not kept"):
                root.open("x", name)


def test_a_folder_of_an_archive(tmp_path: Path) -> None:
    read = archive(made(tmp_path / "m.tar", ("./a/b/c", b"1"), ("a/d", b""), ("a/b/c", b"123")))
    root = read.root()
    assert root.names() == ["a"] and root.names("a") == ["b", "d"] and root.names("a/b") == ["c"]
    assert root.is_folder("a", "b") and not root.is_file("a") and not root.exists("a", "x") and root.is_folder()
    assert root.size("a", "b", "c") == 3, "of two with one name the last counts"
    below = root.below("a")
    assert [*below.files()] == [("b/c", 3), ("d", 0)] and [*below.files(limit=1)] == [("b/c", 3)]
    assert below.path == f"{tmp_path}/m.tar!/a" and below.above().path == f"{tmp_path}/m.tar!"
    assert not below.exists("..", "a") and below.names("..") == [] and below.size("../a/d") is None
    with pytest.raises(Unreadable, match="a folder"):
        root.open("x", "a")
    with pytest.raises(Unreadable, match="no such file"):
        root.open("x", "../etc/passwd")


def test_names() -> None:
    assert [steps(name) for name in ("./a//b/", ".", "", "/a", "a/../b", "a\0b", "..a")] == [
        "a/b", "", "", None, None, None, "..a",
    ]  # fmt: skip
    assert split("d/model.tar.gz!/a/1") == ("d/model.tar.gz", "a/1") and split("m.zip!") == ("m.zip", "")
    assert split("a!/b.tar!/c") == ("a!/b.tar", "c") and split("a!/b") is None and split("m.tar.gz") is None
    assert is_archive("A.TGZ") and is_archive("m.tar") and not is_archive("m.gz") and not is_archive("tar")


@pytest.mark.parametrize("form", ["m.tar.gz", "m.tar"])
def test_names_that_lead_outside_count_for_nothing(form: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("secret")
    names = ("../out", "/etc/passwd", "a/../../out", "1/saved_model.pb")
    read = archive(made(tmp_path / form, *((name, b"x") for name in names)))
    assert read.error is None
    assert read.outside == [*names[:3]] and list(read.members) == ["1/saved_model.pb"]


@pytest.mark.parametrize("place", ["1/saved_model.pb", "1/variables", "1/variables/variables.index", "1/assets"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_not_followed_and_nothing_is_claimed(place: str, kind: bytes, tmp_path: Path) -> None:
    folder = MODELS["c24d_v1_truncated_shard"]
    out = tmp_path / "m.tar.gz"
    with tarfile.open(out, "w:gz") as file:
        for path in sorted(folder.rglob("*")):
            name = f"1/{path.relative_to(folder)}"
            if path.is_file() and not name.startswith(place):
                file.add(path, name)
        file.addfile(link(place, "../../../../etc/passwd", kind))
    report = check([str(out)], targets=["tensorflow/serving:2.17.1"])
    assert [verdict.load for case in report.cases for verdict in case.verdicts] == ["unknown"]
    assert {one.code for one in report.findings} == {"TRT903"} and report.exit_status() == 3
    assert "links in archives are not followed" in report.findings[0].message + str(report.findings[0].quote)


def test_a_second_name_of_a_member(tmp_path: Path) -> None:
    model = (MODELS["c00_v1_clean"] / "saved_model.pb").read_bytes()
    out = made(
        tmp_path / "m.tar.gz", ("saved_model.pb", model), (link("1/saved_model.pb", "saved_model.pb", b"1"), b"")
    )
    with archive(out).root().open("x", "1/saved_model.pb") as source:
        assert source.at(0, source.size) == model


def test_devices_are_no_files(tmp_path: Path) -> None:
    out = made(tmp_path / "m.tar", (link("saved_model.pb", "", tarfile.FIFOTYPE), b""), (link("x", "", b"3"), b""))
    read = archive(out)
    assert read.error is None and not read.members and found(out) == ([], [])


NAMES = st.lists(st.text("ab./é日", min_size=1, max_size=70), min_size=1, max_size=6).map("/".join)


@given(
    files=st.lists(st.tuples(NAMES, st.binary(max_size=1500)), min_size=1, max_size=8),
    form=st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    name=st.sampled_from(["m.tar", "m.tar.gz"]),
)
def test_what_tarfile_writes(files: list[tuple[str, bytes]], form: int, name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    kept = {}
    with tarfile.open(out, "w:gz" if name.endswith("gz") else "w", format=form) as file:
        for number, (one, data) in enumerate(files):
            info = tarfile.TarInfo(f"{one}{number}.pbtxt")
            info.size = len(data)
            try:
                file.addfile(info, io.BytesIO(data))
            except ValueError:  # too long for ustar
                continue
            clean = steps(info.name)
            if clean:
                kept[clean] = data
    read = of_source(Source(str(out), out.name))
    assert read.error is None and {one: member.size for one, member in read.members.items()} == {
        one: len(data) for one, data in kept.items()
    }
    for one, data in kept.items():
        with read.root().open("x", one) as source:
            assert source.at(0, len(data)) == data
    read.close()


@given(tail=st.binary(max_size=3000), data=st.data())
def test_any_bytes_end_in_an_answer(tail: bytes, data: st.DataObject, tmp_path: Path) -> None:
    """Random bytes, and sound archives with bytes changed, of every form."""
    for suffix in (".tar", ".tar.gz", ".zip"):
        sound = pack(MODELS["c08_v1_2mg_serve_clean_gpu_trt"], tmp_path / f"sound{suffix}", "1").read_bytes()
        place = data.draw(st.integers(0, len(sound)))
        for content in (tail, sound[:place], sound[:place] + tail + sound[place + len(tail) :]):
            out = tmp_path / f"m{suffix}"
            out.write_bytes(content)
            read = of_source(Source(str(out), out.name))
            for name in read.members:
                try:
                    with read.root().open("x", name) as source:
                        source.at(0, source.size)
                except ArtifactError:
                    pass
            read.close()


def test_cut_everywhere(tmp_path: Path) -> None:
    """A tar.gz that is cut is refused, wherever; a tar file may end between members."""
    whole = made(tmp_path / "w.tar.gz", ("1/saved_model.pb", os.urandom(2000)), ("b", os.urandom(700))).read_bytes()
    for end in range(len(whole)):
        assert isinstance(of_source(Memory(whole[:end], "m.tar.gz")).error, Malformed), end
    plain = made(tmp_path / "w.tar", ("a", b"x" * 700), ("b", b"y" * 100)).read_bytes()
    sound = [end for end in range(3000) if of_source(Memory(plain[:end], "m.tar")).error is None]
    data_of_b = 512 + 1024 + 512
    assert sound == [512 + 700 + pad for pad in range(325)] + [*range(data_of_b + 100, data_of_b + 513)]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("m.tar.gz", b"", "an empty file"),
        ("m.tar", b"", "an empty file"),
        ("m.zip", b"", "an empty file"),
        ("m.tar.gz", b"PK\3\4 not gzip", "does not begin as gzip"),
        ("m.tgz", b"\x1f\x8b\x08", "cut"),
        ("m.tar.gz", gzip.compress(b"", mtime=0), "holds nothing"),
        ("m.tar.gz", gzip.compress(b"hello " * 200, mtime=0), "not a tar file"),
        ("m.tar", b"hello " * 200, "not a tar file"),
        ("m.tar", b"short", "cut"),
        ("m.zip", b"PK\3\4 and nothing more", "not a zip file"),
        ("m.tar.gz", gzip.compress(bytes(1024), mtime=0)[:-8] + bytes(8), "not sound as gzip"),
    ],
)  # fmt: skip
def test_no_archive(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert why in str(archive(tmp_path / name).error)
    paths, failed = found(tmp_path / name)
    assert paths == [] and len(failed) == 1 and failed[0].location.path == f"{tmp_path}/{name}"
    report = check([str(tmp_path / name)])
    assert [one.code for one in report.findings] == ["TRT902"] and report.exit_status() == 3


def test_gzip_in_pieces(tmp_path: Path) -> None:
    """Several gzip members are one stream; zeros behind the last are padding."""
    plain = made(tmp_path / "w.tar", ("1/saved_model.pb", os.urandom(3000))).read_bytes()
    pieces = b"".join(gzip.compress(plain[at : at + 1000]) for at in range(0, len(plain), 1000))
    (tmp_path / "m.tar.gz").write_bytes(pieces + bytes(600))
    assert list(archive(tmp_path / "m.tar.gz").members) == ["1/saved_model.pb"]
    (tmp_path / "m.tar.gz").write_bytes(pieces[:-3])
    assert isinstance(archive(tmp_path / "m.tar.gz").error, Malformed)


def test_a_bomb_is_left(tmp_path: Path) -> None:
    """400 MiB of zeros in 2 MiB: unpacked up to the bound, in little memory."""
    out = tmp_path / "m.tar.gz"
    info = tarfile.TarInfo("1/saved_model.pb")
    info.size = 400 << 20
    with gzip.open(out, "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        for _ in range(400):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    begin = time.monotonic()
    error = archive(out).error
    took, peak = time.monotonic() - begin, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(error, LimitReached) and "more than 200 times its size" in error.why
    assert took < 30 and peak < 64 << 20


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = made(tmp_path / "m.tar.gz", *((f"{number}/saved_model.pb", os.urandom(3000)) for number in range(5)))
    monkeypatch.setattr(unpack, "UNPACKED_LIMIT", 10_000)
    assert "unpacks to more than 10,000 bytes" in str(archive(out).error)
    monkeypatch.undo()
    monkeypatch.setattr(tar, "MEMBERS_LIMIT", 4)
    flat = made(tmp_path / "flat.tar.gz", *((f"{number}.pb", b"") for number in range(5)))
    assert "more than 4 members" in str(archive(flat).error)
    monkeypatch.undo()
    from pytest_trt.artifacts.archives import kept

    monkeypatch.setattr(kept, "KEPT_LIMIT", 7000)
    root = archive(out).root()
    with root.open("x", "1/saved_model.pb") as source:
        assert len(source.at(0, 3000)) == 3000
    with pytest.raises(LimitReached, match="more than is kept"):
        root.open("x", "4/saved_model.pb")


def test_folders_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of a few members with folders of its own."""
    out = made(tmp_path / "m.tar", *((f"{number}/" * 50 + "x", b"") for number in range(10)))
    assert archive(out).error is None
    monkeypatch.setattr(tar, "MEMBERS_LIMIT", 100)
    assert "more than 100 folders" in str(archive(out).error)


def test_what_is_kept_goes_to_a_file_where_it_is_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "MEMORY", 5000)
    contents = [os.urandom(3000) for _ in range(4)]
    out = made(tmp_path / "m.tar.gz", *((f"{number}/saved_model.pb", data) for number, data in enumerate(contents)))
    read = archive(out)
    for number, data in enumerate(contents):
        with read.root().open("x", f"{number}/saved_model.pb") as source:
            assert source.at(1, 2999) == data[1:]
    read.close()


def pax(**said: str) -> bytes:
    records = b""
    for key, value in said.items():
        body = f" {key}={value}\n".encode()
        length = len(body) + 1
        while len(str(length)) + len(body) != length:
            length += 1
        records += str(length).encode() + body
    info = tarfile.TarInfo("pax")
    info.type, info.size = b"x", len(records)
    return info.tobuf() + records + bytes(-len(records) % 512)


def header(name: str, size: int, kind: bytes = b"0") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


def test_sparse_members_have_their_size_and_no_bytes(tmp_path: Path) -> None:
    real = {"GNU.sparse.name": "1/variables/variables.data-00000-of-00001", "GNU.sparse.realsize": "5000"}
    (tmp_path / "m.tar").write_bytes(pax(**real) + header("GNUSparseFile.0/x", 512) + bytes(512 + 1024))
    read = archive(tmp_path / "m.tar")
    assert read.error is None
    assert read.root().size(real["GNU.sparse.name"]) == 5000
    with pytest.raises(LimitReached, match="sparse"):
        read.root().open("x", real["GNU.sparse.name"])


@pytest.mark.parametrize(
    ("content", "error", "why"),
    [
        (header("x", 8 << 30, b"x"), LimitReached, "a header of"),
        (header("x", 8 << 30, b"L"), LimitReached, "a header of"),
        (header("x", 100, b"x") + b"9999 path=x\n" + bytes(500), Malformed, "a pax header that is none"),
        (header("x", 100, b"x") + b"0 path=x\n" + bytes(503), Malformed, "a pax header that is none"),
        (pax(size="-5") + header("x", 0), Malformed, "no number"),
        (pax(size="9" * 400) + header("x", 0), Malformed, "no number"),
        (header("x", 500) + bytes(100), Malformed, "cut"),
        (header("x", 0) + b"?" * 512, Malformed, "no tar header at byte 512"),
        (header("x", 1 << 62), Malformed, "cut"),
        (pax(path="a/" * 400_000 + "b") + header("x", 0), LimitReached, "800,001 characters"),
        (pax(path="a/" * 101 + "b") + header("x", 0), LimitReached, "101 slashes"),
    ],
)  # fmt: skip
def test_hostile_headers(content: bytes, error: type[ArtifactError], why: str, tmp_path: Path) -> None:
    for name, data in (("m.tar", content), ("m.tar.gz", gzip.compress(content))):
        (tmp_path / name).write_bytes(data)
        got = archive(tmp_path / name).error
        assert isinstance(got, error) and why in got.why


def test_hostile_zips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "m.zip"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("1/saved_model.pb", "../out", "/etc/x", "2/saved_model.pb"):
            file.writestr(name, os.urandom(100) * 50)
        symlink = zipfile.ZipInfo("3/saved_model.pb")
        symlink.create_system, symlink.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        file.writestr(symlink, "/etc/passwd")
    read = archive(out)
    assert read.outside == ["../out", "/etc/x"] and sorted(read.members) == [f"{n}/saved_model.pb" for n in (1, 2, 3)]
    with pytest.raises(LimitReached, match="links in archives"):
        read.root().open("x", "3/saved_model.pb")
    monkeypatch.setattr(zips, "MEMBERS_LIMIT", 4)
    assert "a directory of 5 members" in str(archive(out).error)
    monkeypatch.undo()
    monkeypatch.setattr(zips, "_DIRECTORY_LIMIT", 40)
    assert "a directory of 5 members" in str(archive(out).error)
    monkeypatch.undo()
    data = bytearray(out.read_bytes())
    for at in range(len(data) - 4):
        if data[at : at + 4] == b"PK\1\2":
            data[at + 8] |= 1  # encrypted, as the directory says
    out.write_bytes(data)
    read = archive(out)
    for _ in range(2):
        with pytest.raises(Unreadable, match="encrypted"):
            read.root().open("x", "1/saved_model.pb")


def test_a_zip_bomb_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_FROM", 1 << 20)
    out = tmp_path / "m.zip"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("1/saved_model.pb", bytes(8 << 20))
    with pytest.raises(LimitReached, match="more than 200 times"):
        archive(out).root().open("x", "1/saved_model.pb")
    assert check([str(out)]).exit_status() == 3


def test_a_walk_looks_into_archives_that_show_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = MODELS["c00_v1_clean"]
    pack(model, tmp_path / "export.tar.gz", "1")
    pack(model, tmp_path / "export.zip", "2")
    data = tmp_path / "data"
    data.mkdir()
    (data / "x.bin").write_bytes(os.urandom(100_000))
    pack(data, tmp_path / "data.tar.gz")
    pack(data, tmp_path / "data.zip")
    made(tmp_path / "nested.tar", ("export.tar.gz", (tmp_path / "export.tar.gz").read_bytes()))
    (tmp_path / "broken.tar.gz").write_bytes(b"\x1f\x8b broken")
    paths, failed = found(tmp_path)
    assert [path for path in paths if "!" in path] == [f"{tmp_path}/export.tar.gz!/1", f"{tmp_path}/export.zip!/2"]
    assert failed == [], "what is not named and shows no model is nobody's"
    assert found(tmp_path / "nested.tar") == ([], []), "archives in archives stay closed"
    monkeypatch.setattr("pytest_trt.artifacts.within.WALK_LIMIT", 1000)
    _, failed = found(tmp_path)
    assert sorted(os.path.basename(one.location.path) for one in failed) == ["export.tar.gz", "export.zip"]
    assert {type(one) for one in failed} == {LimitReached}
    assert found(tmp_path / "export.zip")[0] == [f"{tmp_path}/export.zip!/2"], "a named one is read"


def test_peeking_is_cheap(tmp_path: Path) -> None:
    """Of a large archive of data at most a megabyte is unpacked in a walk."""
    out = made(tmp_path / "data.tar.gz", *((f"{number}.bin", os.urandom(1 << 18)) for number in range(40)))
    with Source(str(out)) as source:
        assert not shows_model(source)
        assert source.bytes_read < 3 << 20


def test_excluded(tmp_path: Path) -> None:
    pack(MODELS["c00_v1_clean"], tmp_path / "m.tar.gz", "old/1")

    def walk(*words: str) -> list[str]:
        return [one.path for one in discover([str(tmp_path)], lambda path: path.endswith(words), lambda _: None)]

    assert walk() == [f"{tmp_path}/m.tar.gz!/old/1"] and walk("/old") == [] and walk("m.tar.gz") == []


def test_named_members(tmp_path: Path) -> None:
    shutil.copytree(MODELS["c00_v1_clean"], tmp_path / "in" / "a" / "1")
    shutil.copytree(MODELS["c00_v1_clean"], tmp_path / "in" / "b" / "1")
    shutil.copy(DATA / "plans" / "fp32.plan", tmp_path / "in" / "b" / "x.plan")
    out = pack(tmp_path / "in", tmp_path / "m.tar.gz")
    assert found(f"{out}!/a")[0] == [f"{out}!/a/1"]
    assert found(f"{out}!/a/1/saved_model.pb")[0] == [f"{out}!/a/1"]
    assert found(f"{out}!/b/x.plan")[0] == [f"{out}!/b/x.plan"]
    assert found(f"{out}!")[0] == [f"{out}!/a/1", f"{out}!/b/1", f"{out}!/b/x.plan"] == found(out)[0]
    paths, failed = found(f"{out}!/nothing")
    assert paths == [] and "no such file" in failed[0].why


def test_lfs_pointers(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"
    (tmp_path / "model.tar.gz").write_bytes(pointer)
    (tmp_path / "data.tar.gz").write_bytes(pointer)
    (one,) = discover([str(tmp_path)], lambda _: False, lambda _: None)
    artifact = open_artifact(one)
    assert artifact is not None and artifact.kind == "lfs_pointer" and artifact.path == f"{tmp_path}/model.tar.gz"
    artifact.close()


def test_an_archive_that_changes(tmp_path: Path) -> None:
    out = pack(MODELS["c00_v1_clean"], tmp_path / "m.tar.gz", "1")
    first = read_archive(str(out))
    assert read_archive(str(out)) is first
    time.sleep(0.01)
    pack(MODELS["c00_v1_clean"], out, "2")
    assert read_archive(str(out)).root().is_folder("2")
    assert isinstance(read_archive(str(tmp_path / "none.tar")).error, Unreadable)


def test_members_outlive_the_list_of_the_latest(tmp_path: Path) -> None:
    """A walk may be in one archive while others are read; what was opened stays readable, and is closed at last."""
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for suffix in (".tar", ".tar.gz", ".zip"):
        first = pack(MODELS["c00_v1_clean"], tmp_path / f"first{suffix}", "1")
        walk = discover([str(first)], lambda _: False, lambda _: None)
        source = read_archive(str(first)).root().open("x", "1/saved_model.pb")
        for number in range(archives._LATEST + 1):
            read_archive(str(pack(MODELS["c00_v1_clean"], tmp_path / f"{number}{suffix}", "1")))
        assert source.at(0, source.size) == (MODELS["c00_v1_clean"] / "saved_model.pb").read_bytes()
        assert len([*walk]) == 1
        source.close()
    archives._latest.clear()
    del source, walk
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before


def test_peeking_at_a_zip_file_reads_its_directory_alone(tmp_path: Path) -> None:
    for name in ("1/saved_model.pb", "x/data.bin"):
        with zipfile.ZipFile(tmp_path / "m.zip", "w") as file:
            file.writestr("big", bytes(1 << 20))
            file.writestr(name, "x")
        with Source(str(tmp_path / "m.zip")) as source:
            assert shows_model(source) == ("saved_model" in name)
            assert source.bytes_read < 200_000
        assert list(zips.names(Memory((tmp_path / "m.zip").read_bytes(), "m.zip"))) == ["big", name]


def test_many_members_take_linear_time(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        out = made(tmp_path / f"{count}.tar.gz", *((f"d{number % 50}/{number}.bin", b"") for number in range(count)))
        begin = time.monotonic()
        assert len(found(out)[0]) == count
        return time.monotonic() - begin

    seconds(100)
    assert seconds(8000) < 8 * seconds(2000) + 0.5


def test_inspected_as_on_disk(tmp_path: Path, run_inspect: Callable[[str], str]) -> None:
    beside = tmp_path / "1"
    shutil.copytree(MODELS["built"], beside)
    packed = pack(beside, tmp_path / "m.zip", "1")
    assert run_inspect(f"{packed}!/1").replace(f"{packed}!/", "") == run_inspect(str(beside)).replace(
        f"{tmp_path}/", ""
    )


@pytest.fixture
def run_inspect(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    def run(path: str) -> str:
        from pytest_trt.cli.main import main

        assert main(["inspect", "--output-format", "json", path]) == 0
        return capsys.readouterr().out

    return run
