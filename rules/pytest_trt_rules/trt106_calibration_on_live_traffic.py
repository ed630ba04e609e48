"""TRT106: INT8 without calibration."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT106", "calibration-on-live-traffic", Severity.WARNING, "request")
def calibration_on_live_traffic(case: Case) -> Iterator[Finding]:
    """An INT8 node was converted for calibration and never calibrated, so the server calibrates it with requests.

    Why it matters
    --------------
    With `precision_mode=INT8`, `use_calibration=true`, no `calibration_data` and no stored engine, the op's kernel runs
    calibration on whatever arrives, so what the first requests happen to contain decides the value ranges. Related
    reports: tensorflow/tensorflow#30871 and pull request #57459.

    What to do
    ----------
    Calibrate at conversion, with inputs like those that will be served, then build and save:

        converter.convert(calibration_input_fn=inputs)
        converter.build(input_fn)
        converter.save(folder)

    For a model that carries its own ranges (quantisation nodes), convert with `use_calibration=False`.

    Example
    -------
        resnet/1/saved_model.pb: serve > __inference_pruned_12 > TRTEngineOp_0
        'TRTEngineOp_0' is INT8 without calibration data and without an engine: the server will calibrate it on live
        requests, so what they happen to contain decides its value ranges.
    """
    for reason, targets in case.reasons("TRT106"):
        yield Finding(
            f"'{reason.facts.get('node', 'TRTEngineOp')}' is INT8 without calibration data and without an engine: the"
            " server will calibrate it on live requests, so what they happen to contain decides its value ranges.",
            reason.at,
            "Convert again with `converter.convert(calibration_input_fn=...)`, then `converter.build(input_fn)` and"
            " `converter.save(folder)`; or with `use_calibration=False` where the model carries its own ranges.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
