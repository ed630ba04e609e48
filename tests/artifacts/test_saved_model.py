"""SavedModels: everything that is written comes back; merges as protobuf merges; cut and bent ones are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from models.everything import assets_of_version_1, metagraph
from models.writer import (
    Graph,
    MetaGraph,
    Node,
    Signature,
    TensorInfo,
    data,
    node_list,
    number,
    saved_model,
    write_saved_model,
)

from pytest_trt.artifacts import saved_model as reading
from pytest_trt.artifacts import wire
from pytest_trt.artifacts.errors import LimitReached, Malformed
from pytest_trt.artifacts.open import Artifact, Found, open_artifact
from pytest_trt.artifacts.saved_model import MetaGraph as Read
from pytest_trt.artifacts.saved_model import init_op, metagraphs_of
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Source]
    Large = Callable[[], None]

INIT = "__saved_model_init_op"
sizes = pytest.mark.parametrize("large", [False, True], ids=["small", "large"])


def one(source: Source) -> Read:
    (found,) = metagraphs_of(source)
    found.check_frame()
    found.check()
    return found


@sizes
def test_everything_comes_back(opened: Opened, as_large: Large, large: bool) -> None:
    if large:
        as_large()
    found = one(opened(saved_model([metagraph()])))
    assert (found.tags, found.label, found.tensorflow_version) == (["serve"], "serve", "2.17.1")
    assert list(found.signatures) == ["serving_default", "other", INIT]
    other = found.signatures["other"]
    assert (other.inputs, other.outputs) == ({}, {"out": "c:0", "again": "c:0"})
    assert other.method_name == "tensorflow/serving/other"
    assert found.signatures["serving_default"].inputs == {"in": "x:0"}
    assert (found.filename_tensor, found.save_tensor, found.restore_op) == (
        "save/Const:0",
        "save/Identity:0",
        "save/restore_all",
    )
    assert found.assets == [("file:0", "vocab.txt"), ("other:0", "more.txt")]
    assert found.node_lists == {"saved_model_main_op": ["init"]}
    assert init_op(found) == ("init", None)
    assert len(found.graph.functions) == 2
    assert set(found.graph.main.find({"x", "sum", "absent"})) == {"x", "sum"}


def test_metagraphs_in_the_order_of_the_file(opened: Opened) -> None:
    tags = [("serve", "gpu"), ("gpu", "serve"), ("serve",), ("serve",), ()]
    found = metagraphs_of(opened(saved_model([metagraph(one) for one in tags])))
    assert [tuple(one.tags) for one in found] == tags
    assert found[-1].label == "no tags"


def test_what_a_metagraph_may_leave_out(opened: Opened) -> None:
    found = one(opened(data(2, b"")))
    assert (found.tags, found.signatures, found.assets, found.restore_op) == ([], {}, [], None)
    assert init_op(found) == (None, None)
    assert not found.graph.main.ops
    assert one(opened(data(2, data(3, b"")))).restore_op == ""


@sizes
def test_parts_that_repeat_are_merged(opened: Opened, as_large: Large, large: bool) -> None:
    if large:
        as_large()
    first, second = metagraph().encode(), MetaGraph(Graph([Node("more", "Neg")]), tags=("gpu",)).encode()
    found = one(opened(data(2, first + second + data(1, data(5, "9.9")) + data(3, data(3, "again")))))
    assert found.tags == ["serve", "gpu"]
    assert found.tensorflow_version == "9.9"
    assert (found.restore_op, found.save_tensor) == ("again", "save/Identity:0")
    assert [node.name for node in found.graph.main.nodes()][-1] == "more"
    assert len(found.graph.functions) == 2


def test_fields_in_any_order(opened: Opened) -> None:
    content = metagraph().encode()
    source = opened(content)
    pieces = [content[begin:end] for _, _, begin, _, end in wire.fields(source, 0, source.size)]
    found = one(opened(data(2, b"".join(reversed(pieces))) + number(1, 1)))
    assert list(found.signatures) == [INIT, "other", "serving_default"]
    assert found.restore_op == "save/restore_all"


def test_entries_of_maps(opened: Opened) -> None:
    """The value before the key; a key or a value twice; of entries with one key the last."""
    info = TensorInfo("b:0").encode()
    outputs = data(2, data(2, info) + data(1, "y")) + data(2, data(1, "no") + data(1, "z") + data(2, data(1, "c:0")))
    sound = Signature({}, {"y": TensorInfo("a:0")}).encode()
    entry = data(5, data(2, outputs) + data(1, "key"))
    found = one(opened(data(2, data(5, data(1, "key") + data(2, sound)) + entry)))
    assert found.signatures["key"].outputs == {"y": "b:0", "z": "c:0"}
    merged = one(opened(data(2, data(5, data(1, "key") + data(2, sound) + data(2, outputs)))))
    assert merged.signatures["key"].outputs == {"y": "b:0", "z": "c:0"}
    assert merged.signatures["key"].method_name == "tensorflow/serving/predict"
    turned = data(4, data(2, node_list(["init"])) + data(1, "saved_model_main_op"))
    assert one(opened(data(2, turned))).node_lists == {"saved_model_main_op": ["init"]}


def test_assets_of_version_1(opened: Opened) -> None:
    model = MetaGraph(Graph(), collections=assets_of_version_1({"a:0": "x.txt", "b:0": "y.txt"}))
    assert one(opened(saved_model([model]))).assets == [("a:0", "x.txt"), ("b:0", "y.txt")]
    model.assets = {"c:0": "z.txt"}
    assert one(opened(saved_model([model]))).assets == [("c:0", "z.txt")]


@pytest.mark.parametrize(
    ("collections", "signature", "expected"),
    [
        ({}, None, (None, None)),
        ({"saved_model_main_op": ["a"]}, None, ("a", None)),
        ({"legacy_init_op": ["a"]}, None, ("a", None)),
        ({"legacy_init_op": ["a"], "saved_model_main_op": ["b"]}, None, ("b", None)),
        ({"legacy_init_op": ["a"]}, {INIT: "c"}, ("c", None)),
        ({"saved_model_main_op": []}, None, (None, "FAILED_PRECONDITION: Expected exactly one main op in : ")),
        ({"saved_model_main_op": ["a", "b"]}, None, (None, "FAILED_PRECONDITION: Expected exactly one main op in : ")),
        ({}, {"x": "c"}, (None, f"FAILED_PRECONDITION: Could not find output {INIT}")),
        ({}, {INIT: ""}, (None, None)),
    ],
)
def test_init_op(
    opened: Opened, collections: dict[str, list[str]], signature: dict[str, str] | None, expected: object
) -> None:
    signatures = {INIT: Signature({}, {key: TensorInfo(name) for key, name in (signature or {}).items()})}
    model = MetaGraph(
        Graph(),
        signatures if signature is not None else {},
        collections={key: node_list(names) for key, names in collections.items()},
    )
    assert init_op(one(opened(saved_model([model])))) == expected


def test_signatures_have_a_bound(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_SIGNATURES_LIMIT", 3)
    model = MetaGraph(Graph(), {f"s{place}": Signature() for place in range(3)})
    assert len(one(opened(saved_model([model]))).signatures) == 3
    model.signatures["one more"] = Signature()
    with pytest.raises(LimitReached, match="more than 3 signatures"):
        metagraphs_of(opened(saved_model([model])))


def test_no_work_grows_with_the_square_of_a_signature(opened: Opened) -> None:
    defaults = data(4, data(1, "a")) * 200_000
    found = one(opened(data(2, data(5, data(1, "key") + data(2, defaults)))))
    assert len(found.signatures["key"].defaults) == 200_000


# The folder


def read(folder: Path) -> Artifact:
    artifact = open_artifact(Found(str(folder), True, True))
    assert artifact is not None
    artifact.close()
    return artifact


SMALL = MetaGraph(
    Graph([Node("x", "Placeholder"), Node("y", "Neg", ["x"])]),
    {"s": Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo("y:0")})},
)


def test_cut_at_every_byte(tmp_path: Path) -> None:
    write_saved_model(tmp_path, metagraph())
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    assert read(tmp_path).error is None
    for end in range(len(content)):
        path.write_bytes(content[:end])
        artifact = read(tmp_path)
        if end in (0, 2):  # nothing, or the version alone
            assert artifact.error is None
            assert artifact.model is not None
            assert not artifact.model.metagraphs
            assert artifact.content == ("saved_model" if end else "empty")
            continue
        assert isinstance(artifact.error, Malformed)
        assert artifact.error.ran_out
        assert artifact.error.location.offset is not None
        assert artifact.error.location.offset < end
        assert not artifact.complete


def test_every_bit_flipped(tmp_path: Path) -> None:
    write_saved_model(tmp_path, SMALL)
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    refused = 0
    for at in range(len(content)):
        for bit in range(8):
            bent = bytearray(content)
            bent[at] ^= 1 << bit
            path.write_bytes(bent)
            artifact = read(tmp_path)
            if artifact.error is None:
                assert artifact.complete
                continue
            refused += 1
            assert isinstance(artifact.error, Malformed)
            assert not artifact.complete
            assert artifact.error.location.offset is not None
            assert artifact.error.location.offset <= len(content)
    assert len(content) < refused < 7 * len(content)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (data(2, data(1, data(4, b"\xff"))), "a string that is not UTF-8"),
        (data(2, data(5, data(1, b"\xff"))), "a string that is not UTF-8"),
        (data(2, data(7, b"\x0f")), "wire type 7, which does not exist"),
        (data(2, data(2, data(1, data(1, b"\xff")))), "a string that is not UTF-8"),
        (data(2, data(4, data(2, data(1, data(1, b"\xff"))))), "a string that is not UTF-8"),
        (data(2, data(6, data(2, b"\xff"))), "a string that is not UTF-8"),
    ],
)
def test_what_nobody_serves_is_checked_as_well(tmp_path: Path, more: bytes, why: str) -> None:
    """The server parses the whole file, not only the metagraph that it serves."""
    write_saved_model(tmp_path, SMALL)
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    path.write_bytes(content + more)
    error = read(tmp_path).error
    assert isinstance(error, Malformed)
    assert error.why == why
    assert error.location.offset is not None
    assert error.location.offset >= len(content)


def test_the_stream_meets_its_end_or_not(tmp_path: Path) -> None:
    """OUT_OF_RANGE or DATA_LOSS; tests/oracle/test_readers_agree.py holds thousands against the loader."""
    write_saved_model(tmp_path, SMALL)
    path = tmp_path / "saved_model.pb"
    content = path.read_bytes()
    for more, ran_out in (
        (b"\x0a\x05", True),
        (b"\0", False),
        (b"\x02\x00", True),
        (b"\x0c", False),
        (b"\0" * 40, False),
    ):
        path.write_bytes(content + more)
        error = read(tmp_path).error
        assert isinstance(error, Malformed)
        assert error.ran_out is ran_out, more


def test_names_in_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_saved_model(tmp_path / "m" / "1", SMALL)
    monkeypatch.chdir(tmp_path / "m" / "1")
    for path, shown in (
        ("../1", "../1/saved_model.pb"),
        (".", "saved_model.pb"),
        (os.getcwd(), f"{os.getcwd()}/saved_model.pb"),
    ):
        artifact = open_artifact(Found(path, True, True))
        assert artifact is not None
        assert artifact.model is not None
        assert artifact.model.named("saved_model.pb") == shown
        artifact.close()
