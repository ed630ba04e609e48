"""The pytest plugin: options, markers, fixtures, and hooks that do and import nothing while no test uses them."""

from __future__ import annotations

import os

import pytest

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.suite.fixtures import CheckFunction, EngineFactory

# Name, metavar (None: a switch) and help of what the command line, the environment and ini files can say.
OPTIONS = (
    ("cache-dir", "DIR", "where engines are kept (default: $XDG_CACHE_HOME/pytest-trt, else ~/.cache/pytest-trt)"),
    ("cache-read-only", None, "take engines from the cache and write nothing there, as CI of untrusted changes should"),
    ("cache-size", "SIZE", "evict the least recently used engines above this size (default: 20GiB)"),
    ("build-timeout", "SECONDS", "how long to wait for another process that builds (default: 1800)"),
    (
        "allow-native-code",
        None,
        "load plans with native code (lean runtime, plugins) that were given or come from a shared cache",
    ),
    ("backend", "NAME", "auto, tensorrt or tensorrt_rtx (default: auto)"),
    ("cuda", "NAME", "auto, pycuda or cuda-core (default: auto)"),
    ("device", "INDEX", "the GPU to use, among those that CUDA_VISIBLE_DEVICES shows (default: 0)"),
    ("require-gpu", None, "fail what would be skipped because no GPU or no TensorRT is there"),
    ("evidence", "DIR", "write a record of every equivalence check there"),
    ("seed", "N", "seed of generated inputs (default: 0)"),
    ("lint", None, "collect the model artifacts below the given paths as tests of trt-lint"),
)
FIXTURES = frozenset(("trt_engine", "assert_trt_equivalent", "trt_cache", "trt_device"))
PROPERTIES = frozenset(("trt_engine", "trt_check", "trt_skip"))
MARKERS = (
    "trt(tensorrt='>=8.6', compute_capability='>=8.0', memory='8GiB', gpus=1, product=None): skip the test, with the "
    "reason, where TensorRT or the GPU falls short; every keyword is optional",
    "trt_lint: what --trt-lint collects",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("trt", "TensorRT engines (pytest-trt); also ini trt_NAME and environment PYTEST_TRT_NAME")
    for name, metavar, text in OPTIONS:
        ini = f"trt_{name.replace('-', '_')}"
        if metavar is None:
            group.addoption(f"--trt-{name}", action="store_true", default=None, help=text)
            parser.addini(ini, text, type="bool", default=None)
        else:
            group.addoption(f"--trt-{name}", metavar=metavar, help=text)
            parser.addini(ini, text, default=None)
    group.addoption("--trt-update-goldens", action="store_true", help="write golden .npz files instead of comparing")
    group.addoption("--trt-cache-info", action="store_true", help="list the cache, and run no tests")
    group.addoption("--trt-cache-clear", action="store_true", help="empty the cache, and run no tests")
    parser.addini("trt_gpu_per_worker", "one visible GPU for each xdist worker (default: true)", "bool", True)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ and early_config.getini("trt_gpu_per_worker"):
        from pytest_trt.suite import workers

        workers.assign(os.environ)


def pytest_configure(config: pytest.Config) -> None:
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    names = [name.replace("-", "_") for name, *_ in OPTIONS]
    try:
        said = any(config.getoption(f"trt_{name}") is not None or config.getini(f"trt_{name}") for name in names)
        said = said or not config.getini("trt_gpu_per_worker")
    except (ValueError, pytest.UsageError):  # of a switch in an ini file: settings.of says where it stands
        said = True
    if said or not os.environ.keys().isdisjoint([f"PYTEST_TRT_{name.upper()}" for name in names]):
        from pytest_trt.suite import settings

        if settings.of(config).lint:
            from pytest_trt.suite.lint import Linter

            config.pluginmanager.register(Linter(config), "trt-lint")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if config.getoption("trt_cache_info") or config.getoption("trt_cache_clear"):
        from pytest_trt.suite import upkeep

        return upkeep.run(config)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    used = [
        item
        for item in session.items
        if not FIXTURES.isdisjoint(getattr(item, "fixturenames", ())) or item.get_closest_marker("trt") is not None
    ]
    if used:
        from pytest_trt.suite import session as suite

        suite.enter(session.config).expect(used)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The facts travel with the reports, so that xdist's controller has them as well."""
    if not (config.pluginmanager.has_plugin("trt-session") or config.pluginmanager.has_plugin("dsession")):
        return
    reports = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if any(name in PROPERTIES for name, _ in getattr(report, "user_properties", ()) if isinstance(name, str))
    ]
    if reports:
        from pytest_trt.suite import summary

        summary.write(terminalreporter, reports)


@pytest.fixture(scope="session")
def trt_engine(request: pytest.FixtureRequest) -> EngineFactory:
    """Make a TensorRT engine of a model: `engine = trt_engine("model.onnx", precision="fp16")`.

    The source is an ONNX model (path, bytes or ModelProto), a SavedModel, a Keras model, a plan, or a function that
    fills a network definition (cached only with `key=`). An engine is built once, for all runs and xdist workers. The
    GPU's memory is freed when what asked for the engine ends: the test, or the fixture that called this one.

        @pytest.fixture(scope="module")
        def engine(trt_engine):
            return trt_engine("model.onnx", profiles={"x": ((1, 8), (4, 8), (16, 8))})

        def test_shape(engine):
            assert engine.infer({"x": np.ones((4, 8), np.float32)})["y"].shape == (4, 2)

    Arguments: source, precision=None, profiles=None, key=None, calibration=None, and builder options by name.
    """
    from pytest_trt.suite import fixtures

    return fixtures.engine_factory(request)


@pytest.fixture(scope="session")
def assert_trt_equivalent(request: pytest.FixtureRequest) -> CheckFunction:
    """Assert that an engine computes what a reference computes, within the tolerance of its precision.

    The reference is a SavedModel, a Keras or ONNX model, a callable, arrays, or a golden .npz, which lies beside the
    test (the first run writes it and fails); None is the model that the engine was built from. Without inputs they
    are generated from the engine's declared inputs, at every point of each profile.

        def test_same(trt_engine, assert_trt_equivalent):
            assert_trt_equivalent(trt_engine("model.onnx", precision="fp16"), "model.onnx")

    Arguments: engine, reference=None, inputs=None, tolerance=None, and options of the check by name.
    """
    from pytest_trt.suite import fixtures

    return fixtures.check_function(request)


@pytest.fixture(scope="session")
def trt_cache(request: pytest.FixtureRequest) -> object:
    """The cache of engines, as pytest_trt.engines.cache.Cache.

    def test_cached(trt_engine, trt_cache):
        assert trt_cache.find(trt_engine("model.onnx").key) is not None
    """
    from pytest_trt.suite import fixtures

    return fixtures.cache(request)


@pytest.fixture(scope="session")
def trt_device(request: pytest.FixtureRequest) -> object:
    """The GPU that engines run on, as pytest_trt.engines.device.Device; without one the test is skipped.

    def test_large(trt_device):
        assert trt_device.total_memory >= 16 * 2**30
    """
    from pytest_trt.suite import fixtures

    return fixtures.gpu(request)
