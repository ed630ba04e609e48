"""All formats at once: hostile text, lines of deployment files, and where reports go."""

from __future__ import annotations

import json as standard
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import pytest_trt_rules
from pytest_trt.lint.outputs import Output, clash, parse
from pytest_trt.lint.report import concise, github, gitlab, json, junit, markdown, places, sarif, terminal, text
from pytest_trt.lint.report.visible import printable, visible, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Golden = Callable[[str, str], None]

HOSTILE = {
    "control": "a\x00\x01\x07\x08\x0b\x0c\x1f\x7f\x85\x9b",
    "ansi": "\x1b[31mred\x1b]8;;http://evil\x07link\x1b[0m",
    "rich": "[bold red]x[/bold red][link=http://evil]y[/link]",
    "command": "::error file=x,line=1::owned",
    "command on a line of its own": "x\n::error::owned\r\n::stop-commands::t",
    "azure": "##vso[task.setvariable variable=x]y##[error]z",
    "encoded": "%0A::error::%0D%25%3A%2C",
    "xml": "</failure></testcase><testcase name='x'>&amp;&#0;",
    "cdata": "]]><![CDATA[x]]>",
    "comment": "<!-- x --> -->",
    "cell": "a|b\\|c\\\\|d",
    "row": "a |\n| --- | x",
    "backticks": "`a``b```",
    "one backtick": "`",
    "trailing backslash": "a\\",
    "html": "<script>alert(1)</script><img src=x onerror=y>",
    "details": "</details></summary><h1>x</h1>",
    "link": "[x](http://evil) ![y](http://evil) <http://evil> http://evil www.evil.com",
    "reference": "[x][1]\n\n[1]: http://evil",
    "mention": "@user @org/team a@b.co #1 org/repo#2 GH-3 !4 $5 %6 ~7 &8 :tada:",
    "emphasis": "*a* _b_ **c** ~~d~~ $x$ ^y^ ==z==",
    "heading": "# x\n===\n---\n- y\n1. z\n> q\n    code",
    "entity": "&lt;b&gt; &copy; &#64;user",
    "bidi": "\u202egnp.exe\u2066x\u2069\u200f\u061c",
    "zero width": "a\u200bb\u200d\ufeff",
    "separators": "a\u2028b\u2029c\u00a0d",
    "surrogate": "a\ud800b",
    "byte": "a\udcff\udc80b",
    "no character": "a\ufffe\uffff\U0010ffff",
    "placeholder": "{0} {1} {{2}} {serve}",
    "message link": "[x](0)\\[y\\](1)",
    "long": "a" * 20_000,
    "empty": "",
    "space": " ",
}
NAMES = [pytest.param(text, id=name) for name, text in HOSTILE.items()]


def report_of(name: str, severity: str = "error") -> made.Report:
    """One finding, whose every text is this, and one that is not hostile."""
    target = made.parse(made.NAMES[0])
    report = made.Report([target.name, name])
    path = f"models/{name}"
    verdict = made.add_model(report, path, [target], {name: "ok"})[0]
    at = made.Location(f"{path}/saved_model.pb", [("metagraph", name), ("node", name)], 7, 9)
    verdict.fail_request(name, made.Reason("request", "TRT301", name, at, signature=name))
    also = [(made.Location(at.path, [("node", name)]), name), (made.Location(f"{name}/f", [("line", "3")]), "")]
    finding = made.Finding(
        f"It fails: {name}", at, f"Remove `{name}` and {name}.", targets=[name], quote=name, also=also
    )
    made.add_finding(report, finding, "TRT301", "op-not-registered", severity)
    report.deployments.append(made.Case(made.Artifact(f"deploy/{name}.yaml", "deployment", "compose"), [], []))
    plain = made.Finding("It fails.", made.Location(f"deploy/{name}.yaml", [("line", "2")]), "Mend it.", count=3)
    made.add_finding(report, plain, "TRT403", "floating-tag", severity)
    return report


def messages(report: made.Report) -> list[str]:
    return [finding.message for finding in report.findings]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Paths start from the repository's root, so there is none."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
