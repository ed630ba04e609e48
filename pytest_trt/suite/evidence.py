"""--trt-evidence: a record of every check, of those that fail as well."""

from __future__ import annotations

import warnings

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from pytest_trt.engines.running.engine import Engine
    from pytest_trt.equivalence.check import Report
    from pytest_trt.suite.settings import Settings


class EvidenceWarning(UserWarning):
    """A check of which no record could be made."""


def leave(report: Report, engine: Engine, test: str | None, settings: Settings) -> Path | None:
    """Write the record into settings.evidence, and return its path; None, and a warning, where there can be none.

    Raises EvidenceError where the disk refuses.
    """
    from pytest_trt.evidence.write import fields_of, write_evidence

    assert settings.evidence is not None
    plan = _plan(engine)
    if plan is None:
        cure = "give trt_engine a key=, or let it write its cache"
        warnings.warn(EvidenceWarning(f"no evidence of {engine.what!a}: its plan is not stored; {cure}"), stacklevel=3)
        return None
    cuda = _cuda(settings) if engine.meta.get("device") is not None else None
    return write_evidence(settings.evidence, fields_of(report, plan=plan, test=test, cuda=cuda))


def _plan(engine: Engine) -> tuple[str, int] | None:
    """SHA-256 and bytes of the plan; None of one that is in memory alone."""
    if "sha256" in engine.meta and "size" in engine.meta:
        return str(engine.meta["sha256"]), int(engine.meta["size"])
    # The key of a plan that was given is its SHA-256.
    return None if engine.plan_path is None else (engine.key, engine.plan_path.stat().st_size)


def _cuda(settings: Settings) -> dict[str, Any]:
    """The binding that ran the engine."""
    from pytest_trt.engines.cuda import choose

    chosen = choose(settings.cuda, settings.device)
    return {"binding": chosen.name, "version": chosen.version}
