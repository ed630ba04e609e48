"""TRT901 fires on paths that the operating system does not open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pytest_trt_rules.trt901_unreadable import unreadable


def test_example(example: Any) -> None:
    example(unreadable, "file", why="permission denied")


def test_fires(fires: Any, tmp_path: Path) -> None:
    fires(unreadable, tmp_path / "absent.pb")


def test_fires_on_a_fifo(fires: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.pb")
    (finding,) = fires(unreadable, tmp_path / "model.pb")
    assert "FIFO" in finding.message


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(unreadable, sample("oracle/c00_v1_clean"))
