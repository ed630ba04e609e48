"""TRT422: a runtimeVersion that KServe refuses."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT422", "runtime-version-refused", Severity.ERROR, "load")
def runtime_version_refused(case: Case) -> Iterator[Finding]:
    """KServe refuses this predictor: its runtimeVersion and its GPU limit do not go together.

    Why it matters
    --------------
    Of `predictor.tensorflow` KServe's webhook demands both or neither: `nvidia.com/gpu` among the limits and
    a runtimeVersion that ends in `-gpu`. Without a runtimeVersion KServe adds `-gpu` to its default (2.6.2) by itself;
    with one it takes the tag as it is (pkg/apis/serving/v1beta1/predictor_tfserving.go).

    What to do
    ----------
    Write `runtimeVersion: 2.17.1-gpu` with a GPU limit, `runtimeVersion: 2.17.1` without. A limit counts, a request
    alone does not.

    Example
    -------
        isvc.yaml:8
        KServe will refuse this predictor: runtimeVersion '2.17.1' does not go with its GPU limit.

        Tensorflow RuntimeVersion is not GPU enabled but GPU resources are requested
    """
    for reason, targets in case.reasons("TRT422"):
        version = reason.facts.get("version")
        what = f"runtimeVersion '{version}'" if version else "its runtimeVersion"
        gpu = (version or "").endswith("-gpu")
        with_ = "needs a GPU limit, and there is none" if gpu else "does not go with its GPU limit"
        hint = "Add `nvidia.com/gpu: 1` to the limits" if gpu else "Write a runtimeVersion that ends in `-gpu`"
        yield Finding(
            f"KServe will refuse this predictor: {what} {with_}.",
            reason.at,
            f"{hint}, or {'take `-gpu` off the version' if gpu else 'remove the limit'}.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
