"""TRT304 lists the tag sets that are there."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt304_no_serve_tag import no_serve_tag


def test_example(example: Any) -> None:
    hint = example(no_serve_tag, "load", tags="train; serve,gpu").hint
    assert "--saved_model_tags=train." in hint


def test_several_tags(says: Any) -> None:
    assert "--saved_model_tags=serve,gpu." in says(no_serve_tag, "load", tags="serve,gpu").hint


def test_no_tags(says: Any) -> None:
    finding = says(no_serve_tag, "load", tags="")
    assert "the file has no tags." in finding.message and "--saved_model_tags" not in finding.hint


def test_hostile_tags_make_no_command(says: Any) -> None:
    assert "rm" not in says(no_serve_tag, "load", tags="x; rm -rf").hint.replace("--saved_model_tags=x", "")
    assert "--saved_model_tags" not in says(no_serve_tag, "load", tags="$(rm)").hint


def test_fires(fires: Any, sample: Any) -> None:
    (finding,) = fires(no_serve_tag, sample("oracle/c26_v1_no_serve_tag"), "tensorflow/serving:2.20.0")
    assert "{train}" in finding.message
    assert "Could not find meta graph def matching supplied tags: { serve }" in finding.quote


def test_silent_on_two_metagraphs(silent: Any, product: Any) -> None:
    silent(no_serve_tag, product("meta.other-tags.undefined.f"))
