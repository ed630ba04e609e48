"""What each format shows of the same report."""

from __future__ import annotations

import json as standard
from pathlib import Path

import made
import pytest
from jsonschema import Draft202012Validator

from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint.case import Case
from pytest_trt.lint.report import concise, json, terminal, text, words
from pytest_trt.serving.target import parse
from pytest_trt.serving.verdict import Verdict

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


def alike(count: int) -> made.Report:
    """So many models with the same trouble."""
    report = made.Report(list(made.NAMES))
    targets = [made.parse(name) for name in made.NAMES]
    for number in range(count):
        path = f"models/m{number:02}/1"
        made.add_model(report, path, targets, {"serving_default": "ok"})
        at = made.Location(f"{path}/saved_model.pb", [("metagraph", "serve"), ("node", f"op_{number}")], 7)
        finding = made.Finding("It fails.", at, "Export it again.", targets=made.NAMES, quote=made.UNREGISTERED)
        made.add_finding(report, finding, "TRT101", "engine-op-fails-load", "error")
    return report


def test_what_was_said_is_not_said_again() -> None:
    drawn = terminal.render(alike(50), terminal.console(False, styled=False, width=100))
    assert len(drawn.splitlines()) < 260
    for shown in (text.render(alike(50)), drawn):
        assert shown.count("Op type not registered") == 1
        assert shown.count("Export it again.") == 1
        assert "op_49" in shown
    assert text.render(alike(50)).count("It fails.") == 50


def test_another_cure_of_the_same_rule() -> None:
    report = alike(3)
    for number, hint in enumerate(("First.", "Second.", "Second.")):
        report.findings[number].hint = hint
    assert "cure:   as for TRT101 of models/m01/1" in text.render(report)
    report.findings[2].hint = "First."
    assert "cure:   as for the first TRT101" in text.render(report)


def test_servers_words_are_folded_when_drawn() -> None:
    report = alike(1)
    assert "module is first accessed." in " ".join(text.render(report).split())
    drawn = terminal.render(report, terminal.console(False, styled=False, width=200))
    assert "binary running on HOST. …" in drawn
    assert "accessed" not in drawn


@pytest.mark.parametrize(
    ("whole", "first"),
    [
        ("NOT_FOUND: D/vocab.txt; No such file", "NOT_FOUND: D/vocab.txt; No such file"),
        ("It has 2.17.1.  Please upgrade TensorFlow.", "It has 2.17.1."),
        ("uninitialized value a\n\t [[{{node a/read}}]]", "uninitialized value a"),
        ("See e.g. this. Then that.", "See e.g. this."),
    ],
)
def test_first_sentence(whole: str, first: str) -> None:
    assert words.sentence(whole) == first


def test_a_step_says_its_op_once() -> None:
    finding = made.report().findings[0]
    finding.via = (
        ("stage", "load"),
        ("node", "PartitionedCall (PartitionedCall)"),
        ("node", "a/PartitionedCall_12 (PartitionedCall)"),
        ("node", "call (PartitionedCall)"),
    )
    assert [name for _, name in words.via(finding)] == [
        "PartitionedCall",
        "a/PartitionedCall_12",
        "call (PartitionedCall)",
    ]


def test_many_signatures() -> None:
    report = made.Report([made.NAMES[0]])
    target = made.parse(made.NAMES[0])
    verdict = made.add_model(report, "m", [target], {f"s{number}": "ok" for number in range(5)})[0]
    assert words.clauses(verdict)[-1] == ("ok", "answers all 5 signatures")
    verdict.signatures["s0"] = "fail"
    assert words.clauses(verdict)[1:] == [("fail", "s0: every request fails"), ("ok", "answers the other 4 signatures")]


@pytest.mark.parametrize("kind", ["plan", "graph_def"])
def test_what_has_no_signatures_loads_and_no_more(kind: str) -> None:
    verdict = Verdict(parse("tensorrt:8.6.0"))
    part = words.Part("m.plan", Case(Artifact("m.plan", kind, kind), [verdict], []))
    assert words.said(part) == [("ok", [("ok", "loads")], ["tensorrt:8.6.0"])]
    assert words.split([part]) == ([part], []) and words.served(part) == "loads on tensorrt:8.6.0"


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
        "line": None,
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
