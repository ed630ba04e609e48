"""The engine cache: one build per key however many ask, readers without locks, and never half an entry.

It knows nothing about TensorRT: a builder is a callable that gives bytes. How it is laid out is in store.py and
entries.py; what keeps it from growing is in upkeep.py.
"""

from __future__ import annotations

import os
import time
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pytest_trt.engines.cache import upkeep
from pytest_trt.engines.cache.entries import NATIVE, Built, Damaged, Entry, Found, describe, read_entry, write_entry
from pytest_trt.engines.cache.folders import HOST, Folder, replace, shell
from pytest_trt.engines.cache.locks import acquire, attempt
from pytest_trt.engines.cache.store import Store, check_key
from pytest_trt.engines.errors import BuildTimeout, NativeCodeRefused, UsageError
from pytest_trt.errors import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from pytest_trt.engines.cache.digests import Stamp
    from pytest_trt.engines.cache.entries import Origin

__all__ = ["Built", "Cache", "CacheWarning", "Entry", "default_root"]

_TIMING_LIMIT = 1 << 30
# Merging takes milliseconds: whoever holds the lock longer is stopped, and the tactics of one build may be lost.
_TIMING_TIMEOUT = 60.0
_READ_ATTEMPTS = 3


class CacheWarning(UserWarning):
    """The cache could not do its work; the engine is there all the same."""


def default_root() -> Path:
    """PYTEST_TRT_CACHE_DIR, else $XDG_CACHE_HOME/pytest-trt where that is absolute, else ~/.cache/pytest-trt."""
    own = os.environ.get("PYTEST_TRT_CACHE_DIR", "")
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    try:
        if own:
            return Path(os.path.abspath(Path(own).expanduser()))
        if os.path.isabs(xdg):
            return Path(xdg, "pytest-trt")
        return Path.home() / ".cache" / "pytest-trt"
    except RuntimeError as error:
        raise UsageError(f"no folder for the engine cache: {error}", "set PYTEST_TRT_CACHE_DIR") from None


