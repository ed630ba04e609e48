"""TRT904: recognised, and something that the verdict depends on is not known."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT904", "not-understood", Severity.WARNING, "any")
def not_understood(case: Case) -> Iterator[Finding]:
    """The artifact was recognised, but something that the verdict depends on is not known.

    Why it matters
    --------------
    The format of TensorRT engines is not published; what trt-lint knows was read off real engines of many versions. A
    layout that is new, or older than these, leaves facts open (which TensorRT built it, for which GPU), and they are
    reported as null with the reason instead of a guess. The same holds where a target does not say enough: a stored
    engine runs on the GPU that it was built for, and `tensorflow/serving:2.14.1-gpu` names no GPU. The verdict is then
    `unknown`.

    What to do
    ----------
    Name the server's GPU in the target: `--target tensorflow/serving:2.14.1-gpu,gpu=sm_80`. Where the layout is the
    reason, check by other means (the log of the build, the runtime itself), and please report the versions of TensorRT
    and of the GPU that made the file; that is how a layout becomes known.

    Example
    -------
        resnet/1/assets/trt-serialized-engine.TRTEngineOp_000_000
        It is not known whether the server can load this model: the engine was built on a GPU of compute capability 9.0,
        and the target names no GPU: add ,gpu=sm_NN to it.
    """
    for reason, targets in case.reasons("TRT904"):
        why = reason.facts.get("why")
        if reason.facts.get("certain") == "no":
            does = "answer requests of" if reason.stage == "request" else "load"
            message = f"It is not known whether the server can {does} this model: {why or 'a part of it is not known'}."
        else:
            message = f"This was recognised, but a part of it could not be read: {why or 'its layout is not known'}."
        if ",gpu=" in message:
            hint = "Name the server's GPU in the target, as `--target tensorflow/serving:2.14.1-gpu,gpu=sm_80` does."
        elif reason.facts.get("image"):
            hint = (
                "Try it once in that image; where you know what the image holds, say it in a target of the"
                ' configuration (`tensorrt = "8.6.1.6"`, `extra-ops = ["TRTEngineOp"]`).'
            )
        else:
            hint = (
                "Check what is missing here by other means (the build's log, the runtime itself), and please report"
                " which TensorRT made the file."
            )
        yield Finding(
            message,
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
