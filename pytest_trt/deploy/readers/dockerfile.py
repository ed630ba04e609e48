"""Dockerfiles: what each stage starts from, holds and runs."""

from __future__ import annotations

import posixpath
import re

from pytest_trt.artifacts.location import Location
from pytest_trt.deploy.dockerfiles.copies import Context, copied, destination, is_folder, moved
from pytest_trt.deploy.dockerfiles.image_commands import made
from pytest_trt.deploy.dockerfiles.instructions import parse as instructions_of
from pytest_trt.deploy.dockerfiles.stages import NO_DEFAULT, Arguments, Budget, Stage, StageScope, is_serving
from pytest_trt.deploy.edge import TRITON, Remark, Said, line
from pytest_trt.deploy.images import VARIABLE, family, misleading, parse, tensorrt_packages
from pytest_trt.deploy.reading import LITERAL, VOLUME, Built, Mount, Reading
from pytest_trt.deploy.scope import UNKNOWN, Partly
from pytest_trt.deploy.scripts.variables import fields, substituted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_trt.deploy.dockerfiles.instructions import Instruction
    from pytest_trt.deploy.scope import Scope
    from pytest_trt.deploy.tree import Tree

SIZE_LIMIT = 512 << 10
STAGE_LIMIT = 100
# In one stage; what COPY and RUN say beyond them all together is left out, and said.
MOUNT_LIMIT = 500
COPY_LIMIT = 1_000

FILLED_IN = "a template fills it in: what it becomes is not in the file"

_RELEVANT = re.compile(r"tensorflow|triton|tensorrt|/models\b", re.IGNORECASE)
_KNOWN = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)
_TEMPLATE = re.compile(r"\{\{|\{%|<%|^@@|^\$\{", re.MULTILINE)
_NAME_VALUE = re.compile(r"([^\s=]+)=((?:\"(?:\\.|[^\"\\])*\"?|'[^']*'?|\\.|[^\s\"'\\])*)", re.DOTALL)
_FLAG = re.compile(r"--([a-z-]+)(?:=(.*))?", re.DOTALL)


def read(
    text: str,
    path: str,
    tree: Tree,
    arguments: Mapping[str, Said] | None = None,
    context: Sequence[str] | None = None,
    number: int = 1,
) -> Reading:
    """The images that a Dockerfile builds: its last stage, and each that has a name.

    arguments: what the command that builds it gives its ARGs; context: the folders that it is built in, where that is
    known; number: of the text's first line in the file at path.
    """
    reading = Reading(path, "dockerfile")
    if len(text) > SIZE_LIMIT:
        why = f"longer than {SIZE_LIMIT:,} characters"
        reading.remarks.append(Remark("TRT418", line(path, 1), {"what": "file", "why": why}))
        return reading
    _Dockerfile(reading, tree, arguments or {}, context).read(text, number)
    if not _RELEVANT.search(text):
        reading.remarks.clear()
    return reading


