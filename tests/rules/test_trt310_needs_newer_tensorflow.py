"""TRT310 compares min_consumer with what the target reads."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt310_needs_newer_tensorflow import needs_newer_tensorflow


def test_example(example: Any) -> None:
    example(needs_newer_tensorflow, "load", needs="99998", has="1882")


def test_unknown_version_of_the_target(says: Any) -> None:
    assert "and the server's is older." in says(needs_newer_tensorflow, "load", needs="99998").message


def test_fires(fires: Any, product: Any) -> None:
    (finding,) = fires(needs_newer_tensorflow, product("graph.min-consumer"), "tensorflow/serving:2.17.1")
    assert "GraphDef min consumer version 99998 above current version 1882" in finding.quote


def test_silent_on_a_newer_producer(silent: Any, product: Any) -> None:
    silent(needs_newer_tensorflow, product("graph.producer"), "tensorflow/serving:2.17.1")
