"""For the tests of private rule packs.

from pytest_trt.lint.testing import check_rule

def test_fires():
    (finding,) = check_rule(model_without_owner, "tests/models/plain")
    assert finding.severity == "warning"
"""

from __future__ import annotations

from pytest_trt.lint.case import Case
from pytest_trt.lint.packs import fault
from pytest_trt.lint.runner import ask, check

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.rule import Rule
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

__all__ = ["check_rule"]


def check_rule(
    rule: Rule, subject: str | os.PathLike[str] | Case, *, targets: Sequence[str | Target | Runtime | Triton] = ()
) -> list[Finding]:
    """What a rule says of every artifact at or below a path, or of one case.

    targets: as trt-lint's --target; of a case they are its own. Raises ValueError where the rule could not be in a
    pack, where there is no artifact at the path, and where one cannot be read wholly: silence there would prove
    nothing.
    """
    wrong = fault(rule)
    if wrong:
        raise ValueError(f"{rule.code}: {wrong}")
    if isinstance(subject, Case):
        return ask(subject, [rule])
    report = check([str(subject)], targets=targets, rules=[rule])
    if not report.cases:
        raise ValueError(f"{subject}: there is no model artifact")
    for case in report.cases:
        if not case.artifact.complete:
            raise ValueError(f"{case.artifact.path}: was not read wholly: {case.artifact.error}")
    return report.findings
