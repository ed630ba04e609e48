"""TRT111: a stored engine for another GPU."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT111", "engine-from-another-gpu", Severity.ERROR, "load")
def engine_from_another_gpu(case: Case) -> Iterator[Finding]:
    """A stored engine was built for a GPU of another compute capability than the server's.

    Why it matters
    --------------
    An engine belongs to the GPU architecture that it was built on: "engine plan file is generated on an incompatible
    device, expecting compute 7.5 got compute 6.1" (NVIDIA/TensorRT#564). TF-TRT does not check for the refusal when it
    loads stored engines. Run with TensorFlow 2.14.1 on an H100 (9.0): an asset whose header says 8.0 gives "Engine
    deserialization failed." and a segmentation fault at load. In a server that is a crash loop which takes every other
    model down. An engine inside the graph itself (of a static model, as TensorFlow 1 writes it) is read at the first
    request, and then built again or replaced by the native segment: that is a warning.

    What to do
    ----------
    Build on the kind of GPU that serves, one model folder for each kind; or save without `build()`, and each server
    builds its own engine in the first request (TRT105).

    Example
    -------
        resnet/1/assets/trt-serialized-engine.TRTEngineOp_000_000
        The server will crash while it loads this model, which takes every other model down with it: the engine in
        trt-serialized-engine.TRTEngineOp_000_000 was built for compute capability 9.0, and the server's GPU has
        8.0.
    """
    for reason, targets in case.reasons("TRT111"):
        node = reason.facts.get("node", "TRTEngineOp")
        asset = reason.facts.get("asset")
        capability = reason.facts.get("engine", "unknown")
        gpu = reason.facts.get("gpu", "another")
        static = bool(reason.facts.get("static"))
        if static:
            message = (
                f"The server's GPU (compute capability {gpu}) will refuse the engine inside '{node}', built for"
                f" {capability}: the first request builds it again, or the native segment runs without TensorRT."
            )
        else:
            message = (
                "The server will crash while it loads this model, which takes every other model down with it: the"
                f" engine {f'in {asset}' if asset else f'of {node!r}'} was built for compute capability {capability},"
                f" and the server's GPU has {gpu}."
            )
        yield Finding(
            message,
            reason.at,
            f"Build on a GPU of compute capability {gpu} (`converter.build(input_fn)`, `converter.save(folder)`), one"
            " model folder for each kind of GPU; or save without `build()`, and the first request builds the engine.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
            severity=Severity.WARNING if static else None,
        )
