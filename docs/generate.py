"""Write the pages that come from the rules: docs/rules/*.md and the table in rules/README.md.

python docs/generate.py            # write
python docs/generate.py --check    # write nothing; exit status 1 and the names of the pages that are stale
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from pytest_trt.lint.rule import Rule  # noqa: E402
from pytest_trt_rules import RULES  # noqa: E402

BEGIN, END = "<!-- catalogue: written by docs/generate.py -->", "<!-- end of catalogue -->"
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


def pages() -> dict[Path, str]:
    """Every page that is generated, with its text."""
    docs = ROOT / "docs" / "rules"
    found = {docs / f"{rule.code}.md": page(rule) for rule in RULES}
    found[docs / "README.md"] = (
        "<!-- Written by docs/generate.py. -->\n# Rules\n\n"
        "`trt-lint rule CODE` prints the same pages. Codes are never reused.\n\n" + table("")
    )
    readme = ROOT / "rules" / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    found[readme] = f"{before}{BEGIN}\n{table('../docs/rules/')}{END}{rest.partition(END)[2]}"
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
