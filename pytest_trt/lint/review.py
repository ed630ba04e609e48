"""What the configuration makes of the findings: severities, ignores by path, allowances, the baseline."""

from __future__ import annotations

import os

from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint.case import Case
from pytest_trt.lint.runner import ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from pytest_trt.lint.config import Config
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report
    from pytest_trt.serving.verdict import Reason


def review(
    report: Report,
    config: Config,
    rules: Sequence[Rule],
    active: Sequence[Rule],
    paths: Iterable[str],
    today: date | None = None,
) -> None:
    """Change the findings of a report as a bound configuration says. Verdicts and reasons stay.

    rules: all; active: those that were asked. paths: as the user named them.
    """
    findings = [finding for finding in report.findings if not _ignored(finding, config)]
    asked = {rule.code for rule in active}
    named = [os.path.abspath(path) for path in paths]
    looked = named + [os.path.abspath(case.artifact.path) for case in (*report.cases, *report.deployments)]
    unread = [case.artifact.path for case in report.cases if not case.artifact.complete]
    reasons: list[Reason] = []
    if config.allow:
        from pytest_trt.lint import allowances

        kept = allowances.apply(findings, config.allow, today)
        report.allowed = len(findings) - len(kept)
        findings = kept
        reasons += allowances.stale(config.allow, {rule.code for rule in rules}, asked, looked, unread, today)
    if config.known is not None:
        kept, gone = config.known.apply(findings)
        report.baselined = len(findings) - len(kept)
        findings = kept
        outdated = config.known.outdated(gone, asked, looked, unread)
        reasons += [] if outdated is None else [outdated]
    for reason in reasons:
        findings += ask(Case(Artifact(reason.at.path, "other", "other"), [], [reason]), active)
    for finding in findings:
        finding.severity = _severity(finding, config)
    report.findings = findings


def _ignored(finding: Finding, config: Config) -> bool:
    return any(
        any(finding.code.startswith(word.code) for word in words) and glob.fits(finding.at.path)
        for glob, words in config.ignores
    )


def _severity(finding: Finding, config: Config) -> str:
    """The longest prefix decides, as with select and ignore."""
    length, severity = 0, finding.severity
    for word, wanted in config.severity.values():
        if finding.code.startswith(word.code) and len(word.code) >= length:
            length, severity = len(word.code), wanted
    return severity
