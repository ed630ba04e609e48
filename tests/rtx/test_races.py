"""Processes that build one engine at a time, that are killed while TensorRT builds, and what they leave in the cache.

TensorRT-RTX builds for real. Its Builder is counted by a line that each process appends to a log when it makes one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import onnx
import pytest
from networks.in_onnx import model, value, weights
from onnx import helper
from suites import Suite

from pytest_trt.artifacts.plan import read_plan
from pytest_trt.engines.cache.cache import Cache, CacheWarning
from pytest_trt.engines.provide import Provider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = 60.0
# Seconds in which a process that is told to end has ended: TensorRT takes a cancellation between two steps.
SOON = 10.0
LAYERS = 480
COUNTED = """
import os, sys
import tensorrt_rtx
made = tensorrt_rtx.Builder
def counted(*arguments):
    fd = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(fd, b"Builder\\n")
    os.close(fd)
    return made(*arguments)
tensorrt_rtx.Builder = counted
"""
BUILDER = (
    COUNTED
    + """
import json, time
from pathlib import Path
from pytest_trt.engines.provide import Provider
provider = Provider(cache_root=Path({root!r}), backend="tensorrt_rtx", notify=print)
print("ready", flush=True)
sys.stdin.readline()
began = time.monotonic()
engine = provider.engine({model!r})
print(json.dumps([provider.events[0]["origin"], engine.key, time.monotonic() - began]), flush=True)
"""
)


def network(layers: int) -> onnx.ModelProto:
    """x (1, 8, 32, 32) -> so many convolutions, all of different sizes -> y: some seconds of compilation."""
    nodes, constants, last, before = [], [], "x", 8
    for number in range(layers):
        size, channels = (1, 3, 5)[number % 3], 8 + 8 * (number % 7) + number % 29
        constants.append(weights(f"w{number}", (channels, before, size, size)))
        nodes.append(
            helper.make_node("Conv", [last, f"w{number}"], [f"c{number}"], pads=[size // 2] * 4, name=f"conv{number}")
        )
        nodes.append(helper.make_node("Sigmoid" if number % 2 else "Relu", [f"c{number}"], [f"a{number}"]))
        last, before = f"a{number}", channels
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["y"]))
    return model(nodes, [value("x", [1, 8, 32, 32])], [value("y", [1, before, 1, 1])], constants)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("slow") / "slow.onnx"
    onnx.save(network(LAYERS), path)
    return path


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """What is started here takes SIGINT, though we may have inherited that it is ignored, as from a script's `&`."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Process:
    """A process that builds when it is told to, and makes a line of `log` of each Builder."""

    def __init__(self, folder: Path, path: Path) -> None:
        program = BUILDER.format(log=str(folder / "log"), root=str(folder / "cache"), model=str(path))
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=WAIT)

    def go(self) -> Process:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self

    def result(self) -> tuple[str, str, float]:
        """Origin, key, and seconds that the engine took."""
        out, err = self.process.communicate(timeout=WAIT)
        assert self.process.returncode == 0, err
        origin, key, seconds = json.loads(out.splitlines()[-1])
        return origin, key, seconds

    def end(self, number: int) -> tuple[int, str]:
        """Exit status and stderr after this signal, and that it took no longer than SOON."""
        self.process.send_signal(number)
        began = time.monotonic()
        _, err = self.process.communicate(timeout=WAIT)
        assert time.monotonic() - began < SOON
        return self.process.returncode, err


def builders(folder: Path) -> int:
    return (folder / "log").read_text().count("Builder\n")


def events(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / "cache" / "v1" / "log.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line for line in lines if line["event"] == name]


def wait_for_build(folder: Path, times: int = 1) -> None:
    end = time.monotonic() + WAIT
    while len(events(folder, "build-started")) < times:
        assert time.monotonic() < end, "no build began"
        time.sleep(0.01)


def is_sound(plan: Path) -> bool:
    data = plan.read_bytes()
    header = read_plan(lambda at, length: data[at : at + length], len(data))
    return header is not None and header.damage is None


def test_eight_processes_make_one_builder(tmp_path: Path, slow: Path) -> None:
    racers = [Process(tmp_path, slow) for _ in range(8)]
    try:
        results = [racer.result() for racer in [racer.go() for racer in racers]]
    finally:
        for racer in racers:
            racer.process.kill()
            racer.process.wait()
    origins = sorted(origin for origin, _, _ in results)
    assert origins.count("built") == 1
    assert set(origins) <= {"built", "hit", "waited"}
    assert origins.count("waited") >= 1
    assert len({key for _, key, _ in results}) == 1
    assert builders(tmp_path) == 1
    (built,) = events(tmp_path, "built")
    assert built["seconds"] > 1, "too fast a build to be a race"
    assert is_sound(Cache(tmp_path / "cache").store.path / built["key"][:2] / built["key"] / "plan")


def test_four_workers_make_one_builder(tmp_path: Path, slow: Path) -> None:
    suite = Suite(tmp_path)
    suite.write(
        conftest=COUNTED.format(log=str(tmp_path / "log")),
        test_x="import pytest\n"
        "@pytest.mark.parametrize('number', range(8))\n"
        f"def test_one(trt_engine, number):\n    assert trt_engine({str(slow)!r}).plan_path.is_file()\n",
    )
    found = suite.properties("-n4", "--trt-backend=tensorrt_rtx", code=0)
    origins = [fact["origin"] for facts in found.values() for name, fact in facts if name == "trt_engine"]
    assert len(origins) == 8
    assert origins.count("built") == 1
    assert set(origins) <= {"built", "hit", "waited"}
    assert builders(tmp_path) == 1


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.15, 0.3, 0.6, 1.0, 1.5, 2.5])
def test_killed_while_it_builds(tmp_path: Path, slow: Path, moment: float) -> None:
    with Process(tmp_path, slow).go() as victim, Process(tmp_path, slow) as heir:
        wait_for_build(tmp_path)
        time.sleep(moment)
        victim.process.kill()
        victim.process.wait()
        finished = bool(events(tmp_path, "built"))
        entries = list((tmp_path / "cache" / "v1").glob("??/*"))
        assert all(is_sound(entry / "plan") and (entry / "meta.json").is_file() for entry in entries)
        assert finished or not entries
        origin, key, seconds = heir.go().result()
    assert origin == ("hit" if entries else "built")
    # It waits for nobody: its own build, and no more.
    assert seconds < sum(event["seconds"] for event in events(tmp_path, "built")[-1:]) + 2
    assert Cache(tmp_path / "cache").find(key) is not None


