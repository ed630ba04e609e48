"""Private rule packs: installed modules that hold RULES, named on the command line and never by what is checked.

Importing a module executes it. So a pack is imported only where somebody who runs trt-lint names it, and only from
where things are installed: what lies below a scanned path or the working directory is refused, unless it is in
site-packages, and nothing that the pack imports is looked for there either.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys

from pytest_trt.lint.config import SEVERITIES, ConfigError, shown
from pytest_trt.lint.finding import Finding
from pytest_trt.lint.globs import inside
from pytest_trt.lint.rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec

    from pytest_trt.lint.case import Case

STAGES = ("load", "warmup", "request", "file", "any")
_OURS = re.compile(r"TRT\d")
_CODE = re.compile(r"[A-Z]+[0-9]+")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class PackError(ConfigError):
    """A rule pack that cannot be used; the text names module, rule and cure."""


def load(modules: Sequence[str], scanned: Sequence[str], known: Sequence[Rule]) -> list[Rule]:
    """The rules of these modules. scanned: paths that are checked. known: rules whose codes and names are taken.

    Raises PackError.
    """
    found: list[Rule] = []
    for name in dict.fromkeys(modules):
        module = _imported(name, scanned)
        rules = getattr(module, "RULES", None)
        if not isinstance(rules, tuple):
            has = "no RULES" if rules is None else f"RULES that are a {type(rules).__name__}"
            raise PackError(f"rule pack {name}: has {has}; write RULES: tuple[Rule, ...] = (rule_1, rule_2)")
        for place, rule in enumerate(rules):
            if not isinstance(rule, Rule):
                raise PackError(
                    f"rule pack {name}: RULES[{place}] is a {type(rule).__name__}, no Rule; put the decorator"
                    " @rule(...) of pytest_trt.lint.rule over the function"
                )
            wrong = fault(rule)
            if wrong:
                raise PackError(f"rule pack {name}: {rule.code}: {wrong}")
            for other in (*known, *found):
                if rule.code == other.code or rule.name == other.name:
                    raise PackError(
                        f"rule pack {name}: {rule.code} {rule.name}: {other!r} has this code or name already"
                    )
            found.append(_guarded(rule, name))
    return found


def fault(rule: Rule) -> str | None:
    """What is wrong with a private rule, None where nothing is."""
    if _OURS.match(rule.code):
        return "codes that begin with TRT and a digit are trt-lint's own; take another prefix"
    if not _CODE.fullmatch(rule.code):
        return "a code is capital letters and digits, as in ACME001"
    if not _NAME.fullmatch(rule.name):
        return f"the name {rule.name!r} must be words of small letters with hyphens, as in model-without-owner"
    if rule.severity not in SEVERITIES:
        return f"severity {rule.severity!r} must be one of {', '.join(SEVERITIES)}"
    if rule.stage not in STAGES:
        return f"stage {rule.stage!r} must be one of {', '.join(STAGES)}"
    if not rule.looks:
        return "would never be asked: a private rule looks at artifacts itself, so write @rule(..., looks=True)"
    if not rule.documentation.strip():
        return "has no docstring; trt-lint shows it"
    return None


def _guarded(rule: Rule, pack: str) -> Rule:
    """The rule, whose faults name it: what breaks inside a pack is not ours."""

    def check(case: Case) -> Iterator[Finding]:
        where = f"rule pack {pack}: {rule.code} on {case.artifact.path}"
        try:
            for finding in rule.check(case):
                if not isinstance(finding, Finding):
                    raise PackError(f"{where}: yields a {type(finding).__name__}, no Finding")
                if finding.severity not in ("", *SEVERITIES):
                    raise PackError(f"{where}: severity {finding.severity!r} must be one of {', '.join(SEVERITIES)}")
                yield finding
        except PackError:
            raise
        except Exception as error:
            raise PackError(f"{where}: {_told(error)}") from error

    check.__doc__ = rule.documentation
    return Rule(rule.code, rule.name, rule.severity, rule.stage, check, rule.looks)


def _told(error: BaseException) -> str:
    """An error of somebody else's code, on one line and with its place."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        place = f" (at {trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error}{place}"


def _imported(name: str, scanned: Sequence[str]) -> object:
    """Import a module and those around it, each looked at before it is executed."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise PackError(f"rule pack {name}: is no module's name; write it as in import, without .py")
    folders = (path if os.path.isdir(path) else os.path.dirname(path) or "." for path in scanned)
    forbidden = {os.path.realpath(path) for path in (os.getcwd(), *folders)}
    before = list(sys.path)
    sys.path[:] = [entry for entry in before if not _forbidden(entry or os.getcwd(), forbidden)]
    try:
        steps = name.split(".")
        for depth in range(1, len(steps)):
            _step(".".join(steps[:depth]), name, forbidden, before)
        return _step(name, name, forbidden, before)
    finally:
        sys.path[:] = before


def _step(part: str, name: str, forbidden: set[str], whole_path: list[str]) -> object:
    try:
        spec = importlib.util.find_spec(part)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        cure = _seen(part, whole_path) or "install it into the environment of trt-lint"
        raise PackError(f"rule pack {name}: there is no module {part}; {cure}")
    for file in _files(spec):
        if _forbidden(file, forbidden):
            raise PackError(
                f"rule pack {name}: {shown(file)} lies below the working directory or a scanned path, and nothing from"
                " there is executed; install the pack (not editable) into the environment of trt-lint"
            )
    try:
        return importlib.import_module(part)
    except (Exception, SystemExit) as error:
        raise PackError(f"rule pack {name}: cannot be imported: {_told(error)}") from error


def _seen(part: str, path: list[str]) -> str:
    """Words on a module that is there, but where nothing is imported from."""
    for entry in path:
        stem = os.path.join(entry or os.getcwd(), *part.split("."))
        if os.path.isfile(f"{stem}.py") or os.path.isdir(stem):
            return f"{shown(stem)} lies below the working directory or a scanned path, so install it"
    return ""


def _files(spec: ModuleSpec) -> list[str]:
    """Where a module's code is; nothing for what is built in."""
    files = [spec.origin] if spec.has_location and spec.origin else []
    return files or list(spec.submodule_search_locations or ())


def _forbidden(path: str, forbidden: set[str]) -> bool:
    """Whether a path lies in a forbidden folder and not where this interpreter has its modules."""
    path = os.path.realpath(path)
    return any(inside(path, folder) for folder in forbidden) and not any(inside(path, one) for one in _installed())


def _installed() -> list[str]:
    import site
    import sysconfig

    folders = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders += site.getsitepackages()
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return [os.path.realpath(folder) for folder in folders]
