"""trt-lint rule CODE: why a rule is there and what to do about its findings."""

from __future__ import annotations

from pytest_trt.cli import output
from pytest_trt.cli.rules import entry
from pytest_trt.cli.usage import Parser, UsageError, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.rule import Rule


def main(arguments: list[str]) -> int:
    """Raises UsageError."""
    parser = Parser("trt-lint rule", "Explain a rule.")
    parser.add_argument("code", metavar="CODE", help="a code or a name: TRT101, engine-op-fails-load")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    options = parser.parse(arguments)
    rule = _find(options.code)
    if options.output_format == "json":
        import json

        output.write(json.dumps(entry(rule), indent=2) + "\n")
        return 0
    from inspect import cleandoc

    text = cleandoc(rule.documentation)
    if output.drawn(options.color):
        from pytest_trt.lint.report import terminal

        output.write(terminal.rule(output.console(options.color), rule, text))
        return 0
    output.write(f"{rule.code} {rule.name} ({rule.severity}, stage: {rule.stage})\n\n{text}\n")
    return 0


def _find(said: str) -> Rule:
    from pytest_trt_rules import RULES

    for rule in RULES:
        if said.casefold() in (rule.code.casefold(), rule.name):
            return rule
    begun = [rule.code for rule in RULES if said and rule.code.startswith(said.upper())]
    if begun:
        near = f"; did you mean one of {', '.join(begun)}?"
    else:
        near = suggestion(said, [name for rule in RULES for name in (rule.code, rule.name)])
    raise UsageError(f"no rule has the code or name {said}{near} (see trt-lint rules)")
