"""TRT105: no engine is stored, so the server builds it."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT105", "engine-built-in-first-request", Severity.WARNING, "request")
def engine_built_in_first_request(case: Case) -> Iterator[Finding]:
    """The server has TF-TRT's ops but the model has no engine, so the server builds it while a request waits.

    Why it matters
    --------------
    Measured with TensorFlow 2.14.1 on an H100: 5 s for
    the first request to an unbuilt model, 59.5 s while three other processes were building; 0.04 s with a stored
    engine of the right shape. Look into `assets/` after saving: tensorflow/tensorflow#44611 is a report of a `build()`
    that left it empty.

    With warm-up data the engine is built while the model loads; an error in it then fails the load, as with
    tensorflow/serving#2021 ("Assertion `batchSize > 0' failed").

    What to do
    ----------
    Store the engines, in an environment with the server's TensorRT and GPU (TRT107, TRT111):

        converter.convert()
        converter.build(input_fn)      # yields inputs of the shapes that are served
        converter.save(folder)

    Or add `assets.extra/tf_serving_warmup_requests`, so that the build happens before traffic arrives.

    Example
    -------
        resnet/1/saved_model.pb: serve > __inference_pruned_12 > TRTEngineOp_0
        No engine is stored for 'TRTEngineOp_0': the server will build it inside the first request, which takes seconds
        or more.
    """
    for reason, targets in case.reasons("TRT105"):
        node = reason.facts.get("node", "TRTEngineOp")
        warmup = bool(reason.facts.get("warmup"))
        number = reason.facts.get("count", "")
        others = int(number) - 1 if number.isdigit() and len(number) < 10 else 0
        what = f"'{node}'" + (f" and {others} more" if others > 0 else "")
        them = "them" if others > 0 else "it"
        engine = "No engines are" if others > 0 else "No engine is"
        if warmup:
            message = (
                f"{engine} stored for {what}: the server will build {them} while it replays the warm-up requests, so"
                " the load takes seconds or more, and it fails if one of these requests does."
            )
        else:
            message = (
                f"{engine} stored for {what}: the server will build {them} inside the first request, which takes"
                " seconds or more."
            )
        yield Finding(
            message,
            reason.at,
            "Call `converter.build(input_fn)` before `converter.save(folder)`, in an environment with the server's"
            " TensorRT and GPU"
            + ("." if warmup else "; or add warm-up requests, so that the build is part of the load."),
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
