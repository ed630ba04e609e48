"""TRT905: allowances whose last day has passed."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT905", "allowance-expired", Severity.WARNING, "file")
def allowance_expired(case: Case) -> Iterator[Finding]:
    """An allowance of the configuration has passed its last day, so what it allowed is reported again.

    Why it matters
    --------------
    `until` is a promise: by that day the cause is gone, or somebody has looked at it again. From the next day on the
    allowance allows nothing. It does not vanish silently either, because whoever reads the findings should learn why
    they are back and what was thought of them.

    What to do
    ----------
    Mend the cause and remove the allowance. If it has to stay, give it a new day, and a reason that is still true.

    Example
    -------
        pyproject.toml
        The allowance of TRT105 in models/ranker (line 12) expired after 2026-06-30, so it allows nothing any more; its
        reason was: warmed up by the deployment's own job.
    """
    for reason, targets in case.reasons("TRT905"):
        facts = reason.facts
        line = f" (line {facts['line']})" if facts.get("line") else ""
        day = f" after {facts['until']}" if facts.get("until") else ""
        why = f"; its reason was: {facts['reason'].rstrip('.')}" if facts.get("reason") else ""
        yield Finding(
            f"The allowance of {facts.get('allows') or 'a rule'} in {facts.get('path') or 'a path'}{line} expired{day},"
            f" so it allows nothing any more{why}.",
            reason.at,
            "Mend what it allowed and remove it, or give it a new day in `until` with a reason that is still true.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
