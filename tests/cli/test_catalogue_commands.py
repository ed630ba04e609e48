"""rule, rules, targets."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_trt.serving.target import parse
from pytest_trt.serving.targets import IMAGES
from pytest_trt_rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run


def test_rule(trt_lint: Callable[..., Run]) -> None:
    run = trt_lint("rule", "TRT101")
    assert run.code == 0
    assert run.out.startswith("TRT101 engine-op-fails-load (error, stage: load)\n\n")
    assert "What to do\n----------\n" in run.out
    assert trt_lint("rule", "engine-op-fails-load").out == run.out
    assert trt_lint("rule", "trt101").out == run.out


def test_every_rule_is_drawn(trt_lint: Callable[..., Run]) -> None:
    for rule in RULES:
        run = trt_lint("rule", rule.code, "--color", "always")
        assert run.code == 0
        assert "What to do" in run.out
        assert "----" not in run.out
        assert json.loads(trt_lint("rule", rule.code, "--output-format", "json").out)["code"] == rule.code


def test_rules(trt_lint: Callable[..., Run]) -> None:
    lines = trt_lint("rules").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [rule.code for rule in RULES]
    drawn = trt_lint("rules", "--color", "always").out
    assert all(rule.code in drawn for rule in RULES)
    entries = json.loads(trt_lint("rules", "--output-format", "json").out)
    assert [list(entry) for entry in entries] == [
        ["code", "name", "severity", "stage", "summary", "documentation"] for _ in RULES
    ]


FAMILIES = "tensorflow/serving tritonserver tensorflow tensorrt sagemaker vertex bitnami intel emacski seldon".split()


def test_targets(trt_lint: Callable[..., Run], here: Path) -> None:
    """The families, each in a line, with an image that can be given as it stands there."""
    lines = trt_lint("targets").out.splitlines()
    assert [line.split()[0] for line in lines[1 : 1 + len(FAMILIES)]] == FAMILIES
    assert all(len(line) <= 140 for line in lines)
    for line in lines[1 : 1 + len(FAMILIES)]:
        assert parse(line.split()[1]).name == line.split()[1]
    drawn = trt_lint("targets", "--color", "always").out
    assert all(family in drawn for family in FAMILIES)


def test_targets_of_a_family(trt_lint: Callable[..., Run], here: Path) -> None:
    lines = trt_lint("targets", "tensorflow/serving").out.splitlines()
    assert len(lines) == 1 + 2 * len(IMAGES)
    assert [line.split()[:5] for line in lines if line.startswith("tensorflow/serving:2.17.1")] == [
        ["tensorflow/serving:2.17.1", "2.17", "-", "-", "no"],
        ["tensorflow/serving:2.17.1-gpu", "2.17", "12.2.0", "8.6.1.6", "yes"],
    ]
    drawn = trt_lint("targets", "tensorflow/serving", "--color", "always").out
    assert all(".".join(map(str, version)) in drawn for version in IMAGES)
    lines = trt_lint("targets", "tritonserver", "sagemaker").out.splitlines()
    for row in (
        ["tritonserver:25.03-py3", "-", "12.8.1", "10.9.0.34?", "-"],
        ["tritonserver:25.02-py3", "2.17?", "12.8.0", "10.8.0.43?", "unknown"],
        ["tritonserver:24.01-py3", "2.14", "12.3.2", "8.6.1?", "yes"],
        ["tritonserver:23.05-py3", "2.12?", "-", "8.6.1.2", "yes"],
        ["tritonserver:25.04-trtllm-python-py3", "-", "12.9.0", "10.9.0.34", "-"],
        ["tensorflow-inference:2.16-gpu", "2.16", "-", "8.6.1.6", "unknown"],
    ):
        assert row in [line.split()[:5] for line in lines]
    months = {row[0] for line in lines if (row := line.split()) and row[0].endswith("server:20.02-py3")}
    assert months == {"tensorrtserver:20.02-py3"}


def test_every_target_can_be_named(trt_lint: Callable[..., Run], here: Path) -> None:
    entries = json.loads(trt_lint("targets", "--output-format", "json").out)
    keys = "target tensorflow gpu compute_capability cuda tensorrt_installed tensorrt tensorrt_ops extra_ops source"
    assert {tuple(entry) for entry in entries} == {(*keys.split(), "family", "inferred")}
    assert [entry["family"] for entry in entries[: 2 * len(IMAGES)]] == ["tensorflow/serving"] * 2 * len(IMAGES)
    assert list(dict.fromkeys(entry["family"] for entry in entries)) == FAMILIES
    assert all(entry["source"] and parse(entry["target"]).name == entry["target"] for entry in entries)
    lines = trt_lint("targets", "--all").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [entry["target"] for entry in entries]
    assert [] == [entry for entry in entries if entry["inferred"] and not (entry["tensorflow"] or entry["tensorrt"])]


def test_no_such_family(trt_lint: Callable[..., Run], here: Path) -> None:
    run = trt_lint("targets", "tritonservr")
    assert run.code == 2
    assert "tritonservr: no family of images has this name; did you mean tritonserver?" in run.err


def test_targets_of_the_configuration_come_first(trt_lint: Callable[..., Run], here: Path) -> None:
    (here / "trt-lint.toml").write_text(
        '[targets.production]\nimage = "tensorflow/serving:2.17.1-gpu"\ngpu = "sm_80"\n'
        '[targets.triton]\nimage = "tritonserver:24.01-py3"\n'
    )
    first, second = trt_lint("targets").out.splitlines()[1:3]
    assert first.split() == ["production", "2.17", "12.2.0", "8.6.1.6", "yes", "trt-lint.toml:", "targets.production"]
    assert second.split() == ["triton", "2.14", "12.3.2", "8.6.1?", "yes", "trt-lint.toml:", "targets.triton"]
    assert "production" not in trt_lint("targets", "--no-config").out
    entry = json.loads(trt_lint("targets", "--output-format", "json").out)[0]
    assert (entry["compute_capability"], entry["family"]) == ("8.0", "configuration")
