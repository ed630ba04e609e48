"""What the fixtures hand out: the engines' Provider and the Checker of this run, bound to its settings and scopes."""

from __future__ import annotations

import os

import pytest

from pytest_trt.suite import session as suite

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from pytest_trt.engines.cache.cache import Cache
    from pytest_trt.engines.device import Device
    from pytest_trt.engines.running.engine import Engine
    from pytest_trt.equivalence.check import Report

    class EngineFactory(Protocol):
        """What trt_engine is."""

        def __call__(
            self,
            source: Any,
            *,
            precision: str | None = None,
            profiles: Any = None,
            key: str | None = None,
            calibration: Any = None,
            **options: Any,
        ) -> Engine: ...

    class CheckFunction(Protocol):
        """What assert_trt_equivalent is."""

        def __call__(
            self, engine: Engine, reference: Any = None, inputs: Any = None, tolerance: Any = None, **options: Any
        ) -> Report: ...


def engine_factory(request: pytest.FixtureRequest) -> EngineFactory:
    """A function that makes engines, which are closed when the test or fixture that calls it ends."""
    session = suite.of(request)
    provider = session.provider
    noted = len(provider.events)

    def trt_engine(
        source: Any,
        *,
        precision: str | None = None,
        profiles: Any = None,
        key: str | None = None,
        calibration: Any = None,
        **options: Any,
    ) -> Engine:
        nonlocal noted
        try:
            engine = provider.engine(
                source, precision=precision, profiles=profiles, key=key, calibration=calibration, **options
            )
        finally:
            session.progress.stop()
        session.scopes.keep(engine)
        for event in provider.events[noted:]:
            noted += 1
            device = provider.device_or_why()[0]
            session.note("trt_engine", {**event, "gpu": device.name if device is not None else None})
        return engine

    return trt_engine


def cache(request: pytest.FixtureRequest) -> Cache:
    return suite.of(request).provider.cache


def gpu(request: pytest.FixtureRequest) -> Device:
    """Raises DeviceUnavailable, which the session makes a skip."""
    from pytest_trt.engines import device

    return device.require(suite.of(request).settings.device)


def check_function(request: pytest.FixtureRequest) -> CheckFunction:
    """A function that compares an engine with a reference, and notes how it went."""
    session = suite.of(request)
    temporary: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")

    def assert_trt_equivalent(
        engine: Engine, reference: Any = None, inputs: Any = None, tolerance: Any = None, **options: Any
    ) -> Report:
        from pytest_trt.equivalence.check import NotEquivalent, check_call, compare

        check_call(engine, options)
        chosen = session.settings
        settled = {
            "seed": chosen.seed,
            "update_golden": chosen.update_goldens,
            "save_to": lambda: temporary.mktemp("trt"),
            "facts": _context(engine),
            **options,
        }
        report = compare(engine, _beside(session, reference), inputs, tolerance, **settled)
        session.note("trt_check", _checked(report))
        if chosen.evidence is not None:
            from pytest_trt.suite import evidence

            item = session.scopes.item
            evidence.leave(report, engine, None if item is None else item.nodeid, chosen)
        if not report.passed:
            raise NotEquivalent(report)
        return report

    return assert_trt_equivalent


def _beside(session: suite.Session, reference: Any) -> Any:
    """A golden file's relative path is taken from the test's own folder; everything else is as given."""
    item = session.scopes.item
    if item is None or not isinstance(reference, (str, os.PathLike)) or not os.fspath(reference).endswith(".npz"):
        return reference
    return item.path.parent / os.fspath(reference)


def _context(engine: Engine) -> dict[str, str]:
    """What made the engine, for a failure's text."""
    product = {"tensorrt-rtx": "TensorRT-RTX"}.get(str(engine.meta.get("product")), "TensorRT")
    facts = {"engine key": engine.key, "TensorRT": f"{product} {engine.meta.get('tensorrt_version') or 'unknown'}"}
    device = engine.meta.get("device")
    if device is not None:
        facts["GPU"] = f"{device['name']} (sm_{str(device['compute_capability']).replace('.', '')})"
    options = {name: value for name, value in (engine.meta.get("options") or {}).items() if value}
    if options:
        facts["options"] = ", ".join(f"{name}={value}" for name, value in options.items())
    return facts


def _checked(report: Report) -> dict[str, object]:
    """One check for the summary, with the largest absolute error of its worst output; None where there is none."""
    meta = report.engine.meta
    facts: dict[str, object] = {
        "what": report.engine.what,
        "key": report.engine.key,
        "product": meta.get("product"),
        "tensorrt": meta.get("tensorrt_version"),
        "precision": report.precision,
        "reference": report.reference.describe(),
        "cases": len(report.cases),
        "passed": report.passed,
    }
    if report.worst is not None:
        name, output = report.worst
        facts |= {"output": name, "max_abs": output.metrics.max_abs, "nan": bool(output.metrics.nan)}
    return facts
