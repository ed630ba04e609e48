"""TRT203: a plan that could be meant for any server."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT203", "plan-without-home", Severity.NOTE, "file")
def plan_without_home(case: Case) -> Iterator[Finding]:
    """Nothing says which server this TensorRT plan is for.

    Why it matters
    --------------
    A plan runs on the TensorRT version that built it, on one kind of GPU and one platform. Whether that is what the
    server has can be told only if the server is known. TensorFlow Serving has no loader for plans; Triton has one, and
    so has every program that uses TensorRT. The folder does not tell them apart: `MODEL/1/model.plan` is Triton's
    layout, and a plan that was copied to TensorFlow Serving looks the same.

    What to do
    ----------
    - Name the runtime that it is for: `trt-lint check --target tensorrt:8.6.1,gpu=sm_86,os=linux-x86_64 PATH`, or in
      the configuration. Then version, GPU and platform are compared (TRT205, TRT206).
    - For Triton, keep `config.pbtxt` beside the version folders: it says whose the plan is.

    Example
    -------
        engines/resnet.plan
        This is a plan of TensorRT 8.6.1.6, and nothing says which server it is for: whether its runtime accepts it is
        not known.
    """
    for reason, targets in case.reasons("TRT203"):
        product = "tensorrt-rtx" if reason.facts.get("product") == "tensorrt-rtx" else "tensorrt"
        version = reason.facts.get("version") or ""
        maker = " ".join(filter(None, ("TensorRT-RTX" if product == "tensorrt-rtx" else "TensorRT", version)))
        yield Finding(
            f"This is a plan of {maker}, and nothing says which server it is for: whether its runtime accepts it is not"
            " known.",
            reason.at,
            f"Name the runtime, as `--target {product}:{version or 'VERSION'},gpu=sm_NN` does; for Triton keep"
            " `config.pbtxt` beside the version folder (`MODEL/config.pbtxt`, `MODEL/1/model.plan`).",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
