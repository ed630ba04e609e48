"""TRT107: a stored engine of another TensorRT than the server's."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT107", "engine-from-another-tensorrt", Severity.ERROR, "load")
def engine_from_another_tensorrt(case: Case) -> Iterator[Finding]:
    """A stored engine was built by another TensorRT than the server has.

    Why it matters
    --------------
    TensorRT refuses an engine of another version, and TF-TRT does not check for that when it fills its engine cache at
    load: the process dies. Run with TensorFlow 2.14.1 and TensorRT 8.5.3.1 on an H100: an asset whose version says
    8.4.3.1 gives "The engine plan file is not compatible with this version of TensorRT, expecting library version
    8.5.3.1 got 8.4.3.1, please rebuild." and a segmentation fault (exit 139) at load. In a server that is a crash loop
    which takes every other model down. tensorflow/serving#2205 reports a segmentation fault for Serving 2.14.1
    (TensorRT 8.4.3) and a model from tensorflow:2.14.0-gpu (8.6.1.6): the same TensorFlow version does not mean the
    same TensorRT. Other TensorFlow versions were not run; the one other version of the source that was read
    (`trt_engine_resource_ops.cc`) has no check either.

    An engine inside the graph itself (`serialized_segment` of a static engine, as TensorFlow 1 writes it) is read at
    the first request, and a refusal there does not kill: the engine is built again or the native TensorFlow segment
    runs, slowly ("Engine retrieval for input shapes ... failed. Running native segment", as in
    tensorflow/serving#1784). That is a warning. Where no native segment stands behind it, every request fails: TRT110.

    What to do
    ----------
    Convert and build in an environment with exactly the server's TensorRT, or serve with the image that has the
    engine's. TensorRT of the GPU images: 2.15 to 2.17 8.6.1.6; 2.12 to 2.14 8.4.3; 2.5 to 2.11 7.2.2; 2.4 7.1.3;
    2.2 and 2.3 6.0.1; 1.13 to 2.1 5.0.2; 1.11 and 1.12 4.1.2. Or save without `build()`: then the server builds its own
    engine in the first request (TRT105).

    Example
    -------
        resnet/1/assets/trt-serialized-engine.TRTEngineOp_000_000
        The server will crash while it loads this model, which takes every other model down with it: the engine in
        trt-serialized-engine.TRTEngineOp_000_000 was built by TensorRT 8.5.3.1, and the server has 8.4.3.
    """
    for reason, targets in case.reasons("TRT107"):
        engine = reason.facts.get("engine", "another version")
        image = reason.facts.get("image", "a different one")
        static = bool(reason.facts.get("static"))
        if static:
            node = reason.facts.get("node", "TRTEngineOp")
            message = (
                f"The server's TensorRT {image} will refuse the engine inside '{node}', which TensorRT {engine} built:"
                " the first request builds it again, or the native segment runs without TensorRT."
            )
        else:
            message = (
                "The server will crash while it loads this model, which takes every other model down with it: the"
                f" engine in {reason.facts.get('asset', 'its assets')} was built by TensorRT {engine}, and the server"
                f" has {image}."
            )
        yield Finding(
            message,
            reason.at,
            f"Convert and build again in an environment with TensorRT {image}, or serve with an image that has TensorRT"
            f" {engine}" + ("." if static else "; or save without `build()`, and the first request builds the engine."),
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
            severity=Severity.WARNING if static else None,
        )
