"""TRT101: a TF-TRT op among what the server sets up at load."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case

_RUNS = {"initialisation": "initialisation runs", "restore": "restoring its variables runs"}


@rule("TRT101", "engine-op-fails-load", Severity.ERROR, "load")
def engine_op_fails_load(case: Case) -> Iterator[Finding]:
    """The server refuses to load the model, because it sets up a TF-TRT op that it does not have.

    Why it matters
    --------------
    TF-TRT's ops (TRTEngineOp, CreateTRTResourceHandle, InitializeTRTResource, ...) exist only in the GPU images of
    TensorFlow Serving 1.11 to 2.17. They are compiled under `GOOGLE_CUDA && GOOGLE_TENSORRT`, so no CPU image ever
    had them; TensorFlow 2.17 is the last release with TensorRT, and TensorFlow Serving builds its GPU image without it
    since 2.18.0 (commit 787c85f1). The GPU images of 2.18 to 2.20 still install libnvinfer and set
    `TF_TENSORRT_VERSION`: neither shows that the server has the ops. tensorflow/serving#4018 is one model on both
    sides of the line: 2.17.0-gpu serves it, 2.18.0-gpu says "Op type not registered 'CreateTRTResourceHandle'".

    The loader looks up every node of the main graph, also those that nothing uses, and runs initialisation and the
    restoring of variables, with the functions that they call. So a model that TensorFlow 1 converted, and a model of
    `TrtGraphConverterV2` that was saved after `build()`, fail at load. (One that was never built loads and fails at
    each request: TRT102.)

    What to do
    ----------
    - Serve it with tensorflow/serving:2.17.1-gpu or an older -gpu image. Engines stored in the model then have to be
      of that image's TensorRT (TRT107) and GPU (TRT111).
    - Or export the native model again, as it was before the conversion, and serve that: any image can.

    Example
    -------
        resnet/1/saved_model.pb: serve > TRTEngineOp_0
        The server will refuse to load this model: its main graph, where unused nodes count too, holds TRTEngineOp, and
        TF-TRT's ops are only in the GPU images of TensorFlow Serving from 1.11.0 to 2.17.

        NOT_FOUND: Op type not registered 'TRTEngineOp' in binary running on HOST.
    """
    for reason, targets in case.reasons("TRT101"):
        ops = reason.facts.get("ops", "an op of TF-TRT")
        where = reason.facts.get("where", "")
        function = reason.facts.get("function")
        if where in _RUNS:
            what = f"{_RUNS[where]} {ops}" + (f" in function '{function}'" if function else "")
        elif function:
            what = f"function '{function}', which becomes a part of the main graph, holds {ops}"
        else:
            what = f"its main graph, where unused nodes count too, holds {ops}"
        why = outcome.because(reason, "the server does not have TF-TRT's ops")
        yield Finding(
            f"{outcome.consequence(reason)}: {what}, and {why}.",
            reason.at,
            outcome.cure_of_tensorrt_ops(ops),
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
