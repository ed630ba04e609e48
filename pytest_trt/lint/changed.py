"""What a change touches: the files that git says differ, and a report restricted to what they concern."""

from __future__ import annotations

import os
import re
from bisect import bisect_left

from pytest_trt.artifacts.saved_model import GRAPH_FILES
from pytest_trt.deploy.edge import Said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Edge
    from pytest_trt.lint.runner import Report

# Seconds that git may take for one answer.
_PATIENCE = 120
# Variables of git that do not say where the repository is; whoever runs us from a hook sets those that do.
_KEPT = re.compile(r"GIT_(EXEC_PATH|CONFIG_\w+|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|SSL_\w+|SSH\w*|ASKPASS)")
_DEPTH = "actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0; elsewhere: git fetch --unshallow"


class ChangeError(ValueError):
    """What changed cannot be told. The text says why, and what to do."""


class Changes:
    """The files that differ between a revision and the working tree.

    base: the commit that is compared with, the merge base of the revision and HEAD. roots: the repositories, as real
    paths. paths: absolute, sorted, links in their folders resolved; both names of a renamed file; what was deleted.
    ignored: files and folders that git ignores, which count as changed, for it cannot say whether they are. Of these
    no folder that holds one counts, but a model whose graph is one.
    """

    __slots__ = ("base", "roots", "paths", "ignored", "_known")

    def __init__(self, base: str, roots: Sequence[str], paths: Iterable[str], ignored: Iterable[str] = ()) -> None:
        self.base = base
        self.roots = tuple(roots)
        self.paths = sorted(set(paths))
        self.ignored = frozenset(ignored)
        self._known = frozenset(self.paths)

    def __contains__(self, path: str) -> bool:
        """Whether a file, or anything in a folder, changed; or a link or submodule that leads there."""
        path = path.partition("!/")[0]
        whole = os.path.abspath(path)
        if self._at_or_above(whole) or self._below(os.path.realpath(whole)) or self._below(_beside(whole)):
            return True
        return bool(self.ignored) and any(os.path.join(_beside(whole), name) in self.ignored for name in GRAPH_FILES)

    def _at_or_above(self, path: str) -> bool:
        while True:
            beside = _beside(path)
            if beside in self._known or beside in self.ignored:
                return True
            above = os.path.dirname(path)
            if above == path:
                return False
            path = above

    def _below(self, folder: str) -> bool:
        inside = folder.rstrip(os.sep) + os.sep
        at = bisect_left(self.paths, inside)
        return folder in self._known or at < len(self.paths) and self.paths[at].startswith(inside)


