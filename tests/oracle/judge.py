"""What TensorFlow Serving's own loader says of SavedModels, one JSON line each.

    python judge.py MODEL_DIR...          # folders that hold saved_model.pb
    python judge.py - < LIST              # the same, one folder a line

Run with a Python that has TensorFlow (tensorflow-cpu) and g++. Compiles
load_saved_model.cc against that wheel once and keeps the library in the cache
folder of the user. One process judges many models; a model whose load crashes
the process is a verdict too ("load": "crashed: ..."), and a fresh process goes
on with the next one.

Python's `tf.saved_model.load` is no substitute: it rejects models that the
server serves (functions nobody calls) and is silent on others.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "load_saved_model.cc"


def library() -> Path:
    """The loader compiled for the TensorFlow at hand; compiles it unless that is done."""
    import tensorflow as tf

    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pytest-trt" / "oracle"
    built = cache / f"libverdict-{tf.__version__}-{digest}.so"
    if not built.exists():
        cache.mkdir(parents=True, exist_ok=True)
        package = Path(tf.__file__).parent
        unfinished = built.with_suffix(f".{os.getpid()}")
        subprocess.run(
            ["g++", "-O1", "-w", "-shared", "-fPIC", *tf.sysconfig.get_compile_flags()]
            + ["-std=c++17", str(SOURCE), "-o", str(unfinished)]
            + [str(next(package.glob("libtensorflow_cc.so.2"))), *tf.sysconfig.get_link_flags()]
            + [f"-Wl,-rpath,{package}"],
            check=True,
        )
        unfinished.rename(built)
    return built


def judge_here(directories: list[str]) -> None:
    """Judge in this process; prints a line when a model begins and one when it is done."""
    import tensorflow  # noqa: F401  loads the libraries that the verdict's links to

    verdict = ctypes.CDLL(str(library())).verdict
    for directory in directories:
        print(json.dumps({"begin": directory}), flush=True)
        verdict(os.fsencode(directory))


def judge(directories: list[str], seconds: float = 600.0, tries: int = 3) -> dict[str, dict]:
    """Verdicts by folder: {"load": status, "signatures": {name: status}}; statuses as absl prints them.

    seconds bounds one worker process; a model at which it dies or stands still is
    {"load": "crashed: ...", "signatures": {}} if it does so each of the tries: TensorFlow itself aborts now and then
    after a failed request ("nsync_mu_unlock() an nsync_mu held in read mode").
    """
    verdicts: dict[str, dict] = {}
    for _ in range(tries):
        left = [one for one in directories if verdicts.get(one, _NOT_YET)["load"].startswith("crashed")]
        if not left:
            break
        verdicts.update(_judge_once(left, seconds))
    return verdicts


_NOT_YET = {"load": "crashed"}


def _judge_once(directories: list[str], seconds: float) -> dict[str, dict]:
    verdicts: dict[str, dict] = {}
    waiting = list(directories)
    while waiting:
        command = [sys.executable, __file__, "--here", "-"]
        try:
            run = subprocess.run(
                command, input="\n".join(waiting), capture_output=True, text=True, timeout=seconds, errors="replace"
            )
            out, end = run.stdout, f"exit {run.returncode}: {(run.stderr.strip().splitlines() or [''])[-1]}"
        except subprocess.TimeoutExpired as late:
            out, end = (late.stdout or b"").decode(errors="replace"), f"no answer in {seconds} s"
        begun = None
        for line in out.splitlines():
            if line.startswith('{"begin"'):
                begun = json.loads(line)["begin"]
            elif line.startswith('{"path"'):
                verdicts[begun] = json.loads(line)
                begun = None
        if begun is not None:
            verdicts[begun] = {"path": begun, "load": f"crashed: {end}", "signatures": {}}
        rest = [directory for directory in waiting if directory not in verdicts]
        if len(rest) == len(waiting):
            raise RuntimeError(f"the loader cannot be started: {end}")
        waiting = rest
    return verdicts


def main(arguments: list[str]) -> int:
    here = arguments[:1] == ["--here"]
    directories = arguments[1:] if here else arguments
    if directories == ["-"]:
        directories = sys.stdin.read().splitlines()
    if here:
        judge_here(directories)
        return 0
    library()
    for verdict in judge(directories).values():
        print(json.dumps(verdict), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
