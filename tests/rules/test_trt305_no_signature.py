"""TRT305 warns of a model that answers nothing."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt305_no_signature import no_signature


def test_example(example: Any) -> None:
    assert "signatures=" in example(no_signature, "request").hint


def test_fires(fires: Any, sample: Any) -> None:
    (finding,) = fires(no_signature, sample("oracle/c27_v1_no_sigs"), "tensorflow/serving:2.20.0")
    assert finding.severity == "warning"


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(no_signature, sample("oracle/c00_v1_clean"))
