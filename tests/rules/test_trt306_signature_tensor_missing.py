"""TRT306 names the tensor and the side of the signature."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt306_signature_tensor_missing import signature_tensor_missing


def test_example(example: Any) -> None:
    facts = {"tensor": "nope:0", "side": "output", "node": "nope"}
    hint = example(signature_tensor_missing, "request", signature="serving_default", **facts).hint
    assert "saved_model_cli show --dir FOLDER --all" in hint


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("output-node", "its output is the tensor 'nobody:0', and the graph has none of that name"),
        ("output-index-9", "its output is the tensor 'y:9', and node 'y' has no such output"),
        ("input-twice", "two of its inputs are the tensor 'x:0'"),
        ("output-is-input", "the tensor 'x:0' is an input and an output of it"),
        ("input-unfed", "it needs a value for placeholder 'x', which is none of its inputs"),
    ],
)
def test_what_is_wrong(fires: Any, product: Any, name: str, words: str) -> None:
    (finding,) = fires(signature_tensor_missing, product(f"signature.{name}"), "tensorflow/serving:2.20.0")
    assert words in finding.message


@pytest.mark.parametrize("name", ["output-node", "output-index", "input-node", "two-outputs-missing"])
def test_fires(fires: Any, product: Any, name: str) -> None:
    findings = fires(signature_tensor_missing, product(f"signature.{name}"), "tensorflow/serving:2.20.0")
    assert "'serving_default'" in findings[0].message


@pytest.mark.parametrize("name", ["output-no-index", "none"])
def test_silent(silent: Any, product: Any, name: str) -> None:
    silent(signature_tensor_missing, product(f"signature.{name}"), "tensorflow/serving:2.20.0")
