"""The report as JSON, version 1 of the document that docs/schema/check-v1.json describes."""

from __future__ import annotations

import json

from pytest_trt import __version__
from pytest_trt.lint.report import places
from pytest_trt.lint.report.visible import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.location import Location
    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.lint.case import Case
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.runner import Report
    from pytest_trt.serving.verdict import Reason, Verdict

SCHEMA_VERSION = 1
_PLAN = ("product", "tensorrt_version", "platform", "compute_capability", "multiprocessors", "entries", "size")


def render(report: Report) -> str:
    """The document with a newline at its end; two runs over the same artifacts give the same text."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, object]:
    """The document as Python values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trt-lint", "version": __version__},
        "targets": [whole(name) for name in report.targets],
        "artifacts": [_artifact(case) for case in report.cases],
        "findings": [_finding(finding) for finding in report.findings],
        "summary": {
            "errors": report.count("error"),
            "warnings": report.count("warning"),
            "notes": report.count("note"),
            "artifacts": len(report.cases),
            "unread": report.unread,
        },
    }


def _artifact(case: Case) -> dict[str, object]:
    artifact = case.artifact
    entry: dict[str, object] = {
        "path": whole(artifact.path),
        "kind": artifact.kind,
        "content": artifact.content,
        "complete": artifact.complete,
        "verdicts": [_verdict(verdict) for verdict in case.verdicts],
    }
    if artifact.kind == "plan":
        entry["plan"] = _plan(artifact)
    return entry


def _plan(artifact: Artifact) -> dict[str, object]:
    facts = getattr(artifact, "plan", None)
    plan = {key: getattr(facts, key, None) for key in _PLAN}
    if plan["size"] is None and artifact.source is not None:
        plan["size"] = artifact.source.size
    return plan


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "target": whole(verdict.target.name),
        "load": verdict.load,
        "signatures": {whole(name): state for name, state in verdict.signatures.items()},
        "reasons": [_reason(reason) for reason in verdict.reasons],
    }


def _reason(reason: Reason) -> dict[str, object]:
    return {
        "stage": reason.stage,
        "signature": None if reason.signature is None else whole(reason.signature),
        "code": reason.code,
        "message": whole(reason.message),
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "path": whole(finding.at.path),
        "targets": [whole(name) for name in finding.targets],
        "message": whole(finding.message),
        "hint": whole(finding.hint),
        "location": {
            "trail": [{what: whole(name)} for what, name in finding.at.trail],
            "line": places.line(finding.at),
            "offset": finding.at.offset,
            "length": finding.at.length,
        },
        "count": finding.count,
        "related": [_related(place, message) for place, message in finding.also],
        "fingerprint": finding.fingerprint(),
    }


def _related(place: Location, message: str) -> dict[str, object]:
    """The place inside the file stands in the message, so that path is a path."""
    inside = " > ".join(name for _, name in places.steps(place))
    said = ": ".join(filter(None, (inside, message)))
    return {"path": whole(place.path), "line": places.line(place), "message": whole(said)}
