"""Entries that are not as they were written: set aside, and built again exactly once."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from racers import PLAN, events, key

from pytest_trt.engines.cache.cache import Built, Cache
from pytest_trt.engines.cache.digests import record, recorded, seal, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

KEY = key("model")
OTHER = b"no layout that anybody knows, " * 100


class Bench:
    """A cache with one entry, and how often it was built."""

    def __init__(self, tmp_path: Path, plan: bytes) -> None:
        self.root = tmp_path / "cache"
        self.data = plan
        self.builds = 0
        self.warned: list[str] = []
        self.obtain()
        self.folder = self.root / "v1" / KEY[:2] / KEY

    def obtain(self) -> str:
        def build() -> Built:
            self.builds += 1
            return Built(self.data, {"product": "tensorrt"})

        entry = Cache(self.root, warn=self.warned.append).obtain(KEY, {"a": 1}, build)
        assert bytes(entry.bytes()) == self.data
        return entry.origin

    def rewrite(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Change a file in place; its size may change, its times do not show it."""
        path = self.folder / name
        before = path.stat()
        data = change(path.read_bytes())
        with path.open("r+b") as file:
            file.write(data)
            file.truncate()
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def rebuilt_once(self) -> None:
        assert self.obtain() == "built"
        assert [self.obtain(), self.obtain()] == ["hit", "hit"]
        assert self.builds == 2
        assert len(os.listdir(self.root / "v1" / "bad")) == 1
        assert len(events(self.root, "set-aside")) == 1
        assert len(self.warned) == 1
        assert str(self.folder) in self.warned[0]


def flip(at: int, bit: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


@pytest.mark.parametrize("plan", [PLAN, OTHER], ids=["plan", "other"])
@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 63, 64, 600, 2999, -1])
def test_cut_plan(tmp_path: Path, plan: bytes, length: int) -> None:
    bench = Bench(tmp_path, plan)
    bench.rewrite("plan", lambda data: data[:length])
    bench.rebuilt_once()


def test_longer_plan(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PLAN)
    bench.rewrite("plan", lambda data: data + b"\0")
    bench.rebuilt_once()


@pytest.mark.parametrize("plan", [PLAN, OTHER], ids=["plan", "other"])
@pytest.mark.parametrize("turn", range(12))
def test_flipped_bit_in_the_plan(tmp_path: Path, plan: bytes, turn: int) -> None:
    """In the header, in the footer, and anywhere."""
    chance = random.Random(turn)
    at = [chance.randrange(64), len(plan) - 1 - chance.randrange(4), chance.randrange(len(plan))][turn % 3]
    bench = Bench(tmp_path, plan)
    bench.rewrite("plan", flip(at, chance.randrange(8)))
    bench.rebuilt_once()


def test_flipped_bit_after_the_digest_was_remembered(tmp_path: Path) -> None:
    """The mtime can be set back, the ctime cannot."""
    benches = []
    for turn in range(8):
        (tmp_path / str(turn)).mkdir()
        benches.append(Bench(tmp_path / str(turn), PLAN))
    time.sleep(2.1)
    for turn, bench in enumerate(benches):
        assert bench.obtain() == "hit"
        assert (bench.folder / "checked").exists()
        bench.rewrite("plan", flip(random.Random(turn).randrange(len(PLAN)), turn))
        bench.rebuilt_once()


