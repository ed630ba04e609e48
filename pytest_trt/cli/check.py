"""trt-lint [check] PATH...: judge models and report."""

from __future__ import annotations

import sys

from pytest_trt.cli import output
from pytest_trt.cli.usage import Parser, UsageError, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report
    from pytest_trt.serving.target import Target

_EPILOG = """\
exit status:
  0  no errors (with --strict: no warnings either)
  1  errors found; --exit-zero makes it 0
  2  usage or configuration
  3  something could not be read wholly, so nothing is promised; outranks 1
"""


def _parser() -> Parser:
    parser = Parser(
        "trt-lint", "Judge every model at or below these files and folders.", "trt-lint [check] PATH... [options]"
    )
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="a SavedModel, any file of one, a graph, or a folder to search")
    add(
        "--target",
        action="append",
        default=[],
        metavar="IMAGE",
        help="server to judge for, as tensorflow/serving:2.17.1-gpu or tensorflow/serving:2.17.1-gpu,gpu=sm_80"
        " (repeatable; default: the newest tensorflow/serving, CPU and GPU)",
    )
    add("--output-format", choices=("text", "concise", "json"), default="text", help="default: text")
    add("--output-file", metavar="FILE", help="write the report there instead of stdout")
    add(
        "--select",
        action="append",
        default=[],
        metavar="CODES",
        help="only these rules: codes, prefixes or names, by comma",
    )
    add("--ignore", action="append", default=[], metavar="CODES", help="not these rules")
    add("--extend-select", action="append", default=[], metavar="CODES", help="these rules besides the selected ones")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="leave out paths below a folder (repeatable)")
    add("--strict", action="store_true", help="warnings count as errors")
    add("--exit-zero", action="store_true", help="exit 0 though errors were found")
    add("--statistics", action="store_true", help="count the findings of each rule")
    add("--color", choices=(output.AUTO, output.ALWAYS, output.NEVER), default=output.AUTO, help="default: auto")
    add("--config", metavar="FILE", help="configuration (default: pyproject.toml or trt-lint.toml, upward from here)")
    add("--no-config", action="store_true", help="read no configuration")
    add("-q", "--quiet", action="store_true", help="findings only: no verdicts, no summary, no progress")
    return parser


def main(arguments: list[str]) -> int:
    """Raises UsageError."""
    options = _parser().parse(arguments)
    if not options.paths:
        raise UsageError("no PATH given; name a SavedModel, a file or a folder, as in: trt-lint models/")
    if options.output_file is not None:
        output.check_writable(options.output_file)
    report = _check(options)
    _write(report, options)
    status = report.exit_status(options.strict)
    return 0 if options.exit_zero and status == 1 else status


def _check(options: Namespace) -> Report:
    from pytest_trt.lint.runner import check
    from pytest_trt_rules import RULES

    targets = resolve(options.target, options.config, options.no_config)
    select, ignore, extend = (
        prefixes(option, values, RULES)
        for option, values in (
            ("--select", options.select),
            ("--ignore", options.ignore),
            ("--extend-select", options.extend_select),
        )
    )
    progress = None
    if not options.quiet and output.is_terminal(sys.stderr):
        from pytest_trt.cli.progress import Progress

        progress = Progress()
    try:
        return check(
            options.paths,
            targets=targets,
            select=select,
            ignore=ignore,
            extend_select=extend,
            exclude=[pattern.strip() for value in options.exclude for pattern in value.split(",")],
            rules=RULES,
            progress=progress,
        )
    finally:
        if progress is not None:
            progress.done()


def _write(report: Report, options: Namespace) -> None:
    counts = ""
    if options.statistics:
        from pytest_trt.lint.report import text as plain

        counts = plain.statistics(report)
    if options.output_format == "json":
        from pytest_trt.lint.report import json

        text = json.render(report)
        if counts:
            sys.stderr.write(counts)
    elif options.output_format == "concise":
        from pytest_trt.lint.report import concise

        text = concise.render(report) + counts
    elif options.output_file is None and output.drawn(options.color):
        from pytest_trt.lint.report import terminal

        text = terminal.render(report, output.console(options.color), options.quiet, options.statistics)
    else:
        from pytest_trt.lint.report import text as plain

        text = plain.render(report, options.quiet) + ("\n" + counts if counts else "")
    if options.output_file is None:
        output.write(text)
    else:
        output.write_file(options.output_file, text)


def resolve(names: Sequence[str], config: str | None = None, no_config: bool = False) -> list[Target]:
    """The targets of these names, with those that the configuration defines. Raises UsageError."""
    from pytest_trt.lint.config import ConfigError, custom_targets
    from pytest_trt.serving.target import TargetError, parse

    try:
        custom = {} if no_config else custom_targets(config)
        return [parse(name, custom) for name in names]
    except (ConfigError, TargetError) as error:
        raise UsageError(str(error)) from None


def prefixes(option: str, values: Sequence[str], rules: Sequence[Rule]) -> list[str]:
    """Codes and prefixes out of comma lists; a rule's name becomes its code. Raises UsageError."""
    result = []
    codes = {rule.name: rule.code for rule in rules}
    for word in (word.strip() for value in values for word in value.split(",")):
        if word in codes:
            result.append(codes[word])
        elif any(code.startswith(word) for code in codes.values()):
            if word:
                result.append(word)
        else:
            near = suggestion(word, [*codes.values(), *codes])
            raise UsageError(f"{option} {word}: no rule has this code, prefix or name{near} (see trt-lint rules)")
    return result
