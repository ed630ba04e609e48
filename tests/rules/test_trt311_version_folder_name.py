"""TRT311 words folders that are ignored and folders that mean the same version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_trt_rules.trt311_version_folder_name import version_folder_name


def test_example(example: Any) -> None:
    assert "BASE/1" in example(version_folder_name, "file", kind="ignored", name="v1").hint


def test_duplicate(says: Any) -> None:
    message = says(version_folder_name, "file", kind="duplicate", name="001", other="1").message
    assert "'001' and '1'" in message and "same version" in message


def test_fires(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    model.rename(model.parent / "v1")
    (finding,) = fires(version_folder_name, model.parent)
    assert finding.severity == "warning" and "'v1' is not an integer" in finding.message


def test_fires_on_duplicates(fires: Any, sample: Any) -> None:
    import shutil

    model: Path = sample("oracle/c00_v1_clean")
    shutil.copytree(model, model.parent / "001")
    findings = fires(version_folder_name, model.parent)
    assert "same version" in findings[0].message


def test_silent_on_leading_zeros(silent: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    model.rename(model.parent / "00000123")
    silent(version_folder_name, model.parent)
