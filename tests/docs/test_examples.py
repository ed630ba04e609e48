"""Every command of the documentation is run, and prints what the documentation says.

A block of kind `console` is a session: lines that begin with "$ " are commands, what follows is their output, and
"$ echo $?" shows the exit status of the command before. A block of kind `python` is run as a program, and a block of
kind `toml` is written to the file that its first comment names. All of a page's blocks share one folder, which
holds examples/. `pytest tests/docs --update-goldens` writes the outputs into the pages.
"""

from __future__ import annotations

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
PAGES = ["README.md", "docs/output.md", "docs/configuration.md", "docs/inspect.md"]
BLOCK = re.compile(r"^```(console|python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copytree(ROOT / "tests" / "data" / "plans", tmp_path / "tests" / "data" / "plans")
    monkeypatch.chdir(tmp_path)
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
        yield from run.stdout.decode().rstrip("\n").splitlines()


def block(kind: str, text: str) -> str:
    """A block as it should be."""
    if kind == "console":
        return "".join(f"{line}\n" for line in session(text))
    if kind == "toml":
        name = text.partition("\n")[0].removeprefix("# ").strip()
        Path(name).write_text(text, encoding="utf-8")
    else:
        run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stderr
        assert run.stderr == ""
    return text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("folder")
def test_page(page: str, request: pytest.FixtureRequest) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    now = BLOCK.sub(lambda match: f"```{match[1]}\n{block(match[1], match[2])}```", text)
    if request.config.getoption("--update-goldens"):
        path.write_text(now, encoding="utf-8")
    assert now == text or request.config.getoption("--update-goldens")


def test_links() -> None:
    """Links to files of the repository lead somewhere."""
    dead = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "rules").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not (path.parent / link).exists():
                dead.append(f"{path.relative_to(ROOT)}: {link}")
    assert dead == []
