"""Paths to artifacts: what is found and what is not, and everything that a file system can hold against us."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
from models.everything import graph, metagraph
from models.writer import DType, Graph, MetaGraph, Node, Signature, TensorInfo, data, number, varint, write_saved_model

from pytest_trt.artifacts import open as opening
from pytest_trt.artifacts import wire
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.open import Artifact, Found, discover, open_artifact
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TRT = Graph([Node("a", "Placeholder"), Node("e", "TRTEngineOp", ["a"])])
as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")


_open: list[Artifact] = []


def close_all() -> None:
    while _open:
        _open.pop().close()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_all()


def walk(*paths: Path | str) -> tuple[list[str], list[ArtifactError]]:
    failed: list[ArtifactError] = []
    found = [one.path for one in discover([os.fspath(path) for path in paths], lambda _: False, failed.append)]
    return found, failed


def opened(path: Path | str, *, folder: bool = False, named: bool = True) -> Artifact | None:
    artifact = open_artifact(Found(os.fspath(path), folder, named))
    if artifact is not None:
        _open.append(artifact)
    return artifact


def model(folder: Path) -> Artifact:
    artifact = opened(folder, folder=True)
    assert artifact is not None
    return artifact


# Discovery


def test_a_model_is_one_artifact(tmp_path: Path) -> None:
    write_saved_model(tmp_path / "m", metagraph(), {"v": graph_tensor()}, {"vocab.txt": b"a"})
    (tmp_path / "m" / "frozen.pb").write_bytes(TRT.encode())
    found, failed = walk(tmp_path)
    assert found == [f"{tmp_path}/m", f"{tmp_path}/m/frozen.pb"]
    assert not failed
    parts = ["m/saved_model.pb", "m/variables/variables.index", "m/assets/vocab.txt", "m"]
    assert walk(*(tmp_path / part for part in parts))[0] == found


def graph_tensor() -> object:
    from models.writer import Tensor

    return Tensor(DType.FLOAT, [1.0])


def test_versions_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for version in ("10", "9", "1", "latest", "007", "1" * 30):
        write_saved_model(tmp_path / version, metagraph())
    found, _ = walk(tmp_path)
    assert [os.path.basename(path) for path in found] == ["1" * 30, "1", "007", "9", "10", "latest"]


def test_each_path_once(tmp_path: Path) -> None:
    write_saved_model(tmp_path / "m", metagraph())
    found, _ = walk(tmp_path / "m", tmp_path, f"{tmp_path}//m/", tmp_path / "m" / "saved_model.pb")
    assert len(found) == 1


def test_what_is_left_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "a" / "variables").mkdir(parents=True)
    (tmp_path / "a" / "variables" / "variables.index").touch()
    (tmp_path / "b" / "variables").mkdir(parents=True)
    (tmp_path / "b" / "variables" / "main.tf").touch()
    assert walk(tmp_path)[0][0] == f"{tmp_path}/a"
    assert not any(path.endswith("/b") for path in walk(tmp_path)[0])


def test_paths_that_cannot_be_walked(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    os.mkfifo(tmp_path / "fifo")
    found, failed = walk(tmp_path / "absent", loop, tmp_path / "fifo", "nul\0name", "/dev/null")
    assert found == []
    assert [error.code for error in failed] == ["TRT901"] * 5
    assert [error.why for error in failed] == [
        "no such file or folder",
        "a symbolic link that leads back to itself",
        "a FIFO, not a regular file",
        "the name holds a NUL character",
        "a character device, not a regular file",
    ]


def test_special_files_below_a_folder_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.pb")
    (tmp_path / "broken.pb").symlink_to("absent")
    (tmp_path / "loop.pb").symlink_to("loop.pb")
    (tmp_path / "zero.pb").symlink_to("/dev/zero")
    (tmp_path / "real.pb").write_bytes(TRT.encode())
    assert walk(tmp_path) == ([f"{tmp_path}/real.pb"], [])


@as_root
def test_a_folder_without_permission(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir(0)
    found, (error,) = walk(tmp_path)
    assert (found, error.why) == ([], "permission denied")
    (tmp_path / "secret").chmod(0o700)


def test_links_that_lead_back(tmp_path: Path) -> None:
    write_saved_model(tmp_path / "m" / "1", metagraph())
    (tmp_path / "m" / "self").symlink_to(".")
    (tmp_path / "m" / "up").symlink_to("..")
    (tmp_path / "m" / "1" / "around").symlink_to("../../m")
    (tmp_path / "m" / "2").symlink_to("1")
    found, failed = walk(tmp_path)
    assert found == [f"{tmp_path}/m/1", f"{tmp_path}/m/2"]
    assert not failed


def test_links_in_ever_more_ways(tmp_path: Path) -> None:
    """Forty folders, each with two links to the next: 2**40 ways, of which some are gone, and that is said."""
    for place in range(40):
        (tmp_path / f"d{place}").mkdir()
        for side in "ab":
            (tmp_path / f"d{place}" / side).symlink_to(f"../d{place + 1}")
    write_saved_model(tmp_path / "d40", metagraph())
    started = time.monotonic()
    found, failed = walk(tmp_path)
    assert time.monotonic() - started < 10
    assert f"{tmp_path}/d40" in found
    (error,) = failed
    assert isinstance(error, LimitReached)
    assert "links lead more than" in error.why


def test_folders_inside_one_another_beyond_all_bounds(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(70):
        deep /= "d"
    write_saved_model(deep, metagraph())
    found, (error,) = walk(tmp_path)
    assert found == []
    assert isinstance(error, LimitReached)
    assert error.why == "more than 64 folders inside one another"


def test_a_folder_that_vanishes_while_it_is_walked(tmp_path: Path) -> None:
    for place in range(3):
        write_saved_model(tmp_path / f"m{place}", metagraph())
    failed: list[ArtifactError] = []
    found = discover([str(tmp_path)], lambda _: False, failed.append)
    assert next(found).path.endswith("m0")
    shutil.rmtree(tmp_path / "m1")
    assert next(found).path.endswith("m2")
    assert [error.why for error in failed] == ["no such file or folder"]


NAMES = [
    b"\xff\xfe",
    b"\x1b[31mred\x1b[0m",
    b"[bold]markup[/bold]",
    b"new\nline",
    b"::error::x",
    "\u202egnp.\u0440b".encode(),
    b" ",
    b"-rf",
    b"a" * 255,
]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_name(tmp_path: Path, name: bytes) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    try:
        write_saved_model(folder, metagraph())
    except OSError:
        pytest.skip("this file system does not have such names")
    found, failed = walk(tmp_path)
    assert (found, failed) == ([os.fspath(folder)], [])
    artifact = model(folder)
    assert artifact.error is None
    assert artifact.path == os.fspath(folder)


# Files


def test_kinds(tmp_path: Path) -> None:
    def kind(content: bytes, name: str = "file.pb") -> tuple[str, str] | None:
        (tmp_path / name).write_bytes(content)
        artifact = opened(tmp_path / name)
        return artifact and (artifact.kind, artifact.content)

    assert kind(TRT.encode()) == ("graph_def", "graph_def")
    assert kind(metagraph().encode()) == ("meta_graph_def", "meta_graph_def")
    assert kind(data(2, metagraph().encode())) == ("saved_model", "saved_model")
    assert kind(b"ftrt" + b"\0" * 100) == ("plan", "plan")
    assert kind(b"version https://git-lfs.github.com/spec/v1\n") == ("lfs_pointer", "lfs_pointer")
    assert kind(b'node { name: "a" op: "Neg" }', "g.pbtxt") == ("graph_def", "graph_def")
    for nothing in (b"", b"hello", b"\0" * 50, b"\x0a" + varint(2**40)):
        assert kind(nothing) is None
    assert kind(b"node { name: 'a' op: }", "g.pbtxt") is None


def test_bare_graphs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "frozen.pb"
    path.write_bytes(TRT.encode())
    artifact = opened(path)
    assert artifact is not None
    assert artifact.graph is not None
    assert set(artifact.graph.main.ops) == {"Placeholder", "TRTEngineOp"}
    clean, engines = metagraph(("serve",)), MetaGraph(TRT, tags=("gpu", "trt"))
    path.write_bytes(data(2, clean.encode()) + data(2, engines.encode()))
    artifact = opened(path)
    assert artifact is not None
    assert artifact.metagraph == "gpu,trt"


def test_a_bare_graph_cut_at_every_byte(tmp_path: Path) -> None:
    """From its first node on it is an artifact, and a broken one unless the cut falls between two fields."""
    content = graph().encode()
    path = tmp_path / "frozen.pb"
    whole, first = 0, len(data(1, graph().nodes[0].encode()))
    for end in range(1, len(content)):
        path.write_bytes(content[:end])
        artifact = opened(path)
        close_all()
        if artifact is None:
            assert end < first
        elif artifact.error is None:
            whole += 1
            assert artifact.complete
        else:
            assert isinstance(artifact.error, Malformed)
            assert not artifact.complete
    assert whole == len(graph().nodes) + 1


def test_what_cannot_be_opened_matters_if_it_was_named_or_looks_like_ours(tmp_path: Path) -> None:
    for name, named, reported in (
        ("a.pb", True, True),
        ("a.txt", True, True),
        ("a.pb", False, True),
        ("a.txt", False, False),
    ):
        artifact = opened(tmp_path / name, named=named)
        assert (artifact is not None) is reported
        if artifact is not None:
            assert (artifact.complete, artifact.content) == (False, "unknown")
            assert isinstance(artifact.error, Unreadable)


@pytest.mark.parametrize("what", ["fifo", "folder", "socket", "device", "loop", "broken link"])
def test_something_else_instead_of_a_model_file(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    path = folder / "saved_model.pb"
    monkeypatch.chdir(folder)
    if what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("saved_model.pb")
    else:
        path.symlink_to({"device": "/dev/zero", "loop": path, "broken link": "absent"}[what])
    artifact = model(folder)
    assert isinstance(artifact.error, Unreadable)
    assert (artifact.complete, artifact.content) == (False, "unknown")


def test_the_binary_file_goes_before_the_text(tmp_path: Path) -> None:
    write_saved_model(tmp_path, metagraph())
    (tmp_path / "saved_model.pbtxt").write_text("nonsense")
    artifact = model(tmp_path)
    assert artifact.error is None
    assert artifact.model is not None
    assert artifact.model.graph_file == "saved_model.pb"
    (tmp_path / "saved_model.pb").unlink()
    artifact = model(tmp_path)
    assert isinstance(artifact.error, Malformed)
    assert artifact.content == "unknown"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (TRT.encode(), "graph_def"),
        (metagraph().encode(), "meta_graph_def"),
        (b"ftrt" + b"\0" * 100, "plan"),
        (b"version https://git-lfs.github.com/spec/v1\n", "lfs_pointer"),
        (b"hello", "unknown"),
        (b"\0" * 100, "unknown"),
        (number(1, 1) + b"\x12", "saved_model"),
    ],
)
def test_what_stands_where_the_model_should(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "saved_model.pb").write_bytes(content)
    assert model(tmp_path).content == expected


# Size


def sparse(path: Path, parts: Sequence[bytes | int]) -> None:
    """A file of these bytes and holes."""
    with path.open("wb") as file:
        for part in parts:
            if isinstance(part, int):
                file.seek(part, os.SEEK_CUR)
            else:
                file.write(part)
        file.truncate(file.tell())


def constant(name: str, size: int) -> bytes:
    """A node of a frozen graph up to where its constant's bytes begin."""
    content = number(1, DType.FLOAT) + b"\x22" + varint(size)
    value = b"\x42" + varint(len(content) + size) + content
    entry = data(1, "value") + b"\x12" + varint(len(value) + size) + value
    node = data(1, name) + data(2, "Const") + b"\x2a" + varint(len(entry) + size) + entry
    return b"\x0a" + varint(len(node) + size) + node


