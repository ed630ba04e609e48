"""One network at a time, and a folder to convert it in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tf_models.networks import MODELS


@pytest.fixture(params=sorted(MODELS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str) -> Any:
    return MODELS[name]()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "converted").mkdir()
    return tmp_path / "converted"
