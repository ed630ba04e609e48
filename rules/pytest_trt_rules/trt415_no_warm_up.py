"""TRT415: an engine is built while the first request waits, and nothing warms the model up."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT415", "no-warm-up", Severity.WARNING, "request")
def no_warm_up(case: Case) -> Iterator[Finding]:
    """The deployed model builds its engine in the first request, and nothing sends one before traffic arrives.

    Why it matters
    --------------
    A TF-TRT model without stored engines (TRT105), and a TensorFlow model for which config.pbtxt switches TF-TRT on,
    build their engines when the first request of a shape arrives: 5 s for a small network alone on an H100, 59.5 s
    while other processes were building. The server reports itself ready before that, so the first users wait, and a
    rollout whose probes time out restarts the pods.

    What to do
    ----------
    - TensorFlow Serving: put requests into `assets.extra/tf_serving_warmup_requests` of the SavedModel (and leave
      `--enable_model_warmup` on).
    - Triton: `model_warmup` in config.pbtxt, one entry for each batch size that is served.
    - Or store the engines in the model (`converter.build(input_fn)` before `converter.save`).

    Example
    -------
        docker-compose.yml:7
        Image tensorflow/serving:2.17.1-gpu will build the engine of models/resnet/1 inside the first request, which
        takes seconds or more: the model has no warm-up requests.
    """
    for reason, targets in case.reasons("TRT415"):
        triton = reason.facts.get("server") == "triton"
        off = reason.facts.get("off") == "yes"
        why = "its warm-up requests are switched off" if off else "the model has no warm-up requests"
        if triton:
            hint = "Add `model_warmup` to config.pbtxt, with each batch size that is served."
        elif off:
            hint = "Remove `--enable_model_warmup=false`, or store the engines in the model (`converter.build`)."
        else:
            hint = (
                "Add `assets.extra/tf_serving_warmup_requests` to the SavedModel, or store the engines in it"
                " (`converter.build(input_fn)` before `converter.save`)."
            )
        yield Finding(
            f"{delivery.server(reason)} will build the engine of {delivery.artifact(reason)} inside the first request,"
            f" which takes seconds or more: {why}.",
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
