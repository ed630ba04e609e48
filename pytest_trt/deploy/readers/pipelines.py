"""Pipelines that start servers: GitHub's workflows and GitLab's, their shell steps and their services.

docs.github.com/actions/reference/workflow-syntax; docs.gitlab.com/ci/yaml.
"""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.formats.yamls import LIST, MAP, SCALAR
from pytest_trt.deploy.reading import HOST, VOLUME, Container, Mount
from pytest_trt.deploy.scope import ANCHOR, UNKNOWN, Partly, Variables, below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.formats.nodes import Node
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

_EXPRESSION = re.compile(r"\$\{\{\s*([^{}\n]{1,200}?)\s*\}\}")
_NAME = re.compile(r"env\.([A-Za-z_]\w*)")
_SIZE = 256 << 10
_NOT_JOBS = frozenset(("default", "include", "variables", "workflow", "stages", "image", "services", "cache", "spec"))
_SHELLS = re.compile(r"(?:ba|z|da)?sh\b")


def fill(reading: Reading, root: Node, tree: Tree) -> bool:
    """Adds what a document says; False where it is no pipeline."""
    jobs = root.get("jobs")
    if jobs is not None and jobs.kind == MAP and root.get("on") is not None:
        for _, job in jobs.items():
            _github(reading, root, job, tree)
        return True
    if root.kind != MAP or root.get("kind") is not None:
        return False
    listed = [job for key, job in root.items() if key.raw not in _NOT_JOBS and job.kind == MAP]
    jobs_of_gitlab = [job for job in listed if job.get("script") is not None]
    for job in jobs_of_gitlab:
        _gitlab(reading, root, job, tree)
    return bool(jobs_of_gitlab)


class _Scope(Variables):
    """Variables of a job. What an expression of the pipeline makes is one of them too, unknown."""

    def read(self, node: Node | None) -> None:
        for key, value in node.items() if node is not None else ():
            given = value.get("value") if value.kind == MAP else value
            if given is not None and given.kind == SCALAR:
                self[key.raw] = self.said(given)

    def said(self, node: Node) -> Said:
        """A scalar with the pipeline's expressions replaced, as far as the file says what they are."""
        missing: list[str] = []

        def value(match: re.Match[str]) -> str:
            if match[1] == "github.workspace":
                return "."
            name = _NAME.fullmatch(match[1])
            known = self.get(name[1]) if name is not None else None
            if isinstance(known, Said) and known.text is not None:
                return known.text
            missing.append(match[0])
            return UNKNOWN

        text = _EXPRESSION.sub(value, node.raw)
        if missing:
            return Partly(text, node.at, f"`{missing[0]}` is filled in when the pipeline runs")
        return Said(text, node.at) if node.text is not None or text != node.raw else node.said()

    def script(self, node: Node) -> str:
        """The text of a step, with a variable for each expression."""

        def value(match: re.Match[str]) -> str:
            name = _NAME.fullmatch(match[1])
            if match[1] == "github.workspace" or name is not None:
                return "${" + name[1] + "}" if name is not None else "."
            held = f"EXPRESSION_{len(self)}"
            self[held] = Said(None, node.at, f"`{match[0]}` is filled in when the pipeline runs")
            return "${" + held + "}"

        return _EXPRESSION.sub(value, node.raw)


def _follow(reading: Reading, tree: Tree, scope: _Scope, texts: Sequence[tuple[str, int]], folder: str | None) -> None:
    """Shell texts with their lines, one after the other in one shell."""
    from pytest_trt.deploy.scripts.script import TRIGGER, Walk
    from pytest_trt.deploy.scripts.words import script

    if not any(TRIGGER.search(text) for text, _ in texts):
        return
    walk = Walk(reading, reading.path, tree, scope, folder)
    for text, number in texts:
        if len(text) <= _SIZE:
            walk.follow(script(text, number))


