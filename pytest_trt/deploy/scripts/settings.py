"""What a script takes from the files around it: the names in a folder, variables that a file sets."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.scope import below
from pytest_trt.deploy.scripts.variables import env_file, fields
from pytest_trt.deploy.scripts.words import Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.scope import Scope
    from pytest_trt.deploy.tree import Tree

SIZE_LIMIT = 64 << 10

# `$(grep -v '^#' .env | xargs)`, `$(cat .env)`, `$(xargs < .env)`, `$(<.env)`, and the same in backticks.
_LISTS = re.compile(r"(?:\$\(|`)\s*(?:[ef]?grep|cat|sed|xargs|<)")
_NAMES_FILE = re.compile(
    r"[\s<\"']([^\s<>|'\"()`*?]*\.(?:env|list|conf|properties)(?:\.\w+)?|[^\s<>|'\"()`]*/env)(?=[\s|'\")`]|$)"
)


def exported(word: Word, folder: str | None, script: str, tree: Tree, scope: Scope) -> dict[str, Said]:
    """The variables of `export $(cat .env | xargs)`, as far as the file is in the tree."""
    if not _LISTS.match(word.raw) or len(word.raw) > 300:
        return {}
    match = _NAMES_FILE.search(word.raw)
    names = fields(match[1], scope, line(script, word.line)) if match else []
    path = below(folder, names[0].text) if len(names) == 1 and names[0].text is not None else None
    found = tree.first(tree.candidates(path, script)) if path is not None else None
    try:
        return env_file(tree.read(found, SIZE_LIMIT), found, "compose") if found is not None else {}
    except ArtifactError:
        return {}


def globbed(words: Sequence[Said], folder: str | None, script: str, tree: Tree) -> list[Said]:
    """`folder/*` becomes the names in the folder, as far as the tree has it. folder: where the script is."""
    found: list[Said] = []
    for word in words:
        match = re.fullmatch(r"([^*?\[\]]*/|)\*(/?)", word.text or "")
        if match is None:
            found.append(word)
            continue
        place = below(folder, match[1] or ".")
        path = tree.first(tree.candidates(place, script)) if place is not None else None
        names = [name for name in tree.names(path) if name[0] != "."] if path is not None else []
        if match[2] and path is not None:
            names = [name for name in names if tree.is_folder(posixpath.join(path, name))]
        if not names:
            found.append(Said(None, word.at, f"what `{word.text}` stands for is not in the tree"))
        found += [Said(match[1] + name + match[2], word.at) for name in names]
    return found


_BRACES = re.compile(r"([^{}$'\"\\`]*)\{(?:([^{}$'\"\\`]*,[^{}$'\"\\`]*)|(\d{1,3})\.\.(\d{1,3}))\}([^{}$'\"\\`]*)")
BRACES_LIMIT = 33


def braces(word: Word) -> list[Word]:
    """`{a,b}` and `{0..3}` as bash takes them apart; a word without them is itself."""
    match = _BRACES.fullmatch(word.raw) if "{" in word.raw else None
    if match is None:
        return [word]
    before, names, first, last, after = match.groups()
    if names is not None:
        items = names.split(",")
    else:
        low, high = int(first), int(last)
        items = [str(number) for number in range(low, high + 1 if high >= low else high - 1, 1 if high >= low else -1)]
    if len(items) > BRACES_LIMIT:
        return [word]
    return [Word(before + item + after, word.line) for item in items]
