"""Engines that TensorRT-RTX builds on this CPU. Without TensorRT-RTX these fail; they never skip."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from networks.in_onnx import convolution

from pytest_trt.engines.provide import Provider


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "convolution.onnx"
    onnx.save(convolution(), path)
    return path


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    return Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx")