def test_a_gibibyte_of_constants(tmp_path: Path) -> None:
    path = tmp_path / "frozen.pb"
    size = 16 << 20
    sparse(path, [part for place in range(64) for part in (constant(f"w{place}", size), size)] + [TRT.encode()])
    artifact = opened(path)
    assert artifact is not None
    assert artifact.error is None
    assert artifact.graph is not None
    assert artifact.source is not None
    assert {op: tally.count for op, tally in artifact.graph.main.ops.items()} == {
        "Const": 64,
        "Placeholder": 1,
        "TRTEngineOp": 1,
    }
    assert artifact.graph.main.valueless == []
    assert path.stat().st_size > 1 << 30
    assert artifact.source.bytes_read < 4 << 20


@pytest.mark.parametrize("head", [b"", number(1, 1), data(1, Node("a", "Neg").encode()), b"ftrt", b"ptrt", b"\x0a"])
def test_three_gibibytes_of_nothing(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "m").mkdir()
    path = tmp_path / "m" / "saved_model.pb"
    sparse(path, [head, 3 << 30])
    artifact = model(tmp_path / "m")
    assert isinstance(artifact.error, Malformed)
    assert not artifact.complete
    assert artifact.source is None
    assert artifact.model is not None
    assert artifact.model.source is not None
    assert artifact.model.source.bytes_read < 1 << 20


