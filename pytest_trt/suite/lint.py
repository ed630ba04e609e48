"""pytest --trt-lint: model artifacts below the given paths as tests, judged as the command trt-lint judges them.

All of them are judged at once, while tests are collected, so that configuration, allowances and baseline mean what
they mean for the command: some test fails where it exits with another status than 0.
"""

from __future__ import annotations

import fnmatch
import importlib
import os
import warnings
from pathlib import Path

import pytest

from pytest_trt.lint.config import PACKS, ConfigError, load, variable
from pytest_trt.lint.finding import Severity
from pytest_trt.lint.report import text, words
from pytest_trt.lint.report.visible import visible
from pytest_trt.lint.runner import Report, check

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import Any

    from pytest_trt.lint.rule import Rule

ITEM = "trt-lint"
_SUFFIX = f"::{ITEM}"


class TrtLintWarning(UserWarning):
    """trt-lint has a warning for an artifact; as an error, it fails the test."""


class Linter:
    """The plugin object of a run with --trt-lint."""

    def __init__(self, config: pytest.Config) -> None:
        """Raises pytest.UsageError for a configuration that cannot be used."""
        # pytest takes no `folder::name`; of an artifact there is but one test.
        config.args[:] = [argument.removesuffix(_SUFFIX) for argument in config.args]
        self._named = {_absolute(config, argument) for argument in config.args}
        self._paths = _paths(config)
        try:
            self._settings = load(scanned=self._paths, variables=True)
            self._rules = _rules(self._paths)
            # All that can be wrong is said here: what is raised in a worker of xdist later is not shown.
            if self._settings.names_rules:
                self._settings.bind(self._rules or _ours())
            self._settings.chosen()
        except ConfigError as error:
            raise pytest.UsageError(f"trt-lint: {error}") from None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """An empty collector for a file that the user named: pytest refuses a path that nobody collects."""
        if file_path in self._named and file_path.suffix != ".py":
            return Nothing.from_parent(parent, path=file_path)
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            report.result = [*report.result, *self._artifacts(collector)]
        return report

    def _artifacts(self, session: pytest.Session) -> Iterator[ModelArtifact]:
        """Every artifact below the arguments, by path; and what else has findings, such as a configuration with
        allowances that nobody needs."""
        report = check(self._paths, rules=self._rules, config=self._settings)
        for part in words.parts(report):
            path = Path(os.path.abspath(part.path))
            if _ignored(path, session.config):
                continue
            alone = Report(report.targets)
            alone.cases = [part.case] if part.case is not None else []
            alone.findings = part.findings
            near = os.path.relpath(path, session.config.rootpath).replace(os.sep, "/")
            strict = bool(self._settings.strict)
            yield ModelArtifact.from_parent(session, path=path, nodeid=visible(near, 4096), report=alone, strict=strict)


class Nothing(pytest.File):
    """A file whose test comes from elsewhere."""

    def collect(self) -> list[pytest.Item]:
        return []


class ModelArtifact(pytest.File):
    """A SavedModel folder or a file, with what a report says of it. report: of this artifact alone."""

    def __init__(self, *, report: Report, strict: bool, **rest: Any) -> None:
        super().__init__(**rest)
        self.report = report
        self.strict = strict

    def collect(self) -> Iterator[pytest.Item]:
        yield Judgement.from_parent(self, name=ITEM)


class Judgement(pytest.Item):
    """Passes where the command would exit with 0 for this artifact alone."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self.add_marker("trt_lint")

    def runtest(self) -> None:
        """Fails with the report; warnings are warnings of pytest."""
        report, strict = self._artifact.report, self._artifact.strict
        if report.exit_status(strict):
            pytest.fail(_told(report), pytrace=False)
        for finding in report.findings:
            if finding.severity == Severity.WARNING:
                line = f"{visible(finding.at.path)}: {finding.code} {finding.name}: {visible(finding.message, 1000)}"
                # Not Node.warn(), for which the source line of the place would be looked for in the model.
                warnings.warn_explicit(TrtLintWarning(line), None, self.nodeid, 1)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{ITEM} {visible(self._artifact.nodeid)}"

    @property
    def _artifact(self) -> ModelArtifact:
        assert isinstance(self.parent, ModelArtifact)
        return self.parent


def _paths(config: pytest.Config) -> list[str]:
    """What to look below, as one would write it from here."""
    here = config.invocation_params.dir
    found = [_absolute(config, argument) for argument in config.args]
    return [
        os.path.relpath(path, here) if path.is_relative_to(here) else str(path)
        for path in dict.fromkeys(found)
        if path.exists() and path.suffix != ".py"
    ]


def _absolute(config: pytest.Config, argument: str) -> Path:
    return Path(os.path.normpath(config.invocation_params.dir / argument.partition("::")[0]))


def _rules(paths: list[str]) -> Sequence[Rule] | None:
    """Ours and those of the rule packs that the environment allows; None for ours alone. Raises ConfigError."""
    packs = [name.strip() for name in os.environ.get(variable(PACKS), "").split(",") if name.strip()]
    if not packs:
        return None
    from pytest_trt.lint.packs import load as load_packs

    return (*_ours(), *load_packs(packs, paths, _ours()))


def _ours() -> tuple[Rule, ...]:
    """As in lint.runner, the rules are known by their package's name alone."""
    rules: tuple[Rule, ...] = importlib.import_module("pytest_trt_rules").RULES
    return rules


def _ignored(path: Path, config: pytest.Config) -> bool:
    """Whether --ignore or --ignore-glob leave it out."""
    here = config.invocation_params.dir
    around = [path, *path.parents]
    folders = [Path(os.path.normpath(here / one)) for one in config.getoption("ignore") or ()]
    globs = [str(here / one) for one in config.getoption("ignore_glob") or ()]
    return any(one in folders or any(fnmatch.fnmatch(str(one), glob) for glob in globs) for one in around)


def _told(report: Report) -> str:
    """What fails, in a line for pytest's own summary, and then the report."""
    grave = [finding for finding in report.findings if finding.severity == Severity.ERROR] or report.findings
    heads = list(dict.fromkeys(f"{finding.code} {finding.name}" for finding in grave))
    head = ", ".join(heads) or "not read wholly"
    return f"{head}\n\n{text.render(report).removesuffix(words.summary(report) + chr(10)).rstrip()}"
