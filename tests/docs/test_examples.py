"""Every command of the documentation is run, and prints what the documentation says.

A block of kind `console` is a session: lines that begin with "$ " are commands, what follows is their output, and
"$ echo $?" shows the exit status of the command before. A block of kind `python` is run as a program. One whose first
line is a comment that names a file is written to that file instead, as is every block of kind `toml`. All of a page's
blocks share one folder, which is the home folder too and holds examples/. `pytest tests/docs --update-goldens` writes
the outputs into the pages.

A block after `<!-- needs tensorrt_rtx onnx -->` is run where these modules are installed; the page is skipped, after
all that could be run, where one is not. The tox environment `docs` has all of them. Of the output of such a block, what
differs from run to run is not compared.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = [
    "README.md",
    "docs/output.md",
    "docs/configuration.md",
    "docs/targets.md",
    "docs/ci.md",
    "docs/deployments.md",
    "docs/inspect.md",
    "docs/engines.md",
    "docs/cache.md",
    "docs/equivalence.md",
    "docs/evidence.md",
    "examples/pytest/README.md",
]
BLOCK = re.compile(r"^(?:<!-- needs ([^\n]+) -->\n)?```(console|python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# ([\w./-]+\.(?:py|toml|ini))")
# What differs from one run of a command to the next: times, versions, identities, and how far a line of "=" goes.
VARYING = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?"), "DATE"),
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "DIGEST"),
    (re.compile(r"TensorRT-RTX \d+(\.\d+)+|\b\d+\.\d+\.\d+\.\d+\b"), "VERSION"),
    (re.compile(r"(?<= in )\d+\.\d\ds|\b\d+\.\d\d$|\"?seconds\"?: \d+(\.\d+)?", re.MULTILINE), "SECONDS"),
    (re.compile(r"\b\d+(\.\d)? KiB|\b\d+ B\b"), "SIZE"),
    (re.compile(r"={3,}|  +"), " "),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(ROOT / "tests" / "data" / "plans", tmp_path / "tests" / "data" / "plans")
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if re.match(r"PYTEST_(ADDOPTS|XDIST|TRT)|XDG_|TRT_LINT_|COLUMNS$|CI$|BUILD_NUMBER$", name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    return tmp_path


def session(text: str) -> Iterator[str]:
    """The session again, with the output that it has now."""
    status = 0
    for line in text.splitlines():
        if not line.startswith("$ "):
            continue
        yield line
        if line == "$ echo $?":
            yield str(status)
            continue
        run = subprocess.run(["bash", "-c", line[2:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        status = run.returncode
        yield from run.stdout.decode().replace(os.getcwd(), "~").rstrip("\n").splitlines()


def block(kind: str, text: str, varies: bool) -> str:
    """A block as it should be. varies: unless it differs in nothing but what VARYING lists."""
    if kind == "console":
        now = "".join(f"{line}\n" for line in session(text))
        return text if varies and alike(now, text) else now
    named = FILE.fullmatch(text.partition("\n")[0])
    if named is not None:
        Path(named[1]).write_text(text, encoding="utf-8")
        return text
    assert kind == "python", "a block of kind toml names its file in its first line"
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return text


def alike(one: str, other: str) -> bool:
    for pattern, word in VARYING:
        one, other = pattern.sub(word, one), pattern.sub(word, other)
    return one == other


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("folder")
def test_page(page: str, request: pytest.FixtureRequest) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    left_out = []

    def now(match: re.Match[str]) -> str:
        missing = [name for name in (match[1] or "").split() if importlib.util.find_spec(name) is None]
        if missing:
            left_out.append(missing[0])
            return match[0]
        return f"{match[0].partition('```')[0]}```{match[2]}\n{block(match[2], match[3], match[1] is not None)}```"

    updated = BLOCK.sub(now, text)
    if request.config.getoption("--update-goldens"):
        path.write_text(updated, encoding="utf-8")
    assert updated == text or request.config.getoption("--update-goldens")
    if left_out:
        pytest.skip(f"{len(left_out)} blocks of {page} need {', '.join(dict.fromkeys(left_out))}")


def test_links() -> None:
    """Links to files of the repository lead somewhere."""
    dead = []
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "rules").glob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
    ]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not (path.parent / link).exists():
                dead.append(f"{path.relative_to(ROOT)}: {link}")
    assert dead == []
