"""TRT412: a plan of another TensorRT than the Triton image's."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT412", "plan-on-another-triton", Severity.ERROR, "load")
def plan_on_another_triton(case: Case) -> Iterator[Finding]:
    """The plan was built by another TensorRT than the one in the Triton image that is to serve it.

    Why it matters
    --------------
    A plan runs on the TensorRT that built it (TRT205), and each month of Triton has its own. The same month of
    `nvcr.io/nvidia/tensorrt` is usually equal, but not always: tritonserver:23.05 holds 8.6.1.2, tensorrt:23.05 holds
    8.6.1.6, and the plan is refused (triton-inference-server/server#5975). `-trtllm-python-py3` images have an older
    one than the `-py3` image of their month. Raising the image's tag without building the plans again is the usual
    cause.

    What to do
    ----------
    - Build the plan with the `trtexec` of the image that serves it (`/usr/src/tensorrt/bin/trtexec`), in CI with every
      change of the tag.
    - Or build with `--versionCompatible`, and start Triton with
      `--backend-config=tensorrt,version-compatible=true`.
    - Or deploy the month whose TensorRT built it (`trt-lint targets tritonserver`).

    Example
    -------
        k8s/triton.yaml:18
        Image nvcr.io/nvidia/tritonserver:23.05-py3 will refuse to load repository/resnet/1/model.plan: TensorRT 8.6.1.6
        built it, and the image has 8.6.1.2.

        The engine plan file is not compatible with this version of TensorRT, expecting library version 8.6.1.2 got
        8.6.1.6, please rebuild.
    """
    for reason, targets in case.reasons("TRT412"):
        facts = reason.facts
        plan = facts.get("why") or f"TensorRT {facts.get('plan') or 'of another version'} built it"
        image = f", and the image has {facts['image_tensorrt']}" if facts.get("image_tensorrt") else ""
        yield Finding(
            f"{delivery.outcome(reason)}: {plan}{image}.",
            reason.at,
            "Build the plan again in this very image (`/usr/src/tensorrt/bin/trtexec`), or deploy the image whose"
            " TensorRT built it.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
