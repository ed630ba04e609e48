"""Allowances: what they fit, until when, and which of them are reported."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import made
import pytest

from pytest_trt.artifacts.location import Location
from pytest_trt.lint.allowances import EXPIRED, UNUSED, Allowance, apply, stale
from pytest_trt.lint.config import load
from pytest_trt.lint.finding import Finding
from pytest_trt.lint.review import review
from pytest_trt_rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Allow = Callable[..., Allowance]

TODAY = date(2026, 11, 22)
CODES = {rule.code for rule in RULES}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def allow(here: Path) -> Allow:
    """allow(rule=..., path=..., node=..., until=...): one allowance, bound."""

    def allow(rule: str = "TRT101", path: str = "models/a", node: str = "", until: str = "") -> Allowance:
        (here / "trt-lint.toml").write_text(
            f'strict = true\n\n[[allow]]\nrule = "{rule}"\npath = "{path}"\nreason = "known"\n'
            + (f'node = "{node}"\n' if node else "")
            + (f"until = {until}\n" if until else "")
        )
        config = load()
        config.bind(RULES)
        return config.allow[0]

    return allow


def finding(code: str = "TRT101", path: str = "models/a/1/saved_model.pb", *nodes: str) -> Finding:
    places = [Location(path, [("metagraph", "serve"), ("function", "f_1"), ("node", node)]) for node in nodes or ["n"]]
    one = Finding("It fails.", places[0], "Mend it.", also=[(place, "") for place in places[1:]], count=len(places))
    one.code = code
    return one


class TestFits:
    @pytest.mark.parametrize("rule", ["TRT101", "TRT1", "TRT", "engine-op-fails-load"])
    def test_rule(self, allow: Allow, rule: str) -> None:
        assert allow(rule=rule).fits(finding())

    @pytest.mark.parametrize("rule", ["TRT102", "TRT3", "engine-op-fails-request"])
    def test_other_rule(self, allow: Allow, rule: str) -> None:
        assert not allow(rule=rule).fits(finding())

    @pytest.mark.parametrize("path", ["models/a", "models/*", "**/saved_model.pb", "a", "models/a/*/saved_model.pb"])
    def test_path(self, allow: Allow, path: str) -> None:
        assert allow(path=path).fits(finding())
        assert not allow(path=path).fits(finding(path="other/b/1/x.pb"))

    def test_path_from_the_files_folder(self, allow: Allow, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        allowance = allow()
        (here / "models").mkdir()
        monkeypatch.chdir(here / "models")
        assert allowance.fits(finding(path="a/1/saved_model.pb"))
        assert allowance.fits(finding(path=str(here / "models" / "a" / "1")))
        assert not allowance.fits(finding(path="models/a/1/saved_model.pb"))

    @pytest.mark.parametrize("node", ["n", "?", "f_*", "[mn]"])
    def test_node_or_function(self, allow: Allow, node: str) -> None:
        assert allow(node=node).fits(finding())

    @pytest.mark.parametrize("node", ["serve", "x", "n?"])
    def test_other_node(self, allow: Allow, node: str) -> None:
        assert not allow(node=node).fits(finding())

    def test_nodes_have_slashes(self, allow: Allow) -> None:
        assert allow(node="*TRTEngineOp_*").fits(finding("TRT101", "models/a", "a/b/TRTEngineOp_000_001"))

    def test_every_place(self, allow: Allow) -> None:
        allowance = allow(node="TRTEngineOp_*")
        assert allowance.fits(finding("TRT101", "models/a", "TRTEngineOp_0", "TRTEngineOp_1"))
        assert not allowance.fits(finding("TRT101", "models/a", "TRTEngineOp_0", "other"))

    def test_a_file_has_no_nodes(self, allow: Allow) -> None:
        one = Finding("It fails.", Location("models/a"), "Mend it.")
        one.code = "TRT101"
        assert allow().fits(one)
        assert not allow(node="*").fits(one)


class TestUntil:
    @pytest.mark.parametrize(("until", "kept"), [("2026-11-22", 0), ("2026-11-21", 1), ("2030-01-01", 0), ("", 0)])
    def test_last_day(self, allow: Allow, until: str, kept: int) -> None:
        allowance = allow(until=until)
        assert len(apply([finding()], [allowance], TODAY)) == kept
        assert allowance.used

    def test_expired_is_reported_once_and_always(self, allow: Allow, here: Path) -> None:
        allowance = allow(until="2026-11-21")
        (reason,) = stale([allowance], CODES, CODES, [], [], TODAY)
        assert reason.code == EXPIRED
        assert (reason.at.path, reason.at.offset) == ("trt-lint.toml", len("strict = true\n\n"))
        assert reason.at.trail == (("line", "3"), ("allow", "TRT101 in models/a"))
        assert reason.facts["until"] == "2026-11-21"

    def test_another_that_has_not_expired(self, allow: Allow) -> None:
        both = [allow(until="2026-11-21"), allow()]
        assert apply([finding()], both, TODAY) == []
        assert all(one.used for one in both)


class TestUnused:
    def reported(self, here: Path, allowance: Allowance, *looked: str, unread: str = "", active: str = "TRT") -> bool:
        codes = {code for code in CODES if code.startswith(active)}
        reasons = stale([allowance], CODES, codes, [str(here / path) for path in looked], [unread] if unread else [])
        assert [reason.code for reason in reasons] in ([], [UNUSED])
        return bool(reasons)

    def test_where_all_of_it_was_looked_at(self, allow: Allow, here: Path) -> None:
        allowance = allow()
        assert apply([finding("TRT102")], [allowance]) != []
        assert self.reported(here, allowance, "models")
        assert self.reported(here, allowance, "models/a")
        assert self.reported(here, allowance, "")
        assert not self.reported(here, allowance, "models/a/1"), "the others below models/a are not known"
        assert not self.reported(here, allowance, "models/b", "models/ab")
        assert not self.reported(here, allow(path="*.pb"), "models")
        assert self.reported(here, allow(path="*.pb"), "")

    def test_where_its_rule_was_asked(self, allow: Allow, here: Path) -> None:
        assert not self.reported(here, allow(), "models", active="TRT3")
        assert not self.reported(here, allow(rule="TRT"), "models", active="TRT3")
        assert self.reported(here, allow(), "models", active="TRT1")

    def test_where_all_was_read(self, allow: Allow, here: Path) -> None:
        assert not self.reported(here, allow(), "models", unread="models/a/1")
        assert not self.reported(here, allow(), "models", unread="models")
        assert self.reported(here, allow(), "models", unread="models/b")

    def test_used(self, allow: Allow, here: Path) -> None:
        allowance = allow()
        assert apply([finding()], [allowance]) == []
        assert not self.reported(here, allowance, "models")
        apply([], [allowance])
        assert self.reported(here, allowance, "models"), "the next run begins anew"


def test_review(here: Path) -> None:
    """Findings go, verdicts and reasons stay; what is said of the configuration can be ignored and weighed too."""
    report = made.report()
    before = [(verdict.load, len(verdict.reasons)) for case in report.cases for verdict in case.verdicts]
    (here / "trt-lint.toml").write_text(
        '[severity]\nTRT1 = "note"\nTRT101 = "warning"\nallowance-unused = "error"\n[per-path-ignores]\n'
        '"models/old" = ["engine-op-in-bare-graph"]\n[[allow]]\nrule = "TRT102"\npath = "models/ranker"\nreason = "r"\n'
        '[[allow]]\nrule = "TRT301"\npath = "models"\nreason = "r"\n[[allow]]\nrule = "TRT301"\npath = "models/x"\n'
        'reason = "r"\n'
    )
    config = load()
    config.bind(RULES)
    review(report, config, RULES, RULES, ["models"])
    assert sorted((one.code, one.severity) for one in report.findings) == [
        ("TRT101", "warning"),
        ("TRT105", "note"),
        ("TRT902", "error"),
        ("TRT906", "error"),
    ], "models/torn was not read wholly, so only the allowance for models/x is known to be unused"
    assert report.allowed == 1
    assert [(verdict.load, len(verdict.reasons)) for case in report.cases for verdict in case.verdicts] == before
    report = made.report()
    active = [rule for rule in RULES if rule.code != UNUSED]
    review(report, config, RULES, active, ["models"])
    assert "TRT906" not in [one.code for one in report.findings]


def test_fingerprints_do_not_follow_lines(allow: Allow, here: Path) -> None:
    prints = []
    for head in ("", "\n\n\n"):
        (here / "trt-lint.toml").write_text(f'{head}[[allow]]\nrule = "TRT301"\npath = "models/x"\nreason = "r"\n')
        config = load()
        config.bind(RULES)
        report = made.report()
        review(report, config, RULES, RULES, ["models"])
        prints += [one.fingerprint() for one in report.findings if one.code == UNUSED]
    assert len(prints) == 2
    assert prints[0] == prints[1]
