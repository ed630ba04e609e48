"""Other processes that use the engine cache. Imported, it starts them; `python racers.py` is one of them.

A racer says that it is ready, waits for a line, asks the cache for its engine, and prints what came of it as JSON.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import resource
import struct
import subprocess
import sys
import time
from pathlib import Path

from pytest_trt.engines.cache.cache import Built, Cache
from pytest_trt.errors import TrtError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

PLANS = Path(__file__).parent / "data" / "plans"
PLAN = (PLANS / "fp16.plan").read_bytes()
WAIT = 60.0
# The number of the system call.
FLOCK = {"x86_64": 73, "aarch64": 32}


def key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def content(size: int) -> bytes:
    """The same bytes in every process, without a pattern that a cut or a hole would keep."""
    return hashlib.shake_128(b"plan").digest(size) if size else PLAN


class Racer:
    """A process that waits for go() to ask for the key. log: gets a line when its build starts and when it ends.

    options: of the Cache. size: of what it builds; 0: a real plan. uid: whom it becomes. fsize: how long its files may
    get. flock: the error that it gets for every lock.
    """

    def __init__(self, root: Path, name: str, log: Path, seconds: float = 0.0, **more: Any) -> None:
        order = {"root": str(root), "key": key(name), "log": str(log), "seconds": seconds, **more}
        self.process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(order)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def __enter__(self) -> Racer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate(timeout=WAIT)

    @property
    def pid(self) -> int:
        return self.process.pid

    def go(self) -> Racer:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self

    def result(self) -> dict[str, Any]:
        text, _ = self.process.communicate(timeout=WAIT)
        result: dict[str, Any] = json.loads(text)
        return result


def wait_for(log: Path, line: str, times: int = 1) -> None:
    """Until the log has so many lines that begin so."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        if log.exists() and sum(one.startswith(line) for one in log.read_text().splitlines()) >= times:
            return
        time.sleep(0.01)
    raise AssertionError(f"no {line!r} in the log after {WAIT:.0f} s")


def events(root: Path, event: str) -> list[dict[str, Any]]:
    """What the cache's own log says of that event."""
    lines = [json.loads(line) for line in (root / "v1" / "log.jsonl").read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


def _race(order: dict[str, Any]) -> dict[str, Any]:
    notes: list[str] = []
    warned: list[str] = []

    def append(event: str) -> None:
        fd = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.write(fd, f"{event} {order['key'][:8]} {os.getpid()} {time.monotonic()}\n".encode())
        os.close(fd)

    def build() -> Built:
        append("start")
        time.sleep(order["seconds"])
        if order.get("fails"):
            raise RuntimeError("the builder gave up")
        append("end")
        return Built(content(order.get("size", 0)), {"maker": os.getpid()})

    cache = Cache(order["root"], notify=notes.append, warn=warned.append, **order.get("options", {}))
    try:
        entry = cache.obtain(order["key"], {"n": 1}, build, order.get("device", "cpu"), order.get("what", ""))
    except (TrtError, RuntimeError) as error:
        return {"error": type(error).__name__, "text": str(error), "notes": notes, "warned": warned}
    return {
        "origin": entry.origin,
        "sha256": hashlib.sha256(entry.bytes()).hexdigest(),
        "plan": None if entry.plan is None else str(entry.plan),
        "meta": entry.meta,
        "notes": notes,
        "warned": warned,
    }


def _refuse_flock(number: int) -> None:
    """A seccomp filter: flock fails with that error, all else is allowed."""
    load, jump_if_equal, give = 0x20, 0x15, 0x06
    steps = (
        (load, 0, 0, 0),
        (jump_if_equal, 0, 1, FLOCK[platform.machine()]),
        (give, 0, 0, 0x00050000 | number),
        (give, 0, 0, 0x7FFF0000),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    assert prctl(no_new_privileges, 1, 0, 0, 0) == 0
    assert prctl(set_seccomp, mode_filter, program, 0, 0) == 0, os.strerror(ctypes.get_errno())


def _main() -> None:
    order = json.loads(sys.argv[1])
    if "uid" in order:
        os.setgroups([])
        os.setgid(order["uid"])
        os.setuid(order["uid"])
    if "fsize" in order:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["fsize"], order["fsize"]))
    if "flock" in order:
        _refuse_flock(order["flock"])
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(_race(order)), flush=True)


if __name__ == "__main__":
    _main()
