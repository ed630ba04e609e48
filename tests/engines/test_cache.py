"""The engine cache in one process: hits, misses, failures, timing caches, threads, and where it lies."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from pathlib import Path

import pytest
from racers import PLAN, PLANS, content, events, key

from pytest_trt.engines.cache import cache as engine_cache
from pytest_trt.engines.cache.cache import Built, Cache, CacheWarning, default_root
from pytest_trt.engines.cache.store import LOG_LIMIT
from pytest_trt.engines.errors import BuildTimeout, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

KEY = key("model")
FIELDS = {"schema": 1, "options": {"precision": "fp16"}}


def builder(plan: bytes = PLAN, count: list[int] | None = None) -> Callable[[], Built]:
    def build() -> Built:
        if count is not None:
            count.append(1)
        return Built(plan, {"product": "tensorrt"})

    return build


def never() -> Built:
    raise AssertionError("it was there")


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_making_a_cache_touches_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a" / "b")
    assert cache.find(KEY) is None
    assert cache.timing(KEY) is None
    assert files(tmp_path) == []


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.plan")), ids=lambda path: path.stem)
def test_built_then_hit(tmp_path: Path, path: Path) -> None:
    data = path.read_bytes()
    cache = Cache(tmp_path / "cache")
    built = cache.obtain(KEY, FIELDS, builder(data), what="m.onnx")
    assert (built.origin, built.data, bytes(built.bytes())) == ("built", data, data)
    for one in (cache, Cache(tmp_path / "cache")):
        hit = one.obtain(KEY, FIELDS, never)
        assert (hit.origin, hit.data, hit.plan) == ("hit", None, built.plan)
        assert bytes(hit.bytes()) == data
        assert hit.meta == built.meta
        with pytest.raises(TypeError):
            memoryview(hit.bytes())[0] = 0
    assert hit.plan == tmp_path / "cache" / "v1" / KEY[:2] / KEY / "plan"
    assert hit.plan.read_bytes() == data


def test_meta(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.obtain(KEY, {**FIELDS, "shape": (1, 2)}, lambda: Built(PLAN, {"precision": "fp16", "key": "x"}), what="m")
    stored = json.loads((tmp_path / "cache" / "v1" / KEY[:2] / KEY / "meta.json").read_bytes())
    assert stored.pop("check")
    found = cache.find(KEY)
    assert found is not None
    assert found.meta == stored
    assert stored["schema"] == 1
    assert stored["key"] == KEY
    assert stored["fields"] == {**FIELDS, "shape": [1, 2]}
    assert stored["size"] == len(PLAN)
    assert stored["layout"] == "D"
    assert (stored["precision"], stored["what"], stored["pid"]) == ("fp16", "m", os.getpid())
    assert stored["created"].endswith("Z")


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cache = Cache(tmp_path / "a" / "cache")
        cache.obtain(KEY, FIELDS, builder())
        cache.merge_timing(KEY, lambda stored: b"timing")
    finally:
        os.umask(before)
    for path in [tmp_path / "a", *(tmp_path / "a").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_is_left_beside_the_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.obtain(KEY, FIELDS, builder())
    names = files(tmp_path / "cache" / "v1")
    shelf = f"{KEY[:2]}/{KEY}"
    expected = [shelf[:2], shelf, *(f"{shelf}/{name}" for name in ("meta.json", "plan", "used"))]
    expected += ["locks", f"locks/{KEY}", "locks/upkeep", "log.jsonl", "tmp"]
    assert [name for name in names if not name.startswith("locks/device-cpu-")] == sorted(expected)


@pytest.mark.parametrize("name", ["", "x", "A" * 64, "../" * 21 + "a", KEY + "0", KEY[:-1] + "\n"])
def test_what_is_no_key(tmp_path: Path, name: str) -> None:
    cache = Cache(tmp_path / "cache")
    for use in (cache.find, cache.timing, lambda key: cache.obtain(key, FIELDS, never)):
        with pytest.raises(UsageError, match="no key of the engine cache"):
            use(name)


def test_a_build_that_raises(tmp_path: Path) -> None:
    error = ZeroDivisionError("layer conv1")

    def build() -> Built:
        raise error

    cache = Cache(tmp_path / "cache", build_timeout=1.0)
    with pytest.raises(ZeroDivisionError) as caught:
        cache.obtain(KEY, FIELDS, build)
    assert caught.value is error
    assert not (tmp_path / "cache" / "v1" / KEY[:2]).exists()
    assert [event["why"] for event in events(tmp_path / "cache", "build-failed")] == ["ZeroDivisionError"]
    assert cache.obtain(KEY, FIELDS, builder()).origin == "built"


def test_an_error_of_the_disk_in_the_build_is_the_builds(tmp_path: Path) -> None:
    def build() -> Built:
        raise FileNotFoundError("weights.bin")

    warned: list[str] = []
    with pytest.raises(FileNotFoundError, match="weights.bin"):
        Cache(tmp_path / "cache", warn=warned.append).obtain(KEY, FIELDS, build)
    assert warned == []


def test_threads_of_one_process_build_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    count: list[int] = []
    origins: list[str] = []

    def build() -> Built:
        count.append(1)
        time.sleep(0.2)
        return Built(PLAN, {})

    def work() -> None:
        entry = cache.obtain(KEY, FIELDS, build)
        assert bytes(entry.bytes()) == PLAN
        origins.append(entry.origin)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
        assert not thread.is_alive()
    assert len(count) == 1
    assert sorted(origins) == ["built"] + ["waited"] * 7


def test_read_only_never_writes(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", read_only=True)
    entry = cache.obtain(KEY, FIELDS, builder(), what="m")
    assert (entry.origin, entry.plan, entry.data) == ("uncached", None, PLAN)
    assert (entry.meta["what"], entry.meta["size"]) == ("m", len(PLAN))
    cache.merge_timing(KEY, lambda stored: b"x")
    assert not cache.set_aside(KEY, "because")
    assert files(tmp_path) == []

    Cache(tmp_path / "cache").obtain(KEY, FIELDS, builder())
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")}
    hit = cache.obtain(KEY, FIELDS, never)
    assert (hit.origin, bytes(hit.bytes())) == ("hit", PLAN)
    (hit.plan or tmp_path).write_bytes(b"damage")
    warned: list[str] = []
    reader = Cache(tmp_path / "cache", read_only=True, warn=warned.append)
    assert reader.obtain(KEY, FIELDS, builder()).origin == "uncached"
    assert len(warned) == 1
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")}
    assert {path for path in after if after[path] != before.get(path)} == {hit.plan}


def test_a_hit_does_not_hash_again(tmp_path: Path) -> None:
    """The digest of an unchanged plan is remembered, once its ctime is two seconds old: by others as well."""
    data = content(64 << 20)
    root = tmp_path / "cache"
    Cache(root).obtain(KEY, FIELDS, lambda: Built(data, {}))
    checked = root / "v1" / KEY[:2] / KEY / "checked"
    Cache(root).find(KEY)
    assert not checked.exists(), "remembered while a change could have gone unseen"
    time.sleep(2.1)
    begin = time.process_time()
    assert Cache(root).find(KEY) is not None
    hashing = time.process_time() - begin
    assert checked.exists()
    begin = time.process_time()
    for _ in range(10):
        assert Cache(root).find(KEY) is not None
    assert (time.process_time() - begin) / 10 < hashing / 5


def test_a_hit_is_noted(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.obtain(KEY, FIELDS, builder())
    used = tmp_path / "cache" / "v1" / KEY[:2] / KEY / "used"
    recent = time.time() - 30
    os.utime(used, (recent, recent))
    cache.find(KEY)
    assert abs(used.stat().st_mtime - recent) < 1, "at most once a minute"
    os.utime(used, (1e9, 1e9))
    cache.find(KEY)
    assert abs(used.stat().st_mtime - time.time()) < 10
    used.unlink()
    cache.find(KEY)
    assert used.exists()


def test_set_aside_by_who_could_not_use_it(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    entry = cache.obtain(KEY, FIELDS, builder())
    assert cache.set_aside(KEY, "the runtime refused it")
    assert cache.find(KEY) is None
    assert [event["why"] for event in events(tmp_path / "cache", "set-aside")] == ["the runtime refused it"]
    assert not cache.set_aside(KEY, "twice")
    assert bytes(entry.bytes()) == PLAN


def test_five_of_what_was_set_aside_are_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for turn in range(7):
        cache.obtain(KEY, FIELDS, lambda turn=turn: Built(b"plan %d" % turn, {}))
        cache.set_aside(KEY, "because")
    kept = sorted((tmp_path / "cache" / "v1" / "bad").iterdir(), key=lambda path: path.name)
    assert [(path / "plan").read_bytes() for path in kept] == [b"plan %d" % turn for turn in range(2, 7)]
    assert all(path.name.startswith(f"{KEY}-") and path.name.endswith(f"-{os.getpid()}") for path in kept)


def test_a_sound_entry_is_never_replaced(tmp_path: Path) -> None:
    """As where locks do not reach other machines: another publishes while this builds."""
    cache = Cache(tmp_path / "cache")
    other = Cache(tmp_path / "cache", lock_root=tmp_path / "elsewhere")
    entry = cache.obtain(KEY, FIELDS, lambda: (other.obtain(KEY, FIELDS, builder(b"first")), Built(b"second", {}))[1])
    assert (entry.origin, bytes(entry.bytes())) == ("waited", b"first")
    assert entry.plan is not None
    assert entry.plan.read_bytes() == b"first"
    assert list((tmp_path / "cache" / "v1" / "tmp").iterdir()) == []


def test_a_damaged_entry_that_came_meanwhile_is_replaced(tmp_path: Path) -> None:
    warned: list[str] = []
    cache = Cache(tmp_path / "cache", warn=warned.append)

    def build() -> Built:
        folder = tmp_path / "cache" / "v1" / KEY[:2] / KEY
        folder.mkdir(0o700, parents=True)
        folder.parent.chmod(0o700)
        (folder / "plan").touch(0o600)
        return Built(PLAN, {})

    assert cache.obtain(KEY, FIELDS, build).origin == "built"
    assert len(warned) == 1
    assert cache.obtain(KEY, FIELDS, never).origin == "hit"


def test_bytes_that_are_no_plan_we_know(tmp_path: Path) -> None:
    """A plan of a later layout, which the reader takes for a damaged one, must not be built again and again."""
    later = bytearray(PLAN)
    later[-4:] = b"next"
    for data in (bytes(later), b"plain", b"", bytes(100)):
        cache = Cache(tmp_path / "cache")
        name = key(data)
        assert cache.obtain(name, FIELDS, builder(data)).meta["layout"] is None
        hit = cache.obtain(name, FIELDS, never)
        assert bytes(hit.bytes()) == data


def test_exclusive(tmp_path: Path) -> None:
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        with Cache(tmp_path / "cache").exclusive("conversion-../x", "m"):
            inside += 1
            most = max(most, inside)
            time.sleep(0.05)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
        assert not thread.is_alive()
    assert most == 1
    assert [path.name for path in (tmp_path / "cache" / "v1" / "locks").iterdir()] == ["conversion----x"]
    cache = Cache(tmp_path / "cache", build_timeout=0.2)
    with cache.exclusive("a"), cache.exclusive("b"), pytest.raises(BuildTimeout), cache.exclusive("a"):
        raise AssertionError("twice in there")


def test_exclusive_where_nothing_can_be_locked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for cache in (Cache(tmp_path / "cache", read_only=True), Cache(tmp_path / "file")):
        with pytest.raises(FileNotFoundError, match="of the body"), cache.exclusive("a"):
            raise FileNotFoundError("of the body")
    assert files(tmp_path) == ["file"]


def test_timing_caches(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    seen: list[bytes | None] = []

    def merge(stored: bytes | None) -> bytes:
        seen.append(stored)
        return (stored or b"") + b"x"

    for _ in range(3):
        cache.merge_timing(KEY, merge)
    assert seen == [None, b"x", b"xx"]
    assert cache.timing(KEY) == b"xxx"
    assert (tmp_path / "cache" / "v1" / "timing" / KEY).read_bytes() == b"xxx"
    with pytest.raises(ZeroDivisionError):
        cache.merge_timing(KEY, lambda stored: b"x" * (1 // 0))
    assert cache.timing(KEY) == b"xxx"


def test_timing_caches_lose_nothing_between_threads(tmp_path: Path) -> None:
    def work() -> None:
        cache = Cache(tmp_path / "cache")
        for _ in range(10):
            cache.merge_timing(KEY, lambda stored: (stored or b"") + b"x")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
        assert not thread.is_alive()
    assert Cache(tmp_path / "cache").timing(KEY) == b"x" * 40


def test_a_merge_that_hangs_elsewhere_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_cache, "_TIMING_TIMEOUT", 0.2)
    warned: list[str] = []
    cache = Cache(tmp_path / "cache", warn=warned.append)
    cache.merge_timing(KEY, lambda stored: (cache.merge_timing(KEY, lambda inner: b"inner"), b"outer")[1])
    assert cache.timing(KEY) == b"outer"
    assert len(warned) == 1
    assert "the timing cache is not kept" in warned[0]


def test_the_log_is_rotated(tmp_path: Path) -> None:
    root = tmp_path / "cache"
    cache = Cache(root)
    cache.obtain(KEY, FIELDS, builder())
    log = root / "v1" / "log.jsonl"
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()] == ["build-started", "built"]
    line = json.loads(log.read_text().splitlines()[1])
    assert {"event", "utc", "pid", "host", "key", "device", "seconds"} <= set(line)
    assert (line["pid"], line["key"], line["device"]) == (os.getpid(), KEY, "cpu")
    with log.open("ab") as file:
        file.write(b"x" * LOG_LIMIT + b"\n")
    cache.set_aside(KEY, "because")
    assert not log.exists()
    assert (root / "v1" / "log.1.jsonl").stat().st_size > LOG_LIMIT
    cache.obtain(KEY, FIELDS, builder())
    assert len(log.read_text().splitlines()) == 2


def test_warnings_have_a_class_of_their_own(tmp_path: Path) -> None:
    entry = Cache(tmp_path / "cache").obtain(KEY, FIELDS, builder())
    assert entry.plan is not None
    entry.plan.write_bytes(b"damage")
    with pytest.warns(CacheWarning, match="is damaged"):
        assert Cache(tmp_path / "cache").find(KEY) is None


@pytest.mark.parametrize(
    ("own", "xdg", "expected"),
    [
        ("/x/own", "/x/xdg", "/x/own"),
        ("", "/x/xdg", "/x/xdg/pytest-trt"),
        (None, "/x/xdg", "/x/xdg/pytest-trt"),
        (None, "relative", "HOME/.cache/pytest-trt"),
        (None, "", "HOME/.cache/pytest-trt"),
        (None, None, "HOME/.cache/pytest-trt"),
        ("~/mine", None, "HOME/mine"),
        ("here", None, "CWD/here"),
    ],
)
def test_default_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: str | None, xdg: str | None, expected: str
) -> None:
    for name, value in (("PYTEST_TRT_CACHE_DIR", own), ("XDG_CACHE_HOME", xdg), ("HOME", str(tmp_path / "home"))):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    wanted = Path(expected.replace("HOME", str(tmp_path / "home")).replace("CWD", str(tmp_path)))
    assert default_root() == wanted
    assert Cache().root == wanted
