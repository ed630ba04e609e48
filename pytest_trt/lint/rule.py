"""A rule: a generator function under a decorator. It registers nothing; a catalogue lists it by hand."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_trt.lint.case import Case
    from pytest_trt.lint.finding import Finding

    Check = Callable[[Case], Iterator[Finding]]


class Rule:
    """A frozen rule.

    code, name, severity: of the catalogue. stage: when the server would show it. check: asks one case
    (an artifact with its verdicts) and yields findings. looks: whether it looks at every case itself; if not, it
    words causes that the verdicts hold, and is asked only where there is one with its code. documentation: the
    docstring, with the sections "Why it matters", "What to do" and "Example".
    """

    __slots__ = ("code", "name", "severity", "stage", "check", "looks", "documentation")

    code: str
    name: str
    severity: str
    stage: str
    check: Check
    looks: bool
    documentation: str

    def __init__(self, code: str, name: str, severity: str, stage: str, check: Check, looks: bool = False) -> None:
        for key, value in (
            ("code", code),
            ("name", name),
            ("severity", severity),
            ("stage", stage),
            ("check", check),
            ("looks", looks),
            ("documentation", check.__doc__ or ""),
        ):
            object.__setattr__(self, key, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a rule is frozen")

    def __repr__(self) -> str:
        return f"Rule({self.code} {self.name})"


def rule(code: str, name: str, severity: str, stage: str, *, looks: bool = False) -> Callable[[Check], Rule]:
    """Make a Rule of the function below.

    stage is "load", "warmup", "request", "file" or "any". looks: the rule looks at artifacts itself, as rules of a
    private pack do; without it, it is asked only about cases that hold a cause with its code.
    """

    def decorate(check: Check) -> Rule:
        return Rule(code, name, severity, stage, check, looks)

    return decorate
