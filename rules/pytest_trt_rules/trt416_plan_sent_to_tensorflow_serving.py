"""TRT416: a plan that a deployment gives to TensorFlow Serving."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT416", "plan-sent-to-tensorflow-serving", Severity.ERROR, "load")
def plan_sent_to_tensorflow_serving(case: Case) -> Iterator[Finding]:
    """The deployment gives a TensorRT plan to TensorFlow Serving, which has no loader for plans.

    Why it matters
    --------------
    The stock server loads SavedModels (and TFLite files, if asked to) and nothing else. A version folder that holds
    only a plan is refused on every try with "Specified file path does not appear to contain a SavedModel bundle", and a
    numbered folder with a higher number than the SavedModel's replaces a model that worked. The way to TensorRT in
    TensorFlow Serving is TF-TRT, up to 2.17; plans are for Triton.

    What to do
    ----------
    - Serve the plan with Triton: `REPOSITORY/MODEL/1/model.plan` with `platform: "tensorrt_plan"`.
    - Or deploy the SavedModel that the plan was built from.

    Example
    -------
        docker-compose.yml:7
        Image tensorflow/serving:2.20.0 will refuse to load models/resnet/1/model.plan: it is a TensorRT plan, and
        TensorFlow Serving has a loader for SavedModels only.
    """
    for reason, targets in case.reasons("TRT416"):
        yield Finding(
            f"{delivery.outcome(reason)}: it is a TensorRT plan, and TensorFlow Serving has a loader for SavedModels"
            " only.",
            reason.at,
            "Serve the plan with Triton (`REPOSITORY/MODEL/1/model.plan`), or deploy the SavedModel that it was built"
            " from.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
