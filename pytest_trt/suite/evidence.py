"""--trt-evidence: a record of every check, of those that fail as well."""

from __future__ import annotations

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from pytest_trt.engines.running.engine import Engine
    from pytest_trt.equivalence.check import Report
    from pytest_trt.suite.settings import Settings


def leave(report: Report, engine: Engine, test: str | None, settings: Settings) -> Path:
    """Write the record into settings.evidence, and return its path. Raises EvidenceError where the disk refuses."""
    from pytest_trt.engines.cuda import choose
    from pytest_trt.engines.device import probe
    from pytest_trt.evidence.write import fields_of, write_evidence

    assert settings.evidence is not None
    plan = str(engine.meta["sha256"]), int(engine.meta["size"])
    device = next((one for one in probe().devices if one.index == settings.device), None)
    if device is None:
        return write_evidence(
            settings.evidence, fields_of(report, plan=plan, test=test, cuda=None, gpu=None, driver=None)
        )
    binding = choose(settings.cuda, settings.device)
    cuda = {"binding": binding.name, "version": binding.version, "driver_api": device.driver_version}
    gpu = {
        "name": device.name,
        "compute_capability": device.compute_capability,
        "multiprocessors": device.multiprocessors,
        "total_memory": device.total_memory,
    }
    fields = fields_of(report, plan=plan, test=test, cuda=cuda, gpu=gpu, driver=device.display_driver)
    return write_evidence(settings.evidence, fields)