def test_killed_while_another_waits(tmp_path: Path, slow: Path) -> None:
    with Process(tmp_path, slow).go() as victim, Process(tmp_path, slow) as heir:
        wait_for_build(tmp_path)
        heir.go()
        time.sleep(0.4)
        victim.process.kill()
        assert heir.result()[0] == "built"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [0.05, 0.5, 1.0])
def test_ended_while_it_builds(tmp_path: Path, slow: Path, number: signal.Signals, moment: float) -> None:
    with Process(tmp_path, slow).go() as process, Process(tmp_path, slow) as heir:
        wait_for_build(tmp_path)
        time.sleep(moment)
        code, err = process.end(number)
        # An interpreter that is interrupted dies of the signal; a shell shows 130.
        assert code == -number, err
        assert number == signal.SIGTERM or "KeyboardInterrupt" in err
        assert "terminate called" not in err
        assert not list((tmp_path / "cache" / "v1").glob("??/*"))
        if number == signal.SIGINT:
            assert not list((tmp_path / "cache" / "v1" / "tmp").glob("*"))
            assert events(tmp_path, "build-failed")[0]["why"] == "KeyboardInterrupt"
        assert heir.go().result()[0] == "built"


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_ctrl_c_ends_pytest(tmp_path: Path, slow: Path, workers: tuple[str, ...]) -> None:
    suite = Suite(tmp_path)
    suite.write(test_x=f"def test_one(trt_engine):\n    trt_engine({str(slow)!r})\n")
    command = [str(Path(sys.executable).with_name("pytest")), "-p", "no:cacheprovider", *workers]
    place = {"PYTEST_TRT_CACHE_DIR": str(tmp_path / "cache"), "PYTEST_TRT_BACKEND": "tensorrt_rtx"}
    process = subprocess.Popen(
        command,
        cwd=suite.folder,
        env=suite.environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for_build(tmp_path)
        time.sleep(0.3)
        began = time.monotonic()
        # A terminal sends it to the whole group.
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=WAIT)
    finally:
        process.kill()
        process.wait()
    assert time.monotonic() - began < SOON
    assert process.returncode == pytest.ExitCode.INTERRUPTED, out
    assert "KeyboardInterrupt" in out
    assert not list((tmp_path / "cache" / "v1").glob("??/*"))
    assert Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx").engine(slow).plan_path is not None


def test_a_test_that_times_out_while_it_builds(tmp_path: Path, slow: Path) -> None:
    """pytest-timeout raises in the thread that waits for TensorRT; the next test has the lock and builds."""
    suite = Suite(tmp_path)
    suite.write(
        conftest="import tensorrt_rtx\n",
        test_x="import pytest\n"
        "@pytest.mark.timeout(0.8, method='signal')\n"
        f"def test_one(trt_engine):\n    trt_engine({str(slow)!r})\n"
        f"def test_two(trt_engine):\n    assert trt_engine({str(slow)!r}).plan_path.is_file()\n"
        "def test_no_thread_is_left():\n"
        "    import threading\n"
        "    assert not [one.name for one in threading.enumerate() if one.name.startswith('trt')]\n",
    )
    run = suite.run("--trt-backend=tensorrt_rtx", code=1)
    assert run.outcomes == {"passed": 2, "failed": 1}
    assert re.search(r"Failed: Timeout", run.out)


