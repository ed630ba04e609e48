"""trt-lint [check] PATH...: judge models and report."""

from __future__ import annotations

import os
import sys

from pytest_trt.cli import output, outputs
from pytest_trt.cli.usage import Parser, UsageError
from pytest_trt.lint.config import FORMATS, ConfigError, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from pytest_trt.lint.changed import Changes
    from pytest_trt.lint.config import Config
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.runner import Report
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

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
    add("paths", nargs="*", metavar="PATH", help="a SavedModel, any file of one, a graph, a folder to search, or a URL")
    add(
        "--target",
        action="append",
        default=[],
        metavar="IMAGE",
        help="server to judge for, as tensorflow/serving:2.17.1-gpu or tensorflow/serving:2.17.1-gpu,gpu=sm_80"
        " (repeatable; default: the newest tensorflow/serving, CPU and GPU)",
    )
    add(
        "--output",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="a report in this format, to this file or to stdout (repeatable, one to stdout): "
        + ", ".join(FORMATS)
        + "; default: text",
    )
    add("--output-format", choices=FORMATS, metavar="FORMAT", help="the same as --output FORMAT")
    add("--output-file", metavar="FILE", help="with --output-format, the same as --output FORMAT=FILE")
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
    add(
        "--no-respect-gitignore",
        action="store_false",
        dest="respect_gitignore",
        default=None,
        help="check what git ignores too",
    )
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
    add(
        "--diff-base",
        metavar="REV",
        help="only what changed since the merge base with this revision, as origin/main: models, deployment files,"
        " and what these lead to",
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
    if options.write_baseline is not None:
        output.check_writable(options.write_baseline, "--write-baseline")
    if any("://" in path for path in options.paths):
        _check_urls(options.paths)
    try:
        config = _configuration(options)
        wanted = outputs.chosen(options, config)
        changes = _changes(options)
        report = _check(options, config)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    if changes is not None:
        _restrict(report, changes, options)
    if options.write_baseline is not None:
        _write_baseline(report, options.write_baseline)
    strict = bool(config.strict if options.strict is None else options.strict)
    status = report.exit_status(strict)
    status = 0 if options.exit_zero and status == 1 else status
    outputs.write(report, wanted, options, strict=strict, status=status, rules=lambda: _fired(report, options))
    return status


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


def _check_urls(paths: Sequence[str]) -> None:
    """Raises UsageError for a URL that is not read, or not by what is installed."""
    from pytest_trt.artifacts import remote

    try:
        for path in paths:
            if remote.is_url(path):
                remote.check(path)
    except remote.UrlError as error:
        raise UsageError(str(error)) from None


def _changes(options: Namespace) -> Changes | None:
    """What changed since --diff-base, None where it is not given. Raises UsageError."""
    if options.diff_base is None:
        return None
    if options.write_baseline is not None:
        raise UsageError("--diff-base and --write-baseline exclude each other: a baseline holds everything")
    from pytest_trt.artifacts.remote.url import is_url
    from pytest_trt.lint.changed import ChangeError, since

    if any(is_url(path) for path in options.paths):
        raise UsageError("--diff-base compares files of a git repository, which a URL does not name")
    try:
        return since(options.diff_base, options.paths)
    except ChangeError as error:
        raise UsageError(f"--diff-base: {error}") from None


def _restrict(report: Report, changes: Changes, options: Namespace) -> None:
    """Take out of a report what did not change, and say how much that is."""
    from pytest_trt.lint.changed import restrict

    left_out = restrict(report, changes, report.edges)
    if not options.quiet:
        count = len(report.cases)
        artifacts = f"{count} of {count + left_out} artifact{'' if count + left_out == 1 else 's'}"
        sys.stderr.write(f"trt-lint: {artifacts} changed since {options.diff_base}\n")


def _check(options: Namespace, config: Config) -> Report:
    """Raises ConfigError, UsageError."""
    from pytest_trt.lint.runner import check

    packs = _packs(options)
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
            respect_gitignore=options.respect_gitignore,
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


def _packs(options: Namespace) -> list[str]:
    return _listed(options.allow_rule_pack) or _listed([os.environ.get("TRT_LINT_ALLOW_RULE_PACK", "")])


def _fired(report: Report, options: Namespace) -> list[Rule]:
    """The rules that have findings, in the order of the catalogue."""
    import pytest_trt_rules as ours

    codes = {finding.code for finding in report.findings}
    if codes.issubset(ours.CODES):
        return [ours.rule(code) for code in ours.CODES if code in codes]
    return [rule for rule in _rules(_packs(options), options.paths) if rule.code in codes]


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


def resolve(names: Sequence[str], custom: Mapping[str, Target | Runtime | Triton]) -> list[Target | Runtime | Triton]:
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
