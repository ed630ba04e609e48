"""Baselines: written, read, applied; what is none, and what is gone."""

from __future__ import annotations

import json
from pathlib import Path

import made
import pytest

from pytest_trt.artifacts.location import Location
from pytest_trt.lint import baseline
from pytest_trt.lint.config import Config, ConfigError
from pytest_trt.lint.finding import Finding
from pytest_trt.lint.review import review
from pytest_trt_rules import RULES

PRINT = "v1:" + "0" * 64


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def finding(
    code: str = "TRT101", path: str = "models/a/1/saved_model.pb", node: str = "n", message: str = "m"
) -> Finding:
    one = Finding(message, Location(path, [("node", node)], 7), "Mend it.")
    one.code, one.severity = code, "error"
    return one


def written(*findings: Finding) -> baseline.Baseline:
    Path("b.json").write_text(baseline.document(findings))
    return baseline.read("b.json")


class TestDocument:
    def test_shape(self) -> None:
        table = json.loads(baseline.document([finding(), finding(node="other"), finding(message="a")]))
        assert list(table) == ["schema_version", "tool", "findings"]
        assert table["schema_version"] == 1
        assert table["tool"]["name"] == "trt-lint"
        prints = [one["fingerprint"] for one in table["findings"]]
        assert prints == sorted(prints)
        assert sorted(one["count"] for one in table["findings"]) == [1, 2]
        two = next(one for one in table["findings"] if one["count"] == 2)
        assert two == {
            "fingerprint": finding().fingerprint(),
            "count": 2,
            "code": "TRT101",
            "path": "models/a/1/saved_model.pb",
            "message": "a",
        }

    def test_the_same_bytes(self) -> None:
        some = [finding(node=str(number), message=str(number % 3)) for number in range(20)]
        assert baseline.document(some) == baseline.document(some[::-1])
        assert baseline.document([]).endswith("\n")

    def test_not_about_the_configuration(self) -> None:
        assert json.loads(baseline.document([finding(code) for code in baseline.NEVER]))["findings"] == []

    def test_hostile_names(self) -> None:
        text = baseline.document(made.hostile().findings)
        assert text.isascii()
        assert "\\\\xff" in text
        Path("b.json").write_text(text)
        assert baseline.read("b.json").apply(made.hostile().findings) == ([], [])


class TestApply:
    def test_another_version_and_another_export(self) -> None:
        known = written(finding(path="models/a/1/saved_model.pb", node="TRTEngineOp_000_001"))
        assert known.apply([finding(path="models/a/2/saved_model.pb", node="TRTEngineOp_006_001")]) == ([], [])

    def test_counts(self) -> None:
        known = written(finding(), finding())
        kept, gone = known.apply([finding(), finding(), finding()])
        assert (len(kept), gone) == (1, [])
        kept, gone = known.apply([finding()])
        assert kept == []
        assert [(one.fingerprint, one.count) for one in gone] == [(finding().fingerprint(), 1)]
        kept, gone = known.apply([])
        assert [one.count for one in gone] == [2]

    def test_what_is_new(self) -> None:
        new = finding(node="new")
        kept, gone = written(finding()).apply([finding(), new])
        assert kept == [new]


class TestOutdated:
    def reason(self, gone: int = 1, looked: str = "models", unread: str = "", active: str = "TRT101") -> object:
        known = written(*(finding(path=f"models/m{number}/1/saved_model.pb") for number in range(gone)))
        _, entries = known.apply([])
        there = [str(Path(looked).absolute())] if looked else []
        return known.outdated(entries, {active}, there, [unread] if unread else [])

    def test_the_first_three(self) -> None:
        reason = self.reason(5)
        assert reason is not None
        assert reason.count == 5  # type: ignore[attr-defined]
        places = [reason.at, *(place for place, _ in reason.also)]  # type: ignore[attr-defined]
        data = Path("b.json").read_bytes()
        assert [place.trail for place in places] == [
            (("finding", f"TRT101 in models/m{number}/1/saved_model.pb"),) for number in range(3)
        ]
        for place in places:
            assert place.path == "b.json"
            assert data[place.offset : place.offset + place.length].startswith(b"v1:")

    def test_only_what_the_run_could_have_found(self) -> None:
        assert self.reason(looked="models/other") is None
        assert self.reason(looked="") is None
        assert self.reason(unread="models/m0/1") is None
        assert self.reason(unread="models/m1/1") is not None
        assert self.reason(active="TRT102") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        (b"\xff", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("9" * 10_000, "is not JSON"),
        ("[]", "is not a baseline of trt-lint"),
        ("{}", "is not a baseline of trt-lint"),
        ('{"schema_version": 1}', "is not a baseline of trt-lint"),
        ('{"schema_version": 1, "findings": {}}', "is not a baseline of trt-lint"),
        ('{"schema_version": 2, "findings": []}', "schema_version is 2, and this trt-lint reads 1"),
        ('{"schema_version": true, "findings": []}', "schema_version is True"),
        ('{"schema_version": 1, "findings": [1]}', "findings[0] must have a fingerprint of version 1"),
        ('{"schema_version": 1, "findings": [{}]}', "findings[0] must have"),
    ],
)
def test_what_is_none(text: str | bytes, why: str) -> None:
    Path("b.json").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as caught:
        baseline.read("b.json")
    assert str(caught.value).startswith("baseline b.json: ")
    assert why in str(caught.value)
    assert str(caught.value).endswith("write it with --write-baseline b.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"fingerprint": 1},
        {"fingerprint": "v2:" + "0" * 64},
        {"fingerprint": "v1:" + "0" * 63},
        {"fingerprint": "v1:" + "g" * 64},
        {"count": 0},
        {"count": True},
        {"count": "1"},
        {"count": 1.5},
        {"code": None},
        {"path": 1},
    ],
)
def test_entries_that_are_none(entry: dict[str, object]) -> None:
    whole = {"fingerprint": PRINT, "count": 1, "code": "TRT101", "path": "m"}
    Path("b.json").write_text(json.dumps({"schema_version": 1, "findings": [whole]}))
    assert list(baseline.read("b.json").entries) == [PRINT]
    Path("b.json").write_text(json.dumps({"schema_version": 1, "findings": [whole, {**whole, **entry}]}))
    with pytest.raises(ConfigError, match=r"findings\[1\] must have"):
        baseline.read("b.json")


def test_an_entry_twice() -> None:
    whole = {"fingerprint": PRINT, "count": 1, "code": "TRT101", "path": "m"}
    Path("b.json").write_text(json.dumps({"schema_version": 1, "findings": [whole, {**whole, "count": 2}]}))
    assert baseline.read("b.json").entries[PRINT].count == 3


def test_not_there_and_not_a_file() -> None:
    for path in ("gone.json", "."):
        with pytest.raises(ConfigError, match="there is no such file; write it with --write-baseline"):
            baseline.read(path)


def test_review() -> None:
    Path("b.json").write_text(baseline.document(made.report().findings))
    config = Config()
    config.baseline = "b.json"
    config.bind(RULES)
    report = made.report()
    report.findings.pop()
    report.cases[-1].artifact.complete = True
    review(report, config, RULES, RULES, ["models"])
    assert [one.code for one in report.findings] == ["TRT907"]
    assert report.findings[0].severity == "note"
    assert report.baselined == len(made.report().findings) - 1
    assert report.exit_status(strict=True) == 0
