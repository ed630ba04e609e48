"""TRT307 tells a load without variables from a load that fails on them."""

from __future__ import annotations

import shutil
from typing import Any

from pytest_trt_rules.trt307_variables_missing import variables_missing


def test_example(example: Any) -> None:
    what = "variables/variables.index is missing"
    example(variables_missing, "request", signature="serving_default", what=what, variable="a")


def test_load(says: Any) -> None:
    message = says(variables_missing, "load", what="variables.data-00000-of-00001 is missing").message
    assert message.startswith("The server will refuse to load this model: it needs its variables, and variables.data-")


def test_another_checkpoint(says: Any, fires: Any, product: Any) -> None:
    what = "the checkpoint has no 'v', which the graph restores"
    assert says(variables_missing, "load", what=what, variable="v").hint.startswith("Export the model again")
    (finding,) = fires(variables_missing, product("variable.restore-key-missing"), "tensorflow/serving:2.20.0")
    assert "Key v not found in checkpoint" in finding.quote


def test_fires_without_the_folder(fires: Any, sample: Any) -> None:
    model = sample("oracle/c24_v1_no_variables_dir")
    shutil.rmtree(model / "variables", ignore_errors=True)
    (finding,) = fires(variables_missing, model, "tensorflow/serving:2.20.0")
    assert finding.message.startswith("The model will load, but")
    assert "uninitialized value" in finding.quote


def test_fires_on_a_cut_shard(fires: Any, sample: Any) -> None:
    (finding,) = fires(variables_missing, sample("oracle/c24d_v1_truncated_shard"), "tensorflow/serving:2.20.0")
    assert finding.message.startswith("The server will refuse to load this model")
    assert "Read less bytes than requested" in finding.quote


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(variables_missing, sample("oracle/c00_v1_clean"))


def test_silent_without_variables(silent: Any, product: Any) -> None:
    silent(variables_missing, product("main.path.clean"))
