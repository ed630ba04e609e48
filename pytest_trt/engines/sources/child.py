"""A Python program run beside the tests, with its output kept: TensorFlow's work, away from this process's GPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from pytest_trt.engines.errors import ConversionFailed
from pytest_trt.errors import visible

_TAIL = 16 << 10
_LINES = 12


def run_child(what: str, arguments: list[str], folder: Path, log: Path, timeout: float) -> None:
    """Run Python with these arguments in a folder, its output in a file; the child sees no GPU.

    what: what has failed if it fails. Raises ConversionFailed with the last lines where it ends badly or does not end
    within so many seconds. The child finds the modules that this process finds, and dies with its own children.
    """
    folder = folder.resolve()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    environment.update(
        CUDA_VISIBLE_DEVICES="-1",
        TF_CPP_MIN_LOG_LEVEL="2",
        KERAS_BACKEND="tensorflow",
        PYTHONHASHSEED="0",  # tf2onnx walks sets: one source shall give one ONNX model
        PYTHONPATH=os.pathsep.join(os.path.abspath(path) for path in sys.path if path),
    )
    with open(log, "wb") as output:
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status: int | None = child.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
    if status == 0:
        return
    ended = f"after {timeout:g} s" if status is None else f"by signal {-status}" if status < 0 else f"status {status}"
    text = "".join(f"\n    {line}" for line in _last_lines(log))
    cure = f"the whole log is {str(log)!r}"
    raise ConversionFailed(f"{what} (ended {ended}){text}", f"raise timeout=; {cure}" if status is None else cure)


def _last_lines(log: Path) -> list[str]:
    """The end of a log without the frames of tracebacks, everything escaped that does not print."""
    with open(log, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
        lines = file.read().decode("utf-8", "replace").splitlines()
    kept = [line for line in lines if line.strip() and not line.startswith(("  ", "Traceback"))]
    return [visible(line[:400]) for line in kept[-_LINES:]]
