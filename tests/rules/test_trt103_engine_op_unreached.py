"""TRT103 is a note about ops that are never run."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt.lint import check
from pytest_trt_rules.trt103_engine_op_unreached import engine_op_unreached


def test_example(example: Any) -> None:
    where = "function __inference_old_7 that nothing calls"
    assert "Nothing to do" in example(engine_op_unreached, "load", ops="TRTEngineOp", where=where).hint


def test_several_ops(says: Any) -> None:
    message = says(
        engine_op_unreached, "file", ops="TRTEngineOp, InitializeTRTResource", where="metagraph train"
    ).message
    assert "in metagraph train are never run: the server loads and serves the model as if they were" in message


def test_fires(fires: Any, sample: Any) -> None:
    (finding,) = fires(engine_op_unreached, sample("oracle/c06_v2_uncalled_func"), "tensorflow/serving:2.20.0")
    assert finding.severity == "note"


@pytest.mark.parametrize("model", ["c08_v1_2mg_serve_clean_gpu_trt", "c42b_v2_save_fn_trt"])
def test_the_model_is_served(fires: Any, sample: Any, model: str) -> None:
    path = sample(f"oracle/{model}")
    fires(engine_op_unreached, path, "tensorflow/serving:2.20.0")
    report = check([str(path)], targets=["tensorflow/serving:2.20.0"])
    assert report.cases[0].verdicts[0].load == "ok"
    assert not report.count("error")


def test_silent_where_they_are_reached(silent: Any, sample: Any) -> None:
    silent(engine_op_unreached, sample("oracle/c02_v1_main_onpath"), "tensorflow/serving:2.20.0")


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(engine_op_unreached, sample("oracle/c00_v1_clean"))
