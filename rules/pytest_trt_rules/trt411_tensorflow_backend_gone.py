"""TRT411: a TensorFlow model on a Triton that has no TensorFlow."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT411", "tensorflow-backend-gone", Severity.ERROR, "load")
def tensorflow_backend_gone(case: Case) -> Iterator[Finding]:
    """A TensorFlow model is on its way to a Triton image without the TensorFlow backend.

    Why it matters
    --------------
    Triton shipped its TensorFlow backend up to 25.02 and no longer from 25.03 on (build.py of the server at r25.02 and
    r25.03; triton-inference-server/server#8068). The core still knows the platforms `tensorflow_savedmodel` and
    `tensorflow_graphdef`, so a config.pbtxt is accepted, and the load then fails. Images for one framework
    (`-pyt-python-py3`, `-trtllm-python-py3`, `-vllm-python-py3`, `-py3-min`) lack the backend in every month.

    What to do
    ----------
    - Stay on tritonserver:25.02-py3, or build the backend from its last branch into an image of that month.
    - Or convert the model: to ONNX for the `onnxruntime` backend, or to a plan with the image's own TensorRT.

    Example
    -------
        docker-compose.yml:5
        Image nvcr.io/nvidia/tritonserver:25.03-py3 will refuse to load repository/resnet: it has no TensorFlow backend,
        and 25.02 is the last month with one.

        unable to find backend library for backend 'tensorflow', try specifying runtime on the model configuration.
    """
    for reason, targets in case.reasons("TRT411"):
        facts = reason.facts
        last = facts.get("last")
        plan = facts.get("backend") == "tensorrt"
        why = delivery.sentence(facts.get("why") or "") or (
            f"it has no {'TensorRT' if plan else 'TensorFlow'} backend"
            + (f", and {last} is the last month with one" if last else "")
        )
        if plan:
            hint = "Use the -py3 image of this month, which has the backend, on a node with a GPU."
        else:
            hint = (
                f"Use tritonserver:{last or '25.02'}-py3 or an older image, or convert the model to ONNX or to a plan."
            )
        yield Finding(
            f"{delivery.outcome(reason)}: {why}.",
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
