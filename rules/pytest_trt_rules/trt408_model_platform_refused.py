"""TRT408: a model_platform that TensorFlow Serving has no loader for."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT408", "model-platform-refused", Severity.ERROR, "load")
def model_platform_refused(case: Case) -> Iterator[Finding]:
    """A model of the config names a platform that the stock server has no loader for.

    Why it matters
    --------------
    Without `--platform_config_file` TensorFlow Serving knows one platform, "tensorflow". `tensorrt`, `tensorrt_plan`
    and `tensorflow_savedmodel` are Triton's words; the server refuses the config with "Model M requests unsupported
    platform P" and does not start, whatever else the config holds. There is no platform for TensorRT: a plan needs
    Triton, and a TF-TRT model is a SavedModel like any other.

    What to do
    ----------
    Write `model_platform: "tensorflow"`. Serve plans with Triton.

    Example
    -------
        models.config:5
        The server will refuse this config: model 'resnet' asks for platform 'tensorrt_plan', and the stock server has a
        loader for 'tensorflow' only.

        Model resnet requests unsupported platform tensorrt_plan
    """
    for reason, targets in case.reasons("TRT408"):
        model = f"model '{reason.facts['model']}'" if reason.facts.get("model") else "a model"
        platform = reason.facts.get("platform")
        what = f"platform '{platform}'" if platform else "a platform of its own"
        triton = platform is not None and platform.startswith(("tensorrt", "onnx", "pytorch"))
        yield Finding(
            f"The server will refuse this config: {model} asks for {what}, and the stock server has a loader for"
            " 'tensorflow' only.",
            reason.at,
            'Write `model_platform: "tensorflow"` for a SavedModel'
            + (", and serve anything else with Triton." if triton else "."),
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
