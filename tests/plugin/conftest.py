"""What the plugin's tests share."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from suites import Suite


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """A suite without tests."""
    return Suite(tmp_path)


@pytest.fixture
def xdist() -> None:
    """Skips where xdist is not installed: what it adds cannot be seen there."""
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("xdist is not installed")