def test_a_sound_model_of_more_than_two_gibibytes(tmp_path: Path) -> None:
    """TensorFlow parses no more than a message can hold: DATA_LOSS, as the loader of 2.17.1 says of such a file."""
    size = 1200 << 20
    write_saved_model(tmp_path, metagraph())
    content = (tmp_path / "saved_model.pb").read_bytes()
    hole = [varint(99 << 3 | 2) + varint(size), size]
    sparse(tmp_path / "saved_model.pb", [content, *hole])
    assert model(tmp_path).error is None
    sparse(tmp_path / "saved_model.pb", [content, *hole, *hole])
    error = model(tmp_path).error
    assert isinstance(error, Malformed)
    assert error.location.offset == 2**31 - 1
    assert not error.ran_out


def test_a_large_model_reads_as_a_small_one(tmp_path: Path) -> None:
    """More than WHOLE, through a constant; and twice graph_def."""
    small, large = metagraph(), metagraph()
    large.graph.nodes.insert(3, Node("big", "Const", [], {"value": b"x" * (wire.WHOLE + 1)}))
    found = []
    for name, one in (("small", small), ("large", large)):
        write_saved_model(tmp_path / name, one)
        artifact = model(tmp_path / name)
        assert artifact.error is None
        assert artifact.model is not None
        served = artifact.model.served()
        assert served is not None
        found.append(served)
    first, second = found
    assert second.signatures.keys() == first.signatures.keys()
    main, other = first.graph.main, second.graph.main
    counts = {op: tally.count for op, tally in other.ops.items()}
    counts["Const"] -= 1
    assert counts == {op: tally.count for op, tally in main.ops.items()}
    assert [node.name for node in other.valueless] == [node.name for node in main.valueless] == ["empty"]
    assert [node.calls for node in other.calling()] == [node.calls for node in main.calling()]
    assert other.find({"x", "sum"}).keys() == {"x", "sum"}
    for name, body in first.graph.functions.items():
        twin = second.graph.functions[name]
        assert (twin.inputs, twin.ret, twin.attrs) == (body.inputs, body.ret, body.attrs)