class TestHostile:
    def test_json(self, name: str) -> None:
        report = report_of(name)
        shown = json.render(report)
        assert shown.isascii()
        document = standard.loads(shown)
        assert [one["message"] for one in document["findings"]] == [whole(one) for one in messages(report)]
        assert document["findings"][0]["location"]["trail"] == [{"metagraph": whole(name)}, {"node": whole(name)}]
        assert document["findings"][1]["location"]["line"] == 2

    def test_sarif(self, name: str) -> None:
        report = report_of(name)
        shown = sarif.render(report, pytest_trt_rules.RULES, 1)
        assert shown.isascii()
        run = standard.loads(shown)["runs"][0]
        assert [one["ruleId"] for one in run["results"]] == ["TRT301", "TRT403"]
        for result, message in zip(run["results"], messages(report)):
            said = result["message"]["text"].split("\n\nCure: ")
            assert len(said) == 2
            assert "](" not in re.sub(r"\\[\\\[\]]", "", said[0]), "a link"
            shown_ = printable(message, 4000)
            if re.search(r"\{\d+\}", message):
                assert re.fullmatch(r"([^{}]|\{\{|\}\})*", said[0]), "no placeholder"
                shown_ = shown_.replace("{", "{{").replace("}", "}}")
            if "](" in message:
                said[0] = re.sub(r"\\([\\\[\]])", r"\1", said[0])
            assert said[0] == shown_
            for location in (*result["locations"], *result.get("relatedLocations", ())):
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                assert re.fullmatch(r"(file:///)?(%[0-9A-F]{2}|[A-Za-z0-9._~/-])+", uri), uri

    def test_github(self, name: str) -> None:
        report = report_of(name)
        found = [command(line) for line in github.render(report).split("\n")[:-1]]
        assert [one[0] for one in found] == ["error", "error"]
        assert [one[1]["title"] for one in found] == ["TRT301 op-not-registered", "TRT403 floating-tag"]
        assert found[0][1]["file"] == visible(os.path.normpath(f"models/{name}/saved_model.pb"), 2000)
        assert set(found[0][1]) == {"file", "title"}
        assert found[1][1]["line"] == "2"
        assert visible(report.findings[0].message, 2000) in found[0][2]

    def test_gitlab(self, name: str) -> None:
        report = report_of(name)
        entries = standard.loads(gitlab.render(report))
        assert [one["check_name"] for one in entries] == ["TRT301", "TRT403"]
        assert all(one["description"].isprintable() and one["location"]["path"].isprintable() for one in entries)
        assert entries[0]["description"].endswith(printable(report.findings[0].message, 4000))
        assert entries[1]["location"]["lines"] == {"begin": 2}

    def test_junit(self, name: str) -> None:
        report = report_of(name)
        root = ElementTree.fromstring(junit.render(report).encode())
        cases = list(root.iter("testcase"))
        assert [one.get("name") for one in cases] == [
            visible(f"deploy/{name}.yaml", 4000),
            visible(f"models/{name}", 4000),
        ]
        failures = [one.find("failure") for one in cases]
        assert [one.get("type") for one in failures if one is not None] == ["TRT403", "TRT301"]
        assert visible(report.findings[0].message, 4000) in (failures[1].text or "")  # type: ignore[union-attr]
        assert len(list(root.iter())) == 3 + 2 + 4, "elements are ours"

    def test_markdown(self, name: str) -> None:
        report = report_of(name)
        shown = markdown.render(report)
        tokens = MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(shown)
        inline = [child for token in tokens for child in token.children or ()]
        assert not {child.type for child in inline} & {"link_open", "image", "em_open", "s_open"}
        assert {child.content for child in inline if child.type == "html_inline"} <= {"<br>"}
        blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
        assert blocks.count("</details>") == sum(one.startswith("<details><summary>") for one in blocks) == 2
        assert len(blocks) == 4
        assert [token.tag for token in tokens if token.type == "heading_open"] == ["h2", "h3", "h3"]
        rows = [token.content for token in tokens if token.type == "inline"]
        assert sum(token.type == "tr_open" for token in tokens) == 3
        assert sum(token.type == "td_open" for token in tokens) == 6
        assert sum("**error TRT301**" in row for row in rows) == 1
        assert sum("**error TRT403**" in row for row in rows) == 1
        said = [plain(token.children) for token in tokens if token.type == "inline"]
        assert visible(report.findings[0].message, 1200).strip() in said
        assert not re.search(r"@(?=\w)", re.sub(r"(`+).*?[^`]\1(?!`)", "", shown)), "a mention"

    def test_lines(self, name: str) -> None:
        report = report_of(name)
        drawn = terminal.render(report, terminal.console(False, styled=False, width=100))
        for shown in (text.render(report), concise.render(report), drawn):
            assert all(one.isprintable() for one in shown.split("\n"))
            assert not re.search(r"^\s*::|##", shown, re.MULTILINE)
        assert len(concise.render(report).splitlines()) == 2


