"""TRT410: TF-TRT switched on inside Triton in a way that fails."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


# By kind of trouble: what the TensorFlow backend does not take.
_GENERAL = "its TensorFlow backend does not take these accelerators"
_REFUSED = {
    "precision": "its TensorFlow backend does not take precision_mode {value} for TF-TRT",
    "parameter": "its TensorFlow backend knows no parameter {value} of TF-TRT",
    "accelerator": "its TensorFlow backend knows no accelerator {value}",
    "mixed": "its TensorFlow backend does not take auto_mixed_precision together with TF-TRT",
    "cpu": "its TensorFlow backend has no accelerators for a CPU",
    "gone": "it has no TensorFlow backend, which would run TF-TRT; 25.02 is the last image with one",
    "before": "its TensorFlow backend is known to run TF-TRT from 20.10 on, and this image is older",
    "cpu-instance": "its TensorFlow backend runs accelerators on a GPU only, and this model's instances are on a CPU",
}
_OUTCOMES = {"cpu-instance": "will ignore this block", "before": "may not know this block"}
_CURE = "Use `tensorrt` with precision_mode FP32 or FP16, or remove the block."
_CURES = {
    "parameter": "Leave it out: precision_mode, minimum_segment_size, max_workspace_size_bytes and max_cached_engines"
    " are what it reads.",
    "mixed": "Keep one of the two; precision_mode FP16 of `tensorrt` is usually what is wanted.",
    "cpu": "Remove `cpu_execution_accelerator`.",
    "gone": "Use tritonserver:25.02-py3 or an older image, or serve the model as ONNX or as a plan.",
    "before": "Use an image from 20.10 to 25.02, or remove the block.",
    "cpu-instance": "Remove the block, or put the instances on a GPU (`kind: KIND_GPU`).",
}


@rule("TRT410", "tf-trt-inside-triton", Severity.ERROR, "load")
def tf_trt_inside_triton(case: Case) -> Iterator[Finding]:
    """A config.pbtxt switches TF-TRT on inside Triton, and Triton will refuse it.

    Why it matters
    --------------
    `optimization { execution_accelerators { gpu_execution_accelerator: [{ name: "tensorrt" }] } }` on a TensorFlow
    model makes Triton's TensorFlow backend convert it with TF-TRT; nothing of TensorRT is in the artifact. The backend
    reads `precision_mode` (FP32 or FP16, not INT8), `minimum_segment_size`, `max_workspace_size_bytes` and
    `max_cached_engines`; any other key, any other accelerator but `gpu_io` and `auto_mixed_precision`, the latter
    together with `tensorrt`, and a `cpu_execution_accelerator` fail the load (tensorflow_backend, src/tensorflow.cc at
    r25.02). It does so from 20.10 to 25.02: before, the backend does not have it, and from 25.03 on there is no
    TensorFlow backend at all (TRT411).

    The same block under `onnxruntime_onnx` is ONNX Runtime's and has other keys; it is not meant here.

    What to do
    ----------
    Use FP16 or FP32 and the four keys above, with an image from 20.10 to 25.02; or convert the model before (to ONNX
    and a plan, say), which also takes the building of engines out of the first request (TRT415).

    Example
    -------
        repository/resnet/config.pbtxt:12
        Triton will refuse to load this model: its TensorFlow backend does not take precision_mode INT8 for TF-TRT.

        unsupported precision mode 'INT8' is requested
    """
    for reason, targets in case.reasons("TRT410"):
        facts = reason.facts
        kind = facts.get("kind", "")
        value = facts.get("value") or ""
        who = delivery.server(reason) if facts.get("image") else "Triton"
        what = _REFUSED[kind].format(value=value or "this") if kind in _REFUSED else _GENERAL
        ends = f"{who} {_OUTCOMES.get(kind, 'will refuse to load this model')}"
        yield Finding(
            f"{ends}: {what}.",
            reason.at,
            _CURES.get(kind, _CURE),
            severity=Severity.WARNING if kind in _OUTCOMES else None,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
