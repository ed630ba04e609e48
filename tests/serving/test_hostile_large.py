"""Files over WHOLE, which are scanned: judged as small ones, but for what needs every node (docs/decisions/0006)."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from models.product import generate
from models.writer import DType, Func, Function, Graph, MetaGraph, Node, Raw, Shape, Signature, TensorInfo
from models.writer import write_saved_model as write

from pytest_trt.artifacts import graph, nodes, saved_model, wire
from pytest_trt.artifacts import open as opening
from pytest_trt.lint import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data"
FLOAT = DType.FLOAT


@pytest.fixture(scope="module")
def as_large() -> Iterator[None]:
    """Every file is read as those over WHOLE are, through windows of 64 bytes to 256."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (graph, nodes, saved_model, opening):
            patched.setattr(module, "WHOLE", 0)
        patched.setattr(wire, "WHOLE", 0)
        patched.setattr(wire, "FIRST_WINDOW", 64)
        patched.setattr(wire, "LAST_WINDOW", 256)
        yield


def judged(folder: Path) -> tuple[str, dict[str, str], list[tuple[str, str]]]:
    (case,) = check([folder], targets=["tensorflow/serving:2.20.0"]).cases
    (verdict,) = case.verdicts
    return verdict.load, verdict.signatures, [(reason.code, reason.message) for reason in verdict.reasons]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {model.name: model.folder for model in generate(tmp_path_factory.mktemp("product"))}


@pytest.fixture(scope="module")
def small(models: dict[str, Path]) -> dict[str, object]:
    return {name: judged(folder) for name, folder in models.items()}


def test_large_models_are_judged_as_small_ones(
    small: dict[str, object], models: dict[str, Path], as_large: None
) -> None:
    differ = {name for name, folder in models.items() if judged(folder) != small[name]}
    known = {name for names in DIFFER.values() for name in names}
    assert not differ - known
    assert not known - differ, "these are judged alike now: take them out of DIFFER"


def test_bent_models_are_an_answer(tmp_path: Path, as_large: None) -> None:
    chance = random.Random(4)
    bases = [path.parent for path in sorted(DATA.rglob("saved_model.pb")) if 100 < path.stat().st_size < 20_000]
    for _ in range(150):
        base = chance.choice(bases)
        shutil.rmtree(tmp_path / "m", ignore_errors=True)
        shutil.copytree(base, tmp_path / "m")
        path = tmp_path / "m" / "saved_model.pb"
        bent = bytearray(path.read_bytes())
        for _ in range(chance.randrange(1, 4)):
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        path.write_bytes(bent[: chance.choice((len(bent), chance.randrange(len(bent))))])
        report = check([tmp_path], targets=["tensorflow/serving:2.20.0"])
        (case,) = report.cases
        assert case.artifact.complete or report.exit_status() == 3
        assert case.verdicts[0].load != "unknown"
        assert case.artifact.complete or case.verdicts[0].load == "fail"


def damaged_behind_an_engine(folder: Path) -> None:
    """3 MiB; an attribute is broken in the native segment, which only targets with TF-TRT's ops have to read."""
    engine = {"InT": [FLOAT], "OutT": [FLOAT], "serialized_segment": b"", "segment_func": Func("native")}
    engine |= {"precision_mode": "FP32", "static_engine": False, "input_shapes": [Shape()]}
    functions = [
        Function(
            "f", [("a", FLOAT)], [("b", FLOAT)], [Node("e", "TRTEngineOp", ["a"], engine)], {"b": "e:out_tensor:0"}
        ),
        Function(
            "native", [("a", FLOAT)], [("b", FLOAT)], [Node("n", "Neg", ["a"], {"bad": Raw(b"\x0f")})], {"b": "n:y:0"}
        ),
    ]
    main = [
        Node("x", "Placeholder", [], {"dtype": FLOAT}),
        Node("big", "Const", [], {"dtype": FLOAT, "value": b"x" * (3 << 20)}),
        Node("y", "PartitionedCall", ["x"], {"Tin": [FLOAT], "Tout": [FLOAT], "f": Func("f")}),
    ]
    signature = Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo("y:0")})
    write(folder, MetaGraph(Graph(main, functions), {"serving_default": signature}))


def test_damage_that_one_target_meets_holds_for_all(tmp_path: Path) -> None:
    damaged_behind_an_engine(tmp_path)
    targets = ["tensorflow/serving:2.20.0", "tensorflow/serving:2.14.1-gpu"]
    for order in (targets, targets[::-1]):
        (case,) = check([tmp_path], targets=order).cases
        assert {verdict.load for verdict in case.verdicts} == {"fail"}, order


# What a scan does not see, though the loader would refuse it -> the models.
DIFFER: dict[str, tuple[str, ...]] = {
    "names and inputs of nodes": (
        "func-dangling.PartitionedCall.node.input-missing",
        "func.PartitionedCall.node.control-missing",
        "func.PartitionedCall.node.duplicate",
        "func.PartitionedCall.node.input-missing",
        "graph.cycle",
        "graph.node-name-empty",
        "graph.node-name-slash",
        "graph.node-name-space",
        "graph.node-name-underscore",
        "graph.node-name-unicode",
        "main.dangling.node.input-missing",
        "main.init.node.input-missing",
        "main.path.node.control-missing",
        "main.path.node.duplicate",
        "main.path.node.input-missing",
        "main.switch.node.input-missing",
        "main.two.node.input-missing",
        "main.upstream.node.input-missing",
        "several.func.node.input-missing+device.gpu.reversed",
        "several.func.node.input-missing+device.gpu.serial",
        "several.main.node.input-missing+device.gpu.reversed",
        "several.main.node.input-missing+device.gpu.serial",
        "untaken.If-lowered.node.input-missing",
        "untaken.If.node.input-missing",
    ),
    "nodes that the SaverDef, the init op and assets name": (
        "asset.tensor-missing",
        "init.missing-node",
        "variable.filename-tensor-missing",
        "variable.restore-op-missing",
    ),
    "what a placeholder or a variable is fed with": (
        "signature.input-const",
        "signature.input-unfed",
        "variable.no-saver",
        "variable.restore-key-missing",
    ),
}