def test_damaged_plans_are_set_aside_and_built_once(tmp_path: Path, slow: Path) -> None:
    provider = Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx")
    plan = provider.engine(slow).plan_path
    assert plan is not None
    whole = plan.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damage in (whole[:-1], b"", bytes(flipped)):
        plan.chmod(0o600)
        plan.write_bytes(damage)
        fresh = Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx")
        with pytest.warns(CacheWarning, match="is damaged, and not used"):
            assert fresh.engine(slow).plan_path == plan
        fresh.engine(slow)
        assert [event["origin"] for event in fresh.events] == ["built", "hit"]
        assert is_sound(plan)
    assert len(list((tmp_path / "cache" / "v1" / "bad").iterdir())) == 3


def test_meta_of_another_version(provider: Provider, model: Path) -> None:
    """A stored entry that lacks what this version asks for is built anew, not a KeyError."""
    options = {"profiles": {"x": (1, 3, 16, 16)}}
    key = provider.engine(model, **options).key
    fields = provider.cache.find(key).meta["fields"]  # type: ignore[union-attr]
    provider.cache.set_aside(key, "a test")
    from pytest_trt.engines.cache.entries import Built

    provider.cache.obtain(key, fields, lambda: Built(b"an older plugin's", {"product": "tensorrt-rtx"}))
    engine = provider.engine(model, **options)
    assert [event["origin"] for event in provider.events] == ["built", "built"]
    assert engine.inputs[0].name == "x"
    frozen = Provider(cache_root=provider.cache.root, backend="tensorrt_rtx", read_only=True)
    assert frozen.engine(model, **options).key == key
    assert frozen.events[0]["origin"] == "hit"


def test_read_only_cache(tmp_path: Path, model: Path) -> None:
    frozen = Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx", read_only=True)
    engine = frozen.engine(model, profiles={"x": (1, 3, 16, 16)})
    assert engine.plan_path is None
    assert frozen.events[0]["origin"] == "uncached"
    assert not (tmp_path / "cache").exists()


@pytest.fixture
def full(tmp_path: Path) -> Any:
    """A file system of 64 KiB, less than any plan."""
    place = tmp_path / "full"
    place.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_full_disk(full: Path, model: Path) -> None:
    provider = Provider(cache_root=full / "cache", backend="tensorrt_rtx")
    with pytest.warns(CacheWarning, match="No space left on device"):
        engine = provider.engine(model, profiles={"x": (1, 3, 16, 16)})
    assert engine.plan_path is None
    assert provider.events[0]["origin"] == "uncached"
    assert not list((full / "cache" / "v1").glob("??/*"))


def test_a_source_that_changes_while_it_is_built(tmp_path: Path, slow: Path) -> None:
    """TensorRT has parsed other bytes than those that the key names: there is no engine, and no entry."""
    import threading

    from pytest_trt.engines.errors import BuildFailed

    path = tmp_path / "model.onnx"
    path.write_bytes(slow.read_bytes())
    provider = Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx")

    def change() -> None:
        wait_for_build(tmp_path)
        onnx.save(network(3), tmp_path / "other.onnx")
        (tmp_path / "other.onnx").replace(path)

    thread = threading.Thread(target=change)
    thread.start()
    with pytest.raises(BuildFailed, match="changed while it was built"):
        provider.engine(path)
    thread.join()
    assert not list((tmp_path / "cache" / "v1").glob("??/*"))
    assert len(provider.engine(path).io) == 2


def test_two_threads_of_one_provider(tmp_path: Path, slow: Path, model: Path) -> None:
    import threading

    provider = Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx")
    engines: list[Any] = []
    failures: list[BaseException] = []

    def ask(path: Path, options: dict[str, Any]) -> None:
        try:
            engines.append(provider.engine(path, **options))
        except BaseException as error:
            failures.append(error)

    small = {"profiles": {"x": (1, 3, 16, 16)}}
    asked: list[tuple[Path, dict[str, Any]]] = [(slow, {}), (slow, {}), (model, small), (model, small)]
    threads = [threading.Thread(target=ask, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len({engine.key for engine in engines}) == 2
    assert sorted(event["origin"] for event in provider.events).count("built") == 2


def test_a_network_function_that_hangs(tmp_path: Path) -> None:
    """It is the user's own code, run on the thread that calls: what is set there holds, and a signal ends it."""
    suite = Suite(tmp_path)
    suite.write(
        conftest="import tensorrt_rtx\n",
        test_x="""
import contextvars
import threading
import time
import pytest

SIZE = contextvars.ContextVar("SIZE")

def hangs(network, trt):
    while True:
        time.sleep(0.05)

def fills(network, trt):
    assert threading.current_thread() is threading.main_thread()
    x = network.add_input("x", trt.float32, (SIZE.get(),))
    network.mark_output(network.add_identity(x).get_output(0))

@pytest.mark.timeout(2, method="signal")
def test_one(trt_engine):
    trt_engine(hangs, key="hangs")

def test_two(trt_engine):
    SIZE.set(4)
    assert trt_engine(fills, key="fills").io[0].shape == (4,)
""",
    )
    run = suite.run("--trt-backend=tensorrt_rtx", code=1)
    assert run.outcomes == {"passed": 1, "failed": 1}
    assert re.search(r"Failed: Timeout", run.out)
