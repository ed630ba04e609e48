"""Locks, between open files, threads and processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from racers import Racer, key, wait_for

from pytest_trt.engines.cache.folders import HOST, Folder, open_root
from pytest_trt.engines.cache.locks import acquire, attempt
from pytest_trt.engines.errors import BuildTimeout, CacheUnsafe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with open_root(tmp_path / "locks", create=True, foreign=False) as folder:
        yield folder


def test_one_holder_at_a_time(folder: Folder) -> None:
    lock = attempt(folder, "a")
    assert lock is not None
    assert attempt(folder, "a") is None
    other = attempt(folder, "b")
    assert other is not None
    other.release()
    lock.release()
    lock.release()
    again = attempt(folder, "a")
    assert again is not None
    again.release()


def test_the_file_names_the_holder_and_stays(folder: Folder) -> None:
    with acquire(folder, "a", 1.0, None, "resnet.onnx", "ab12") as lock:
        holder = json.loads((folder.path / "a").read_text())
        assert (holder["pid"], holder["host"], holder["what"], holder["key"]) == (
            os.getpid(),
            HOST,
            "resnet.onnx",
            "ab12",
        )
        assert lock.waited < 1.0
        inode = (folder.path / "a").stat().st_ino
    assert (folder.path / "a").read_bytes() == b""
    assert (folder.path / "a").stat().st_ino == inode
    assert (folder.path / "a").stat().st_mode & 0o777 == 0o600


def test_threads_exclude_each_other(folder: Folder) -> None:
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with acquire(folder, "a", 30.0, None):
                inside += 1
                most = max(most, inside)
                time.sleep(0.001)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
        assert not thread.is_alive()
    assert most == 1


def test_a_forked_child_does_not_keep_it(folder: Folder) -> None:
    """In a process of its own: this one may have threads, with which it must not fork."""
    script = """if True:
        import os, sys
        from pathlib import Path
        from pytest_trt.engines.cache.folders import open_root
        from pytest_trt.engines.cache.locks import attempt
        with open_root(Path(sys.argv[1]), False, False) as folder:
            lock = attempt(folder, "a")
            hold, let_go = os.pipe()
            if not os.fork():
                os.close(let_go)
                os.read(hold, 1)
                os._exit(0)
            print(attempt(folder, "a"))
            lock.release()
            print(attempt(folder, "a") is not None)
    """
    command = [sys.executable, "-c", script, str(folder.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["None", "True"]


def test_a_killed_holder_frees_it(folder: Folder, tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = {"lock_root": str(folder.path)}
    with Racer(tmp_path / "cache", "m", log, seconds=60.0, options=options).go() as racer:
        wait_for(log, "start")
        assert attempt(folder, key("m")) is None
        racer.process.kill()
        racer.process.wait(10.0)
        with acquire(folder, key("m"), 5.0, None) as lock:
            assert lock.waited < 5.0


def test_timeout_names_holder_lock_and_cure(folder: Folder) -> None:
    with acquire(folder, "a", 1.0, None, "resnet.onnx", "ab12cd34ef"):
        with pytest.raises(BuildTimeout) as caught:
            acquire(folder, "a", 0.3, None)
    text = str(caught.value)
    for part in (f"pid {os.getpid()} on {HOST}", "builds resnet.onnx (key ab12cd34...)", str(folder.path / "a")):
        assert part in text
    assert "--trt-build-timeout" in caught.value.cure
    assert f"kill {os.getpid()}" in caught.value.cure


def test_each_holder_has_the_whole_time(folder: Folder) -> None:
    """Three holders of 0.4 s each: a waiter who gives each of them 0.7 s goes on."""
    taken = threading.Barrier(2)

    def hold() -> None:
        for turn in range(3):
            with acquire(folder, "a", 10.0, None, f"model {turn}"):
                if not turn:
                    taken.wait(10.0)
                # Straight from one to the next, so that the waiter meets all three.
                time.sleep(0.4)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(10.0)
    with acquire(folder, "a", 0.7, None) as lock:
        assert lock.waited > 0.2
    thread.join(20.0)
    assert not thread.is_alive()


def test_notes_come_about_once_a_second(folder: Folder) -> None:
    notes: list[str] = []
    with acquire(folder, "a", 1.0, None, "res\x1b[31mnet\n.onnx", "ab12cd34ef"):
        with pytest.raises(BuildTimeout):
            acquire(folder, "a", 2.5, notes.append)
    assert [re.sub(r"pid \d+ on \S+,", "pid N on HOST,", note) for note in notes] == [
        r"waiting 1 s for pid N on HOST, which builds res\x1b[31mnet\n.onnx (key ab12cd34...)",
        r"waiting 2 s for pid N on HOST, which builds res\x1b[31mnet\n.onnx (key ab12cd34...)",
    ]


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b'{"pid": "x"}', b"\xff\xfe"])
def test_a_holder_that_says_nothing_useful(folder: Folder, text: bytes) -> None:
    with acquire(folder, "a", 1.0, None):
        (folder.path / "a").write_bytes(text)
        with pytest.raises(BuildTimeout, match="another process, which did not say who it is"):
            acquire(folder, "a", 0.1, None)


def test_links_and_fifos_are_refused(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (folder.path / "link").symlink_to(tmp_path / "mine")
    os.mkfifo(folder.path / "fifo", 0o600)
    with pytest.raises(CacheUnsafe, match="symbolic link"):
        attempt(folder, "link")
    with pytest.raises(CacheUnsafe, match="FIFO"):
        attempt(folder, "fifo")
    assert (tmp_path / "mine").read_text() == "precious"
