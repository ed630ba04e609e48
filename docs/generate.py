"""Write what comes from the code: docs/rules/*.md, the table in rules/README.md, and tables of the plugin's guides.

Needs NumPy, for the tolerances.

python docs/generate.py            # write
python docs/generate.py --check    # write nothing; exit status 1 and the names of the pages that are stale
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from pytest_trt import plugin  # noqa: E402
from pytest_trt.engines import errors as engine_errors  # noqa: E402
from pytest_trt.equivalence import errors as equivalence_errors  # noqa: E402
from pytest_trt.equivalence.tolerance import DEFAULTS, Tolerance  # noqa: E402
from pytest_trt.errors import TrtError  # noqa: E402
from pytest_trt.evidence.record import EvidenceError  # noqa: E402
from pytest_trt.lint.rule import Rule  # noqa: E402
from pytest_trt_rules import RULES  # noqa: E402

STAGES = {
    "load": "the server loads the model",
    "warmup": "the server replays warm-up requests",
    "request": "a request arrives",
    "file": "no server: it shows in the file",
    "any": "depends on where the cause stands",
}


def text_of(rule: Rule) -> tuple[str, str]:
    """The first sentence of a rule's documentation, and the rest with Markdown's headings."""
    summary, _, rest = inspect.cleandoc(rule.documentation).partition("\n\n")
    return " ".join(summary.split()), re.sub(r"^(\w[^\n]*)\n-+$", r"## \1\n", rest, flags=re.MULTILINE)


def page(rule: Rule) -> str:
    summary, sections = text_of(rule)
    source = f"rules/{rule.check.__module__.replace('.', '/')}.py"
    return (
        f"<!-- Written by docs/generate.py from {source}. -->\n"
        f"# {rule.code} {rule.name}\n\n{summary}\n\n"
        f"Severity: {rule.severity}. When it shows: {STAGES[rule.stage]}.\n\n{sections}\n"
    )


def table(link: str) -> str:
    lines = ["| code | name | severity | what is wrong |", "|---|---|---|---|"]
    for rule in RULES:
        lines.append(f"| [{rule.code}]({link}{rule.code}.md) | {rule.name} | {rule.severity} | {text_of(rule)[0]} |")
    return "\n".join(lines) + "\n"


def columns(rows: Iterable[Iterable[str]]) -> str:
    """A table, its first row the heads."""
    heads, *rest = (list(row) for row in rows)
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in (heads, *rest)]
    lines.insert(1, "|---" * len(heads) + "|")
    return "\n".join(lines) + "\n"


def options() -> str:
    """What the plugin's command line, the environment and ini files take."""
    rows = [("option", "in an ini file", "in the environment", "what it says")]
    for name, metavar, text in plugin.OPTIONS:
        own = name.replace("-", "_")
        option = f"`--trt-{name}{'' if metavar is None else f' {metavar}'}`"
        rows.append((option, f"`trt_{own}`", f"`PYTEST_TRT_{own.upper()}`", text))
    return columns(rows)


def errors() -> str:
    """Every error for users, with the first paragraph of its docstring."""
    rows = [("class", "where", "when")]
    for module in (engine_errors, equivalence_errors):
        for name, one in vars(module).items():
            if isinstance(one, type) and issubclass(one, TrtError) and one.__module__ == module.__name__:
                rows.append((f"`{name}`", f"`{module.__name__}`", told(one)))
    rows.append(("`EvidenceError`", f"`{EvidenceError.__module__}`", told(EvidenceError)))
    return columns(rows)


def told(one: type) -> str:
    return " ".join(inspect.cleandoc(one.__doc__ or "").partition("\n\n")[0].split())


def tolerances() -> str:
    """The defaults by precision."""
    names = [field.name for field in dataclasses.fields(Tolerance) if field.name != "equal_nan"]
    rows = [("precision in use", *names)]
    for precision, tolerance in DEFAULTS.items():
        values = (getattr(tolerance, name) for name in names)
        rows.append((precision, *("" if value is None else f"{value:g}" for value in values)))
    return columns(rows)


def within(page: str, name: str, text: str) -> str:
    """A page with the text between its markers of that name. Raises ValueError for a page without them."""
    begin, end = f"<!-- {name}: written by docs/generate.py -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"no {begin} with {end}")
    return f"{before}{begin}\n{text}{end}{after}"


def pages() -> dict[Path, str]:
    """Every page that is generated, with its text."""
    docs = ROOT / "docs" / "rules"
    found = {docs / f"{rule.code}.md": page(rule) for rule in RULES}
    found[docs / "README.md"] = (
        "<!-- Written by docs/generate.py. -->\n# Rules\n\n"
        "`trt-lint rule CODE` prints the same pages. Codes are never reused.\n\n" + table("")
    )
    for path, name, text in (
        (ROOT / "rules" / "README.md", "catalogue", table("../docs/rules/")),
        (ROOT / "docs" / "engines.md", "options", options()),
        (ROOT / "docs" / "engines.md", "errors", errors()),
        (ROOT / "docs" / "equivalence.md", "tolerances", tolerances()),
    ):
        found[path] = within(found.get(path) or path.read_text(encoding="utf-8"), name, text)
    return found


def main(arguments: list[str]) -> int:
    found = pages()
    stale = [path for path, text in found.items() if not path.exists() or path.read_bytes() != text.encode("utf-8")]
    left = [path for path in (ROOT / "docs" / "rules").glob("*.md") if path not in found]
    if "--check" in arguments:
        for path in sorted(stale + left):
            print(f"stale: {path.relative_to(ROOT)}; run python docs/generate.py")
        return bool(stale or left)
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found[path].encode("utf-8"))
        print(path.relative_to(ROOT))
    for path in left:
        path.unlink()
        print(f"{path.relative_to(ROOT)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
