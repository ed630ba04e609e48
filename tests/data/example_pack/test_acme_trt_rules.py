"""The tests of the pack, as its house would write them: real models, made by hand where that is enough."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from acme_trt_rules.acme001_model_without_owner import model_without_owner
from acme_trt_rules.acme002_no_default_signature import no_default_signature

from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint import Case
from pytest_trt.lint.testing import check_rule

MODELS = Path(__file__).parent.parent / "oracle"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS / "c00_v1_clean", tmp_path / "m" / "1"))


def test_owner(model: Path) -> None:
    (finding,) = check_rule(model_without_owner, model)
    assert (finding.code, finding.severity) == ("ACME001", "warning")
    assert finding.at.path == str(model)
    (model / "assets.extra").mkdir()
    (model / "assets.extra" / "OWNER").write_text("vision@acme.example")
    assert check_rule(model_without_owner, model) == []


def test_only_saved_models_have_owners() -> None:
    assert check_rule(model_without_owner, Case(Artifact("x.plan", "plan", "plan"), [], [])) == []


def test_signature() -> None:
    (finding,) = check_rule(no_default_signature, MODELS / "c27_v1_no_sigs", targets=["tensorflow/serving:2.20.0"])
    assert finding.targets == ["tensorflow/serving:2.20.0"]


def test_signature_is_there(model: Path) -> None:
    assert check_rule(no_default_signature, model) == []
