"""pytest_trt.artifacts against TensorFlow, on the same bytes: what is refused, in which words, and what is read.

    python -m pytest tests/oracle/test_readers_agree.py

Whether bytes are a SavedModel is asked of the loader itself (judge.py), because Python's protobuf differs from C++
on strings that are not UTF-8; what is in them is asked of Python's protos. Fails where TensorFlow is missing.
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from models.product import generate
from models.writer import data, number, varint

from pytest_trt.artifacts.errors import Malformed
from pytest_trt.artifacts.graph import Body
from pytest_trt.artifacts.nodes import Node
from pytest_trt.artifacts.open import Artifact, Found, open_artifact
from pytest_trt.artifacts.saved_model import MetaGraph

TESTS = Path(__file__).resolve().parent.parent
BASES = ("c00_v1_clean", "c40_v1_two_sigs_one_trt", "c42_v2_restore_fn_trt", "c25c_v2_missing_vocab_asset")
MUTANTS = int(os.environ.get("PYTEST_TRT_MUTANTS", "200"))


def judge(folders: list[Path]) -> dict[Path, dict[str, Any]]:
    spec = importlib.util.spec_from_file_location("oracle", TESTS / "oracle" / "judge.py")
    assert spec is not None
    assert spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    oracle.library()
    said: dict[str, dict[str, Any]] = oracle.judge([os.fspath(folder) for folder in folders])
    return {Path(folder): verdict for folder, verdict in said.items()}


def unparsable(status: str) -> str:
    """The code of a status that says that the file is no SavedModel, "" for any other."""
    found = re.match(r"(DATA_LOSS|OUT_OF_RANGE): (Can't parse|Read less bytes)", status)
    return found[1] if found else ""


def ours(artifact: Artifact) -> str:
    """The code of the status that we expect of the parser, "" where the file is taken."""
    error = artifact.error
    assert error is None or isinstance(error, Malformed), error
    return "" if error is None else "OUT_OF_RANGE" if error.ran_out else "DATA_LOSS"


def theirs(content: bytes) -> Any:
    """The message as Python's protobuf reads it, None where it refuses or holds unknown fields.

    Of a map's entry with an unknown field Python makes an unknown field, C++ an entry.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        message = saved_model_pb2.SavedModel.FromString(content)
    except DecodeError:
        return None
    size = message.ByteSize()
    message.DiscardUnknownFields()
    return message if message.ByteSize() == size else None


def node_facts(node: Any) -> tuple[Any, ...]:
    """What we keep of a NodeDef; attributes are a map, which has no order."""
    calls = []
    for key, value in node.attr.items():
        kind = value.WhichOneof("value")
        functions = [value.func] if kind == "func" else value.list.func if kind == "list" else []
        calls += [(key, function.name) for function in functions]
    return node.name, node.op, tuple(node.input), node.device, sorted(calls), "value" in node.attr


def facts_of(body: Body, nodes: list[Any]) -> dict[str, Any]:
    """Counts that a body must have, given its NodeDefs."""
    return {
        "ops": Counter(node.op for node in nodes),
        "devices": Counter(node.device for node in nodes if node.device),
        "callers": [node_facts(node)[0] for node in nodes if node_facts(node)[4]],
        "valueless": [node.name for node in nodes if node.op == "Const" and "value" not in node.attr],
        "nodes": [node_facts(node) for node in nodes],
    }


def our_node(node: Node) -> tuple[Any, ...]:
    return node.name, node.op, node.inputs, node.device, sorted(node.calls), node.valued


def our_facts(body: Body) -> dict[str, Any]:
    return {
        "ops": {op: tally.count for op, tally in body.ops.items()},
        "devices": {device: tally.count for device, tally in body.devices.items()},
        "callers": [node.name for node in body.calling()],
        "valueless": [node.name for node in body.valueless],
        "nodes": [our_node(node) for node in body.nodes()],
    }


