"""trt-lint [check] PATH...: judge models and report."""

from __future__ import annotations

import os
import sys

from pytest_trt.cli import output
from pytest_trt.cli.usage import Parser, UsageError
from pytest_trt.lint.config import FORMATS, ConfigError, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from pytest_trt.lint.config import Config
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report
    from pytest_trt.serving.runtime import Runtime
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
    add("--output-format", choices=FORMATS, help="default: text")
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
    add("--extend-exclude", action="append", default=[], metavar="PATTERN", help="these besides the configuration's")
    add("--force-exclude", action="store_true", help="leave out what is excluded though it is a PATH")
    add("--strict", action="store_true", default=None, help="warnings count as errors")
    add("--no-strict", action="store_false", dest="strict", help="they do not, whatever the configuration says")
    add("--baseline", metavar="FILE", help="report only what is not in this baseline")
    add("--write-baseline", metavar="FILE", help="write what is found as a baseline, and report nothing of it")
    add(
        "--allow-rule-pack",
        action="append",
        default=[],
        metavar="MODULE",
        help="import this installed module and ask its rules too (repeatable)",
    )
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
    for option, path in (("--output-file", options.output_file), ("--write-baseline", options.write_baseline)):
        if path is not None:
            output.check_writable(path, option)
    try:
        config = _configuration(options)
        report = _check(options, config)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    if options.write_baseline is not None:
        _write_baseline(report, options.write_baseline)
    options.output_format = options.output_format or config.output_format or "text"
    _write(report, options)
    status = report.exit_status(bool(config.strict if options.strict is None else options.strict))
    return 0 if options.exit_zero and status == 1 else status


def _configuration(options: Namespace) -> Config:
    """What files and the environment say, and the baseline of the command line. Raises ConfigError, UsageError."""
    if options.config is not None and options.no_config:
        raise UsageError("--config and --no-config exclude each other")
    config = load(options.config, scanned=options.paths, files=not options.no_config, variables=True)
    if options.write_baseline is not None:
        config.baseline = None
    elif options.baseline is not None:
        config.baseline = options.baseline
    return config


def _check(options: Namespace, config: Config) -> Report:
    """Raises ConfigError, UsageError."""
    from pytest_trt.lint.runner import check

    packs = _listed(options.allow_rule_pack) or _listed([os.environ.get("TRT_LINT_ALLOW_RULE_PACK", "")])
    named = packs or options.select or options.ignore or options.extend_select
    # None: the rules that have something to say are imported then.
    rules = _rules(packs, options.paths) if named else None
    select, ignore, extend = (
        prefixes(option, values, rules or ())
        for option, values in (
            ("--select", options.select),
            ("--ignore", options.ignore),
            ("--extend-select", options.extend_select),
        )
    )
    targets = resolve(options.target, config.targets)
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
            exclude=_listed(options.exclude),
            extend_exclude=_listed(options.extend_exclude),
            force_exclude=options.force_exclude,
            rules=rules,
            config=config,
            progress=progress,
        )
    finally:
        if progress is not None:
            progress.done()


def _rules(packs: Sequence[str], paths: Sequence[str]) -> Sequence[Rule]:
    """Our rules and those of these modules. Raises ConfigError for a rule pack that cannot be used."""
    from pytest_trt_rules import RULES

    if not packs:
        return RULES
    from pytest_trt.lint.packs import load

    return (*RULES, *load(packs, paths, RULES))


def _listed(values: Sequence[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _write_baseline(report: Report, path: str) -> None:
    """Write the findings down, and take them out of the report. Raises UsageError."""
    from pytest_trt.lint import baseline

    try:
        output.replace(path, baseline.document(report.findings))
    except OSError as error:
        raise UsageError(f"--write-baseline {path}: {error.strerror or error}") from None
    kept = [finding for finding in report.findings if finding.code in baseline.NEVER]
    report.baselined = len(report.findings) - len(kept)
    report.findings = kept
    sys.stderr.write(f"trt-lint: {path}: {report.baselined} finding{'' if report.baselined == 1 else 's'} written\n")


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


def resolve(names: Sequence[str], custom: Mapping[str, Target | Runtime]) -> list[Target | Runtime]:
    """The targets of these names; custom: those that the configuration defines. Raises UsageError."""
    from pytest_trt.serving.target import TargetError, parse

    try:
        return [parse(name, custom) for name in names]
    except TargetError as error:
        raise UsageError(str(error)) from None


def prefixes(option: str, values: Sequence[str], rules: Sequence[Rule]) -> list[str]:
    """Codes and prefixes out of comma lists; a rule's name becomes its code. Raises UsageError."""
    words = _listed(values)
    if not words:
        return []
    from pytest_trt.lint.keys import code_of

    try:
        return [code_of(word, rules) for word in words]
    except ConfigError as error:
        raise UsageError(f"{option} {error}") from None
