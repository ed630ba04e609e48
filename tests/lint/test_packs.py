"""Private rule packs: what is imported and what is not, what RULES may be, and the example pack of tests/data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint import Case, Finding, Rule, check
from pytest_trt.lint.packs import PackError, load
from pytest_trt.lint.rule import rule
from pytest_trt.lint.testing import check_rule
from pytest_trt_rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = DATA / "example_pack"
CLEAN = DATA / "oracle" / "c00_v1_clean"
RULE = """
from pytest_trt.lint import Finding
from pytest_trt.lint.rule import rule
from pytest_trt.artifacts.location import Location

@rule("ACME001", "never-good", "error", "file", looks=True)
def never_good(case):
    '''It is never good.'''
    yield Finding("It is bad.", Location(case.artifact.path), "Mend it.")
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """pack(text): the name of a module with this text, installed where nothing is scanned; here is another folder."""
    (tmp_path / "installed").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    name = f"pack_{abs(hash(str(tmp_path)))}"

    def make(text: str) -> str:
        (tmp_path / "installed" / f"{name}.py").write_text(text)
        return name

    yield make
    sys.modules.pop(name, None)


def refused(*modules: str, scanned: tuple[str, ...] = ()) -> str:
    before = list(sys.path)
    with pytest.raises(PackError) as caught:
        load(modules, scanned, RULES)
    assert sys.path == before
    assert str(caught.value).startswith(f"rule pack {modules[-1]}: ")
    return str(caught.value)


