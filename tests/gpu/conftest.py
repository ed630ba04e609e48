"""Real engines on a real GPU. Without one these fail; they never skip: `tox -e gpu` is asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from networks.in_onnx import TACTICS

from pytest_trt.engines.provide import Provider
from pytest_trt.engines.running.engine import Engine


@pytest.fixture(scope="session")
def cache_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache", numbered=True) / "trt"


@pytest.fixture(scope="session")
def provider(cache_root: Path) -> Provider:
    return Provider(cache_root=cache_root, backend="tensorrt")


@pytest.fixture
def build(provider: Provider) -> Iterator[Callable[..., Engine]]:
    """provider.engine, its engines closed after the test."""
    made: list[Engine] = []

    def engine(source: Any, **options: Any) -> Engine:
        made.append(provider.engine(source, tactic_sources=TACTICS, **options))
        return made[-1]

    yield engine
    for one in made:
        one.close()
