"""Several processes and one cache: one build, whoever is killed, and readers beside it."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from pathlib import Path

import pytest
from racers import PLAN, Racer, content, events, key, wait_for

from pytest_trt.engines.cache.cache import Built, Cache
from pytest_trt.engines.cache.folders import HOST
from pytest_trt.engines.cache.upkeep import clear
from pytest_trt.engines.errors import BuildTimeout

SIZE = 8 << 20
SHA256 = hashlib.sha256(content(SIZE)).hexdigest()


def starts(log: Path) -> int:
    return sum(line.startswith("start") for line in log.read_text().splitlines())


def test_eight_processes_build_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    racers = [Racer(tmp_path / "cache", "model", log, seconds=0.3) for _ in range(8)]
    results = [racer.result() for racer in [racer.go() for racer in racers]]
    assert starts(log) == 1
    assert sorted(result["origin"] for result in results) in (
        ["built"] + ["hit"] * late + ["waited"] * (7 - late) for late in range(8)
    )
    assert {result["sha256"] for result in results} == {hashlib.sha256(PLAN).hexdigest()}
    assert len({result["meta"]["maker"] for result in results}) == 1
    assert [warning for result in results for warning in result["warned"]] == []
    assert len(events(tmp_path / "cache", "built")) == 1


def test_one_builder_a_device(tmp_path: Path) -> None:
    log = tmp_path / "log"
    racers = [Racer(tmp_path / "cache", f"model {n}", log, seconds=0.3, device="GPU-1") for n in range(3)]
    assert [racer.result()["origin"] for racer in [racer.go() for racer in racers]] == ["built"] * 3
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["start", "end"] * 3


def test_two_devices_build_at_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Racer(tmp_path / "cache", "a", log, seconds=60.0, device="GPU-1").go():
        wait_for(log, "start")
        with Racer(tmp_path / "cache", "b", log, device="GPU-2").go() as racer:
            assert racer.result()["origin"] == "built"


@pytest.mark.parametrize("turn", range(30))
def test_killed_at_any_moment(tmp_path: Path, turn: int) -> None:
    """Before, in and after the build, which take about 0.1 s, and half of the turns while it publishes."""
    root, log = tmp_path / "cache", tmp_path / "log"
    racer = Racer(root, "model", log, seconds=0.02, size=SIZE)
    racer.go()
    if turn % 2:
        end = time.monotonic() + 10.0
        entry = root / "v1" / key("model")[:2] / key("model")
        while not any((root / "v1" / "tmp").glob("*/plan")) and not entry.exists():
            assert time.monotonic() < end
        time.sleep(random.Random(turn).uniform(0.0, 0.02))
    else:
        time.sleep(random.Random(turn).uniform(0.0, 0.1))
    racer.process.kill()
    racer.process.communicate(timeout=10.0)

    warned: list[str] = []
    cache = Cache(root, warn=warned.append, build_timeout=5.0)
    found = cache.find(key("model"))
    assert found is None or hashlib.sha256(found.bytes()).hexdigest() == SHA256
    entry = cache.obtain(key("model"), {}, lambda: Built(content(SIZE), {}))
    assert entry.origin == ("built" if found is None else "hit")
    assert entry.seconds < 3.0
    assert hashlib.sha256(entry.bytes()).hexdigest() == SHA256
    assert warned == []
    # The next build sweeps up what the killed one left.
    assert cache.obtain(key("another"), {}, lambda: Built(PLAN, {})).origin == "built"
    assert os.listdir(root / "v1" / "tmp") == []


def test_killed_builder_with_waiters(tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    with Racer(root, "model", log, seconds=60.0).go() as first:
        wait_for(log, "start")
        waiters = [Racer(root, "model", log, seconds=0.1).go() for _ in range(2)]
        time.sleep(0.3)
        first.process.kill()
        assert sorted(waiter.result()["origin"] for waiter in waiters) == ["built", "waited"]
    assert starts(log) == 2


def test_failed_builder_with_waiters(tmp_path: Path) -> None:
    """They try themselves, one after another; the second of them finds what the first built."""
    root, log = tmp_path / "cache", tmp_path / "log"
    with Racer(root, "model", log, seconds=1.0, fails=True).go() as first:
        wait_for(log, "start")
        waiters = [Racer(root, "model", log, seconds=0.2).go() for _ in range(2)]
        result = first.result()
        assert (result["error"], result["text"]) == ("RuntimeError", "the builder gave up")
        assert sorted(waiter.result()["origin"] for waiter in waiters) == ["built", "waited"]
    assert len(events(root, "build-failed")) == 1
    assert len(events(root, "built")) == 1


def test_all_builders_fail(tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    racers = [Racer(root, "model", log, seconds=0.1, fails=True).go() for _ in range(3)]
    assert [racer.result()["error"] for racer in racers] == ["RuntimeError"] * 3
    assert starts(log) == 3
    assert not (root / "v1" / key("model")[:2]).exists()


def test_who_waits_says_for_whom(tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    notes: list[str] = []
    with Racer(root, "model", log, seconds=2.5, what="resnet.onnx").go() as builder:
        wait_for(log, "start")
        entry = Cache(root, notify=notes.append).obtain(key("model"), {}, lambda: Built(b"", {}))
        assert builder.result()["origin"] == "built"
    assert (entry.origin, bytes(entry.bytes())) == ("waited", PLAN)
    assert 1.0 < entry.seconds < 30.0
    name = f"pid {builder.pid} on {HOST}, which builds resnet.onnx (key {key('model')[:8]}...)"
    assert notes[:2] == [f"waiting 1 s for {name}", f"waiting 2 s for {name}"]


def test_who_waits_for_the_device_says_for_whom(tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    notes: list[str] = []
    with Racer(root, "a", log, seconds=1.5, what="resnet.onnx").go() as builder:
        wait_for(log, "start")
        assert Cache(root, notify=notes.append).obtain(key("b"), {}, lambda: Built(b"", {})).origin == "built"
        assert builder.result()["origin"] == "built"
    assert notes[0] == f"waiting 1 s for pid {builder.pid} on {HOST}, which builds resnet.onnx (key {key('a')[:8]}...)"


@pytest.mark.parametrize("mine", ["a", "b"], ids=["same key", "same device"])
def test_build_timeout(tmp_path: Path, mine: str) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    with Racer(root, "a", log, seconds=60.0, what="resnet.onnx").go() as builder:
        wait_for(log, "start")
        begin = time.monotonic()
        with pytest.raises(BuildTimeout) as caught:
            Cache(root, build_timeout=0.5).obtain(key(mine), {}, lambda: Built(b"", {}))
        assert 0.4 < time.monotonic() - begin < 10.0
        for part in (f"pid {builder.pid} on {HOST}", "resnet.onnx", str(root / "v1" / "locks")):
            assert part in caught.value.what
        assert f"kill {builder.pid}" in caught.value.cure
    # Whoever gave up holds nothing.
    assert Cache(root, build_timeout=5.0).obtain(key(mine), {}, lambda: Built(b"", {})).origin == "built"


def test_eviction_and_clearing_beside_readers(tmp_path: Path) -> None:
    """Every find gives a whole entry or none, without a warning, and what it gave stays readable."""
    root = tmp_path / "cache"
    warned: list[str] = []
    plan = content(SIZE // 4)
    small = Cache(root, max_bytes=len(plan) + 10_000, warn=warned.append)
    stop = threading.Event()
    seen: list[bool] = []

    def read() -> None:
        cache = Cache(root, warn=warned.append)
        held = []
        while not stop.is_set():
            for name in range(3):
                entry = cache.find(key(name))
                seen.append(entry is not None)
                if entry is not None:
                    held = [*held[-20:], entry]
        assert all(bytes(entry.bytes()) == plan for entry in held)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(20):
        for name in range(3):
            assert bytes(small.obtain(key(name), {}, lambda: Built(plan, {})).bytes()) == plan
        if turn % 5 == 4:
            clear(small)
    stop.set()
    for reader in readers:
        reader.join(30.0)
        assert not reader.is_alive()
    assert warned == []
    assert True in seen
    assert len(events(root, "evicted")) > 10
    assert not (root / "v1" / "bad").exists()


def test_racing_readers_set_a_damaged_entry_aside_once(tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    entry = Cache(root).obtain(key("model"), {}, lambda: Built(PLAN, {}))
    assert entry.plan is not None
    entry.plan.write_bytes(PLAN[:-1])
    racers = [Racer(root, "model", log, seconds=0.2).go() for _ in range(4)]
    results = [racer.result() for racer in racers]
    assert {result["sha256"] for result in results} == {hashlib.sha256(PLAN).hexdigest()}
    assert starts(log) == 1
    assert len(os.listdir(root / "v1" / "bad")) == 1
    assert len(events(root, "set-aside")) == 1