class TestWhatIsImported:
    def test_installed(self, pack: Callable[[str], str]) -> None:
        name = pack(f"{RULE}\nRULES = (never_good,)")
        (found,) = load([name, name], ["."], RULES)
        assert (found.code, found.looks, found.documentation) == ("ACME001", True, "It is never good.")
        (finding,) = check([str(CLEAN)], rules=[found]).findings
        assert (finding.code, finding.severity) == ("ACME001", "error")

    def test_not_there(self, pack: Callable[[str], str]) -> None:
        assert refused("no_such_pack").endswith(
            "there is no module no_such_pack; install it into the environment of trt-lint"
        )
        assert "there is no module no_such_pack;" in refused("no_such_pack.rules")
        assert "there is no module json.no_such" in refused("json.no_such")

    @pytest.mark.parametrize("name", ["", "a-b", "rules.py/x", "../x", ".x", "a..b", "1a"])
    def test_no_name(self, name: str) -> None:
        assert "is no module's name" in refused(name)

    @pytest.mark.parametrize("entry", ["", ".", "absolute"])
    def test_never_from_the_working_directory(
        self, pack: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, entry: str
    ) -> None:
        Path("evil_pack.py").write_text("open('executed', 'w').close()\nRULES = ()")
        Path("evil_folder").mkdir()
        Path("evil_folder/inner.py").write_text("open('executed', 'w').close()\nRULES = ()")
        monkeypatch.setattr(sys, "path", [os.getcwd() if entry == "absolute" else entry, *sys.path])
        assert "lies below the working directory or a scanned path, so install it" in refused("evil_pack")
        assert "install it" in refused("evil_folder.inner")
        assert not Path("executed").exists()

    def test_never_from_a_scanned_path(
        self, pack: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "models" / "m").mkdir(parents=True)
        (tmp_path / "models" / "m" / "evil_pack.py").write_text(
            f"open({str(tmp_path / 'executed')!r}, 'w').close()\nRULES = ()"
        )
        (tmp_path / "models" / "m" / "saved_model.pb").write_bytes(b"")
        (tmp_path / "link").symlink_to(tmp_path / "models")
        monkeypatch.syspath_prepend(str(tmp_path / "link" / "m"))
        for scanned in ("models", "models/m", "models/m/saved_model.pb", "link"):
            assert "install it" in refused("evil_pack", scanned=(str(tmp_path / scanned),))
        assert not (tmp_path / "executed").exists()
        assert load(["evil_pack"], [], RULES) == [], "nobody scans it"
        sys.modules.pop("evil_pack")

    def test_never_by_a_finder_of_an_editable_installation(
        self, pack: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from importlib.util import spec_from_file_location

        Path("src").mkdir()
        Path("src/editable_pack.py").write_text("open('executed', 'w').close()\nRULES = ()")

        class Finder:
            @staticmethod
            def find_spec(name: str, path: object = None, target: object = None) -> object:
                return spec_from_file_location(name, "src/editable_pack.py") if name == "editable_pack" else None

        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
        said = refused("editable_pack")
        assert "src/editable_pack.py lies below the working directory or a scanned path, and nothing from" in said
        assert not Path("executed").exists()

    def test_nothing_that_it_imports_either(self, pack: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
        Path("neighbour_of_pack.py").write_text("open('executed', 'w').close()")
        monkeypatch.setattr(sys, "path", ["", *sys.path])
        assert "ModuleNotFoundError: No module named 'neighbour_of_pack'" in refused(pack("import neighbour_of_pack"))
        assert not Path("executed").exists()

    def test_site_packages_below_the_working_directory(
        self, pack: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = pack(f"{RULE}\nRULES = (never_good,)")
        monkeypatch.chdir(tmp_path)
        refused(name)
        monkeypatch.setattr("site.getsitepackages", lambda: [str(tmp_path / "installed")])
        assert [one.code for one in load([name], ["."], RULES)] == ["ACME001"]

    def test_the_standard_library_below_the_working_directory(
        self, pack: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = pack("import colorsys\nRULES = ()")
        installed = str(Path.cwd().parent / "installed")
        monkeypatch.setattr("site.getsitepackages", lambda: [installed])
        monkeypatch.delitem(sys.modules, "colorsys", raising=False)
        monkeypatch.chdir("/")
        assert load([name], [], RULES) == []

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("1 / 0", "cannot be imported: ZeroDivisionError: division by zero (at pack_"),
            ("def", "cannot be imported: SyntaxError"),
            ("raise SystemExit(3)", "cannot be imported: SystemExit: 3"),
        ],
    )
    def test_breaks(self, pack: Callable[[str], str], text: str, why: str) -> None:
        assert why in refused(pack(text))


class TestRules:
    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "has no RULES; write RULES: tuple[Rule, ...] = (rule_1, rule_2)"),
            ("RULES = [never_good]", "has RULES that are a list"),
            ("RULES = never_good", "has RULES that are a Rule"),
            ("RULES = (never_good, 1)", "RULES[1] is a int, no Rule; put the decorator @rule(...)"),
            ("RULES = (never_good, never_good)", "ACME001 never-good: Rule(ACME001 never-good) has this code or name"),
        ],
    )
    def test_shape(self, pack: Callable[[str], str], text: str, why: str) -> None:
        assert why in refused(pack(f"{RULE}\n{text}"))

    @pytest.mark.parametrize(
        ("old", "new", "why"),
        [
            ("ACME001", "TRT105", "TRT105: codes that begin with TRT and a digit are trt-lint's own"),
            ("ACME001", "TRT1000", "codes that begin with TRT and a digit"),
            ("ACME001", "acme1", "a code is capital letters and digits"),
            ("ACME001", "ACME", "a code is capital letters and digits"),
            ("ACME001", "ACME1\\n", "a code is capital letters and digits"),
            ("never-good", "neverGood", "must be words of small letters with hyphens"),
            ("never-good", "malformed", "has this code or name already"),
            ('"error"', '"fatal"', "severity 'fatal' must be one of error, warning, note"),
            ('"file"', '"never"', "stage 'never' must be one of load, warmup, request, file, any"),
            (", looks=True", "", "would never be asked"),
            ("'''It is never good.'''", "", "has no docstring"),
        ],
    )
    def test_each(self, pack: Callable[[str], str], old: str, new: str, why: str) -> None:
        assert why in refused(pack(f"{RULE.replace(old, new)}\nRULES = (never_good,)"))

    def test_a_prefix_with_trt(self, pack: Callable[[str], str]) -> None:
        name = pack(f"{RULE.replace('ACME001', 'TRTX1')}\nRULES = (never_good,)")
        assert [one.code for one in load([name], [], RULES)] == ["TRTX1"]

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ("yield 1", "yields a int, no Finding"),
            ("yield 1 / 0", "ZeroDivisionError: division by zero (at pack_"),
            ("return 1", "TypeError: 'int' object is not iterable"),
            (
                "yield Finding('It.', Location('x'), 'Mend it.', severity='fatal')",
                "severity 'fatal' must be one of error, warning, note",
            ),
        ],
    )
    def test_breaks_when_asked(self, pack: Callable[[str], str], body: str, why: str) -> None:
        name = pack(RULE.partition("    yield")[0] + f"    {body}\nRULES = (never_good,)")
        rules = load([name], [], RULES)
        with pytest.raises(PackError) as caught:
            check([str(CLEAN)], rules=rules)
        assert str(caught.value).startswith(f"rule pack {name}: ACME001 on {CLEAN}: ")
        assert why in str(caught.value)


