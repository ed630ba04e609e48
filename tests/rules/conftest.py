"""What the rules' tests share: reasons made by hand, models, and what a finding always is."""

from __future__ import annotations

import importlib
import inspect
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_trt.artifacts.crc32c import crc32c, mask
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint import check
from pytest_trt.lint.case import Case
from pytest_trt.lint.finding import Finding
from pytest_trt.lint.rule import Rule
from pytest_trt.serving.target import parse
from pytest_trt.serving.verdict import FILE, Reason, Verdict

TESTS = Path(__file__).resolve().parent.parent
PLACE = Location("m/1/saved_model.pb", (("metagraph", "serve"), ("node", "n")), 4096, 10)

# In the engine of tests/data/tftrt/conv_fp32_built: its TensorRT version, and the capability of its GPU.
VERSION = b"".join(b"\x02\x80\x01\x00" + bytes([part]) for part in (8, 5, 3, 1))
CAPABILITY = bytes.fromhex("12800100 10800100 07800100 09000000 07800100 00000000")

Says = Callable[..., Finding]
Fires = Callable[..., list[Finding]]


def is_well_formed(finding: Finding) -> None:
    """Message and hint are sentences in one line, with nothing left open."""
    for text in (finding.message, finding.hint):
        assert text.endswith("."), text
        assert text.isprintable(), text
        assert "  " not in text and "''" not in text and "None" not in text and "{}" not in text, text
        assert not text.endswith(".."), text
    assert finding.message[0].isupper() or finding.message[0] == "'", finding.message
    assert finding.hint[0].isupper() or finding.hint[0] == "`", finding.hint
    assert finding.message.count("(") == finding.message.count(")"), finding.message


@pytest.fixture
def says() -> Says:
    """says(rule, stage, fact=...): the finding about one reason, told of two targets."""

    def says(rule: Rule, stage: str, *, signature: str | None = None, at: Location = PLACE, **facts: str) -> Finding:
        quote = "NOT_FOUND: no such thing"
        also = [(Location("m/1/saved_model.pb", (("node", "other"),)), "again")]
        reason = Reason(
            stage, rule.code, quote, at, signature=signature, via=[("signature", "s")], also=also, count=7, facts=facts
        )
        targets = [parse("tensorflow/serving:2.19.0"), parse("tensorflow/serving:2.20.0")]
        verdicts = [Verdict(target) for target in targets]
        for verdict in verdicts:
            verdict.reasons.append(reason)
        if stage == FILE:
            case = Case(Artifact("m/1", "saved_model", "saved_model"), [], [reason])
        else:
            case = Case(Artifact("m/1", "saved_model", "saved_model"), verdicts, [])
        (finding,) = rule.check(case)
        is_well_formed(finding)
        assert finding.targets == ([] if stage == FILE else [target.name for target in targets])
        assert (finding.at, finding.quote, finding.via) == (at, quote, reason.via)
        assert (finding.also, finding.count) == (reason.also, 7)
        return finding

    return says


@pytest.fixture
def example(says: Says) -> Says:
    """As says, and the rule's documentation shows this very message in its example."""

    def example(rule: Rule, stage: str, **facts: Any) -> Finding:
        finding = says(rule, stage, **facts)
        shown = inspect.cleandoc(rule.documentation).partition("\nExample\n-------\n")[2]
        assert finding.message in " ".join(shown.split())
        return finding

    return example


@pytest.fixture
def fires() -> Fires:
    """fires(rule, path, target, ...): the findings of a rule on an artifact, at least one. options: of check()."""

    def fires(rule: Rule, path: Path, *targets: str, **options: Any) -> list[Finding]:
        report = check([str(path)], targets=targets, **options)
        for finding in report.findings:
            is_well_formed(finding)
        found = [finding for finding in report.findings if finding.code == rule.code]
        assert found, report.findings
        return found

    return fires


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """repository({"run.sh": text}, {"models/m/1": a folder or file of tests/}): a small repository with both."""

    def repository(files: dict[str, str], models: dict[str, str] | None = None) -> Path:
        root = tmp_path / "repository"
        (root / ".git").mkdir(parents=True)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(inspect.cleandoc(text) + "\n", encoding="utf-8")
        for name, source in (models or {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (TESTS / source).is_dir() else shutil.copyfile
            copy(TESTS / source, root / name)
        return root

    return repository


@pytest.fixture
def deploys() -> Fires:
    """deploys(rule, repository): the findings of a rule on the repository's deployment files."""

    def deploys(rule: Rule, root: Path) -> list[Finding]:
        report = check([str(root)])
        files = {case.artifact.path for case in report.deployments}
        findings = [finding for finding in report.findings if finding.at.path in files]
        for finding in findings:
            is_well_formed(finding)
        return [finding for finding in findings if finding.code == rule.code]

    return deploys


@pytest.fixture
def silent() -> Callable[..., None]:
    """silent(rule, path, target, ...): the rule says nothing of an artifact."""

    def silent(rule: Rule, path: Path, *targets: str) -> None:
        found = check([str(path)], targets=targets).findings
        assert not [finding for finding in found if finding.code == rule.code], found

    return silent


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    """sample("oracle/c00_v1_clean"): a copy of a model of tests/data, to be changed at will."""

    def sample(name: str) -> Path:
        return Path(shutil.copytree(TESTS / "data" / name, tmp_path / "m" / "1"))

    return sample


@pytest.fixture
def built(sample: Callable[[str], Path]) -> Callable[..., Path]:
    """built(version=..., capability=..., cut=...): conv_fp32_built with another engine, its record consistent.

    The engine is TensorRT 8.5.3.1's for compute capability 9.0. words: the two words behind its magic.
    cut: how many bytes of the file remain.
    """

    def built(
        *, version: tuple[int, ...] = (8, 5, 3, 1), capability: int = 9, words: bytes = b"", cut: int | None = None
    ) -> Path:
        model = sample("tftrt/conv_fp32_built")
        (asset,) = (model / "assets").iterdir()
        content = asset.read_bytes()
        payload = content[12:-4]
        at = payload.index(b"ptrt") + 4
        for old, new in (
            (VERSION, b"".join(b"\x02\x80\x01\x00" + bytes([part]) for part in version)),
            (CAPABILITY, CAPABILITY.replace(b"\x09", bytes([capability]))),
            (payload[at : at + len(words)], words),
        ):
            assert old in payload and len(old) == len(new)
            payload = payload.replace(old, new, 1) if old else payload
        asset.write_bytes((content[:12] + payload + struct.pack("<I", mask(crc32c(payload))))[:cut])
        return model

    return built


@pytest.fixture(scope="session")
def models() -> Any:
    """tests/models as a package: models.product, models.writer."""
    importlib.import_module("models.product")
    return importlib.import_module("models")


@pytest.fixture
def product(models: Any, tmp_path: Path) -> Callable[[str], Path]:
    """product("main.path.op.trt"): a model of tests/models/product.py, written."""

    def product(name: str) -> Path:
        models.product.drafts()[name].write(tmp_path / "m" / "1")
        return tmp_path / "m" / "1"

    return product
