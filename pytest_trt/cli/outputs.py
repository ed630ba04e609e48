"""The reports of a run, each in its format and to its place."""

from __future__ import annotations

import sys

from pytest_trt.cli import output
from pytest_trt.cli.usage import UsageError
from pytest_trt.lint.config import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from pytest_trt.lint.config import Config
    from pytest_trt.lint.outputs import Output
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report

# Formats with room for what --statistics says.
_FOR_PEOPLE = ("text", "concise")


def chosen(options: Namespace, config: Config) -> list[Output]:
    """What the command line asks for, or the configuration, or text. Raises UsageError, before anything is checked."""
    from pytest_trt.lint.outputs import Output, clash, parse

    outputs = []
    for text in options.output:
        try:
            outputs.append(parse(text, "--output"))
        except ConfigError as error:
            raise UsageError(f"--output {text}: {error}") from None
    format_ = options.output_format or config.output_format or "text"
    if options.output_file is not None:
        path = None if options.output_file == "-" else options.output_file
        outputs.append(Output(format_, path, f"--output-file {options.output_file}"))
    elif options.output_format is not None:
        outputs.append(Output(format_, None, f"--output-format {format_}"))
    elif not outputs:
        outputs = config.output or [Output(format_, None, "--output-format")]
    for one in outputs:
        if one.path is not None:
            output.check_writable(one.path, one.said, named=True)
            output.check_replaceable(one.path, one.said)
    spoken_for = ((options.write_baseline, "--write-baseline"), (config.baseline, "--baseline"))
    taken = {path: said for path, said in (*spoken_for, (options.config, "--config")) if path}
    why = clash(outputs, taken)
    if why:
        raise UsageError(why)
    return outputs


def write(
    report: Report,
    outputs: Sequence[Output],
    options: Namespace,
    *,
    strict: bool,
    status: int,
    rules: Callable[[], Sequence[Rule]],
) -> None:
    """Every report to its place.

    rules: gives those that have findings. Raises UsageError where a file cannot be written, after the others are; its
    report goes to stdout if nothing else does, so that nothing is lost.
    """
    spare = all(one.path is not None for one in outputs)
    failed: list[str] = []
    for one in outputs:
        text = _render(report, one, options, strict, status, rules)
        if one.path is None:
            output.write(text)
            continue
        try:
            output.replace(one.path, text)
        except OSError as error:
            why = f"{one.said}: {error.strerror or error}"
            if spare:
                output.write(text)
                why += "; the report is on stdout instead"
                spare = False
            failed.append(why)
    if options.statistics and not any(one.format in _FOR_PEOPLE for one in outputs):
        from pytest_trt.lint.report import text as plain

        sys.stderr.write(plain.statistics(report))
    if failed:
        raise UsageError("; ".join(failed))


def _render(
    report: Report, one: Output, options: Namespace, strict: bool, status: int, rules: Callable[[], Sequence[Rule]]
) -> str:
    """The modules of formats are imported when they are asked for."""
    if one.format == "text":
        return _text(report, one, options)
    if one.format == "concise":
        from pytest_trt.lint.report import concise

        return concise.render(report) + _statistics(report, options)
    if one.format == "json":
        from pytest_trt.lint.report import json

        return json.render(report)
    if one.format == "sarif":
        from pytest_trt.lint.report import sarif

        return sarif.render(report, rules(), status)
    if one.format == "github":
        from pytest_trt.lint.report import github

        return github.render(report)
    if one.format == "gitlab":
        from pytest_trt.lint.report import gitlab

        return gitlab.render(report)
    if one.format == "junit":
        from pytest_trt.lint.report import junit

        return junit.render(report, strict)
    from pytest_trt.lint.report import markdown

    return markdown.render(report, options.quiet)


def _text(report: Report, one: Output, options: Namespace) -> str:
    if one.path is None and output.drawn(options.color):
        from pytest_trt.lint.report import terminal

        return terminal.render(report, output.console(options.color), options.quiet, options.statistics)
    from pytest_trt.lint.report import text as plain

    counts = _statistics(report, options)
    return plain.render(report, options.quiet) + ("\n" + counts if counts else "")


def _statistics(report: Report, options: Namespace) -> str:
    if not options.statistics:
        return ""
    from pytest_trt.lint.report import text as plain

    return plain.statistics(report)
