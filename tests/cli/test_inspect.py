"""inspect: what is said of artifacts of known content, as JSON, as text, drawn; what is broken; what is hostile."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import made
import pytest

from pytest_trt.cli.inspection import tensors, view
from pytest_trt.cli.inspection.facts import FUNCTIONS_LISTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from tests.cli.conftest import Run

TESTS = Path(__file__).resolve().parent.parent
DATA = TESTS / "data"
BUILT = DATA / "tftrt" / "conv_fp32_built"
ORACLE = DATA / "oracle"
PLANS = DATA / "plans"
PAGE = (TESTS.parent / "docs" / "inspect.md").read_text(encoding="utf-8")
EVERYTHING = [*sorted(path for path in ORACLE.iterdir() if path.is_dir()), BUILT, *sorted(PLANS.glob("*.plan"))]


@pytest.fixture
def facts(trt_lint: Callable[..., Run]) -> Callable[..., dict[str, Any]]:
    """facts(path, code): the JSON of the one artifact there."""

    def facts(path: Path, code: int = 0) -> dict[str, Any]:
        run = trt_lint("inspect", str(path), "--output-format", "json")
        assert run.code == code, run.err
        (entry,) = json.loads(run.out)["artifacts"]
        return dict(entry)

    return facts


@pytest.fixture(scope="module")
def writer() -> Any:
    return importlib.import_module("models.writer")


def test_document(trt_lint: Callable[..., Run]) -> None:
    run = trt_lint("inspect", str(PLANS / "fp32.plan"), str(BUILT), "--output-format", "json")
    document = json.loads(run.out)
    assert list(document) == ["schema_version", "tool", "artifacts"]
    assert document["schema_version"] == 1
    assert document["tool"]["name"] == "trt-lint"
    assert [entry["kind"] for entry in document["artifacts"]] == ["plan", "saved_model"]


# Maps from names that artifacts give.
NAMED = ("ops", "devices", "signatures", "unknown")


def members(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from members(list(one.values()) if key in NAMED and isinstance(one, dict) else one)
    elif isinstance(value, list):
        for one in value:
            yield from members(one)


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path.name)
def test_every_member_is_documented(trt_lint: Callable[..., Run], path: Path) -> None:
    document = json.loads(trt_lint("inspect", str(path), "--output-format", "json").out)
    assert {name for name in members(document) if f"`{name}`" not in PAGE} == set()


def test_saved_model(facts: Callable[..., dict[str, Any]]) -> None:
    found = facts(BUILT)
    assert (found["content"], found["complete"], found["error"]) == ("saved_model", True, None)
    assert found["bytes"] == (BUILT / "saved_model.pb").stat().st_size
    (metagraph,) = found["metagraphs"]
    assert metagraph["tags"] == ["serve"] and metagraph["served"]
    assert metagraph["tensorflow_version"] == "2.14.1"
    assert metagraph["signatures"] == {
        "serving_default": {
            "method": "tensorflow/serving/predict",
            "inputs": [
                {
                    "name": "image",
                    "tensor": "serving_default_image:0",
                    "dtype": "float32",
                    "shape": [None, 32, 32, 3],
                    "encoding": "dense",
                }
            ],
            "outputs": [
                {
                    "name": "logits",
                    "tensor": "PartitionedCall:0",
                    "dtype": "float32",
                    "shape": [None, 10],
                    "encoding": "dense",
                }
            ],
            "defaults": [],
        }
    }
    graph = metagraph["graph"]
    assert graph["nodes"] == sum(graph["ops"].values()) and graph["ops"]["TRTEngineOp"] == 1
    assert list(graph["ops"].values()) == sorted(graph["ops"].values(), reverse=True)
    assert graph["functions"]["count"] == len(graph["functions"]["largest"]) == 8
    (engine,) = (node for node in graph["tensorrt"] if node["op"] == "TRTEngineOp")
    assert (engine["precision"], engine["static"], engine["native_segment_defined"]) == ("FP32", False, True)
    assert engine["native_segment"] == "TRTEngineOp_006_000_native_segment"
    assert engine["function"] in {one["name"] for one in graph["functions"]["largest"]}
    (stored,) = found["engines"]
    assert stored["resource"] == engine["resource"] == "TRTEngineOp_006_000"
    assert stored["damage"] is None
    assert stored["engine"]["tensorrt_version"] == "8.5.3.1" and stored["engine"]["compute_capability"] == "9.0"
    (asset,) = found["assets"]
    assert asset["file"] == stored["file"] and asset["bytes"] > stored["bytes"]
    assert asset["tensor"] == "asset_path_initializer:0"


def test_engines_inside_the_graph(facts: Callable[..., dict[str, Any]]) -> None:
    found = facts(ORACLE / "serving_half_plus_two_gpu_trt_2019")
    (metagraph,) = found["metagraphs"]
    nodes = metagraph["graph"]["tensorrt"]
    assert [node["name"] for node in nodes] == ["TRTEngineOp_0", "TRTEngineOp_1"]
    assert all(node["static"] and node["engine"]["layout"] == "A" for node in nodes)
    assert all(node["engine"]["bytes"] == node["segment_bytes"] for node in nodes)
    assert [node["native_segment"] for node in nodes] == [f"TRTEngineOp_{at}_native_segment" for at in (0, 1)]
    assert len(metagraph["signatures"]) == 5
    assert metagraph["signatures"]["classify_x_to_y"]["inputs"][0]["shape"] is None


def test_two_metagraphs(facts: Callable[..., dict[str, Any]], trt_lint: Callable[..., Run]) -> None:
    path = ORACLE / "c08_v1_2mg_serve_clean_gpu_trt"
    assert [(one["tags"], one["served"]) for one in facts(path)["metagraphs"]] == [
        (["serve"], True),
        (["serve", "gpu"], False),
    ]
    out = trt_lint("inspect", str(path)).out
    assert "Metagraph {serve}: the one that TensorFlow Serving loads\n" in out and "Metagraph {serve, gpu}\n" in out


def test_variables(facts: Callable[..., dict[str, Any]], tmp_path: Path, writer: Any) -> None:
    dtype, shape, tensor = writer.DType, writer.Shape, writer.Tensor
    written = {
        "w/.ATTRIBUTES/VARIABLE_VALUE": tensor(dtype.FLOAT, [0.0] * 6, shape((2, 3))),
        "step": tensor(dtype.INT64, [7]),
        "_CHECKPOINTABLE_OBJECT_GRAPH": tensor(dtype.FLOAT, [0.0]),
    }
    model = writer.write_saved_model(tmp_path / "m" / "1", writer.MetaGraph(writer.Graph()), written)
    found = facts(model)["variables"]
    assert (found["count"], found["bytes"], found["damage"]) == (2, 24 + 8 + 4, None)
    assert found["shards"] == [{"file": "variables.data-00000-of-00001", "bytes": 36}]
    assert found["tensors"] == [
        {"name": "step", "dtype": "int64", "shape": [], "bytes": 8, "present": True},
        {"name": "w/.ATTRIBUTES/VARIABLE_VALUE", "dtype": "float32", "shape": [2, 3], "bytes": 24, "present": True},
    ]
    (model / "variables" / "variables.data-00000-of-00001").write_bytes(bytes(30))
    found = facts(model)["variables"]
    assert [one["present"] for one in found["tensors"]] == [True, False]
    (model / "variables" / "variables.data-00000-of-00001").unlink()
    assert facts(model)["variables"]["shards"][0]["bytes"] is None
    index = model / "variables" / "variables.index"
    index.write_bytes(index.read_bytes()[:-1])
    assert "bad magic number" in facts(model)["variables"]["damage"]
    shutil.rmtree(model / "variables")
    assert facts(model)["variables"] is None


def test_signatures(facts: Callable[..., dict[str, Any]], tmp_path: Path, writer: Any) -> None:
    info, dtype, shape = writer.TensorInfo, writer.DType, writer.Shape
    signature = writer.Signature(
        {
            "z": info("z:0", dtype.BFLOAT16, shape((-1, 0, 5))),
            "a": info("a:0", dtype.STRING, shape(None)),
            "b": info("b:0", dtype.RESOURCE),
        },
        {"y": info("y:0", dtype.INVALID, shape((1,)))},
        "tensorflow/serving/regress",
    )
    metagraph = writer.MetaGraph(writer.Graph(), {"f": signature, "__saved_model_init_op": signature})
    (found,) = facts(writer.write_saved_model(tmp_path / "m" / "1", metagraph))["metagraphs"]
    assert list(found["signatures"]) == ["f"]
    f = found["signatures"]["f"]
    assert f["method"] == "tensorflow/serving/regress"
    assert [(one["name"], one["dtype"], one["shape"]) for one in f["inputs"]] == [
        ("a", "string", None),
        ("b", "resource", []),
        ("z", "bfloat16", [None, 0, 5]),
    ]
    assert (f["outputs"][0]["dtype"], f["outputs"][0]["shape"]) == (None, [1])


def test_encodings(facts: Callable[..., dict[str, Any]], tmp_path: Path, writer: Any) -> None:
    class Info:
        def __init__(self, encoded: bytes) -> None:
            self.encode = lambda: encoded

    sparse = writer.data(4, writer.data(1, "v:0")) + writer.number(2, 1)
    composite = writer.data(5, writer.data(2, b"")) + writer.number(2, 121)
    signature = writer.Signature({"c": Info(composite), "s": Info(sparse), "t": Info(writer.number(2, 101))})
    metagraph = writer.MetaGraph(writer.Graph(), {"f": signature})
    model = writer.write_saved_model(tmp_path / "m" / "1", metagraph)
    inputs = facts(model)["metagraphs"][0]["signatures"]["f"]["inputs"]
    assert [(one["encoding"], one["dtype"]) for one in inputs] == [
        ("composite", "variant_ref"),
        ("sparse", "float32"),
        ("dense", "float32_ref"),
    ]


def test_dtypes() -> None:
    """Numbers of tensorflow/core/framework/types.proto."""
    known = {
        1: "float32",
        3: "int32",
        7: "string",
        9: "int64",
        10: "bool",
        14: "bfloat16",
        19: "float16",
        20: "resource",
    }
    known |= {
        21: "variant",
        22: "uint32",
        23: "uint64",
        24: "float8_e5m2",
        25: "float8_e4m3fn",
        29: "int4",
        30: "uint4",
    }
    assert {number: tensors.dtype(number) for number in known} == known
    assert tensors.dtype(0) is None
    assert tensors.dtype(77) == "DataType 77"
    assert tensors.dtype(101) == "float32_ref"


@pytest.mark.parametrize(
    ("dimensions", "text"), [(None, "any rank"), ([], "scalar"), ([None, 3], "[?, 3]"), ([0], "[0]")]
)
def test_shape(dimensions: list[int | None] | None, text: str) -> None:
    assert view.shape(dimensions) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "unknown"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KiB"),
        (101_990, "99.6 KiB"),
        (102_400, "100 KiB"),
        (1 << 20, "1.0 MiB"),
        (85_017_493_504, "79.2 GiB"),
        (1 << 63, "8,388,608 TiB"),
    ],
)
def test_sizes(count: int | None, text: str) -> None:
    assert view.short(count) == text


def test_functions_are_counted_and_the_largest_listed(
    facts: Callable[..., dict[str, Any]], tmp_path: Path, writer: Any
) -> None:
    functions = [
        writer.Function(f"f{at:03}", [], [], [writer.Node(f"n{n}", "NoOp") for n in range(at % 7 + 1)], {})
        for at in range(50)
    ]
    graph = writer.Graph([writer.Node("x", "Placeholder", attrs={"dtype": writer.DType.FLOAT})], functions)
    model = writer.write_saved_model(tmp_path / "m" / "1", writer.MetaGraph(graph))
    found = facts(model)["metagraphs"][0]["graph"]
    assert found["functions"]["count"] == 50
    assert len(found["functions"]["largest"]) == FUNCTIONS_LISTED
    assert found["functions"]["largest"][0] == {"name": "f006", "nodes": 7}
    assert found["nodes"] == found["nodes_in_functions"] + 1


def test_warm_up_and_extra_assets(facts: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    model = Path(shutil.copytree(ORACLE / "c00_v1_clean", tmp_path / "1"))
    assert facts(model)["warmup"] is None
    (model / "assets.extra").mkdir()
    (model / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"")
    found = facts(model)
    assert found["warmup"] == {"bytes": 0, "signatures": []}
    assert found["extra_assets"] == [{"file": "tf_serving_warmup_requests", "bytes": 0}]


def test_a_missing_asset(facts: Callable[..., dict[str, Any]], trt_lint: Callable[..., Run]) -> None:
    path = ORACLE / "c25c_v2_missing_vocab_asset"
    (asset,) = facts(path)["assets"]
    assert (asset["file"], asset["bytes"]) == ("vocab.txt", None)
    assert re.search(r"assets/vocab\.txt +missing", trt_lint("inspect", str(path)).out)


def test_bare_graphs(facts: Callable[..., dict[str, Any]], tmp_path: Path, writer: Any) -> None:
    path = ORACLE / "c28b_frozen_graph_pb_other_name" / "frozen_inference_graph.pb"
    found = facts(path)
    assert (found["kind"], found["metagraphs"]) == ("graph_def", [])
    assert found["bytes"] == path.stat().st_size
    assert found["graph"]["ops"]["Const"] == 11
    metagraph = writer.MetaGraph(
        writer.Graph([writer.Node("x", "Placeholder", attrs={"dtype": writer.DType.FLOAT})]),
        {"s": writer.Signature({"x": writer.TensorInfo("x:0")})},
    )
    (tmp_path / "x.meta").write_bytes(metagraph.encode())
    found = facts(tmp_path / "x.meta")
    assert found["kind"] == "meta_graph_def"
    assert found["metagraphs"][0]["graph"]["ops"] == {"Placeholder": 1}
    assert list(found["metagraphs"][0]["signatures"]) == ["s"]


def test_a_frozen_graph_under_the_saved_models_name(facts: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    frozen = ORACLE / "c28b_frozen_graph_pb_other_name" / "frozen_inference_graph.pb"
    shutil.copy(frozen, tmp_path / "saved_model.pb")
    found = facts(tmp_path)
    assert (found["content"], found["metagraphs"]) == ("graph_def", [])
    assert found["graph"]["ops"]["Const"] == 11


def test_text_form(facts: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    text = (
        'saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: "serve" } signature_def { key: "s" value {'
    )
    text += ' inputs { key: "x" value { name: "x:0" dtype: DT_HALF tensor_shape { dim { size: -1 } } } } } } }'
    (tmp_path / "saved_model.pbtxt").write_text(text)
    found = facts(tmp_path)
    assert (found["file"], found["bytes"]) == ("saved_model.pbtxt", len(text))
    (tensor,) = found["metagraphs"][0]["signatures"]["s"]["inputs"]
    assert (tensor["dtype"], tensor["shape"]) == ("float16", [None])


def test_plan(facts: Callable[..., dict[str, Any]]) -> None:
    found = facts(PLANS / "fp32.plan")
    plan = found["plan"]
    assert (plan["product"], plan["tensorrt_version"], plan["damage"]) == ("tensorrt", "8.6.0.12", None)
    assert (plan["compute_capability"], plan["multiprocessors"]) == ("9.0", 132)
    assert plan["hardware_compatibility"] == "none"
    assert plan["declared_bytes"] == plan["bytes"] == found["bytes"] == (PLANS / "fp32.plan").stat().st_size
    assert [one["name"] for one in plan["entries"]] == ["engine"]
    assert plan["platform"] is None and "8.6 does not write it" in plan["unknown"]["platform"]
    assert facts(PLANS / "hardware-compatible.plan")["plan"]["hardware_compatibility"] == "ampere+"


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.plan")), ids=lambda path: path.name)
def test_unknown_has_a_reason_for_every_null(facts: Callable[..., dict[str, Any]], path: Path) -> None:
    plan = facts(path)["plan"]
    assert all(plan[fact] is None and why for fact, why in plan["unknown"].items())
    nulls = {
        "tensorrt_version",
        "platform",
        "compute_capability",
        "multiprocessors",
        "memory",
        "hardware_compatibility",
    }
    assert {fact for fact in nulls if plan[fact] is None} == set(plan["unknown"])


def test_tensorrt_rtx(facts: Callable[..., dict[str, Any]], trt_lint: Callable[..., Run]) -> None:
    plan = facts(PLANS / "rtx.plan")["plan"]
    assert plan["product"] == "tensorrt-rtx"
    assert plan["compute_capabilities"] == ["8.0", "8.6", "8.9", "12.0", "12.1", ">12.1"]
    assert [one["name"] for one in plan["entries"]] == ["engine", "weights"]
    assert "runs on capability  8.0, 8.6," in trt_lint("inspect", str(PLANS / "rtx.plan")).out


def test_a_damaged_plan(facts: Callable[..., dict[str, Any]], trt_lint: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "x.plan").write_bytes((PLANS / "fp32.plan").read_bytes()[:1000])
    found = facts(tmp_path / "x.plan")
    assert found["complete"] and "1,000 are there" in found["plan"]["damage"]
    assert "cut: its header says 91,540 bytes" in trt_lint("inspect", str(tmp_path / "x.plan")).out


def test_a_plan_behind_json(facts: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    text = b'{"task": "detect"}'
    (tmp_path / "x.engine").write_bytes(struct.pack("<I", len(text)) + text + (PLANS / "fp32.plan").read_bytes())
    plan = facts(tmp_path / "x.engine")["plan"]
    assert (plan["prefix_bytes"], plan["tensorrt_version"]) == (4 + len(text), "8.6.0.12")


def test_a_plan_under_the_saved_models_name(facts: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    shutil.copy(PLANS / "fp32.plan", tmp_path / "saved_model.pb")
    found = facts(tmp_path)
    assert (found["kind"], found["content"], found["error"]) == ("saved_model", "plan", None)
    assert found["plan"]["tensorrt_version"] == "8.6.0.12"


def test_other_kinds(facts: Callable[..., dict[str, Any]], trt_lint: Callable[..., Run], tmp_path: Path) -> None:
    assert facts(PLANS / "timing.cache")["kind"] == "timing_cache"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5419\n"
    (tmp_path / "x.plan").write_text(pointer)
    assert facts(tmp_path / "x.plan")["lfs"] == {"oid": f"sha256:{'0' * 64}", "bytes": 5419}
    assert "git lfs pull" in trt_lint("inspect", str(tmp_path / "x.plan")).out
    (tmp_path / "x.plan").write_text(pointer.replace("5419", "5" * 5000)[:900])
    assert facts(tmp_path / "x.plan")["lfs"]["bytes"] is None


def test_what_is_broken_is_shown_as_far_as_it_was_read(
    facts: Callable[..., dict[str, Any]], trt_lint: Callable[..., Run], tmp_path: Path
) -> None:
    model = Path(shutil.copytree(ORACLE / "c00_v1_clean", tmp_path / "1"))
    data = (model / "saved_model.pb").read_bytes()
    (model / "saved_model.pb").write_bytes(data[: len(data) // 2])
    found = facts(model, 3)
    assert not found["complete"]
    assert found["error"]["code"] == "TRT902" and found["error"]["path"].endswith("saved_model.pb")
    assert found["variables"]["count"] == 1
    run = trt_lint("inspect", str(model))
    assert run.code == 3
    assert "Not read wholly\n  TRT902" in run.out
    assert "TRT902" in trt_lint("inspect", str(model), "--color", "always").out


def test_errors(trt_lint: Callable[..., Run], tmp_path: Path) -> None:
    run = trt_lint("inspect")
    assert (run.code, run.out) == (2, "") and "no PATH given" in run.err
    run = trt_lint("inspect", str(tmp_path))
    assert (run.code, run.out) == (2, "") and "holds no SavedModel" in run.err
    run = trt_lint("inspect", str(tmp_path / "x"))
    assert (run.code, run.out) == (3, "")
    assert run.err == f"trt-lint: {tmp_path}/x: no such file or folder\n"
    os.mkfifo(tmp_path / "x.pb")
    assert trt_lint("inspect", str(tmp_path / "x.pb")).code == 3
    run = trt_lint("inspect", str(tmp_path / "y"), str(PLANS / "fp32.plan"))
    assert run.code == 3 and "8.6.0.12" in run.out and len(run.err.splitlines()) == 1
    run = trt_lint("inspect", "--output-fromat", "json", "x")
    assert run.code == 2 and "did you mean --output-format" in run.err
    document = json.loads(trt_lint("inspect", str(tmp_path / "x"), "--output-format", "json").out)
    assert document["artifacts"] == []


def test_folders_are_searched(trt_lint: Callable[..., Run], tmp_path: Path) -> None:
    shutil.copytree(ORACLE / "c00_v1_clean", tmp_path / "m" / "1")
    shutil.copytree(ORACLE / "c00_v1_clean", tmp_path / ".git" / "1")
    shutil.copy(PLANS / "fp32.plan", tmp_path / "a.plan")
    run = trt_lint("inspect", str(tmp_path))
    assert [line for line in run.out.splitlines() if line.startswith(str(tmp_path))] == [
        f"{tmp_path}/a.plan: TensorRT plan",
        f"{tmp_path}/m/1: SavedModel",
    ]


@pytest.fixture
def hostile(tmp_path: Path, writer: Any) -> Path:
    """A model all of whose names are hostile."""
    evil = made.HOSTILE.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    node = writer.Node(f"n{evil}", "TRTEngineOp", attrs={"precision_mode": evil, "segment_func": writer.Func(evil)})
    graph = writer.Graph(
        [writer.Node(f"x{evil}", f"Op{evil}", device=f"/device:{evil}"), node],
        [writer.Function(f"f{evil}", [], [], [writer.Node(f"m{evil}", f"TRT{evil}")], {})],
    )
    info = writer.TensorInfo(f"t{evil}:0", shape=writer.Shape((1,)))
    signature = writer.Signature({f"i{evil}": info}, {f"o{evil}": info}, f"method{evil}")
    metagraph = writer.MetaGraph(graph, {f"s{evil}": signature}, tags=("serve", f"tag{evil}"))
    metagraph.assets = {f"tensor{evil}": f"../../asset{evil}"}
    other = writer.MetaGraph(graph, {f"s{evil}": signature})
    tensor = writer.Tensor(writer.DType.FLOAT, [0.0])
    model: Path = writer.write_saved_model(tmp_path / "m" / "1", [metagraph, other], {f"v{evil}": tensor})
    (model / "assets").mkdir()
    (model / "assets" / evil.replace("/", "")[:80].replace("\0", "")).write_bytes(b"")
    return model


@pytest.mark.parametrize("words", [(), ("--color", "always")], ids=["plain", "drawn"])
def test_hostile_names(trt_lint: Callable[..., Run], hostile: Path, words: tuple[str, ...]) -> None:
    out = trt_lint("inspect", str(hostile), *words).out
    shown = re.sub(r"\x1b\[[\d;]*m", "", out)
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert not re.search(r"^\s*::", shown, re.MULTILINE)
    assert "##" not in shown
    ours = {"0", "1", "2", "31", "34", "35", "36", "1;36", "2;35", "2;31"}
    assert set(re.findall(r"\x1b\[([\d;]*)m", out)) <= ours
    shown.encode()


def test_hostile_names_in_json(trt_lint: Callable[..., Run], hostile: Path) -> None:
    out = trt_lint("inspect", str(hostile), "--output-format", "json").out
    out.encode("ascii")
    found = json.loads(out)["artifacts"][0]
    json.dumps(found, ensure_ascii=False).encode()
    assert len(found["metagraphs"]) == 2
    assert any(asset["bytes"] is None for asset in found["assets"]), "a name that leads outside is not followed"


def test_no_asset_outside_is_looked_at(facts: Callable[..., dict[str, Any]], tmp_path: Path, writer: Any) -> None:
    (tmp_path / "secret").write_text("x")
    metagraph = writer.MetaGraph(writer.Graph())
    metagraph.assets = {"t:0": "../../../secret", "u:0": str(tmp_path / "secret")}
    model = writer.write_saved_model(tmp_path / "m" / "1", metagraph)
    assert [one["bytes"] for one in facts(model)["assets"]] == [None, None]


@pytest.mark.parametrize("path", [BUILT, ORACLE / "serving_half_plus_two_gpu_trt_2019", PLANS / "fp32.plan"], ids=str)
@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_drawn(trt_lint: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, path: Path, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = trt_lint("inspect", str(path), "--color", "always").out
    lines = re.sub(r"\x1b\[[\d;]*m", "", out).splitlines()
    assert max(map(len, lines)) <= min(max(width, 44), 120)
    assert all(line == line.rstrip() for line in lines)


def test_drawn_tree_and_bars(trt_lint: Callable[..., Run]) -> None:
    out = re.sub(r"\x1b\[[\d;]*m", "", trt_lint("inspect", str(BUILT), "--color", "always").out)
    assert re.search(r"├─ in  image +float32 +\[\?, 32, 32, 3\]", out)
    assert re.search(r"└─ out logits +float32 +\[\?, 10\]", out)
    bars = dict(re.findall(r"^  (\w+) +\d+ +(━+)$", out, re.MULTILINE))
    assert len(bars["Const"]) == 24 and len(bars["Conv2D"]) == 2


def test_drawn_without_unicode(process: Callable[..., subprocess.CompletedProcess[bytes]]) -> None:
    run = process("inspect", str(BUILT), "--color", "always", env={"PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0
    out = run.stdout.decode("ascii")
    assert "|- " in out and "`- " in out and "====" in out and "\\u" not in out


def test_no_colour(trt_lint: Callable[..., Run]) -> None:
    assert "\x1b" not in trt_lint("inspect", str(BUILT)).out
    assert "\x1b[" in trt_lint("inspect", str(BUILT), "--color", "always").out


def test_other_commands_do_not_pay() -> None:
    program = (
        "import sys; from pytest_trt.cli.main import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    )
    run = [sys.executable, "-c", program, str(ORACLE / "c00_v1_clean")]
    loaded = subprocess.run(run, capture_output=True, text=True, check=True).stderr.split()
    assert not [name for name in loaded if "inspect" in name]
    run.insert(3, "inspect")
    loaded = subprocess.run(run, capture_output=True, text=True, check=True).stderr.split()
    assert "pytest_trt.cli.inspection.facts" in loaded
    assert not {"rich", "json", "tensorflow", "numpy", "pytest_trt.cli.inspection.drawn"} & set(loaded)


def test_help(trt_lint: Callable[..., Run]) -> None:
    assert "inspect PATH" in trt_lint("--help").out
    assert "--output-format" in trt_lint("inspect", "--help").out
