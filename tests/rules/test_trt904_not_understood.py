"""TRT904 warns of what is not known, and says what would help."""

from __future__ import annotations

from typing import Any

from pytest_trt.lint import check
from pytest_trt_rules.trt904_not_understood import not_understood

GPU = "the engine was built on a GPU of compute capability 9.0, and the target names no GPU: add ,gpu=sm_NN to it"


def test_example(example: Any) -> None:
    assert "gpu=sm_80" in example(not_understood, "load", why=GPU, certain="no").hint


def test_layout(says: Any) -> None:
    finding = says(not_understood, "file", why="the tag b'xtrt' is not documented")
    assert finding.message.startswith("This was recognised, but") and "report" in finding.hint


def test_fires(fires: Any, built: Any) -> None:
    model = built(version=(8, 4, 3, 1))
    (finding,) = fires(not_understood, model, "tensorflow/serving:2.14.1-gpu")
    assert finding.severity == "warning"
    assert check([str(model)], targets=["tensorflow/serving:2.14.1-gpu"]).cases[0].verdicts[0].load == "unknown"


def test_silent_where_the_target_names_the_gpu(silent: Any, built: Any) -> None:
    silent(not_understood, built(version=(8, 4, 3, 1)), "tensorflow/serving:2.14.1-gpu,gpu=sm_90")


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(not_understood, sample("oracle/c00_v1_clean"))