def compare(ours: MetaGraph, theirs: Any) -> None:
    """A metagraph as we read it and as TensorFlow's protos have it."""
    info = theirs.meta_info_def
    assert (ours.tags, ours.tensorflow_version) == (list(info.tags), info.tensorflow_version)
    assert ours.restore_op == (theirs.saver_def.restore_op_name if theirs.HasField("saver_def") else None)
    assert ours.filename_tensor == theirs.saver_def.filename_tensor_name
    assert ours.save_tensor == theirs.saver_def.save_tensor_name
    assert {
        key: (one.inputs, one.outputs, one.method_name, sorted(one.defaults)) for key, one in ours.signatures.items()
    } == {
        key: (
            {alias: info.name for alias, info in one.inputs.items()},
            {alias: info.name for alias, info in one.outputs.items()},
            one.method_name,
            sorted(one.defaults) if "defaults" in one.DESCRIPTOR.fields_by_name else [],
        )
        for key, one in theirs.signature_def.items()
    }
    if theirs.asset_file_def:
        assert ours.assets == [(one.tensor_info.name, one.filename) for one in theirs.asset_file_def]
    for key, names in ours.node_lists.items():
        assert names == list(theirs.collection_def[key].node_list.value)
    compare_graphs(ours, theirs.graph_def)


def compare_graphs(ours: MetaGraph, theirs: Any) -> None:
    graph = ours.graph
    assert our_facts(graph.main) == facts_of(graph.main, list(theirs.node))
    assert graph.producer == (theirs.versions.producer or theirs.version)
    assert graph.min_consumer == theirs.versions.min_consumer
    assert graph.bad_consumers == list(theirs.versions.bad_consumers)
    first: dict[str, Any] = {}
    for function in theirs.library.function:
        first.setdefault(function.signature.name, function)
    assert list(graph.functions) == list(first)
    assert len(graph.duplicates) == len(theirs.library.function) - len(first)
    for name, function in first.items():
        body = graph.functions[name]
        assert our_facts(body) == facts_of(body, list(function.node_def))
        assert body.inputs == [argument.name for argument in function.signature.input_arg]
        assert (body.ret, body.control_ret) == (dict(function.ret), dict(function.control_ret))
        assert set(body.attrs) == set(function.attr)
        assert body.stateful == function.signature.is_stateful
    assert graph.gradients == {one.function_name: one.gradient_func for one in reversed(theirs.library.gradient)}


def same_contents(folder: Path) -> bool:
    """Whether both readers took it; what they read is then the same."""
    message = theirs((folder / "saved_model.pb").read_bytes())
    artifact = open_artifact(Found(os.fspath(folder), True, True))
    assert artifact is not None
    assert artifact.model is not None
    try:
        if message is None or artifact.error is not None:
            return False
        assert len(artifact.model.metagraphs) == len(message.meta_graphs)
        for mine, other in zip(artifact.model.metagraphs, message.meta_graphs):
            compare(mine, other)
    finally:
        artifact.close()
    return True


def disagreements(said: dict[Path, dict[str, Any]]) -> dict[str, str]:
    """Folders on which the loader and we differ about whether, and how, the file can be parsed."""
    differ = {}
    for folder, verdict in said.items():
        artifact = open_artifact(Found(os.fspath(folder), True, True))
        assert artifact is not None
        artifact.close()
        if ours(artifact) != unparsable(verdict["load"]):
            why = artifact.error.why if artifact.error else "taken"
            differ[folder.name] = f"ours: {ours(artifact)} {why}; loader: {verdict['load'][:100]}"
    return differ


def expect_agreement(folders: list[Path]) -> dict[Path, dict[str, Any]]:
    said = judge(folders)
    differ = disagreements(said)
    if differ:
        listed = "\n".join(f"{name}: {what}" for name, what in sorted(differ.items()))
        pytest.fail(f"{len(differ)} of {len(said)} differ:\n{listed}", pytrace=False)
    return said


def with_file(root: Path, name: str, content: bytes, base: str = BASES[0]) -> Path:
    folder = root / name
    shutil.copytree(TESTS / "data" / "oracle" / base, folder)
    (folder / "saved_model.pb").write_bytes(content)
    return folder


