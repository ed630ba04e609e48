"""What .gitignore leaves out, held against git itself."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_trt.lint.gitignore import Ignored

PATTERNS = (
    "*.pb build/ /dist foo/bar **/logs a/** a/**/b !keep.txt *.txt x?z [ab]c [!a]d \\#h \\!n **/ doc/*.md !doc/keep.md"
    " dir !dir/ * !*/ !*.c /x/ x/y/ *.tar.gz a*b*c **/q/** t/**/ [ [a- ] \\ ** /** !/ //"
).split()
NAMES = (
    "a b build dist foo bar logs keep.txt f.txt xyz ac bc ad cd #h !n dir doc x y m.pb q t k.c keep.md o.md abc"
    " a.tar.gz [ [a-"
).split()

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def kept_by_git(folder: Path) -> set[str]:
    command = ["git", "-C", str(folder), "ls-files", "-z", "--others", "--exclude-standard"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    listed = subprocess.run(command, capture_output=True, check=True, env=environment).stdout
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


def kept_by_us(folder: Path) -> set[str]:
    ignored = Ignored()
    kept = set()
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git" and not ignored(os.path.join(root, name))]
        kept |= {os.path.join(root, name) for name in files if not ignored(os.path.join(root, name))}
    return {os.path.relpath(path, folder) for path in kept}


def planted(folder: Path, numbers: random.Random, depth: int = 0) -> None:
    for _ in range(numbers.randint(2, 6)):
        path = folder / numbers.choice(NAMES)
        if path.exists():
            continue
        if numbers.random() < 0.45 and depth < 3:
            path.mkdir()
            planted(path, numbers, depth + 1)
        else:
            path.write_text("x")
    if numbers.random() < 0.35:
        lines = [numbers.choice(PATTERNS) for _ in range(numbers.randint(1, 4))]
        (folder / ".gitignore").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("seed", range(40))
def test_random_trees(tmp_path: Path, seed: int) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    numbers = random.Random(seed)
    planted(tmp_path, numbers)
    if seed % 4 == 0:
        (tmp_path / ".git" / "info" / "exclude").write_text(numbers.choice(PATTERNS) + "\n")
    assert kept_by_us(tmp_path) == kept_by_git(tmp_path)


def test_without_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("build\n")
    assert Ignored()(str(tmp_path / "build"))
    assert not Ignored()(str(tmp_path / "src"))


def test_a_folder_above_that_is_ignored(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("/models\n")
    ignored = Ignored()
    assert not ignored(str(tmp_path / "models" / "a" / "saved_model.pb")), "of itself it is not"
    assert ignored.above(str(tmp_path / "models" / "a" / "saved_model.pb"))
    assert not ignored.above(str(tmp_path / "other"))


def test_hostile_patterns_end_soon(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(
        b"a" + b"*a" * 400 + b"b\n" + b"[" * 5000 + b"\n\xff\xfe\n" + b"**/" * 300 + b"x\n"
    )
    Ignored()(str(tmp_path / ("a" * 200)))
    Ignored()(str(tmp_path / ("a/" * 60 + "y")))