def _beside(path: str) -> str:
    """An absolute path with the links in its folder resolved, and a link at its end kept."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name) if name else path


def since(revision: str, paths: Sequence[str]) -> Changes:
    """What changed since a revision in the repositories of these paths: commits, the working tree, new files.

    As `git diff REVISION...HEAD` has it, compared with the merge base. Raises ChangeError.
    """
    if not revision or revision.startswith("-") or any(character < "!" for character in revision):
        raise ChangeError(f"{revision!r} is not a revision; name a branch, a tag or a commit, as in origin/main")
    found: dict[str, str] = {}
    changed: list[str] = []
    ignored: list[str] = []
    for folder in dict.fromkeys(_folder(path) for path in paths):
        top = _top(folder)
        if top in found:
            continue
        found[top] = base = _base(top, revision)
        for words, names in (
            (("diff", "--name-only", "-z", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv",
              "-O/dev/null", "--ignore-submodules=none", base, "--"), changed),
            (("ls-files", "--others", "--exclude-standard", "-z", "--"), changed),
            (("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z", "--"), ignored),
        ):  # fmt: skip
            code, out, said = _git(top, *words)
            if code:
                raise ChangeError(f"git {words[0]} failed in {top}: {_line(said)}")
            names += (os.path.join(top, os.fsdecode(name).rstrip("/")) for name in out.split(b"\0") if name)
    return Changes(next(iter(found.values()), ""), list(found), changed, ignored)


def _folder(path: str) -> str:
    """The nearest folder of a path that exists: a deleted model is named too."""
    path = os.path.abspath(path)
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _top(folder: str) -> str:
    code, out, said = _git(folder, "rev-parse", "--show-toplevel")
    if not code:
        return os.path.realpath(os.fsdecode(out.removesuffix(b"\n")))
    text = said.decode("utf-8", "replace")
    if "dubious ownership" in text or "safe.directory" in text:
        cure = f"git config --global --add safe.directory {folder}"
        raise ChangeError(f"git does not trust the repository at {folder}, which somebody else owns: {cure}")
    if "not a git repository" in text:
        raise ChangeError(f"{folder} is not in a git repository, so nothing can be compared")
    raise ChangeError(f"git cannot read the repository of {folder}: {_line(said)}")


def _base(top: str, revision: str) -> str:
    """The merge base of a revision and HEAD."""
    code, out, _ = _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    commit = out.decode("ascii", "replace").strip()
    if code or not commit.isalnum():  # `^main` is one of git's ways to leave out
        cure = f"git fetch origin {revision.removeprefix('origin/')}"
        if _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"origin/{revision}^{{commit}}")[0] == 0:
            cure = f"did you mean origin/{revision}?"
        elif _shallow(top):
            cure = f"the clone is shallow, so fetch all of its history ({_DEPTH})"
        raise ChangeError(f"{revision} is not a revision of the repository at {top}; {cure}")
    if _git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")[0]:
        raise ChangeError(f"the repository at {top} has no commit yet")
    code, out, said = _git(top, "merge-base", commit, "HEAD")
    if not code:
        return out.decode("ascii").split()[0]
    if _shallow(top):
        why = f"the clone is shallow: {revision} and HEAD have no common commit in it"
        raise ChangeError(f"{why}; fetch all of its history ({_DEPTH})")
    if code == 1:
        raise ChangeError(f"{revision} and HEAD have no common commit in the repository at {top}")
    raise ChangeError(f"git merge-base failed in {top}: {_line(said)}")


def _shallow(top: str) -> bool:
    return _git(top, "rev-parse", "--is-shallow-repository")[1].strip() == b"true"


def _line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "no reason given"


def _git(folder: str, *words: str) -> tuple[int, bytes, bytes]:
    """(exit status, stdout, stderr) of git in a folder, whose own programs (fsmonitor) it does not start."""
    import subprocess

    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)}
    env |= {"LC_ALL": "C", "LANGUAGE": "", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", folder, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *words]
    try:
        run = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=_PATIENCE, check=False
        )
    except FileNotFoundError:
        raise ChangeError("git is not installed; --diff-base asks it what changed") from None
    except subprocess.TimeoutExpired:
        raise ChangeError(f"git {words[0]} took more than {_PATIENCE} seconds in {folder}") from None
    except (OSError, ValueError) as error:
        raise ChangeError(f"git cannot be run: {error}") from None
    return run.returncode, run.stdout, run.stderr


class Scope:
    """What a report is restricted to.

    deployments: files whose edges lead to something that changed, besides the files that changed themselves.
    places: paths of what a changed file deploys.
    """

    __slots__ = ("changes", "deployments", "places")

    def __init__(self, changes: Changes, edges: Iterable[Edge] = ()) -> None:
        self.changes = changes
        self.deployments: set[str] = set()
        self.places: list[str] = []
        for edge in edges:
            places = _places(edge, changes)
            if any(file in changes for file in _files(edge)):
                self.places += (os.path.realpath(path) for path in places)
                self.deployments.add(edge.at.path)
            elif any(path in changes for path in places):
                self.deployments.add(edge.at.path)

    def wants(self, path: str) -> bool:
        """Whether an artifact or a deployment file belongs into the report."""
        if path in self.deployments or path in self.changes:
            return True
        real = os.path.realpath(path.partition("!/")[0])
        return any(real == place or real.startswith(place.rstrip(os.sep) + os.sep) for place in self.places)


def _places(edge: Edge, changes: Changes) -> list[str]:
    """The paths that count: what exists first, and before it what is gone since."""
    found: list[str] = []
    for path in edge.paths:
        if os.path.exists(path):
            return [*found, path]
        if path in changes:
            found.append(path)
    return found


def _files(edge: Edge) -> set[str]:
    """The files that an edge was read from."""
    server = edge.server
    said: list[Said] = [server.image, *server.env.values(), *server.flags.values()]
    at: Iterator[Location | None] = iter(
        (edge.at, server.gpu_at, server.capability_at, *(one.at for one in said), *(place for place, _ in edge.why))
    )
    return {one.path for one in at if one is not None and (one.line is not None or one is edge.at)}


def restrict(report: Report, changes: Changes, edges: Iterable[Edge] = ()) -> int:
    """Take out of a report what a change does not touch; returns how many artifacts are left out.

    What stays: artifacts and deployment files that changed, artifacts that a changed file deploys, deployment files
    that deploy what changed (or is gone since), and what else is reported of a file that changed.
    """
    scope = Scope(changes, edges)
    wanted: dict[str, bool] = {}

    def wants(path: str) -> bool:
        if path not in wanted:
            wanted[path] = scope.wants(path)
        return wanted[path]

    before = len(report.cases)
    report.cases = [case for case in report.cases if wants(case.artifact.path)]
    report.deployments = [case for case in report.deployments if wants(case.artifact.path)]
    kept = {case.artifact.path for case in (*report.cases, *report.deployments)}
    report.findings = [
        finding
        for finding in report.findings
        if finding.at.path in kept or _inside(finding.at.path, kept) or wants(finding.at.path)
    ]
    return before - len(report.cases)


def _inside(path: str, kept: set[str]) -> bool:
    """Whether a finding is in a folder, or an archive, that is an artifact that stays."""
    while True:
        above = path.rpartition("/")[0]
        if not above:
            return "." in kept
        if above in kept or above.removesuffix("!") in kept:
            return True
        path = above
