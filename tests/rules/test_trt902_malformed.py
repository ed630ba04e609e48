"""TRT902 says at which byte a file breaks its format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_trt.artifacts.location import Location
from pytest_trt_rules.trt902_malformed import malformed


def test_example(example: Any) -> None:
    example(malformed, "file", why="a message that ends inside a field")


def test_load(says: Any) -> None:
    finding = says(malformed, "load", why="a varint of more than ten bytes", at=Location("m/1/saved_model.pb"))
    assert finding.message.startswith(
        "The server will refuse to load this model: its bytes are not what they claim to be:"
    )


def test_fires(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    content = (model / "saved_model.pb").read_bytes()
    (model / "saved_model.pb").write_bytes(content[:3000])
    (finding,) = fires(malformed, model, "tensorflow/serving:2.20.0")
    assert finding.at.offset is not None


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(malformed, sample("oracle/c00_v1_clean"))
