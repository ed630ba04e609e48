"""TRT106 fires on INT8 nodes that nobody calibrated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt106_calibration_on_live_traffic import calibration_on_live_traffic


@pytest.fixture
def int8(models: Any, tmp_path: Path) -> Any:
    """int8(attribute=...): a model whose one TRTEngineOp is INT8, with a native segment."""

    def int8(**attrs: Any) -> Path:
        draft = models.product.Draft()

        def engine(body: Any, x: str) -> str:
            y: str = models.product.trt_engine(body, x)
            segment = models.writer.Func(draft.function(models.product.clean, stem="native_segment"))
            body.nodes[-1].attrs |= {"segment_func": segment, **attrs}
            return y

        models.product.called(models.product.P)(draft, engine)
        draft.write(tmp_path / "m" / "1")
        return tmp_path / "m" / "1"

    return int8


def test_example(example: Any) -> None:
    assert "calibration_input_fn" in example(calibration_on_live_traffic, "request", node="TRTEngineOp_0").hint


def test_fires(fires: Any, int8: Any) -> None:
    model = int8(precision_mode="INT8", use_calibration=True)
    (finding,) = fires(calibration_on_live_traffic, model, "tensorflow/serving:2.17.1-gpu")
    assert finding.severity == "warning"


@pytest.mark.parametrize(
    "attrs",
    [
        {"precision_mode": "FP16", "use_calibration": True},
        {"precision_mode": "INT8", "use_calibration": False},
        {"precision_mode": "INT8", "use_calibration": True, "calibration_data": b"table"},
    ],
)
def test_silent(silent: Any, int8: Any, attrs: dict[str, Any]) -> None:
    silent(calibration_on_live_traffic, int8(**attrs), "tensorflow/serving:2.17.1-gpu")
