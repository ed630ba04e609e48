"""--trt-evidence: a record of every check, of those that fail as well."""

from __future__ import annotations

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from pytest_trt.engines.running.engine import Engine
    from pytest_trt.equivalence.check import Report
    from pytest_trt.suite.settings import Settings


def leave(report: Report, engine: Engine, test: str | None, settings: Settings) -> Path:
    """Write the record into settings.evidence, and return its path. Raises EvidenceError where the disk refuses."""
    from pytest_trt.evidence.write import fields_of, write_evidence

    assert settings.evidence is not None
    plan = str(engine.meta["sha256"]), int(engine.meta["size"])
    cuda = _cuda(settings) if engine.meta.get("device") is not None else None
    return write_evidence(settings.evidence, fields_of(report, plan=plan, test=test, cuda=cuda))


def _cuda(settings: Settings) -> dict[str, Any]:
    """The binding that ran the engine."""
    from pytest_trt.engines.cuda import choose

    chosen = choose(settings.cuda, settings.device)
    return {"binding": chosen.name, "version": chosen.version}
