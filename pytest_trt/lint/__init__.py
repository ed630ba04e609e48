"""The linter as a library: `from pytest_trt.lint import check`.

check(paths, targets=..., ...) reads artifacts, asks the rules and returns a Report: artifacts with a verdict for
each target, findings, exit status. Nothing is printed and nothing in an artifact is executed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.case import Case as Case
    from pytest_trt.lint.finding import Finding as Finding
    from pytest_trt.lint.finding import Severity as Severity
    from pytest_trt.lint.rule import Rule as Rule
    from pytest_trt.lint.runner import Report as Report
    from pytest_trt.lint.runner import check as check

_ROOMS = {
    "Case": "case",
    "Finding": "finding",
    "Report": "runner",
    "Rule": "rule",
    "Severity": "finding",
    "check": "runner",
}

__all__ = ["Case", "Finding", "Report", "Rule", "Severity", "check"]


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
