"""trt-lint destinations PATH...: the map of artifacts and servers."""

from __future__ import annotations

import sys

from pytest_trt.cli import output
from pytest_trt.cli.usage import Parser, UsageError
from pytest_trt.lint.config import ConfigError, load

_FORMATS = ("tree", "json", "mermaid")
_EPILOG = """\
A server is known from deployment files below PATH or from [[tool.trt-lint.destination]] of the configuration.
exit status: 0, 2 usage or configuration, 3 something could not be read
"""


def main(arguments: list[str]) -> int:
    """Raises UsageError."""
    parser = Parser("trt-lint destinations", "Draw which model goes to which server, and why.")
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="models, deployment files, folders to search")
    add("--output-format", choices=_FORMATS, default="tree", help="default: tree")
    add("--exclude", action="append", default=[], metavar="PATTERN", help="leave out paths below a folder (repeatable)")
    add("--color", choices=(output.AUTO, output.ALWAYS, output.NEVER), default=output.AUTO, help="default: auto")
    add("--config", metavar="FILE", help="configuration (default: pyproject.toml or trt-lint.toml, upward from here)")
    add("--no-config", action="store_true", help="read no configuration")
    options = parser.parse(arguments)
    if not options.paths:
        raise UsageError("no PATH given; name a folder with models and deployment files: trt-lint destinations .")
    if options.config is not None and options.no_config:
        raise UsageError("--config and --no-config exclude each other")
    from pytest_trt.lint.destinations.whole_map import draw

    try:
        config = load(options.config, scanned=options.paths, files=not options.no_config, variables=True)
        config.bind_destinations()
        drawn = draw(options.paths, config, options.exclude)
    except ConfigError as error:
        raise UsageError(str(error)) from None
    if options.output_format == "json":
        from pytest_trt.cli.chart import document

        output.write(document.render(drawn))
    elif options.output_format == "mermaid":
        from pytest_trt.cli.chart import mermaid

        chart = mermaid.render(drawn)
        output.write(chart)
        why = mermaid.too_large(chart)
        if why:
            sys.stderr.write(f"trt-lint: {why}\n")
    elif output.drawn(options.color):
        from pytest_trt.cli.chart import drawn as in_colour

        in_colour.show(drawn, output.console(options.color))
    else:
        from pytest_trt.cli.chart import plain

        output.write(plain.render(drawn))
    return 3 if drawn.unread else 0
