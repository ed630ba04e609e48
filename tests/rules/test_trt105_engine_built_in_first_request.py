"""TRT105 warns of engines that the server has to build."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt105_engine_built_in_first_request import engine_built_in_first_request


def test_example(example: Any) -> None:
    hint = example(engine_built_in_first_request, "request", node="TRTEngineOp_0", count="1").hint
    assert "converter.build(input_fn)" in hint and "warm-up" in hint


def test_several(says: Any) -> None:
    message = says(engine_built_in_first_request, "request", node="TRTEngineOp_0", count="3").message
    assert message.startswith("No engines are stored for 'TRTEngineOp_0' and 2 more: the server will build them")


def test_warmup(says: Any) -> None:
    finding = says(engine_built_in_first_request, "warmup", node="TRTEngineOp_0", warmup="yes")
    assert "while it replays the warm-up requests" in finding.message
    assert "add warm-up" not in finding.hint


def test_count_from_a_stranger(says: Any) -> None:
    assert "more:" not in says(engine_built_in_first_request, "request", node="n", count="9" * 5000).message


def test_fires(fires: Any, sample: Any) -> None:
    model = sample("oracle/tftrt_2.14.1_fp16_nobuild")
    (finding,) = fires(engine_built_in_first_request, model, "tensorflow/serving:2.17.1-gpu")
    assert finding.severity == "warning"


def test_silent_where_an_engine_is_stored(silent: Any, sample: Any) -> None:
    silent(engine_built_in_first_request, sample("tftrt/conv_fp32_built"), "tensorflow/serving:2.17.1-gpu")