class TestCheckRule:
    def make(self, code: str = "ACME001") -> Rule:
        @rule(code, "never-good", "note", "file", looks=True)
        def never_good(case: Case) -> Iterator[Finding]:
            """It is never good."""
            yield Finding("It is bad.", Location(case.artifact.path), "Mend it.")

        return never_good

    def test_path_and_case(self) -> None:
        (finding,) = check_rule(self.make(), CLEAN)
        assert (finding.code, finding.name, finding.severity) == ("ACME001", "never-good", "note")
        (finding,) = check_rule(self.make(), Case(Artifact("x", "plan", "plan"), [], []))
        assert finding.at.path == "x"

    def test_silence_that_would_prove_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="there is no model artifact"):
            check_rule(self.make(), tmp_path)
        with pytest.raises(ValueError, match="was not read wholly"):
            check_rule(self.make(), tmp_path / "gone")
        with pytest.raises(ValueError, match="TRT1: codes that begin with TRT"):
            check_rule(self.make("TRT1"), CLEAN)


class TestExample:
    def test_its_own_tests(self, tmp_path: Path) -> None:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE)],
            env={**os.environ, "PYTHONPATH": str(EXAMPLE), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        assert "4 passed" in run.stdout

    def test_in_a_process(self, tmp_path: Path) -> None:
        command = str(Path(sys.executable).with_name("trt-lint"))
        env = {**os.environ, "PYTHONPATH": str(EXAMPLE), "PYTHONDONTWRITEBYTECODE": "1"}
        words = [command, str(CLEAN), "--output-format", "concise", "--strict"]

        def run(*more: str, **variables: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*words, *more], env={**env, **variables}, cwd=tmp_path, capture_output=True, text=True, timeout=60
            )

        assert (run().returncode, run().stdout) == (0, "")
        for with_pack in (run("--allow-rule-pack", "acme_trt_rules"), run(TRT_LINT_ALLOW_RULE_PACK="acme_trt_rules")):
            assert with_pack.returncode == 1
            assert "ACME001 [warning] Nobody answers for this model" in with_pack.stdout
        ignored = run("--allow-rule-pack", "acme_trt_rules", "--ignore", "model-without-owner")
        assert (ignored.returncode, ignored.stdout, ignored.stderr) == (0, "", "")
        inside = subprocess.run(
            [*words, "--allow-rule-pack", "acme_trt_rules"], env=env, cwd=EXAMPLE, capture_output=True, text=True
        )
        assert inside.returncode == 2
        assert "lies below the working directory or a scanned path" in inside.stderr
        (tmp_path / "trt-lint.toml").write_text('allow-rule-pack = ["acme_trt_rules"]')
        assert "a file may come with what is checked" in run().stderr
