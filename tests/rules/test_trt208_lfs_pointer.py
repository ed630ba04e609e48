"""TRT208 fires on pointers of git LFS under an engine's or a graph's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt208_lfs_pointer import lfs_pointer

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5419\n"


def test_example(example: Any) -> None:
    assert "git lfs pull" in example(lfs_pointer, "file", file="resnet.plan").hint


@pytest.mark.parametrize("name", ["resnet.plan", "resnet.engine", "resnet.trt", "frozen.pb", "resnet.onnx"])
def test_fires(fires: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(POINTER)
    (finding,) = fires(lfs_pointer, tmp_path / name)
    assert finding.severity == "error"
    assert f"In place of {name} stands" in finding.message


def test_fires_in_place_of_a_saved_model(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    (model / "saved_model.pb").write_text(POINTER)
    (finding,) = fires(lfs_pointer, model, "tensorflow/serving:2.20.0")
    assert "In place of saved_model.pb stands" in finding.message
    assert "as binary proto" in finding.quote


def test_silent_on_the_file_itself(silent: Any) -> None:
    silent(lfs_pointer, Path(__file__).resolve().parent.parent / "data" / "plans" / "fp32.plan")


def test_silent_on_text_about_it(silent: Any, tmp_path: Path) -> None:
    (tmp_path / "README").write_text(f"A pointer looks so:\n{POINTER}")
    silent(lfs_pointer, tmp_path)
