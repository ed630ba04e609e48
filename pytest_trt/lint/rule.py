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

    code, name, severity: of the contracts' table. stage: when the server would show it. check: asks one case
    (an artifact with its verdicts) and yields findings. documentation: the docstring, with the sections
    "Why it matters", "What to do" and "Example".
    """

    __slots__ = ("code", "name", "severity", "stage", "check", "documentation")

    code: str
    name: str
    severity: str
    stage: str
    check: Check
    documentation: str

    def __init__(self, code: str, name: str, severity: str, stage: str, check: Check) -> None:
        for key, value in (
            ("code", code),
            ("name", name),
            ("severity", severity),
            ("stage", stage),
            ("check", check),
            ("documentation", check.__doc__ or ""),
        ):
            object.__setattr__(self, key, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a rule is frozen")

    def __repr__(self) -> str:
        return f"Rule({self.code} {self.name})"


def rule(code: str, name: str, severity: str, stage: str) -> Callable[[Check], Rule]:
    """Make a Rule of the function below; stage is "load", "warmup", "request", "file" or "any"."""

    def decorate(check: Check) -> Rule:
        return Rule(code, name, severity, stage, check)

    return decorate