# Meanwhile


@pytest.fixture
def written_meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What is put in here is called once, when the first bytes of a file were read."""
    calls: list[object] = []
    read = Source._read

    def spy(self: Source, offset: int, length: int) -> bytes:
        content = read(self, offset, length)
        while calls:
            call = calls.pop()
            assert callable(call)
            call()
        return content

    monkeypatch.setattr(Source, "_read", spy)
    yield calls
    assert not calls


@pytest.mark.parametrize("large", [False, True])
def test_a_file_that_grows(tmp_path: Path, written_meanwhile: list[object], large: bool) -> None:
    path = prepared(tmp_path, large)
    written_meanwhile.append(lambda: os.truncate(path, path.stat().st_size + 2))
    refused(tmp_path, "changed while it was read")


@pytest.mark.parametrize("large", [False, True])
def test_a_file_that_shrinks(tmp_path: Path, written_meanwhile: list[object], large: bool) -> None:
    path = prepared(tmp_path, large)
    written_meanwhile.append(lambda: os.truncate(path, 3000))
    refused(tmp_path, "while it was read")


def test_a_file_that_is_written_anew(tmp_path: Path, written_meanwhile: list[object]) -> None:
    path = prepared(tmp_path, False)
    content = path.read_bytes()
    os.utime(path, ns=(1, 1))
    written_meanwhile.append(lambda: path.write_bytes(content))
    refused(tmp_path, "changed while it was read")


def test_a_file_that_vanishes(tmp_path: Path, written_meanwhile: list[object]) -> None:
    """It is read to its end: the server may have read it as well."""
    path = prepared(tmp_path, False)
    written_meanwhile.append(path.unlink)
    assert model(tmp_path).error is None
    assert not path.exists()
    assert model(tmp_path).content == "absent"


def prepared(folder: Path, large: bool) -> Path:
    one = metagraph()
    if large:
        one.graph.nodes += [Node(f"n{place}", "Neg") for place in range(200_000)]
    write_saved_model(folder, one)
    return folder / "saved_model.pb"


def refused(folder: Path, why: str) -> None:
    error = model(folder).error
    assert isinstance(error, Unreadable)
    assert why in error.why


def test_a_file_that_somebody_rewrites_all_the_time(tmp_path: Path) -> None:
    """Whole, cut, absent or changed: an answer or an ArtifactError, never anything else."""
    write_saved_model(tmp_path, metagraph())
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    stop = threading.Event()

    def rewrite() -> None:
        while not stop.is_set():
            path.write_bytes(content)
            time.sleep(0.0002)
            os.truncate(path, len(content) // 2)
            time.sleep(0.0002)
            path.unlink()

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        seen: set[str] = set()
        turns, late = 0, time.monotonic() + 20
        while (turns < 300 or len(seen) < 2) and time.monotonic() < late:
            artifact = model(tmp_path)
            close_all()
            seen.add(type(artifact.error).__name__)
            assert artifact.complete is (artifact.error is None)
            turns += 1
    finally:
        stop.set()
        writer.join()
    assert seen <= {"NoneType", "Unreadable", "Malformed"}
    assert len(seen) > 1


def test_bounds_are_where_they_are_said_to_be() -> None:
    assert (wire.WHOLE, opening._DEPTH_LIMIT) == (2 << 20, 64)
    assert Signature().method == "tensorflow/serving/predict"
    assert TensorInfo("x").dtype is DType.FLOAT
