"""TRT420: a deployment file that its own tool refuses."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT420", "deployment-malformed", Severity.WARNING, "file")
def deployment_malformed(case: Case) -> Iterator[Finding]:
    """A deployment file breaks its own format, so what stands behind that place is not known.

    Why it matters
    --------------
    Tabs in YAML, a quote that is never closed, an archive that is cut: kubectl, docker compose or the endpoint refuse
    the file before any model is looked at. A key that stands twice is worse: some tools refuse it, others take the last
    one, and the deployment is not what it reads like. trt-lint goes on with the documents before that place.

    What to do
    ----------
    Mend the place that is named, and try the file with its own tool (`kubectl apply --dry-run=client -f`,
    `docker compose config -q`, `tar tzf`).

    Example
    -------
        k8s/resnet.yaml:14
        This file cannot be read as what it is: found a tab where indentation is expected.
    """
    for reason, targets in case.reasons("TRT420"):
        why = delivery.sentence(reason.facts.get("why") or "") or "its format is broken"
        yield Finding(
            f"This file cannot be read as what it is: {why}.",
            reason.at,
            "Mend this place, and try the file with its own tool (`kubectl apply --dry-run=client`,"
            " `docker compose config`, `tar tzf`).",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
