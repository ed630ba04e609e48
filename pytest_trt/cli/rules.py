"""trt-lint rules: the catalogue."""

from __future__ import annotations

from pytest_trt.cli import listing, output
from pytest_trt.cli.usage import Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.rule import Rule


def main(arguments: list[str]) -> int:
    parser = Parser("trt-lint rules", "List the rules.")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    options = parser.parse(arguments)
    from pytest_trt_rules import RULES

    if options.output_format == "json":
        import json

        output.write(json.dumps([entry(rule) for rule in RULES], indent=2) + "\n")
        return 0
    rows = [(rule.code, rule.severity, rule.stage, rule.name, summary(rule)) for rule in RULES]
    listing.show(
        ("code", "severity", "stage", "name", "what it finds"), rows, options.color, ("bold", "severity", "dim")
    )
    return 0


def summary(rule: Rule) -> str:
    """The first sentence of a rule's documentation."""
    return " ".join(rule.documentation.strip().partition("\n\n")[0].split())


def entry(rule: Rule) -> dict[str, str]:
    """A rule as the JSON of `rules` and `rule` has it."""
    from inspect import cleandoc

    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "stage": rule.stage,
        "summary": summary(rule),
        "documentation": cleandoc(rule.documentation),
    }
