"""TRT102: a TF-TRT op that a signature reaches through functions only."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT102", "engine-op-fails-request", Severity.ERROR, "request")
def engine_op_fails_request(case: Case) -> Iterator[Finding]:
    """The model loads and is reported as available, then every request fails on a TF-TRT op.

    Why it matters
    --------------
    The loader does not look into functions that only a request calls. A model that `TrtGraphConverterV2` converted but
    never built holds its TRTEngineOp in such functions alone, so a server without TF-TRT's ops (every CPU image, and
    every image since 2.18) reports it as AVAILABLE, and a probe that asks for the model's state is content. Each
    request then fails, because the whole body of a called function is set up: also where the op stands in a branch
    that is not taken, or where nothing uses it (tensorflow/tensorrt#145). Another signature of the same model that
    does not get there works.

    With warm-up data (`assets.extra/tf_serving_warmup_requests`) the server sends such a request itself while it loads
    the model, and its error fails the load.

    What to do
    ----------
    - Serve it with tensorflow/serving:2.17.1-gpu or an older -gpu image; build the engines first (`converter.build`),
      or the first request builds them (TRT105).
    - Or export the native model again, as it was before the conversion, and serve that: any image can.
    - Let a probe send a request, not ask for the state alone.

    Example
    -------
        resnet/1/saved_model.pb: serve > __inference_pruned_12 > TRTEngineOp_0
        The model will load, but every request of signature 'serving_default' will fail: it reaches TRTEngineOp in
        function '__inference_pruned_12', and TF-TRT's ops are only in the GPU images of TensorFlow Serving from 1.11.0
        to 2.17.

        NOT_FOUND: Op type not registered 'TRTEngineOp' in binary running on HOST.
    """
    for reason, targets in case.reasons("TRT102"):
        ops = reason.facts.get("ops", "an op of TF-TRT")
        what = f"reaches {ops} in {outcome.place(reason)}"
        if reason.stage == "warmup":
            what = f"assets.extra/tf_serving_warmup_requests {what}"
        else:
            what = ("each " if ", " in reason.facts.get("signatures", "") else "it ") + what
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
