"""From paths to a report: discover, read, judge, ask the rules."""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.open import open_artifact
from pytest_trt.lint.case import Case
from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.walk import Walk, excluder
from pytest_trt.serving import target as target_of
from pytest_trt.serving.judge import judge
from pytest_trt.serving.verdict import Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from pytest_trt.artifacts.location import Location
    from pytest_trt.artifacts.open import Found
    from pytest_trt.deploy.edge import Edge
    from pytest_trt.lint.config import Config
    from pytest_trt.lint.rule import Rule
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton


class Report:
    """What a run found.

    cases: every artifact with its verdicts. deployments: every deployment file of which there is something to say.
    edges: what the deployment files say. findings: sorted by path, code, place. targets: names as asked.
    allowed, baselined: how many findings the configuration's allowances and the baseline leave out.
    """

    __slots__ = ("cases", "deployments", "edges", "findings", "targets", "allowed", "baselined")

    def __init__(self, targets: list[str]) -> None:
        self.cases: list[Case] = []
        self.deployments: list[Case] = []
        self.edges: list[Edge] = []
        self.findings: list[Finding] = []
        self.targets = targets
        self.allowed = 0
        self.baselined = 0

    def count(self, severity: str) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def unread(self) -> int:
        """Artifacts that were not read wholly."""
        return sum(not case.artifact.complete for case in self.cases)

    def exit_status(self, strict: bool = False) -> int:
        """0: no errors (strict: nor warnings); 1: some; 3: something was not read wholly, which outranks 1."""
        if self.unread:
            return 3
        return int(bool(self.count(Severity.ERROR) or strict and self.count(Severity.WARNING)))


def check(
    paths: Iterable[str],
    *,
    targets: Sequence[str | Target | Runtime | Triton] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    extend_exclude: Sequence[str] = (),
    force_exclude: bool = False,
    rules: Sequence[Rule] | None = None,
    config: Config | None = None,
    progress: Callable[[int, str], None] | None = None,
    respect_gitignore: bool | None = None,
) -> Report:
    """Judge every artifact at or below these paths, for the servers that the deployment files there send it to.

    paths: files and folders, as text or os.PathLike. targets: such as "tensorflow/serving:2.19.0-gpu", where
    everything goes; none: what deployment files and the configuration say, else the newest tensorflow/serving, CPU
    and GPU. select, ignore, extend_select: prefixes of rule codes; they change
    findings and exit status, never verdicts. exclude, extend_exclude: glob patterns besides DEFAULT_EXCLUDES;
    force_exclude: for these paths too. rules: default all of pytest_trt_rules. config: of
    pytest_trt.lint.config.load(); what the other arguments say goes before what it says. progress: called with the
    number of artifacts read so far and the path that is next. respect_gitignore: leave out what git ignores below
    these paths; None: what the configuration says, else True.
    Raises ValueError for a target that is not understood (TargetError) and for a configuration that cannot be used
    (ConfigError); artifacts raise nothing.
    """
    import os

    paths = [os.fspath(path) for path in paths]
    chosen: list[Target | Runtime | Triton] = [target_of.parse(one) if isinstance(one, str) else one for one in targets]
    layers = [(select, ignore, extend_select)]
    on_demand = rules is None and not any(layers[0]) and (config is None or not config.names_rules)
    if rules is None:
        rules = () if on_demand else _package().RULES
    if config is not None:
        config.bind(rules)
        chosen = chosen or config.chosen()
        layers = [*(one.prefixes() for one in config.selections), *layers]
    named = bool(chosen)
    chosen = chosen or [*target_of.default()]
    active = selected(rules, layers)
    report = Report([one.name for one in chosen])
    if force_exclude:
        excluded = excluder(exclude, extend_exclude, config)
        paths = [path for path in paths if not excluded(path)]
    walk = Walk(paths, config, exclude, extend_exclude, respect_gitignore)
    survey = None
    if walk.files or config is not None and config.destinations:
        from pytest_trt.lint.destinations.survey import Survey

        survey = Survey(walk, config, asserted=bool(targets))
        report.edges = survey.edges
    judged: dict[str, None] = {}
    for one in walk.found if survey is None else survey.artifacts():
        if progress is not None:
            progress(len(report.cases), one.path)
        artifact = open_artifact(one)
        if artifact is None:
            continue
        known = survey.targets(one.path) if survey is not None else None
        case = Case(artifact, *judge(artifact, chosen if known is None else known, named or known is not None))
        report.cases.append(case)
        judged.update((verdict.target.name, None) for verdict in case.verdicts)
        if survey is not None:
            survey.learn(case)
        report.findings += ask(case, _needed(case) if on_demand else active)
        artifact.close()
    for error in walk.failed:
        case = _unread(error)
        report.cases.append(case)
        report.findings += ask(case, _needed(case) if on_demand else active)
    for case in survey.deployments() if survey is not None else ():
        report.deployments.append(case)
        report.findings += ask(case, _needed(case) if on_demand else active)
    if not named and judged:
        report.targets = [*judged]
    elif named:
        report.targets += [name for name in judged if name not in report.targets]
    if config is not None and config.reviews:
        from pytest_trt.lint.review import review

        review(report, config, rules, active, paths)
    report.findings.sort(key=lambda finding: (finding.at.path, finding.code, _place(finding.at), finding.message))
    return report


