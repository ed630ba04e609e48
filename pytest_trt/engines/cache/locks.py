"""Locks between processes and threads: flock on files that are never removed, so that a killed holder frees them.

The holder writes {"pid", "host", "since", "what", "key"} into the file, for those who wait.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from datetime import datetime, timezone

from pytest_trt.engines.cache.folders import HOST, shell
from pytest_trt.engines.errors import BuildTimeout
from pytest_trt.errors import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from pytest_trt.engines.cache.folders import Folder

_HOLDER_LIMIT = 4096
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1
_TELL_EVERY = 1.0


class Lock:
    """A lock that is held until release() or the end of the process. waited: seconds that it took to get it."""

    __slots__ = ("_fd", "waited")

    def __init__(self, fd: int, waited: float) -> None:
        self._fd = fd
        self.waited = waited

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give it back; once more does nothing."""
        if self._fd < 0:
            return
        fd, self._fd = self._fd, -1
        try:
            os.ftruncate(fd, 0)
            # A child that was forked while it was held has the same open file: closing ours would not unlock it.
            fcntl.flock(fd, fcntl.LOCK_UN)
        except OSError:
            pass
        finally:
            os.close(fd)


def attempt(folder: Folder, name: str, what: str = "", key: str = "") -> Lock | None:
    """The lock, or None where somebody holds it. Raises OSError where the file system cannot lock; CacheUnsafe."""
    fd = folder.open(name, os.O_RDWR | os.O_CREAT)
    try:
        if _taken(fd):
            _sign(fd, what, key)
            return Lock(fd, 0.0)
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None


def acquire(
    folder: Folder, name: str, timeout: float, notify: Callable[[str], object] | None, what: str = "", key: str = ""
) -> Lock:
    """The lock. About once a second, notify() is told how long this waits, and for whom.

    timeout: seconds for which one holder may keep it; each new holder has as long. Raises BuildTimeout, CacheUnsafe,
    OSError where the file system cannot lock.
    """
    begin = since = told = time.monotonic()
    fd = folder.open(name, os.O_RDWR | os.O_CREAT)
    pause = _FIRST_PAUSE
    signature = b""
    try:
        while not _taken(fd):
            now = time.monotonic()
            seen = os.pread(fd, _HOLDER_LIMIT, 0)
            if seen and seen != signature:
                since = now if signature else since
                signature = seen
            if now - since >= timeout:
                raise _timeout(folder.path / name, signature, now - begin)
            if notify is not None and now - told >= _TELL_EVERY:
                told = now
                notify(f"waiting {now - begin:.0f} s for {_who(signature)}")
            time.sleep(min(pause, max(0.0, since + timeout - now)))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        _sign(fd, what, key)
    except BaseException:
        os.close(fd)
        raise
    return Lock(fd, time.monotonic() - begin)


def hold_folder(folder: Folder) -> None:
    """Lock the folder itself for as long as it is open, where the file system can: is_abandoned() then spares it."""
    try:
        fcntl.flock(folder.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pass


def is_abandoned(folder: Folder, name: str) -> bool:
    """Whether the file or folder of that name is one that nobody holds by hold_folder()."""
    try:
        with folder.inner(name) as inner:
            fcntl.flock(inner.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except NotADirectoryError:
        return True
    except OSError:
        return False
    return True


def _taken(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN):
            return False
        raise
    return True


def _sign(fd: int, what: str, key: str) -> None:
    since = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    holder = {"pid": os.getpid(), "host": HOST, "since": since, "what": what[:1024], "key": key}
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps(holder).encode(), 0)
    except OSError:
        pass  # A full disk: the lock holds all the same, without a name.


def _holder(signature: bytes) -> dict[str, object] | None:
    try:
        holder = json.loads(signature)
    except ValueError:
        return None
    return holder if isinstance(holder, dict) and isinstance(holder.get("pid"), int) else None


def _who(signature: bytes) -> str:
    holder = _holder(signature)
    if holder is None:
        return "another process, which did not say who it is"
    key = visible(str(holder.get("key") or ""))[:8]
    building = f"builds {visible(holder.get('what') or 'an engine')}" + (f" (key {key}...)" if key else "")
    return f"pid {holder['pid']} on {visible(holder.get('host'))}, which {building}"


def _timeout(path: Path, signature: bytes, seconds: float) -> BuildTimeout:
    holder = _holder(signature)
    since = f" since {visible(holder.get('since'))}" if holder else ""
    end = f"kill {holder['pid']} on {visible(holder.get('host'))}" if holder else f"see fuser {shell(path)}"
    return BuildTimeout(
        f"waited {seconds:.0f} s for {_who(signature)}{since}, and has the lock {visible(path)}",
        f"if it hangs, end it ({end}): its lock goes with it; if it needs that long, raise --trt-build-timeout",
    )
