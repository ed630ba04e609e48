"""TRT905 warns of allowances whose last day has passed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_trt.lint import check
from pytest_trt.lint.config import load
from pytest_trt_rules.trt905_allowance_expired import allowance_expired


def test_example(example: Any) -> None:
    finding = example(
        allowance_expired,
        "file",
        allows="TRT105",
        path="models/ranker",
        line="12",
        until="2026-06-30",
        reason="warmed up by the deployment's own job.",
    )
    assert finding.severity == ""


@pytest.mark.parametrize(("until", "expired"), [("2001-01-01", True), ("2999-01-01", False)])
def test_fires(fires: Any, silent: Any, sample: Any, tmp_path: Path, until: str, expired: bool) -> None:
    model = sample("oracle/tftrt_2.14.1_fp16_nobuild")
    (tmp_path / "c.toml").write_text(
        f'\n[[allow]]\nrule = "TRT102"\npath = "**/saved_model.pb"\nreason = "known"\nuntil = {until}\n'
    )
    config = load(str(tmp_path / "c.toml"))
    codes = [finding.code for finding in check([str(model)], config=config).findings]
    if not expired:
        assert codes == []
        return
    assert sorted(codes) == ["TRT102", "TRT905"], "an expired allowance allows nothing"
    (finding,) = fires(allowance_expired, model, config=config)
    assert finding.severity == "warning"
    assert finding.at.path.endswith("c.toml")
    assert finding.at.trail[0] == ("line", "2")
    assert finding.at.offset == 1


def test_silent_without_a_configuration(silent: Any, sample: Any) -> None:
    silent(allowance_expired, sample("oracle/c00_v1_clean"))
