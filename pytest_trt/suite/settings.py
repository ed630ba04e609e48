"""What the command line, the environment and ini files say, in this order, read once for a run."""

from __future__ import annotations

import math
import os
import re
import reprlib
from dataclasses import dataclass
from pathlib import Path

import pytest

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

BACKENDS = ("auto", "tensorrt", "tensorrt_rtx")
CUDAS = ("auto", "pycuda", "cuda-core")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Settings:
    """Options of a run. cache_dir: None for the default place. cache_size: bytes. build_timeout: seconds.

    device: index among the visible GPUs. evidence: the folder for records, None for none.
    """

    cache_dir: Path | None = None
    cache_read_only: bool = False
    cache_size: int = 20 * 2**30
    build_timeout: float = 1800.0
    allow_native_code: bool = False
    backend: str = "auto"
    cuda: str = "auto"
    device: int = 0
    require_gpu: bool = False
    evidence: Path | None = None
    seed: int = 0
    lint: bool = False
    update_goldens: bool = False


_KEY = pytest.StashKey[Settings]()


def of(config: pytest.Config) -> Settings:
    """The settings of a run. Raises pytest.UsageError for a value that cannot be used, naming where it stands."""
    known = config.stash.get(_KEY, None)
    if known is None:
        known = config.stash[_KEY] = _read(config)
    return known


def _read(config: pytest.Config) -> Settings:
    values: dict[str, Any] = {}
    _ini(config, "trt_gpu_per_worker")
    for name, parse in _PARSERS.items():
        place, text, folder = _said(config, name)
        if text is None:
            continue
        if not isinstance(text, (str, bool)):  # a list in pyproject.toml
            raise pytest.UsageError(f"{place}: {reprlib.repr(text)} is no text; write one value, in quotes")
        try:
            values[name] = parse(text, folder)
        except ValueError as error:
            raise pytest.UsageError(f"{place}: {error}") from None
    return Settings(**values, update_goldens=bool(config.getoption("trt_update_goldens")))


def _said(config: pytest.Config, name: str) -> tuple[str, str | bool | None, Path]:
    """Where an option is set, what it says there, and the folder that a relative path begins at; None where nowhere."""
    option = config.getoption(f"trt_{name}")
    if option is not None:
        return f"--trt-{name.replace('_', '-')}", option, config.invocation_params.dir
    variable = f"PYTEST_TRT_{name.upper()}"
    if os.environ.get(variable):
        return variable, os.environ[variable], config.invocation_params.dir
    folder = config.inipath.parent if config.inipath is not None else config.rootpath
    value = _ini(config, f"trt_{name}")
    # Before pytest 8 a switch that is not set is an empty list.
    return _place(config, f"trt_{name}"), value if isinstance(value, bool) or value else None, folder


def _ini(config: pytest.Config, name: str) -> Any:
    """Raises pytest.UsageError for a switch that is neither true nor false; before pytest 9 that is a ValueError."""
    try:
        return config.getini(name)
    except (ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"{_place(config, name)}: {error}") from None


def _place(config: pytest.Config, name: str) -> str:
    return f"{name} in {config.inipath.name}" if config.inipath is not None else name


def _switch(value: str | bool, folder: Path) -> bool:
    if isinstance(value, bool):
        return value
    if value.strip().lower() not in _TRUTH:
        raise ValueError(f"{value!r} is neither true nor false")
    return _TRUTH[value.strip().lower()]


def _path(value: str, folder: Path) -> Path:
    return folder / Path(value).expanduser()


def size(text: str) -> int:
    """Bytes of "20GiB", "500 MB" or "1000000". Raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]i?|)(?:b|)", text.strip().lower(), re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is no size; write it as 20GiB or 500MB")
    return int(float(match[1]) * _UNITS[match[2]])


def _size(value: str, folder: Path) -> int:
    return size(value)


def _seconds(value: str, folder: Path) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < math.inf:
        raise ValueError(f"{value!r} is no number of seconds; write it as 600")
    return seconds


def _number(value: str, folder: Path) -> int:
    if re.fullmatch(r"\d{1,18}", value.strip(), re.ASCII) is None:
        raise ValueError(f"{value!r} is no whole number from 0 up")
    return int(value)


def _one_of(names: tuple[str, ...]) -> Callable[[str, Path], str]:
    def parse(value: str, folder: Path) -> str:
        known = {name.replace("-", "_"): name for name in names}
        if value.lower().replace("-", "_") not in known:
            raise ValueError(f"there is no {value!r}; use {', '.join(names[:-1])} or {names[-1]}")
        return known[value.lower().replace("-", "_")]

    return parse


_PARSERS: dict[str, Callable[[Any, Path], object]] = {
    "cache_dir": _path,
    "cache_read_only": _switch,
    "cache_size": _size,
    "build_timeout": _seconds,
    "allow_native_code": _switch,
    "backend": _one_of(BACKENDS),
    "cuda": _one_of(CUDAS),
    "device": _number,
    "require_gpu": _switch,
    "evidence": _path,
    "seed": _number,
    "lint": _switch,
}
