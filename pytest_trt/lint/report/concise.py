"""One line a finding, for editors and grep: `path:line: CODE [severity] message (targets)`."""

from __future__ import annotations

from pytest_trt.lint.report import places
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.runner import Report


def render(report: Report) -> str:
    lines = []
    for finding in report.findings:
        line = f"{places.shown(finding.at)}: {finding.code} [{finding.severity}] {visible(finding.message, 1000)}"
        if finding.targets:
            line += f" ({', '.join(visible(name) for name in finding.targets)})"
        lines.append(line + "\n")
    return "".join(lines)
