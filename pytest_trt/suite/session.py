"""The plugin object of a run that uses engines: requirements, skips with their reason, clear errors, a test's facts."""

from __future__ import annotations

import functools
import itertools
import json
import os
from pathlib import Path
from types import TracebackType

import pytest

from pytest_trt.engines.errors import BackendMissing, DeviceUnavailable
from pytest_trt.lint.report.visible import visible
from pytest_trt.plugin import FIXTURES
from pytest_trt.suite import requirements, settings
from pytest_trt.suite.progress import Progress
from pytest_trt.suite.scopes import Scopes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from pytest_trt.engines.device import Devices
    from pytest_trt.engines.provide import Provider

NAME = "trt-session"
_ATTEMPT = pytest.StashKey[int]()
_SKIPPED = pytest.StashKey[str]()
_NAMES = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}


class Missing(Exception):
    """A requirement of the marker is not met; reported as a skip."""

    def __init__(self, unmet: requirements.Unmet) -> None:
        super().__init__(unmet.reason)
        self.unmet = unmet


def enter(config: pytest.Config) -> Session:
    """The session of a run, registered once. Raises pytest.UsageError for settings that cannot be used."""
    known = config.pluginmanager.get_plugin(NAME)
    if known is None:
        known = Session(config)
        config.pluginmanager.register(known.scopes, "trt-scopes")
        config.pluginmanager.register(known, NAME)
    assert isinstance(known, Session)
    return known


def of(request: pytest.FixtureRequest) -> Session:
    """The session of a run; a fixture that is asked for by name alone makes it in the middle of a test."""
    if not request.config.pluginmanager.has_plugin(NAME):
        enter(request.config).scopes.adopt(request)
    return enter(request.config)


class Session:
    """What the run knows: settings, who owns what, progress, and how many tests use the plugin."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.settings = settings.of(config)
        self.scopes = Scopes(FIXTURES)
        self.progress = Progress(config)
        self._tests = 0
        self._facts = itertools.count()

    @functools.cached_property
    def provider(self) -> Provider:
        """What makes engines, as the settings say. Raises BackendMissing without NumPy, which every TensorRT brings."""
        try:
            from pytest_trt.engines.provide import Provider
        except ModuleNotFoundError as error:
            if error.name != "numpy":
                raise
            cure = "pip install pytest-trt[tensorrt], or pytest-trt[rtx], which builds without a GPU as well"
            raise BackendMissing("no TensorRT can be used: numpy is not installed", cure) from None

        chosen = self.settings
        return Provider(
            cache_root=chosen.cache_dir,
            read_only=chosen.cache_read_only,
            max_bytes=chosen.cache_size,
            build_timeout=chosen.build_timeout,
            allow_native_code=chosen.allow_native_code,
            backend=chosen.backend,
            cuda=chosen.cuda,
            device_index=chosen.device,
            notify=self.progress.say,
            progress=self.progress,
        )

    def expect(self, items: Sequence[pytest.Item]) -> None:
        """Learn which tests use the plugin. Raises pytest.UsageError for a marker that cannot be understood."""
        self._tests = len(items)
        # An error would end a worker of xdist without a word: there the test itself says it.
        if "PYTEST_XDIST_WORKER" not in os.environ:
            for item in items:
                try:
                    _requirements(item)
                except requirements.BadRequirement as error:
                    raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.trt: {error}") from None

    def note(self, name: str, facts: Mapping[str, object]) -> None:
        """Write facts down with the running test: a property of its reports, in JUnit's XML as well.

        id tells a fact from its copies in the other reports of the test, attempt one run of a test from its rerun.
        """
        item = self.scopes.item
        if item is not None:
            worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
            known = {"id": f"{worker}-{next(self._facts)}", "attempt": item.stash.get(_ATTEMPT, 1), **facts}
            item.user_properties.append((name, json.dumps(known)))

    def pytest_report_collectionfinish(self) -> str | None:
        if self.config.getoption("verbose") < 0:
            return None
        return f"trt: {describe(self.settings, self._tests)}"

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        item.stash[_ATTEMPT] = item.stash.get(_ATTEMPT, 0) + 1
        try:
            wanted = _requirements(item)
        except requirements.BadRequirement as error:
            pytest.fail(f"@pytest.mark.trt: {error}", pytrace=False)
        for one in wanted:
            unmet = requirements.unmet(one, self.settings.backend, self.settings.device, probe)
            if unmet is not None:
                raise Missing(unmet)

    @pytest.hookimpl(specname="pytest_runtest_makereport")
    def pytest_trt_translate(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Make a skip of a missing GPU, and drop our own frames of an error that its text explains."""
        if call.excinfo is None:
            return
        error = call.excinfo.value
        if isinstance(error, (DeviceUnavailable, BackendMissing, Missing)):
            reason = visible(error.unmet.reason if isinstance(error, Missing) else error.what)
            absent = not isinstance(error, Missing) or error.unmet.absent
            if self.settings.require_gpu and absent:
                what = "TensorRT" if isinstance(error, BackendMissing) else "GPU"
                call.excinfo = _raised(lambda: pytest.fail(f"{what} required (--trt-require-gpu): {reason}", False))
                return
            self.note("trt_skip", {"reason": reason})
            item.stash[_SKIPPED] = reason
            call.excinfo = _raised(lambda: pytest.skip(reason))
        elif type(error).__module__.partition(".")[0] == "pytest_trt" and not self.config.getoption("fulltrace"):
            error.__cause__, error.__suppress_context__ = None, True
            trace = _theirs(error.__traceback__)
            if trace is not None:
                call.excinfo = pytest.ExceptionInfo.from_exc_info((type(error), error, trace))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A skip of ours is at the test's place, not at the line of pytest.skip()."""
        report = yield
        reason = item.stash.get(_SKIPPED, None)
        if reason is not None:
            del item.stash[_SKIPPED]
            if report.skipped:
                path, line = item.reportinfo()[:2]
                report.longrepr = (os.fspath(path), -1 if line is None else line + 1, f"Skipped: {reason}")
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """After the fixtures that an interrupted run leaves have been torn down, which is done in the same hook."""
        self.progress.stop()
        self.scopes.close()


