"""Leave an evidence record: the facts around a check, and the file."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest_trt
from pytest_trt.equivalence.check import CaseResult, Report
from pytest_trt.evidence.record import SCHEMA, SUFFIX, EvidenceError


def fields_of(
    report: Report,
    *,
    plan: tuple[str, int],
    test: str | None,
    cuda: dict[str, Any] | None,
    gpu: dict[str, Any] | None,
    driver: str | None,
) -> dict[str, Any]:
    """A record of a check. plan: (sha256, bytes). test: pytest's node id. cuda: binding and version that ran it.

    gpu: name, compute_capability, multiprocessors of the one that ran it. driver: the display driver's version.
    """
    meta = report.engine.meta
    digest = report.reference.digest()
    unknown: dict[str, str] = {}
    if digest is None:
        unknown["reference.digest"] = report.reference.why_no_digest or "it has none"
    if test is None:
        unknown["test"] = "not run by pytest"
    if gpu is None:
        unknown["gpu"] = unknown["cuda"] = "the check was made without a GPU"
    if driver is None:
        unknown["driver"] = "the driver does not tell its version" if gpu is not None else unknown["gpu"]
    try:
        at, why = commit(os.getcwd())
    except OSError:
        at, why = None, "the working directory is gone"
    if why is not None:
        unknown["commit"] = why
    if meta.get("precision_in_use") is None:
        unknown["precision.in_use"] = "a plan does not tell it; the tolerance was chosen by the test"
    return {
        "schema": SCHEMA,
        "plan": {"sha256": plan[0], "size": plan[1]},
        "engine": report.engine.key,
        "source": meta.get("source"),
        "reference": {"kind": report.reference.kind, "digest": digest},
        "tensorrt": {"product": meta.get("product"), "version": meta.get("tensorrt_version")},
        "cuda": cuda,
        "driver": driver,
        "gpu": gpu,
        "precision": {
            "asked": meta.get("precision"),
            "in_use": meta.get("precision_in_use"),
            "judged": report.precision,
        },
        "options": meta.get("options"),
        "cases": [_case(case) for case in report.cases],
        "test": test,
        "commit": at,
        "created": now(),
        "plugin": pytest_trt.__version__,
        "unknown": unknown,
    }


def _case(case: CaseResult) -> dict[str, Any]:
    return {
        "label": case.label,
        "profile": case.profile,
        "seed": case.seed,
        "digest": case.digest,
        "inputs": {name: {"shape": list(shape), "dtype": dtype} for name, (shape, dtype) in case.inputs.items()},
        "outputs": {
            name: {"tolerance": output.tolerance.as_dict(), "metrics": output.metrics.as_dict()}
            for name, output in case.outputs.items()
        },
    }


def write_evidence(folder: Path, fields: dict[str, Any]) -> Path:
    """Write one record into the folder, whole or not at all. Raises EvidenceError where the disk refuses."""
    name = f"{fields['created'].replace(':', '')}-{fields['plan']['sha256'][:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fd, temporary = tempfile.mkstemp(prefix=f".{name}-", suffix=".tmp", dir=folder)
        try:
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                json.dump(fields, file, indent=1, sort_keys=True, allow_nan=False)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            path = folder / f"{name}-{Path(temporary).stem.rpartition('-')[2]}{SUFFIX}"
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EvidenceError(
            f"no evidence could be written to {folder}: {error.strerror}", "give --trt-evidence a folder you may write"
        ) from None
    return path


def now() -> str:
    """UTC, to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def commit(folder: str) -> tuple[dict[str, Any] | None, str | None]:
    """({"id": ..., "modified": whether tracked files differ from it}, None), or (None, why it is not known)."""
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except FileNotFoundError:
        return None, "git is not installed"
    except OSError as error:
        return None, f"git cannot be run: {error.strerror}"
    except subprocess.TimeoutExpired:
        return None, "git did not answer within 10 s"
    except subprocess.CalledProcessError as error:
        return None, (error.stderr.strip().splitlines() or ["git failed"])[0]
    return {"id": head.strip(), "modified": bool(changed.strip())}, None


def _git(folder: str, *words: str) -> str:
    # Without optional locks: several workers may ask at a time, while somebody commits.
    return subprocess.run(
        ["git", "--no-optional-locks", "-C", folder, *words],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=True,
        timeout=10,
        stdin=subprocess.DEVNULL,
    ).stdout