def command(line: str) -> tuple[str, dict[str, str], str]:
    """A line as GitHub's runner reads it. Source: actions/runner, src/Runner.Common/ActionCommand.cs, TryParseV2."""
    assert line.startswith("::"), line
    head, found, data = line[2:].partition("::")
    assert found
    name, _, said = head.partition(" ")
    properties = {}
    for pair in filter(None, said.split(",")):
        key, _, value = pair.partition("=")
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(code, character)
        properties[key] = value
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        data = data.replace(code, character)
    return name, properties, data


def plain(children: object) -> str:
    """What a reader sees of inline tokens."""
    parts = [child.content for child in children if child.type in ("text", "text_special", "code_inline")]  # type: ignore[attr-defined]
    return "".join(parts).replace("\u200b", "")


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(), max_size=30) | st.text("`\\|*_[]()<>@#! \n:/w.", max_size=12))
def test_markdown_shows_what_it_is_given(raw: str) -> None:
    md = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    shown = visible(raw, 400)
    for written in (markdown.code(raw), markdown.prose(raw)):
        (cell,) = [one for one in md.parse(f"x {written} y") if one.type == "inline"]
        assert {child.type for child in cell.children or ()} <= {"text", "text_special", "code_inline"}
        assert plain(cell.children).split() == f"x {shown} y".split()
    row = f"| {markdown.code(raw, cell=True)} | {markdown.prose(raw)} |"
    cells = [one for one in md.parse(f"| a | b |\n|---|---|\n{row}\n") if one.type == "inline"][2:]
    assert len(cells) == 2
    assert plain(cells[0].children).split() == shown.replace("|", "\\x7c").split()
    assert plain(cells[1].children).split() == shown.split()


class TestLines:
    """Findings in text files name the line."""

    def test_concise(self) -> None:
        shown = concise.render(made.deployed()).splitlines()
        assert shown[0].startswith("deploy/Dockerfile:12: TRT401 [error]")
        assert shown[1].startswith("deploy/Dockerfile:1: TRT403 [warning]")
        assert shown[2].startswith("trt-lint.toml:4: TRT906 [note]")

    def test_text(self, golden: Golden) -> None:
        golden("deployed.txt", text.render(made.deployed()))

    @pytest.mark.parametrize("width", [50, 100])
    def test_terminal(self, golden: Golden, width: int) -> None:
        golden(f"deployed-{width}.ansi", terminal.render(made.deployed(), terminal.console(True, width=width)))

    def test_json(self) -> None:
        document = standard.loads(json.render(made.deployed()))
        first = document["findings"][0]
        assert first["location"] == {"trail": [{"line": "12"}], "line": 12, "offset": None, "length": None}
        assert first["related"] == [
            {"path": "models/ranker/1/saved_model.pb", "line": None, "message": "serve > TRTEngineOp_0: the model"},
            {"path": "deploy/Dockerfile", "line": 1, "message": "the image"},
        ]

    @pytest.mark.parametrize(
        ("trail", "line"),
        [
            ((), None),
            ((("line", "7"),), 7),
            ((("node", "9"), ("line", "7")), 7),
            ((("line", "0"),), None),
            ((("line", "x"),), None),
            ((("line", "\u00b2"),), None),
            ((("line", "9" * 5000),), None),
        ],
    )
    def test_line(self, trail: tuple[tuple[str, str], ...], line: int | None) -> None:
        assert places.line(made.Location("f", trail)) == line


