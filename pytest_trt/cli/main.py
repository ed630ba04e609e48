"""trt-lint: dispatch to a command, and the last line of defence against tracebacks."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMANDS = ("check", "destinations", "inspect", "rule", "rules", "targets")
_HELP = """\
usage: trt-lint [check] PATH... [options]
       trt-lint destinations PATH...
       trt-lint inspect PATH...
       trt-lint rule CODE
       trt-lint rules
       trt-lint targets

Say what TensorFlow Serving will do with a model, from its files alone: will it load, will requests succeed,
and if not, why, where and what to do. Needs neither TensorFlow nor TensorRT nor a GPU.

commands:
  check PATH...   judge every model at or below these files and folders (implied: trt-lint PATH...)
  destinations PATH...
                  draw which model goes to which server, and why, from deployment files and the configuration
  inspect PATH... say what is in a model, a graph or a TensorRT plan
  rule CODE       explain a rule, as in: trt-lint rule TRT101
  rules           list the rules
  targets         list the servers that models can be judged against

options:
  -h, --help      show this text; trt-lint check --help shows the options of check
  --version       show the version

exit status: 0 no errors, 1 errors found, 2 usage or configuration, 3 something could not be read wholly
"""
INTERRUPTED = 130
USAGE = 2
BROKEN = 3


def run() -> int:
    """The console script. Returns the exit status; no exception leaves it."""
    import gc

    # A large graph is a hundred thousand small objects that all stay: looking for garbage among them is most of the
    # time.
    gc.set_threshold(100_000, 50, 50)
    if sys.stdout is None:  # closed by whoever started us: what was found still decides the exit status
        _forget_stdout()
    code = main(sys.argv[1:])
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        # The reader of our pipe has gone; without this the interpreter complains when it exits.
        _forget_stdout()
    return code


def main(arguments: list[str]) -> int:
    """Run a command line; everything that goes wrong becomes a line on stderr and an exit status."""
    _harmless(sys.stdout)
    _harmless(sys.stderr)
    try:
        return _dispatch(arguments)
    except SystemExit as end:  # argparse, after --help
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return 0
    except Exception as error:
        from pytest_trt.cli.usage import UsageError

        if isinstance(error, UsageError):
            _say(str(error))
            return USAGE
        _say_broken(error)
        return BROKEN


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in ("-h", "--help", "help"):
        sys.stdout.write(_HELP)
        return 0
    if first in ("-V", "--version"):
        from pytest_trt import __version__

        sys.stdout.write(f"trt-lint {__version__}\n")
        return 0
    if first == "destinations":
        from pytest_trt.cli import destinations

        return destinations.main(arguments[1:])
    if first == "inspect":
        from pytest_trt.cli import inspect

        return inspect.main(arguments[1:])
    if first == "rule":
        from pytest_trt.cli import rule

        return rule.main(arguments[1:])
    if first == "rules":
        from pytest_trt.cli import rules

        return rules.main(arguments[1:])
    if first == "targets":
        from pytest_trt.cli import targets

        return targets.main(arguments[1:])
    from pytest_trt.cli import check

    if first != "check":
        _no_command(first)
        return check.main(arguments)
    return check.main(arguments[1:])


def _no_command(word: str) -> None:
    """Raise UsageError for a first word that is a misspelt command rather than a path."""
    if word.isalpha() and word.islower():
        import os

        if not os.path.lexists(word):
            from pytest_trt.cli.usage import UsageError, suggestion

            near = suggestion(word, COMMANDS)
            if near:
                raise UsageError(f"{word!r} is neither a command nor a path{near}")


def _harmless(stream: TextIO | None) -> None:
    """Let a stream escape what its encoding cannot carry."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _say(line: str) -> None:
    from pytest_trt.lint.report.visible import visible

    try:
        sys.stderr.write(f"trt-lint: {visible(line, 2000)}\n")
    except (OSError, ValueError, AttributeError):
        pass


def _say_broken(error: Exception) -> None:
    """A fault of ours: what and where, on one line, so that it can be reported."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
        trace = trace.tb_next
    what = f"{type(error).__name__}: {error} (at {place})"
    _say(f"internal error, nothing can be said of these paths: {what}; please report it")


def _forget_stdout() -> None:
    """Let nothing more be written: the reader of stdout has gone, or there never was one."""
    import os

    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")
        return
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        pass
