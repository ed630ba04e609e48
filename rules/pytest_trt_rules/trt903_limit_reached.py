"""TRT903: a bound of our own stopped the reading."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT903", "limit-reached", Severity.ERROR, "any")
def limit_reached(case: Case) -> Iterator[Finding]:
    """trt-lint stopped reading at one of its own bounds.

    Why it matters
    --------------
    Bounds on size, depth, ratio and time keep a hostile or broken file from using up a build machine. The artifact may
    be fine: its verdict is `unknown`, never a guess, and the exit status is 3.

    What to do
    ----------
    If the file comes from a source that you trust, check it with the server itself; and please report it, with what the
    message says: the bounds are meant to lie far beyond real models.

    Example
    -------
        huge/1/saved_model.pb
        Reading stopped at a limit of trt-lint's own, so what the server will do with this is not known: more than
        20,000,000 nodes.
    """
    for reason, targets in case.reasons("TRT903"):
        yield Finding(
            "Reading stopped at a limit of trt-lint's own, so what the server will do with this is not known:"
            f" {reason.facts.get('why', 'the artifact is too large or too deep')}.",
            reason.at,
            "Try the model with the server itself, and please report a model that reaches a limit.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
