"""rule, rules, targets."""

from __future__ import annotations

import json
from pathlib import Path

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
    assert all(rule.code in trt_lint("rules", "--color", "always").out for rule in RULES)
    entries = json.loads(trt_lint("rules", "--output-format", "json").out)
    assert [list(entry) for entry in entries] == [
        ["code", "name", "severity", "stage", "summary", "documentation"] for _ in RULES
    ]


def test_targets(trt_lint: Callable[..., Run], here: Path) -> None:
    lines = trt_lint("targets").out.splitlines()
    assert len(lines) == 1 + 2 * len(IMAGES)
    assert [line.split()[:5] for line in lines if line.startswith("tensorflow/serving:2.17.1")] == [
        ["tensorflow/serving:2.17.1", "2.17", "-", "-", "no"],
        ["tensorflow/serving:2.17.1-gpu", "2.17", "12.2.0", "8.6.1.6", "yes"],
    ]
    drawn = trt_lint("targets", "--color", "always").out
    assert all(".".join(map(str, version)) in drawn for version in IMAGES)
    entry = json.loads(trt_lint("targets", "--output-format", "json").out)[0]
    keys = "target tensorflow gpu compute_capability cuda tensorrt_installed tensorrt tensorrt_ops extra_ops source"
    assert list(entry) == keys.split()


def test_targets_of_the_configuration_come_first(trt_lint: Callable[..., Run], here: Path) -> None:
    (here / "trt-lint.toml").write_text(
        '[targets.production]\nimage = "tensorflow/serving:2.17.1-gpu"\ngpu = "sm_80"\n'
    )
    line = trt_lint("targets").out.splitlines()[1]
    assert line.split() == ["production", "2.17", "12.2.0", "8.6.1.6", "yes", "trt-lint.toml:", "targets.production"]
    assert "production" not in trt_lint("targets", "--no-config").out
    assert json.loads(trt_lint("targets", "--output-format", "json").out)[0]["compute_capability"] == "8.0"