class _Dockerfile:
    __slots__ = ("reading", "path", "context", "given", "globals", "stages", "names", "copies", "budget")

    def __init__(self, reading: Reading, tree: Tree, given: Mapping[str, Said], context: Sequence[str] | None) -> None:
        self.reading = reading
        self.path = reading.path
        self.given = given
        self.context = Context(reading.path, tree, context)
        self.globals: dict[str, Said] = {}
        self.stages: list[Stage] = []
        self.names: dict[str, Stage] = {}
        self.copies = 0
        self.budget = Budget()

    def read(self, text: str, number: int) -> None:
        parsed = instructions_of(text, number)
        for instruction in parsed.instructions:
            if instruction.name == "FROM":
                if len(self.stages) >= STAGE_LIMIT:
                    self._limit(instruction.line, f"more than {STAGE_LIMIT} stages")
                    break
                self._from(instruction)
            elif instruction.name == "ARG":
                self._arg(instruction)
            elif instruction.name not in _KNOWN:
                self._unknown(instruction)
                return
            elif not self.stages:
                self._remark(instruction.line, f"no FROM before {instruction.name}")
                return
            else:
                self._instruction(instruction, self.stages[-1])
        if parsed.unclosed is not None:
            self._remark(parsed.unclosed[0], f"the heredoc {parsed.unclosed[1]} is never closed")
        for index, stage in enumerate(self.stages):
            last = index == len(self.stages) - 1
            if last:
                self.reading.built.append(Built(stage.container(), self.path))
            if stage.name is not None:
                self.reading.built.append(Built(stage.container(), self.path, stage.name))

    def _remark(self, number: int, why: str) -> None:
        self.reading.remarks.append(
            Remark("TRT420", line(self.path, number), {"why": f"docker build refuses it: {why}"})
        )

    def _limit(self, number: int, why: str) -> None:
        self.reading.remarks.append(Remark("TRT418", line(self.path, number), {"what": "file", "why": why}))

    def _unknown(self, instruction: Instruction) -> None:
        name = instruction.name[:40]
        if _TEMPLATE.search(instruction.name + " " + instruction.text[:200]):
            self._limit(instruction.line, "a template: what it becomes is not in the file")
        else:
            self._remark(instruction.line, f"unknown instruction: {name}")

    # Variables

    def _scope(self, stage: Stage) -> StageScope:
        return StageScope(stage, self.budget)

    def _word(self, raw: str, number: int, stage: Stage) -> Said:
        """A word with its quotes removed and its variables replaced."""
        at = line(self.path, number)
        if "{{" in raw:
            return Said(None, at, FILLED_IN)
        if not _SPECIAL.search(raw):
            return Said(raw, at)
        found = fields(raw, self._scope(stage), at, "dockerfile")
        return found[0] if found else Said("", at)

    def _pairs(self, instruction: Instruction) -> list[tuple[str, str, int]]:
        """`NAME=value ...`, or `NAME value`."""
        first, _, rest = instruction.text.replace("\t", " ").partition(" ")
        if "=" not in first:
            return [(first, rest.strip(), instruction.line)] if first else []
        found = _NAME_VALUE.finditer(instruction.text)
        return [(match[1], match[2], instruction.line_at(match.start())) for match in found]

    def _from(self, instruction: Instruction) -> None:
        words = [(raw, number) for raw, number in instruction.words() if not raw.startswith("--")]
        if not words:
            self._remark(instruction.line, "FROM names no image")
            return
        raw, number = words[0]
        name = words[2][0] if len(words) == 3 and words[1][0].lower() == "as" else None
        at = line(self.path, number)
        base = substituted(raw.strip("\"'"), Arguments(self.globals, self.budget), at, "dockerfile")
        if "{{" in raw:
            base = Partly(raw.partition("{{")[0] + UNKNOWN, at, FILLED_IN)
        stage = Stage(name, line(self.path, instruction.line), base)
        below = self.names.get(base.text.lower()) if base.text is not None else None
        if below is not None:
            stage.base = below.base
            stage.over(below)
            stage.why = f"FROM {base.text}, an earlier stage"
        elif is_serving(base):
            stage.folders.add("/models")
        self.stages.append(stage)
        if name is not None:
            self.names[name.lower()] = stage

    def _arg(self, instruction: Instruction) -> None:
        """Before the first FROM an argument is for the FROM lines; a stage that wants it declares it again."""
        for raw, number in instruction.words():
            name, equals, value = raw.partition("=")
            at = line(self.path, number)
            if name in self.given:
                (self.stages[-1].args if self.stages else self.globals)[name] = self.given[name]
                continue
            if not self.stages:
                scope = Arguments(self.globals, self.budget)
                self.globals[name] = self._default(name, equals, value, scope, at)
                continue
            stage = self.stages[-1]
            if not equals and name in self.globals:
                stage.args[name] = self.globals[name]
            else:
                stage.args[name] = self._default(name, equals, value, self._scope(stage), at)
            if name == VARIABLE:
                self._misleads(stage, name, at)

    def _default(self, name: str, equals: str, value: str, scope: Scope, at: Location) -> Said:
        if not equals:
            return Said(None, at, f"the build argument {name} {NO_DEFAULT}")
        found = fields(value, scope, at, "dockerfile")
        return found[0] if found else Said("", at)

    # What a stage holds and runs

    def _instruction(self, instruction: Instruction, stage: Stage) -> None:
        name = instruction.name
        if name == "ENV":
            values = [(key, self._word(raw, number, stage)) for key, raw, number in self._pairs(instruction)]
            for key, value in values:
                stage.env[key] = value
                if key == VARIABLE:
                    self._misleads(stage, key, value.at)
        elif name == "WORKDIR":
            target = self._word(instruction.text.strip(), instruction.line, stage)
            path = destination(target, self._folder(stage))
            why = target.why or "it is relative to a working folder that is not known"
            stage.workdir = Said(path, target.at, "" if path is not None else why)
            if path is not None:
                stage.folders.add(path)
        elif name in ("COPY", "ADD"):
            self.copies += 1
            if self.copies == COPY_LIMIT:
                self._limit(instruction.line, f"more than {COPY_LIMIT:,} instructions that copy")
            elif self.copies < COPY_LIMIT:
                self._copy(instruction, stage)
        elif name == "RUN":
            self._run(instruction, stage)
        elif name == "ENTRYPOINT":
            stage.entrypoint = self._started(instruction, stage)
            if not stage.own_cmd:
                stage.cmd = []  # the base's is reset
        elif name == "CMD":
            stage.cmd = self._started(instruction, stage)
            stage.own_cmd = True
        elif name == "SHELL":
            array = instruction.array()
            stage.shell = [text for text, _ in array] if array else stage.shell

    def _started(self, instruction: Instruction, stage: Stage) -> list[Said]:
        """The words of the JSON form; a shell with the text for the other form. Nothing is replaced in either."""
        array = instruction.array()
        if array is not None:
            return [Said(text, line(self.path, number)) for text, number in array]
        at = line(self.path, instruction.line)
        return [*(Said(word, at) for word in stage.shell), Said(instruction.text, at)]

    def _folder(self, stage: Stage) -> str | None:
        if stage.workdir is not None:
            return stage.workdir.text
        text = stage.base.text or ""
        if family(text) == TRITON:
            return "/opt/tritonserver"
        return "/" if is_serving(stage.base) or parse(text).repository in _AT_ROOT else None

    def _copy(self, instruction: Instruction, stage: Stage) -> None:
        array = instruction.array()
        pairs = array if array is not None else list(instruction.words(quotes=False))
        flags: dict[str, str] = {}
        while pairs:
            flag = _FLAG.fullmatch(pairs[0][0])
            if flag is None:
                break
            flags[flag[1]] = flag[2] or ""
            pairs = pairs[1:]
            if not pairs and array is None:
                break
        if flags and array is None and pairs and pairs[0][0].startswith("["):
            array = _array(pairs)
            pairs = array if array is not None else pairs
        if len(pairs) < 2:
            self._remark(instruction.line, f"{instruction.name} needs a source and a destination")
            return
        words = [self._word(raw, number, stage) for raw, number in pairs]
        target = words[-1]
        folder = self._folder(stage)
        documents = {each.name: each for each in instruction.heredocs}
        sources: list[Said] = []
        for word, (raw, _) in zip(words[:-1], pairs):
            name = re.sub(r"^<<-?|[\"']", "", raw)
            if raw.startswith("<<") and name in documents:
                self._document(documents[name].text, documents[name].raw, documents[name].line, name, target, stage)
            else:
                sources.append(word)
        inside = destination(target, folder)
        if inside is None:
            return
        if "from" in flags:
            self._copy_from(flags["from"], sources, target, inside, stage, instruction.line)
        else:
            add = instruction.name == "ADD"
            self._add(stage, copied(sources, target, folder, stage.folders, self.context, add))
        if len(sources) > 1 or is_folder(target.text or ""):
            stage.folders.add(inside)

    def _add(self, stage: Stage, mounts: list[Mount]) -> None:
        """What appears in the image; the folders among it are known from here on."""
        for mount in mounts[: max(0, MOUNT_LIMIT - len(stage.mounts))]:
            found = self.context.tree.first(mount.paths)
            if found is not None and self.context.tree.is_folder(found):
                stage.folders.add(mount.target)
            stage.mounts.append(mount)

    def _document(self, text: str, raw: bool, number: int, name: str, target: Said, stage: Stage) -> None:
        """`COPY <<EOF /path`: the file's text is in the Dockerfile."""
        inside = destination(target, self._folder(stage))
        if inside is None:
            return
        at = line(self.path, number)
        value = Said(text, at) if raw else substituted(text, self._scope(stage), at, "dockerfile")
        place = posixpath.join(inside, name) if is_folder(target.text or "") else inside
        self._add(stage, [Mount(place, LITERAL, value, at, why=f"{place} is written in the Dockerfile")])

    def _copy_from(self, raw: str, sources: list[Said], target: Said, inside: str, stage: Stage, number: int) -> None:
        """`COPY --from=stage`: what that stage holds; of other images nothing is known."""
        at = line(self.path, number)
        name = self._word(raw, number, stage)
        other = self.names.get(name.text.lower()) if name.text is not None else None
        if other is None and name.text is not None and name.text.isascii() and name.text.isdigit():
            index = int(name.text[:6])
            other = self.stages[index] if index < len(self.stages) - 1 else None
        into = len(sources) > 1 or is_folder(target.text or "")
        for source in sources:
            if source.text is None or other is None:
                why = f"what COPY takes from {raw[:60]} is not in the files"
                self._add(stage, [Mount(inside, VOLUME, Said(None, at, source.why or why), source.at, why=why)])
                continue
            path = posixpath.normpath("/" + source.text)
            path = path[1:] if path.startswith("//") else path
            found = moved(other.mounts, path, inside, into and self._is_file(other, path), source.at, "")
            if not found:
                why = f"{source.text} is made in the stage {raw[:60]}, from no file of the tree"
                found = [Mount(inside, VOLUME, Said(None, at, why), source.at, why=why)]
            self._add(stage, found)

    def _is_file(self, stage: Stage, path: str) -> bool:
        """Whether a path of a stage is a file, as far as the tree tells."""
        for mount in moved(stage.mounts, path, path, False, stage.at, ""):
            found = self.context.tree.first(mount.paths)
            if found is not None and mount.target == path:
                return not self.context.tree.is_folder(found)
        suffix = posixpath.splitext(path)[1]
        return bool(suffix) and not suffix[1:].isdigit()

    def _run(self, instruction: Instruction, stage: Stage) -> None:
        known = stage.mounts if len(stage.mounts) < MOUNT_LIMIT else []
        found = made(instruction, known, self._folder(stage), self._scope(stage), self.path, stage.folders)
        self._add(stage, found.mounts)
        stage.folders |= found.folders
        for word in tensorrt_packages(found.installed):
            self._misleads(stage, word, line(self.path, instruction.line))

    def _misleads(self, stage: Stage, what: str, at: Location) -> None:
        """TRT404: TensorRT in an image whose server has no ops for it."""
        remark = misleading(stage.base.text, what, at) if stage.base.text is not None else None
        if remark is not None:
            self.reading.remarks.append(remark)


_SPECIAL = re.compile(r"[\\$\"']")
_AT_ROOT = frozenset(
    ("scratch", "ubuntu", "debian", "alpine", "busybox", "centos", "python", "nvidia/cuda", "library/ubuntu")
)


def _array(pairs: list[tuple[str, int]]) -> list[tuple[str, int]] | None:
    """`["a", "b"]` behind flags."""
    import json

    try:
        found = json.loads(" ".join(raw for raw, _ in pairs))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        return None
    return [(each, pairs[0][1]) for each in found]