class Cache:
    """Engines by key, in ROOT/v1.

    root: default_root() where None. read_only: nothing is written, a miss is built and not kept, and what is there
    counts as somebody else's; with allow_native_code such plans may hold native code. max_bytes: beyond, the least
    recently used entries go. build_timeout: seconds for which one other process is waited for. notify: gets a line
    about once a second while this waits. lock_root: a folder for the locks, where the root's file system has none.
    warn: gets what went wrong with the disk; a CacheWarning where None. Making a Cache touches nothing.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        *,
        read_only: bool = False,
        allow_native_code: bool = False,
        max_bytes: int = 20 * 2**30,
        build_timeout: float = 1800.0,
        notify: Callable[[str], object] | None = None,
        lock_root: str | os.PathLike[str] | None = None,
        warn: Callable[[str], object] | None = None,
    ) -> None:
        path = default_root() if root is None else Path(os.path.abspath(root))
        self.store = Store(path, read_only, None if lock_root is None else Path(os.path.abspath(lock_root)))
        self.allow_native_code = allow_native_code
        self.max_bytes = max_bytes
        self.build_timeout = build_timeout
        self.notify = notify
        self.warn = _warn if warn is None else warn
        self.digests: dict[Stamp, str] = {}

    @property
    def root(self) -> Path:
        return self.store.root

    @property
    def read_only(self) -> bool:
        return self.store.read_only

    def find(self, key: str) -> Entry | None:
        """The entry, if it is there and sound; no lock is waited for.

        What is damaged is set aside, with a warning. Raises CacheUnsafe; NativeCodeRefused; UsageError where the key
        is none.
        """
        return self._find(check_key(key), "hit", time.monotonic(), locked=False)

    def obtain(
        self,
        key: str,
        fields: Mapping[str, object],
        build: Callable[[], Built],
        device: str = "cpu",
        what: str = "",
    ) -> Entry:
        """The entry; built if it is not there, unless another process or thread is just building it: then that one's.

        fields: what the key is the digest of. device: one build at a time runs for it ("cpu": for this machine).
        what: the model's name, for those who wait. Raises what find() and build() raise, and BuildTimeout. Where the
        disk cannot be written or locked, the engine is built all the same, and kept by nobody.
        """
        begin = time.monotonic()
        check_key(key)
        found = self._find(key, "hit", begin, locked=False)
        if found is not None:
            return found
        if self.read_only:
            return self._uncached(key, fields, build, device, what)
        with ExitStack() as held:
            try:
                locks = held.enter_context(self.store.locks())
                held.enter_context(acquire(locks, key, self.build_timeout, self.notify, what, key))
                found = self._find(key, "waited", begin, locked=True)
                if found is not None:
                    return found
                place = _device_lock(device)
                alone = held.enter_context(acquire(locks, place, self.build_timeout, self.notify, what, key))
            except OSError as error:
                self._trouble(error, what or key, "cannot be used")
                held.close()
                return self._uncached(key, fields, build, device, what)
            built, seconds = self._build(key, build, device, what)
            alone.release()
            entry = self._publish(key, describe(key, fields, built, seconds, what), built, seconds, begin)
        if entry.plan is not None:
            upkeep.tidy(self.store, self.max_bytes, keep=key)
        return entry

    @contextmanager
    def exclusive(self, name: str, what: str = "") -> Iterator[None]:
        """Only one process or thread at a time is in here with this name, as to convert a model.

        what: the model's name, for those who wait. Raises BuildTimeout, CacheUnsafe. Where the cache is read-only, or
        its disk cannot be written or locked, others may be in here as well.
        """
        with ExitStack() as held:
            if not self.read_only:
                try:
                    locks = held.enter_context(self.store.locks())
                    held.enter_context(acquire(locks, _plain(name), self.build_timeout, self.notify, what))
                except OSError:
                    pass  # obtain() will say so.
            yield

    def set_aside(self, key: str, why: str) -> bool:
        """Move an entry out of the way, as one that TensorRT refuses; whether that was done.

        It lies in v1/bad then, where the newest five are kept. One whose lock is held is left alone.
        """
        check_key(key)
        if self.read_only:
            return False
        try:
            with self.store.version() as version, version.inner(key[:2]) as shelf, shelf.inner(key) as folder:
                return self._set_aside(version, shelf, folder, key, why, locked=False)
        except FileNotFoundError:
            return False
        except OSError as error:
            self._trouble(error, f"the engine {key[:12]}", "cannot be written")
            return False

    def timing(self, key: str) -> bytes | None:
        """The timing cache of that key. Raises CacheUnsafe; UsageError where the key is none."""
        check_key(key)
        try:
            with self.store.version() as version, version.inner("timing") as folder:
                data = folder.read(key, _TIMING_LIMIT)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._trouble(error, "the timing cache", "cannot be read")
            return None
        return data if len(data) <= _TIMING_LIMIT else None

    def merge_timing(self, key: str, merge: Callable[[bytes | None], bytes]) -> None:
        """Replace the timing cache by merge(what is there now), one process at a time.

        Raises what merge() raises, and CacheUnsafe. A disk that cannot be written, or a process that merges for more
        than a minute, is a warning. Does nothing where the cache is read-only.
        """
        check_key(key)
        if self.read_only:
            return
        with ExitStack() as held:
            try:
                locks = held.enter_context(self.store.locks())
                held.enter_context(acquire(locks, f"timing-{key}", _TIMING_TIMEOUT, self.notify, "a timing cache"))
            except OSError as error:
                self._trouble(error, "the timing cache", "cannot be written")
                return
            except BuildTimeout as error:
                self.warn(f"the timing cache is not kept: {error.what}")
                return
            before = self.timing(key)
            after = merge(before)
            if after == before:
                return
            try:
                with self.store.version(create=True) as version, version.inner("timing", create=True) as folder:
                    replace(version, folder, key, after)
            except OSError as error:
                self._trouble(error, "the timing cache", "cannot be written")

    def _find(self, key: str, origin: Origin, begin: float, locked: bool) -> Entry | None:
        try:
            for _ in range(_READ_ATTEMPTS):
                with self.store.version() as version, version.inner(key[:2]) as shelf, shelf.inner(key) as folder:
                    try:
                        found = read_entry(folder, key, self.digests, write=not self.read_only)
                    except Damaged as damage:
                        # Another process has removed or replaced it while it was read.
                        if not shelf.holds(key, folder):
                            continue
                        self.warn(f"the cached engine {visible(folder.path)} is damaged, and not used: {damage}")
                        if not self.read_only:
                            self._set_aside(version, shelf, folder, key, str(damage), locked)
                        return None
                self._refuse_native(found, folder.path)
                plan = folder.path / "plan"
                return Entry(key, plan, found.meta, None, origin, time.monotonic() - begin, found.view)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._trouble(error, f"the engine {key[:12]}", "cannot be read")
        return None

    def _refuse_native(self, found: Found, path: Path) -> None:
        if not self.read_only or self.allow_native_code or found.plan is None:
            return
        names = [name for name, _, _ in found.plan.entries if name in NATIVE]
        if names:
            raise NativeCodeRefused(
                f"{visible(path / 'plan')} holds native code ({', '.join(names)}), and the cache is used read-only:"
                " whoever filled it would run that code here",
                "build the engine without it, or allow it with --trt-allow-native-code if you trust the cache",
            )

    def _set_aside(self, version: Folder, shelf: Folder, folder: Folder, key: str, why: str, locked: bool) -> bool:
        """Under the key's lock, so that what another process publishes meanwhile is never taken for this."""
        with ExitStack() as held:
            if not locked:
                lock = attempt(held.enter_context(self.store.locks()), key)
                if lock is None:
                    return False
                held.enter_context(lock)
            if not shelf.holds(key, folder):
                return False
            with version.inner("bad", create=True) as bad:
                shelf.move(key, bad, upkeep.bad_name(key))
                upkeep.keep_newest(bad)
        self.store.log("set-aside", key, why=why)
        return True

    def _build(self, key: str, build: Callable[[], Built], device: str, what: str) -> tuple[Built, float]:
        self.store.log("build-started", key, device, what=what)
        begin = time.monotonic()
        try:
            built = build()
        except BaseException as error:
            self.store.log("build-failed", key, device, time.monotonic() - begin, what=what, why=type(error).__name__)
            raise
        seconds = time.monotonic() - begin
        self.store.log("built", key, device, seconds, what=what)
        return built, seconds

    def _publish(self, key: str, meta: dict[str, Any], built: Built, seconds: float, begin: float) -> Entry:
        """The entry in the cache; a sound one that is there already, which only a lock that failed allows, is kept."""
        try:
            for _ in range(2):
                try:
                    with self.store.version(create=True) as version:
                        write_entry(version, key, built.plan, meta)
                    return Entry(key, self.store.path / key[:2] / key / "plan", meta, built.plan, "built", seconds)
                except FileExistsError:
                    found = self._find(key, "waited", begin, locked=True)
                    if found is not None:
                        return found
        except OSError as error:
            self._trouble(error, meta["what"] or key, "cannot be written")
        return Entry(key, None, meta, built.plan, "uncached", seconds)

    def _uncached(
        self, key: str, fields: Mapping[str, object], build: Callable[[], Built], device: str, what: str
    ) -> Entry:
        begin = time.monotonic()
        built = build()
        seconds = time.monotonic() - begin
        return Entry(key, None, describe(key, fields, built, seconds, what), built.plan, "uncached", seconds)

    def _trouble(self, error: OSError, what: str, problem: str) -> None:
        self.warn(
            f"the engine cache {visible(self.root)} {problem} ({error.strerror or error}): {visible(what)} is used"
            f" without it. See df {shell(self.root)} and ls -ld {shell(self.root)},"
            " or name another folder with --trt-cache-dir"
        )


def _device_lock(device: str) -> str:
    """The name of a device's lock. GPUs have unique names; "cpu" is another one on each machine."""
    return _plain(f"device-{device}-{HOST}" if device == "cpu" else f"device-{device}")


def _plain(name: str) -> str:
    """As the name of a file; two that become the same share a lock."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)[:160]


def _warn(text: str) -> None:
    warnings.warn(text, CacheWarning, stacklevel=4)