def _place(at: Location) -> int:
    """To sort places in one file by: the byte, or the line."""
    return at.offset or at.line or 0


def read_case(found: Found, targets: Sequence[Target | Runtime | Triton], named: bool = True) -> Case | None:
    """Read and judge one artifact; None where the file is none of ours. named: whether somebody named the targets."""
    artifact = open_artifact(found)
    if artifact is None:
        return None
    verdicts, notices = judge(artifact, targets, named)
    return Case(artifact, verdicts, notices)


def ask(case: Case, rules: Sequence[Rule]) -> list[Finding]:
    """What these rules say of a case."""
    findings: list[Finding] = []
    codes = case.codes()
    for rule in rules:
        if not rule.looks and rule.code not in codes:
            continue
        for finding in rule.check(case):
            finding.code, finding.name = rule.code, rule.name
            finding.severity = finding.severity or rule.severity
            findings.append(finding)
    return findings


def _package() -> Any:
    """The package of our rules: this room does not know it, but for its name."""
    import importlib

    return importlib.import_module("pytest_trt_rules")


def _needed(case: Case) -> list[Rule]:
    """Our rules that have something to word in a case; the others are not even imported."""
    codes = sorted(case.codes())
    if not codes:
        return []
    package = _package()
    return [package.rule(code) for code in codes if code in package.CODES]


def _unread(error: ArtifactError) -> Case:
    from pytest_trt.artifacts.open import Artifact

    artifact = Artifact(error.location.path, "other", "unknown")
    artifact.error, artifact.complete = error, False
    return Case(artifact, [], [Reason.of_error(error)])


def selected(rules: Sequence[Rule], layers: Iterable[tuple[Sequence[str], Sequence[str], Sequence[str]]]) -> list[Rule]:
    """The rules that are asked. layers: select, ignore and extend_select of each place, the nearest last.

    As ruff does it: in one place the longest prefix that fits decides, a place that selects begins anew, and any other
    adds to what the farther ones say.
    """
    chosen = list(rules)
    for select, ignore, extend in layers:
        known = {rule.code for rule in chosen}
        chosen = []
        for rule in rules:
            wanted = _longest(rule.code, (*select, *extend))
            unwanted = _longest(rule.code, ignore)
            stays = not select and rule.code in known
            if wanted > unwanted if max(wanted, unwanted) >= 0 else stays:
                chosen.append(rule)
    return chosen


def _longest(code: str, prefixes: Iterable[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)
