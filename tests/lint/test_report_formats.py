"""What each format shows of the same report."""

from __future__ import annotations

import json as standard
from pathlib import Path

import made
import pytest
from jsonschema import Draft202012Validator

from pytest_trt.lint.report import concise, json, terminal, text, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Golden = Callable[[str, str], None]

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "check-v1.json"


def test_text(golden: Golden) -> None:
    golden("report.txt", text.render(made.report()))


def test_text_quiet() -> None:
    shown = text.render(made.report(), quiet=True)
    assert "error TRT101" in shown
    assert "plain" not in shown
    assert "Found" not in shown
    assert "does not load" not in shown


def test_concise(golden: Golden) -> None:
    golden("report.concise", concise.render(made.report()))


def test_json(golden: Golden) -> None:
    golden("report.json", json.render(made.report()))


@pytest.mark.parametrize("width", [50, 100])
def test_terminal(golden: Golden, width: int) -> None:
    golden(f"report-{width}.ansi", terminal.render(made.report(), terminal.console(True, width=width)))


def test_terminal_without_colours() -> None:
    shown = terminal.render(made.report(), terminal.console(False, width=100))
    assert "\x1b[1m" in shown
    assert "\x1b[31m" not in shown
    assert "\x1b" not in terminal.render(made.report(), terminal.console(False, styled=False, width=100))


def test_terminal_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rich.console.Console.encoding", "ascii")
    shown = terminal.render(made.report(), terminal.console(True, width=100), statistics=True)
    assert shown.isascii()


@pytest.mark.parametrize("width", [44, 60, 80, 200])
def test_terminal_keeps_to_its_width(width: int) -> None:
    shown = terminal.render(made.report(), terminal.console(False, styled=False, width=width))
    assert max(map(len, shown.splitlines())) <= width


@pytest.mark.parametrize("width", [20, 44, 50, 64, 72, 80, 120])
def test_nothing_is_cropped(width: int) -> None:
    """Every word of the widest drawing is in a narrow one, broken perhaps, but whole."""

    def letters(wide: int) -> list[str]:
        shown = terminal.render(made.report(), terminal.console(False, styled=False, width=wide))
        return sorted(one for one in shown if one.isalnum())

    assert letters(width) == letters(400)


def test_long_ways_lose_their_middle() -> None:
    report = made.report()
    finding = next(one for one in report.findings if one.code == "TRT102")
    finding.via = tuple(("function", f"f{step}") for step in range(40))
    shown = terminal.render(report, terminal.console(False, styled=False, width=100))
    assert "31 more steps" in shown
    assert "f0" in shown
    assert "TRTEngineOp_0" in shown


def test_many_clean_models() -> None:
    report = made.Report(list(made.NAMES))
    targets = [made.parse(name) for name in made.NAMES]
    for number in range(50):
        made.add_model(report, f"models/m{number:02}/1", targets, {"serving_default": "ok"})
    for shown in (text.render(report), terminal.render(report, terminal.console(False, styled=False, width=100))):
        assert "and 30 more artifacts without problems" in shown
        assert "No problems found in 50 artifacts, for 3 targets." in shown


def test_empty() -> None:
    report = made.Report([made.NAMES[0]])
    assert text.render(report) == "No model artifacts found.\n"
    assert concise.render(report) == ""
    validate(json.document(report))


def test_finding_of_no_artifact() -> None:
    report = made.report()
    report.cases.clear()
    assert "TRT101" in text.render(report)


@pytest.mark.parametrize("report", [made.report(), made.hostile()], ids=["plain", "hostile"])
def test_schema(report: made.Report) -> None:
    document = standard.loads(json.render(report))
    validate(document)
    assert document == json.document(report)


def test_order_of_members() -> None:
    document = json.document(made.report())
    assert list(document) == ["schema_version", "tool", "targets", "artifacts", "findings", "summary"]
    finding = document["findings"][0]  # type: ignore[index]
    assert list(finding) == ("code name severity path targets message hint location count related fingerprint".split())
    assert finding["related"][0] == {
        "path": "models/detector/3/saved_model.pb",
        "message": "serve > StatefulPartitionedCall/TRTEngineOp_000_001: TRTEngineOp",
    }


def test_plan_only_for_plans() -> None:
    report = made.Report([made.NAMES[0]])
    report.cases.append(made.Case(made.Artifact("model.plan", "plan", "plan"), [], []))
    document = json.document(report)
    validate(document)
    plan = document["artifacts"][0]["plan"]  # type: ignore[index]
    assert list(plan) == ("product tensorrt_version platform compute_capability multiprocessors entries size".split())


def test_statistics() -> None:
    assert words.statistics(made.report())[0] == (1, "TRT101", "error", "engine-op-fails-load")
    assert text.statistics(made.report()).splitlines()[1] == "1  TRT102  error    engine-op-fails-request"


def validate(document: object) -> None:
    validator = Draft202012Validator(standard.loads(SCHEMA.read_text(encoding="utf-8")))
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    assert problems == []
