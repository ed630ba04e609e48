"""TRT907: baselines that hold more than there is."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT907", "baseline-outdated", Severity.NOTE, "file")
def baseline_outdated(case: Case) -> Iterator[Finding]:
    """The baseline holds findings that are gone.

    Why it matters
    --------------
    Somebody has mended what the baseline excuses. As long as its entries stay, the same findings may come back and are
    excused again; written again, the baseline only shrinks. Entries are counted only where this run would have found
    them: below the paths that were given, by rules that were asked, in artifacts that were read wholly.

    What to do
    ----------
    Write it again, with the same paths and options: `trt-lint PATH... --write-baseline FILE`. Look at the difference:
    it should only remove lines.

    Example
    -------
        baseline.json
        The baseline excuses 3 findings that are gone.
    """
    for reason, targets in case.reasons("TRT907"):
        number = reason.facts.get("count") or str(reason.count)
        things = "1 finding that is" if number == "1" else f"{number} findings that are"
        file = reason.facts.get("baseline") or "FILE"
        yield Finding(
            f"The baseline excuses {things} gone.",
            reason.at,
            f"Write it again, with the same paths and options, so that it shrinks: `--write-baseline {file}`.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
