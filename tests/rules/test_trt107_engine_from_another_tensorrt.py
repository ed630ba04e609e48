"""TRT107 compares the stored engine's TensorRT with the image's, in the parts that are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.writer import DType, Func, Function, Graph, MetaGraph, Node, Signature, TensorInfo, write_saved_model

from pytest_trt_rules.trt107_engine_from_another_tensorrt import engine_from_another_tensorrt

PLAN = Path(__file__).parents[1] / "data" / "plans" / "fp16.plan"
ASSET = "trt-serialized-engine.TRTEngineOp_000_000"


def test_example(example: Any) -> None:
    finding = example(engine_from_another_tensorrt, "load", engine="8.5.3.1", image="8.4.3", asset=ASSET, node="n")
    assert finding.severity == ""
    assert "environment with TensorRT 8.4.3" in finding.hint and "image that has TensorRT 8.5.3.1" in finding.hint


def test_static_is_a_warning(says: Any) -> None:
    facts = {"engine": "4 or 5", "image": "7.2.2", "node": "TRTEngineOp_0", "static": "yes"}
    finding = says(engine_from_another_tensorrt, "request", **facts)
    assert finding.severity == "warning"
    assert "crash" not in finding.message and "the first request builds it again" in finding.message


def test_fires(fires: Any, built: Any) -> None:
    (finding,) = fires(engine_from_another_tensorrt, built(), "tensorflow/serving:2.14.1-gpu")
    assert finding.severity == "error"
    assert "was built by TensorRT 8.5.3.1, and the server has 8.4.3." in finding.message


def test_fires_on_the_last_part(fires: Any, built: Any) -> None:
    fires(engine_from_another_tensorrt, built(version=(8, 6, 1, 2)), "tensorflow/serving:2.17.1-gpu")


def test_fires_on_a_static_engine(fires: Any, tmp_path: Path) -> None:
    """An engine in serialized_segment, with a native segment behind it: built again in the first request."""
    attrs = {
        "serialized_segment": PLAN.read_bytes(),
        "segment_func": Func("native"),
        "static_engine": True,
        "workspace_size_bytes": 1 << 20,
        "precision_mode": "FP32",
        "InT": [DType.FLOAT],
        "OutT": [DType.FLOAT],
    }
    nodes = [Node("x", "Placeholder", [], {"dtype": DType.FLOAT}), Node("TRTEngineOp_0", "TRTEngineOp", ["x"], attrs)]
    native = Function(
        "native", [("x", DType.FLOAT)], [("y", DType.FLOAT)], [Node("i", "Identity", ["x"], {"T": DType.FLOAT})],
        {"y": "i:output:0"},
    )  # fmt: skip
    signature = Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo("TRTEngineOp_0:0")})
    meta = MetaGraph(Graph(nodes, [native]), signatures={"serving_default": signature})
    write_saved_model(tmp_path / "m", [meta])
    (finding,) = fires(engine_from_another_tensorrt, tmp_path / "m", "tensorflow/serving:2.14.1-gpu")
    assert finding.severity == "warning"
    assert "8.6.0.12" in finding.message


def test_silent_where_versions_agree(silent: Any, built: Any) -> None:
    silent(engine_from_another_tensorrt, built(version=(8, 4, 3, 1)), "tensorflow/serving:2.14.1-gpu")