def probe() -> Devices:
    """The GPUs of this process."""
    from pytest_trt.engines import device

    return device.probe()


def describe(chosen: settings.Settings, tests: int) -> str:
    """What the tests use, where it runs, and where it is kept."""
    who = f"{tests} test{'' if tests == 1 else 's'} use{'s' if tests == 1 else ''}"
    product = requirements.product_of(chosen.backend, probe)
    if product is None:
        names = _NAMES.values() if chosen.backend == "auto" else [_NAMES[chosen.backend]]
        return f"{who} TensorRT; {' or '.join(names)} is not installed, so no engine can be built"
    engine = f"{_NAMES[product]} {requirements.version_of(product)}"
    place = f"cache {visible(_short(cache_root(chosen)))}"
    for device in probe().devices:
        if device.index == chosen.device:
            return (
                f"{who} {engine} on {visible(device.name)} (sm_{device.compute_capability.replace('.', '')}), {place}"
            )
    why = probe().why or f"--trt-device {chosen.device} is not visible"
    if product == "tensorrt":
        return f"{who} TensorRT; no GPU: {visible(why)}; {engine} cannot build engines without one"
    return f"{who} TensorRT; no GPU: {visible(why)}; engines are built by {engine} and not run, {place}"


def cache_root(chosen: settings.Settings) -> Path:
    """Where engines are kept."""
    from pytest_trt.engines.cache.cache import default_root

    return chosen.cache_dir or default_root()


def _short(path: Path) -> str:
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)


def _requirements(item: pytest.Item) -> list[requirements.Requirements]:
    return [requirements.parse(mark.args, mark.kwargs) for mark in item.iter_markers("trt")]


def _raised(function: Callable[[], object]) -> pytest.ExceptionInfo[BaseException]:
    """What a function raises."""
    call = pytest.CallInfo.from_call(function, "call")
    assert call.excinfo is not None
    return call.excinfo


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of this package. pytest cuts what it shows out of the traceback itself."""
    entries = []
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0] != "pytest_trt":
            entries.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for entry in reversed(entries):
        kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept
