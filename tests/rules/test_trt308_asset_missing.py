"""TRT308 fires on assets that something reads."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt308_asset_missing import asset_missing


def test_example(example: Any) -> None:
    assert "assets/vocab.txt" in example(asset_missing, "load", asset="assets/vocab.txt", node="n").hint


def test_request(says: Any) -> None:
    message = says(asset_missing, "request", asset="assets/vocab.txt", node="table_init", signature="s").message
    assert "every request of signature 's' will fail: node 'table_init' reads assets/vocab.txt" in message


def test_fires_on_a_path_in_the_graph(fires: Any, product: Any) -> None:
    (finding,) = fires(asset_missing, product("main.init.asset.missing"), "tensorflow/serving:2.20.0")
    assert "reads /nonexistent/vocab.txt" in finding.message and "tf.saved_model.Asset" in finding.hint


def test_fires(fires: Any, sample: Any) -> None:
    (finding,) = fires(asset_missing, sample("oracle/c25c_v2_missing_vocab_asset"), "tensorflow/serving:2.20.0")
    assert "vocab.txt" in finding.message and "No such file or directory" in finding.quote


def test_silent_where_nothing_reads_it(silent: Any, product: Any) -> None:
    silent(asset_missing, product("asset.unread.missing"), "tensorflow/serving:2.20.0")


def test_silent_where_it_is(silent: Any, product: Any) -> None:
    silent(asset_missing, product("asset.function.there.init"), "tensorflow/serving:2.20.0")
