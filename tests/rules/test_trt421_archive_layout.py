"""TRT421 words archives in which SageMaker's container finds no model."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

from pytest_trt_rules.trt421_archive_layout import archive_layout

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "conv" / "1"


def test_example(example: Any) -> None:
    example(archive_layout, "file", why="saved_model.pb lies at its root, not in a folder that is named by a number")


def packed(root: Path, inside: str) -> None:
    with tarfile.open(root / "model.tar.gz", "w:gz") as archive:
        archive.add(EXAMPLE, inside)


def test_fires(deploys: Any, repository: Any) -> None:
    root = repository({})
    packed(root, ".")
    (finding,) = deploys(archive_layout, root)
    assert finding.at.path.startswith(str(root / "model.tar.gz"))


def test_silent(deploys: Any, repository: Any) -> None:
    root = repository({})
    packed(root, "export/Servo/1")
    assert deploys(archive_layout, root) == []
