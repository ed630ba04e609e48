"""TRT906: allowances that allow nothing."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT906", "allowance-unused", Severity.WARNING, "file")
def allowance_unused(case: Case) -> Iterator[Finding]:
    """An allowance of the configuration allows nothing: there is no finding that it fits.

    Why it matters
    --------------
    An allowance that outlives its cause waits for the next one: the day somebody brings the same trouble back, nobody
    is told. It is reported only by a run that would have found what it allows: one that looked at all that its path
    can fit, asked its rule and read every artifact there wholly. A run on a few files, as pre-commit does it, says
    nothing.

    What to do
    ----------
    Remove it. If it was meant to allow something, compare rule, path and node with the finding: a path with a slash
    begins at the folder of the configuration file.

    Example
    -------
        pyproject.toml
        The allowance of TRT105 in models/ranker (line 12) is not used: there is no such finding.
    """
    for reason, targets in case.reasons("TRT906"):
        facts = reason.facts
        line = f" (line {facts['line']})" if facts.get("line") else ""
        node = f" at {facts['node']}" if facts.get("node") else ""
        yield Finding(
            f"The allowance of {facts.get('allows') or 'a rule'} in {facts.get('path') or 'a path'}{node}{line} is not"
            " used: there is no such finding.",
            reason.at,
            "Remove it; if it was meant to allow something, compare its rule, path and node with that finding.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