def _github(reading: Reading, root: Node, job: Node, tree: Tree) -> None:
    outer = _Scope()
    outer.read(root.get("env"))
    outer.read(job.get("env"))
    for key, service in job.entries("services"):
        image = service.get("image") if service.kind == MAP else service
        if image is not None and image.kind == SCALAR:
            scope = _Scope()
            scope.read(service.get("env"))
            env = {name: said for name, said in scope.items() if isinstance(said, Said)}
            mounts = [
                mount for each in service.each("volumes") if (mount := _mount(each, outer, reading, tree)) is not None
            ]
            said = outer.said(image)
            reading.containers.append(
                Container(said, key.at, env=env, mounts=mounts, name=key.raw, why=f"service {key.raw} of a job")
            )
    defaults = [node.get("defaults", "run", "working-directory") for node in (job, root)]
    for step in job.each("steps"):
        run, shell = step.get("run"), step.get("shell")
        if run is None or run.kind != SCALAR or (shell is not None and not _SHELLS.match(shell.raw)):
            continue
        scope = _Scope(outer)
        scope.read(step.get("env"))
        place = next((each for each in (step.get("working-directory"), *defaults) if each is not None), None)
        folder: str | None = ANCHOR
        if place is not None:
            given = scope.said(place).text
            folder = below(ANCHOR, given) if given is not None else None
        _follow(reading, tree, scope, [(scope.script(run), run.at.line or 1)], folder)


def _mount(node: Node, scope: _Scope, reading: Reading, tree: Tree) -> Mount | None:
    """`SOURCE:TARGET` of a service."""
    source, colon, target = scope.said(node), "", ""
    text = source.text if source.text is not None else _EXPRESSION.sub("?", node.raw)
    left, colon, target = text.partition(":")
    target = target.partition(":")[0]
    if not colon or not target.startswith("/"):
        return None
    if source.text is None:
        return Mount(target, VOLUME, Said(None, node.at, source.why), node.at, (), source.why)
    if left.startswith("."):
        return Mount(target, HOST, Said(left, node.at), node.at, tree.candidates(left, reading.path))
    why = "a folder of the runner, which is not in the checked files"
    return Mount(target, VOLUME, Said(left, node.at, why), node.at, (), why)


def _gitlab(reading: Reading, root: Node, job: Node, tree: Tree) -> None:
    scope = _Scope()
    scope["CI_PROJECT_DIR"] = Said(".", job.at)
    for node in (root.get("variables"), job.get("variables")):
        scope.read(node)
    env = {name: said for name, said in scope.items() if isinstance(said, Said)}
    for place in (job, root.get("default") or job, root):
        services = place.get("services")
        if services is None:
            continue
        for each in services.elements():
            _service(reading, each, scope, env)
        break
    texts = []
    for key in ("before_script", "script", "after_script"):
        found = job.get(key)
        if found is None and key != "script":
            found = (root.get("default") or root).get(key) or root.get(key)
        for each in (found.elements() if found.kind == LIST else [found]) if found is not None else ():
            for one in each.elements() if each.kind == LIST else [each]:
                if one.kind == SCALAR and not one.tag:
                    texts.append((one.raw, one.at.line or 1))
    _follow(reading, tree, scope, texts, ANCHOR)


def _service(reading: Reading, node: Node, scope: _Scope, env: dict[str, Said]) -> None:
    from pytest_trt.deploy.scripts.variables import substituted

    image = node.get("name") if node.kind == MAP else node
    if image is None or image.kind != SCALAR:
        return
    said = image.said()
    if said.text is not None and "$" in said.text:
        said = substituted(said.text, scope, said.at, "sh")
    own = _Scope()
    own.read(node.get("variables"))
    words = {key: node.get(key) for key in ("entrypoint", "command")}
    found = {key: None if value is None else [each.said() for each in value.elements()] for key, value in words.items()}
    called = node.get("alias")
    reading.containers.append(
        Container(
            said,
            node.at,
            entrypoint=found["entrypoint"],
            args=found["command"],
            env={**env, **{name: value for name, value in own.items() if isinstance(value, Said)}},
            name=called.raw if called is not None else None,
            why="a service of a job",
        )
    )
