"""Suites of tests that tests make, and runs of pytest on them, each in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"
# What the machine, and the run that this is part of, would bring in.
_FOREIGN = re.compile(r"PYTEST_|CUDA_|TRT_LINT_|XDG_|CI$|BUILD_NUMBER$|FORCE_COLOR$|PY_COLORS$")


class Run:
    """What a run of pytest left: exit status, stdout, stderr."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def outcomes(self) -> dict[str, int]:
        """The numbers of the last line: {"passed": 2, "failed": 1}."""
        last = next((line for line in reversed(self.out.splitlines()) if re.search(r" in \d+\.\d+s", line)), "")
        found = re.findall(r"(\d+) ([a-z]+)", last.split(" in ")[0])
        return {name.removesuffix("s") if name in ("errors", "warnings") else name: int(count) for count, name in found}

    def section(self, name: str) -> list[str]:
        """The lines below a heading such as ==== TensorRT ====, up to the next."""
        match = re.search(
            rf"^=+ {re.escape(name)} =+\n(.*?)^(?:=|\d+ (?:passed|failed|skipped|error))",
            self.out,
            re.MULTILINE | re.DOTALL,
        )
        assert match is not None, self.out
        return match[1].splitlines()


class Suite:
    """A folder with tests, an empty home, and pytest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "suite"
        self.home = folder / "home"
        self.folder.mkdir()
        self.home.mkdir()

    def write(self, **files: str) -> None:
        """test_x="..." writes test_x.py; ini="..." the lines of pytest.ini."""
        for name, text in files.items():
            path = self.folder / ("pytest.ini" if name == "ini" else f"{name}.py")
            path.write_text(f"[pytest]\n{text}\n" if name == "ini" else text, encoding="utf-8")

    def environment(self, env: dict[str, str] | None = None) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if _FOREIGN.match(name) is None}
        return {**clean, "COLUMNS": "80", "HOME": str(self.home), **(env or {})}

    def run(self, *words: str, code: int | None = None, env: dict[str, str] | None = None) -> Run:
        """pytest with these words. code: the exit status that is expected."""
        command = [str(Path(sys.executable).with_name("pytest")), *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment(env), capture_output=True, text=True, timeout=120
        )
        run = Run(done.returncode, done.stdout, done.stderr)
        assert "INTERNALERROR" not in run.out + run.err, run.out + run.err
        assert code is None or run.code == code, run.out + run.err
        return run

    def properties(self, *words: str, **options: Any) -> dict[str, list[tuple[str, Any]]]:
        """test -> its properties in JUnit's XML, JSON read."""
        path = self.folder / "junit.xml"
        self.run(*words, f"--junitxml={path}", **options)
        found: dict[str, list[tuple[str, Any]]] = {}
        for case in ElementTree.parse(path).iter("testcase"):
            pairs = [(str(one.get("name")), json.loads(str(one.get("value")))) for one in case.iter("property")]
            found.setdefault(str(case.get("name")), []).extend(pairs)
        return found