class TestPaths:
    """What a CI service is told of a path."""

    def test_from_the_repository(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / ".git").mkdir()
        (here / "a" / "b").mkdir(parents=True)
        monkeypatch.chdir(here / "a" / "b")
        assert places.root() == str(here)
        assert places.relative("x/./y.pb", places.root()) == "a/b/x/y.pb"
        assert places.relative("../x", places.root()) == "a/x"
        assert places.relative(str(here / "z"), places.root()) == "z"
        assert places.relative("/elsewhere/z", places.root()) == "/elsewhere/z"
        assert places.relative(".", places.root()) == "a/b"

    def test_through_a_link(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "real").mkdir()
        (here / "link").symlink_to("real")
        monkeypatch.chdir(here / "real")
        assert places.relative(str(here / "link" / "x"), places.root()) == "x"

    @pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"])
    def test_from_the_services_folder(self, here: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        (here / "a").mkdir()
        monkeypatch.chdir(here / "a")
        monkeypatch.setenv(name, str(here))
        assert places.root() == str(here)
        monkeypatch.setenv(name, str(here / "elsewhere"))
        assert places.root() == str(here / "a")

    @pytest.mark.parametrize(
        ("path", "file", "inside"),
        [
            ("a/model.tar.gz!/1/saved_model.pb", "a/model.tar.gz", "1/saved_model.pb"),
            ("a/m.ZIP!/x!/y", "a/m.ZIP", "x!/y"),
            ("wow!/m.zip!/x", "wow!/m.zip", "x"),
            ("wow!/m.zip", "wow!/m.zip", ""),
            ("m.zip", "m.zip", ""),
        ],
    )
    def test_member(self, path: str, file: str, inside: str) -> None:
        assert places.member(path) == (file, inside)


class TestOutputs:
    def test_parse(self) -> None:
        one = parse("sarif=out/a=b.sarif", "--output")
        assert (one.format, one.path, one.said) == ("sarif", "out/a=b.sarif", "--output sarif=out/a=b.sarif")
        assert parse("text", "--output").path is None
        assert parse("text=-", "--output").path is parse("text=-", "x", folder="..").path is None
        assert parse("text=a", "x", folder="..").path == "../a"
        assert parse("text=/a", "x", folder="..").path == "/a"

    @pytest.mark.parametrize(
        ("text_", "why"),
        [
            ("", "'' is no format; the formats are text, concise, json, sarif, github, gitlab, junit, markdown"),
            ("srif=x", "'srif' is no format; did you mean sarif?"),
            ("out.json", "'out.json' is no format; did you mean json?"),
            ("json=", "no file is named after json="),
            ("json= ", "no file is named after json="),
        ],
    )
    def test_refused(self, text_: str, why: str) -> None:
        with pytest.raises(ValueError, match=f"^{re.escape(why)}"):
            parse(text_, "--output")

    def test_clash(self, here: Path) -> None:
        (here / "link").symlink_to("a")
        a, b, c, d = (Output("json", path, f"--output json={path}") for path in ("a", "./a", "link", "b"))
        assert clash([a, d], {}) == ""
        assert clash([a, a], {}) == "--output json=a and --output json=a name the same file"
        assert clash([a, b], {}) == "--output json=a and --output json=./a name the same file"
        assert clash([c, d, a], {}) == "--output json=link and --output json=a name the same file"
        assert clash([d], {"b": "--write-baseline"}) == "--write-baseline and --output json=b name the same file"
        out = Output("text", None, "--output text")
        assert clash([out, a], {}) == ""
        assert clash([out, out], {}).startswith("--output text and --output text both go to stdout; name a file for")