def mutants(root: Path, chance: random.Random) -> Iterator[Path]:
    for base in BASES:
        content = (TESTS / "data" / "oracle" / base / "saved_model.pb").read_bytes()
        size = len(content)
        for end in sorted({*chance.sample(range(size), MUTANTS // 4), *range(size - 20, size)}):
            yield with_file(root, f"{base}.cut.{end}", content[:end], base)
        for at in chance.sample(range(size), MUTANTS // 2):
            flipped = bytearray(content)
            bit = chance.randrange(8)
            flipped[at] ^= 1 << bit
            yield with_file(root, f"{base}.flip.{at}.{bit}", bytes(flipped), base)
        for at in chance.sample(range(size), MUTANTS // 4):
            more = chance.randbytes(chance.randrange(1, 9))
            yield with_file(root, f"{base}.insert.{at}", content[:at] + more + content[at:], base)


def nested(depth: int) -> bytes:
    """FullTypeDefs inside one another."""
    content = b""
    for _ in range(depth):
        content = data(2, content)
    return content


def groups(depth: int, tag: int = 77) -> bytes:
    return varint(tag << 3 | 3) * depth + varint(tag << 3 | 4) * depth


def long_varint(value: int, length: int) -> bytes:
    """A varint of more bytes than it needs."""
    return bytes([*((value >> 7 * place & 127) | 128 for place in range(length - 1)), value >> 7 * (length - 1) & 127])


def hand_made() -> dict[str, bytes]:
    """Additions to a sound SavedModel, by name, at the end of the file."""
    out = {
        "nothing": b"",
        "tag-0": b"\0",
        "field-0-length-delimited": b"\x02\x00",
        "field-0-fixed": b"\x05\0\0\0\0",
        "wire-type-6": b"\x0e",
        "wire-type-7": b"\x0f\x00",
        "end-group": b"\x0c",
        "end-of-unknown-group": varint(77 << 3 | 4),
        "group-unclosed": varint(77 << 3 | 3),
        "group-closed-by-another": varint(77 << 3 | 3) + varint(78 << 3 | 4),
        "group-with-fields": varint(77 << 3 | 3) + number(1, 5) + data(2, b"x") + b"\x1d\0\0\0\0" + varint(77 << 3 | 4),
        "group-with-tag-0": varint(77 << 3 | 3) + b"\0" + varint(77 << 3 | 4),
        "group-of-known-field": b"\x13" + b"\x14",
        "schema-as-string": data(1, b"abc"),
        "metagraph-as-number": number(2, 7),
        "highest-field": varint((1 << 29) - 1 << 3) + b"\0",
        "field-over-29-bits": varint(1 << 32 | 1 << 3) + b"\0",
        "length-2**31-1": b"\x12" + varint(2**31 - 1),
        "length-2**31-17": b"\x12" + varint(2**31 - 17),
        "length-2**31": b"\x12" + varint(2**31),
        "length-2**63": b"\x12" + varint(2**63),
        "length-one-too-long": b"\x12\x01",
        "text-not-utf-8": data(2, data(1, data(4, b"\xff"))),
        "text-surrogate": data(2, data(1, data(4, b"\xed\xa0\x80"))),
        "text-overlong": data(2, data(1, data(4, b"\xc0\x80"))),
        "text-nul": data(2, data(1, data(4, b"\0"))),
        "unknown-text-not-utf-8": data(2, data(99, b"\xff")),
        "packed-cut": data(2, data(2, data(4, data(3, b"\x80")))),
        "packed-sound": data(2, data(2, data(4, data(3, b"\x80\x01")))),
    }
    for length in range(1, 12):
        out[f"tag-of-{length}"] = long_varint(99 << 3, length + 1) + b"\0"
        out[f"length-of-{length}"] = b"\x9a\x06" + long_varint(1, length) + b"x"
        out[f"number-of-{length}"] = b"\x98\x06" + long_varint(1, length)
        out[f"group-end-of-{length}"] = varint(77 << 3 | 3) + long_varint(77 << 3 | 4, length + 1)
        out[f"inside-tag-of-{length}"] = data(2, long_varint(99 << 3, length + 1) + b"\0")
        out[f"node-tag-of-{length}"] = data(2, data(2, data(1, long_varint(0x0A, length) + b"\x01x" + data(2, "NoOp"))))
        out[f"node-length-of-{length}"] = data(2, data(2, data(1, b"\x0a" + long_varint(1, length) + b"x")))
        out[f"graph-node-tag-of-{length}"] = data(2, data(2, long_varint(0x0A, length) + b"\0"))
    for high in range(8):
        out[f"tag-high-{high}"] = bytes([0x98, 0x86, 0x80, 0x80, high << 4]) + b"\0"
        out[f"length-high-{high}"] = bytes([0x9A, 0x06, 0x81, 0x80, 0x80, 0x80, high << 4]) + b"x"
        out[f"number-high-{high}"] = b"\x98\x06" + b"\x80" * 9 + bytes([high << 4])
    for depth in (90, *range(95, 104), 200):
        out[f"groups-{depth}"] = groups(depth)
        out[f"groups-in-metagraph-{depth}"] = data(2, groups(depth))
        out[f"groups-in-graph-{depth}"] = data(2, data(2, groups(depth)))
        out[f"groups-in-library-{depth}"] = data(2, data(2, data(2, groups(depth))))
        out[f"groups-in-function-{depth}"] = data(2, data(2, data(2, data(1, groups(depth)))))
        out[f"groups-in-node-{depth}"] = data(2, data(2, data(1, groups(depth))))
        out[f"groups-in-signature-{depth}"] = data(2, data(5, data(2, groups(depth))))
        out[f"groups-in-versions-{depth}"] = data(2, data(2, data(4, groups(depth))))
        out[f"messages-in-node-{depth}"] = data(2, data(2, data(1, data(7, nested(depth)))))
        out[f"messages-in-op-{depth}"] = data(2, data(1, data(2, data(1, data(3, data(17, nested(depth)))))))
    return out


def test_mutants(tmp_path: Path) -> None:
    said = expect_agreement(list(mutants(tmp_path, random.Random(7))))
    taken = Counter(bool(unparsable(verdict["load"])) for verdict in said.values())
    assert min(taken.values()) > len(said) / 10, taken


@pytest.mark.parametrize("served", ["before", "in"])
def test_hand_made(tmp_path: Path, served: str) -> None:
    """Every oddity behind the metagraph that is served, and inside of it, where it is read node by node."""
    content = (TESTS / "data" / "oracle" / BASES[0] / "saved_model.pb").read_bytes()
    assert content[:3] == b"\x08\x01\x12"
    folders = []
    for name, more in hand_made().items():
        if served == "in":
            # Of a repeated message inside its metagraph only, which is one metagraph more otherwise.
            if more[:1] != b"\x12" or not name.startswith(
                ("groups-in", "messages-in", "node-", "graph-node", "inside")
            ):
                continue
            size, at = _varint(content, 3)
            inner, begin = _varint(more, 1)
            assert at + size == len(content)
            made = b"\x08\x01" + data(2, content[at:] + more[begin : begin + inner])
        else:
            made = content + more
        folders.append(with_file(tmp_path, f"{served}.{name}", made))
    expect_agreement(folders)


def test_contents_of_models(tmp_path: Path) -> None:
    samples = [path.parent for path in sorted((TESTS / "data").rglob("saved_model.pb"))]
    generated = [model.folder for model in generate(tmp_path)]
    assert len(samples) > 15
    both = [folder for folder in samples + generated if same_contents(folder)]
    assert len(both) > 0.95 * len(samples + generated)


def test_contents_of_mutants(tmp_path: Path) -> None:
    both = 0
    for folder in mutants(tmp_path, random.Random(11)):
        print(folder.name)
        both += same_contents(folder)
    assert both > MUTANTS / 2


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (content[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if content[at - 1] < 128:
            return value, at
