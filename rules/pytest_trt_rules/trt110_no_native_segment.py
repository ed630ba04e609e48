"""TRT110: nothing to fall back to."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT110", "no-native-segment", Severity.WARNING, "request")
def no_native_segment(case: Case) -> Iterator[Finding]:
    """A TRTEngineOp has no TensorFlow function behind it for when its engine cannot be used.

    Why it matters
    --------------
    TF-TRT keeps the original nodes of a segment as a function and runs them where no engine fits: another input shape,
    a failed build, an engine of another TensorRT. Without that function such a request fails. Where no engine is stored
    either, every request fails. Run with TensorFlow 2.14.1 on an H100: a static model of TensorFlow 1.12 and synthetic
    nodes load, and each request ends with "ABORTED: Native segment execution is enabled but  native segment is not
    found in the graph." Older versions refuse such a node with "The TF function for the TRT segment could not be
    empty" (tensorflow/tensorflow#32281).

    What to do
    ----------
    Convert the native model again with the TensorFlow of the server's version; `TrtGraphConverterV2` keeps the native
    segments.

    Example
    -------
        resnet/1/saved_model.pb: serve > TRTEngineOp_0
        No TensorFlow function stands behind 'TRTEngineOp_0': a request fails whenever its stored engine cannot be used
        (another input shape or TensorRT, say).
    """
    for reason, targets in case.reasons("TRT110"):
        node = reason.facts.get("node", "TRTEngineOp")
        engine = bool(reason.facts.get("engine"))
        if engine:
            message = (
                f"No TensorFlow function stands behind '{node}': a request fails whenever its stored engine cannot be"
                " used (another input shape or TensorRT, say)."
            )
        else:
            message = (
                f"{outcome.consequence(reason)}: '{node}' has neither an engine nor a TensorFlow function to fall back"
                " to."
            )
        yield Finding(
            message,
            reason.at,
            "Convert the native model again with the TensorFlow of the server's version: `TrtGraphConverterV2` keeps"
            " the native segments.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
            severity=None if engine else Severity.ERROR,
        )