def test_replaced_plan_after_the_digest_was_remembered(tmp_path: Path) -> None:
    bench = Bench(tmp_path, OTHER)
    time.sleep(2.1)
    assert bench.obtain() == "hit"
    before = (bench.folder / "plan").stat()
    (bench.folder / "new").write_bytes(bytes(reversed(OTHER)))
    (bench.folder / "new").chmod(0o600)
    os.utime(bench.folder / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (bench.folder / "new").rename(bench.folder / "plan")
    bench.rebuilt_once()


@pytest.mark.parametrize("turn", range(12))
def test_flipped_bit_in_meta(tmp_path: Path, turn: int) -> None:
    bench = Bench(tmp_path, PLAN)
    size = (bench.folder / "meta.json").stat().st_size
    chance = random.Random(turn)
    bench.rewrite("meta.json", flip(chance.randrange(size), chance.randrange(8)))
    bench.rebuilt_once()


@pytest.mark.parametrize("length", [0, 1, 100, -1, -2])
def test_cut_meta(tmp_path: Path, length: int) -> None:
    bench = Bench(tmp_path, PLAN)
    bench.rewrite("meta.json", lambda data: data[:length])
    bench.rebuilt_once()


@pytest.mark.parametrize(
    "data", [b"[]", b"null", b"{}", b"[" * 100_000, b'{"schema": 1, "check": ""}', seal({"schema": 2, "key": KEY})]
)
def test_another_meta(tmp_path: Path, data: bytes) -> None:
    bench = Bench(tmp_path, PLAN)
    bench.rewrite("meta.json", lambda old: data)
    bench.rebuilt_once()


def test_the_entry_of_another_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path, PLAN)
    other = Cache(bench.root).obtain(key("other"), {}, lambda: Built(PLAN, {})).plan
    assert other is not None
    bench.rewrite("meta.json", lambda old: (other.parent / "meta.json").read_bytes())
    bench.rebuilt_once()


@pytest.mark.parametrize("name", ["plan", "meta.json"])
def test_missing_file(tmp_path: Path, name: str) -> None:
    bench = Bench(tmp_path, PLAN)
    (bench.folder / name).unlink()
    bench.rebuilt_once()


@pytest.mark.parametrize("data", [b"", b"{", b"\xff" * 100, seal({"stamp": 1, "sha256": None}), seal({})])
def test_damage_beside_the_plan_costs_a_hash(tmp_path: Path, data: bytes) -> None:
    bench = Bench(tmp_path, PLAN)
    (bench.folder / "checked").write_bytes(data)
    (bench.folder / "checked").chmod(0o600)
    assert bench.obtain() == "hit"
    assert bench.warned == []


def test_while_its_lock_is_held_it_is_left_alone(tmp_path: Path) -> None:
    """Whoever holds it may just be publishing."""
    bench = Bench(tmp_path, PLAN)
    bench.rewrite("plan", lambda data: data[:-1])
    found = []

    def build() -> Built:
        (bench.folder.parent / "aside").rename(bench.folder)
        found.append(Cache(bench.root, warn=bench.warned.append).find(KEY))
        found.append(bench.folder.exists())
        bench.folder.rename(bench.folder.parent / "aside")
        return Built(PLAN, {})

    bench.folder.rename(bench.folder.parent / "aside")
    assert Cache(bench.root).obtain(KEY, {}, build).origin == "built"
    assert found == [None, True]


def test_what_another_built_anew_meanwhile_is_not_set_aside(tmp_path: Path) -> None:
    """Between seeing the damage, when the warning comes, and taking the lock."""
    bench = Bench(tmp_path, PLAN)
    bench.rewrite("plan", lambda data: data[:-1])
    assert Cache(bench.root, warn=lambda text: bench.obtain()).find(KEY) is None
    assert bench.builds == 2
    assert bench.obtain() == "hit"
    assert len(os.listdir(bench.root / "v1" / "bad")) == 1


def test_seal_shows_every_flipped_bit_and_every_cut() -> None:
    data = seal({"schema": 1, "fields": {"x": [1.5, None, "é\n"]}, "size": 10**12, "on": True})
    assert unseal(data) == {"schema": 1, "fields": {"x": [1.5, None, "é\n"]}, "size": 10**12, "on": True}
    for at in range(len(data)):
        assert unseal(data[:at]) is None
        for bit in range(8):
            assert unseal(flip(at, bit)(data)) is None
    assert unseal(data + b"\n") is None


def test_record_is_of_its_stamp() -> None:
    data = record((1, 2, 3, 4, 5), "ab")
    assert recorded(data, (1, 2, 3, 4, 5)) == "ab"
    assert recorded(data, (1, 2, 3, 4, 6)) is None
    assert recorded(seal({"stamp": [1, 2, 3, 4, 5], "sha256": 1}), (1, 2, 3, 4, 5)) is None
