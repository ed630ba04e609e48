"""Path -> artifacts: folders are walked, files told by content, files of one SavedModel made one artifact."""

from __future__ import annotations

import os
import stat

from pytest_trt.artifacts import sniff
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.graph import Graph, read_graph
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import ARCHIVES, DISK, Folder
from pytest_trt.artifacts.plan import Plan, read_plan
from pytest_trt.artifacts.saved_model import GRAPH_FILES, SavedModel, metagraphs_of
from pytest_trt.artifacts.wire import WHOLE, Source, fields, kind_of_file, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DEPTH_LIMIT = 64
# Folders that links lead to a second time; links can lead in ever more ways to one folder.
_AGAIN_LIMIT = 1000
_TEXTS = (".pbtxt", ".prototxt", ".textproto", ".pbtext")
# Parts of a SavedModel that are read with it, never as artifacts of their own.
PARTS = frozenset(("variables", "assets", "assets.extra"))


class Artifact:
    """Something that a server or runtime may be given.

    path: as the user gave it (forward slashes). kind, content: see "What is an artifact" in docs/output.md.
    complete: whether everything that matters was read. error: why not, or what is broken.
    model: the SavedModel; graph: the GraphDef of a bare graph (None where it could not be read); plan: the plan.
    around: the folder that a file lies in, where that is not on disk.
    """

    __slots__ = (
        "path", "kind", "content", "complete", "error", "model", "graph", "plan", "source", "metagraph", "around",
    )  # fmt: skip

    def __init__(self, path: str, kind: str, content: str) -> None:
        self.path = path
        self.kind = kind
        self.content = content
        self.complete = True
        self.error: ArtifactError | None = None
        self.model: SavedModel | None = None
        self.graph: Graph | None = None
        self.plan: Plan | None = None
        self.source: Source | None = None
        self.metagraph: str | None = None
        self.around: Folder | None = None

    def close(self) -> None:
        """Close the files and let go of what was read of them; path, kind, content and error stay."""
        self.graph = None
        if self.model is not None:
            self.model.close()
        if self.source is not None:
            self.source.close()


class Found:
    """What a walk found: a path, whether it is a SavedModel folder, and whether the user named it.

    within, name: the folder that it lies in, where that is not on disk, and its name there; "" for the folder itself.
    """

    __slots__ = ("path", "folder", "named", "within", "name")

    def __init__(self, path: str, folder: bool, named: bool, within: Folder | None = None, name: str = "") -> None:
        self.path = path
        self.folder = folder
        self.named = named
        self.within = within
        self.name = name


def discover(
    paths: Sequence[str],
    excluded: Callable[[str], bool],
    failed: Callable[[ArtifactError], None],
    passed: Callable[[str, str], None] | None = None,
) -> Iterator[Found]:
    """Candidates below these paths, each once, in a stable order.

    excluded is asked for every folder and file below a named folder. failed is told of what cannot be listed; passed
    of every regular file on the way (its path and name), but for parts of a SavedModel.
    """
    seen: set[str] = set()

    def fresh(path: str) -> bool:
        key = os.path.normpath(path)
        if key in seen:
            return False
        seen.add(key)
        return True

    for path in paths:
        if "://" in path:
            from pytest_trt.artifacts import remote
            from pytest_trt.artifacts.remote import walk as remote_walk

            if remote.is_url(path):
                for one in remote_walk.discover(path, excluded, failed):
                    # Two URLs of files may differ in nothing that is shown.
                    if one.named and not one.folder or fresh(one.path):
                        yield one
                continue
        try:
            state = os.stat(path)
        except (OSError, ValueError) as error:
            if "!" in path:
                from pytest_trt.artifacts.within import named_member

                members = named_member(path, excluded, failed)
                if members is not None:
                    yield from (found for found in members if fresh(found.path))
                    continue
            reason = os_reason(error) if isinstance(error, OSError) else "the name holds a NUL character"
            failed(Unreadable(Location(shown(path)), reason))
            continue
        if stat.S_ISDIR(state.st_mode):
            for found in _Walk(excluded, failed, passed).below(path, frozenset(), 0):
                if fresh(found.path):
                    yield found
            continue
        folder = _folder_of(path)
        if passed is not None and folder is None and stat.S_ISREG(state.st_mode):
            passed(path, os.path.basename(path))
        if folder is not None:
            if fresh(folder):
                yield Found(folder, True, True)
        elif not stat.S_ISREG(state.st_mode):
            failed(Unreadable(Location(shown(path)), f"{kind_of_file(state.st_mode)}, not a regular file"))
        elif path.lower().endswith(ARCHIVES):
            from pytest_trt.artifacts.within import in_archive

            yield from (found for found in in_archive(path, True, excluded, failed) if fresh(found.path))
        elif fresh(path):
            yield Found(path, False, True)


class _Walk:
    """One walk down from a named folder, following links, within bounds."""

    def __init__(
        self,
        excluded: Callable[[str], bool],
        failed: Callable[[ArtifactError], None],
        passed: Callable[[str, str], None] | None,
    ) -> None:
        self.excluded = excluded
        self.failed = failed
        self.passed = passed
        self.linked: set[tuple[int, int]] = set()
        self.again = 0

    def below(self, folder: str, around: frozenset[tuple[int, int]], depth: int, link: bool = False) -> Iterator[Found]:
        """around: the folders that this one is in, so that a link back to one of them ends the walk."""
        try:
            state = os.stat(folder)
            here = (state.st_dev, state.st_ino)
            if here in around or not self._allowed(folder, here, depth, link):
                return
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: by_name(entry.name))
        except OSError as error:
            self.failed(Unreadable(Location(shown(folder)), os_reason(error)))
            return
        model = is_model(Folder(folder), {entry.name for entry in entries})
        if model:
            yield Found(folder, True, depth == 0)
        for entry in entries:
            path, name = entry.path, entry.name
            try:
                is_folder = entry.is_dir()
                if not is_folder and not entry.is_file():
                    continue
                is_link = is_folder and entry.is_symlink()
            except OSError:
                continue
            if is_folder:
                if not (model and name in PARTS or self.excluded(path)):
                    yield from self.below(path, around | {here}, depth + 1, is_link)
                continue
            if self.passed is not None:
                self.passed(path, name)
            if name.lower().endswith(ARCHIVES):
                if not self.excluded(path):
                    from pytest_trt.artifacts.within import in_archive

                    yield from in_archive(path, False, self.excluded, self.failed)
            elif not (_suffix(name) in sniff.NEVER or model and name in GRAPH_FILES or self.excluded(path)):
                yield Found(path, False, False)

    def _allowed(self, folder: str, here: tuple[int, int], depth: int, link: bool) -> bool:
        """Whether our own bounds let the walk go on here; says once where they do not."""
        if depth > _DEPTH_LIMIT:
            self.failed(LimitReached(Location(shown(folder)), f"more than {_DEPTH_LIMIT} folders inside one another"))
            return False
        if link and here in self.linked:
            self.again += 1
            if self.again == _AGAIN_LIMIT:
                why = f"links lead more than {_AGAIN_LIMIT:,} times to folders that were seen before"
                self.failed(LimitReached(Location(shown(folder)), why))
            if self.again >= _AGAIN_LIMIT:
                return False
        if link:
            self.linked.add(here)
        return True


def _suffix(name: str) -> str:
    """As os.path.splitext has it, quick enough for every name of a repository."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def by_name(name: str) -> tuple[bool, int, str]:
    """To sort names by: version folders by number, everything else by name."""
    return (not name.isdigit(), int(name) if name.isdigit() and len(name) < 20 else 0, name)


def is_model_folder(folder: str) -> bool:
    """Whether a folder on disk is one artifact: a SavedModel, or what is left of one."""
    here = Folder(folder)
    return is_model(here, set(here.names()))


def is_model(folder: Folder, names: set[str]) -> bool:
    """Whether a folder with these names in it is a SavedModel, or what is left of one."""
    if any(name in names for name in GRAPH_FILES):
        return True
    if "variables" not in names:
        return False
    return any(name.startswith(("variables.index", "variables.data-")) for name in folder.names("variables"))


def _folder_of(path: str) -> str | None:
    """The SavedModel folder that a named file is a part of, None where it is a file of its own."""
    folder, name = os.path.split(path)
    if name in GRAPH_FILES:
        return folder or "."
    steps = [folder]
    for _ in range(3):
        parent, part = os.path.split(steps[-1])
        if part in PARTS and is_model_folder(parent or "."):
            return parent or "."
        steps.append(parent)
    return None


def shown(path: str) -> str:
    """A path as reports show it."""
    path = path.replace(os.sep, "/")
    return path[2:] if path.startswith("./") and len(path) > 2 else path.rstrip("/") or "/"


def open_artifact(found: Found) -> Artifact | None:
    """Read what was found; None for what is no artifact of ours. Errors are kept in the artifact."""
    if found.folder:
        return open_saved_model(found.path, found.within)
    return open_file(found.path, found.named, found.within, found.name)


def open_saved_model(path: str, folder: Folder | None = None) -> Artifact:
    """A SavedModel folder, on disk if no other is given; never fails, what is broken is in .error."""
    artifact = Artifact(shown(path), "saved_model", "absent")
    model = artifact.model = SavedModel(path, artifact.path, folder)
    for name in GRAPH_FILES[:2]:
        if model.folder.named(name) and (name == GRAPH_FILES[0] or model.folder.exists(name)):
            model.graph_file = name
            break
    if model.graph_file is None:
        return artifact
    try:
        model.source = source = model.folder.open(model.named(model.graph_file), model.graph_file)
        if model.graph_file.endswith(".pbtxt"):
            from pytest_trt.artifacts.text import binary

            model.text = True
            model.source = source = binary(source, "SavedModel")
        _read_model(artifact, model, source)
        doubt = model.folder.doubt
        if doubt is not None:
            raise doubt
    except ArtifactError as error:
        artifact.error = model.error = error
        artifact.complete = False
        if isinstance(error, Malformed) and model.source is not None and not model.text:
            if model.source.size <= WHOLE:
                from pytest_trt.artifacts.stream import runs_out

                error.ran_out = runs_out(model.source.window, "SavedModel")
            model.content = artifact.content = _content(model.source)
        else:
            model.content = artifact.content = "unknown"
    return artifact


def _read_model(artifact: Artifact, model: SavedModel, source: Source) -> None:
    artifact.content = model.content = sniff.EMPTY if not source.size else "saved_model"
    model.metagraphs = metagraphs_of(source)
    source.one_message()
    served = model.served()
    for metagraph in model.metagraphs:
        if metagraph is served:
            metagraph.check_frame()
            metagraph.graph  # noqa: B018  read now, so that what is broken shows now
        else:
            metagraph.check()
    source.unchanged()
    if source.size and not any(metagraph.tags or metagraph.signatures for metagraph in model.metagraphs):
        artifact.content = model.content = _content(source)


def _content(source: Source) -> str:
    """What stands where the SavedModel should."""
    try:
        kind = sniff.kind_of_bytes(source.at(0, min(sniff.HEAD, source.size)), source.size)
        if kind == sniff.UNKNOWN:
            kind = sniff.kind_of_proto(source)
            if kind == sniff.OTHER:
                first = next(iter(fields(source, 0, source.size)), None)
                kind = sniff.SAVED_MODEL if first and first[:2] == (8, 1) else sniff.UNKNOWN
    except ArtifactError:
        return sniff.UNKNOWN
    if kind == sniff.TIMING_CACHE:
        kind = sniff.PLAN
    return kind if kind in ("saved_model", "graph_def", "meta_graph_def", "plan", "empty", "lfs_pointer") else "unknown"


def open_file(path: str, named: bool, folder: Folder | None = None, name: str = "") -> Artifact | None:
    """A file of its own: a bare graph, a plan, a pointer; None for anything else.

    What cannot be opened is an artifact only if the user named it. folder, name: where it is, if not on disk.
    """
    if folder is None and not named and not path.endswith(_TEXTS) and sniff.is_other(path):
        return None
    artifact = Artifact(shown(path), "other", "other")
    artifact.around = folder
    try:
        source = (folder or DISK).open(artifact.path, name if folder else path)
    except ArtifactError as error:
        artifact.error, artifact.complete, artifact.content = error, False, "unknown"
        return artifact if named or os.path.splitext(path)[1] in (".pb", ".pbtxt", ".plan", ".engine", ".trt") else None
    artifact.source = source
    try:
        kind = sniff.kind_of_bytes(source.at(0, min(sniff.HEAD, source.size)), source.size)
        text = False
        if kind == sniff.OTHER and path.endswith(_TEXTS):
            kind = sniff.kind_of_text(source.at(0, min(4096, source.size)))
            text = kind != sniff.OTHER
        elif kind == sniff.UNKNOWN:
            kind = sniff.kind_of_proto(source)
        elif kind == sniff.PREFIXED:
            kind = sniff.PLAN
        if kind in (sniff.OTHER, sniff.EMPTY, sniff.UNKNOWN):
            artifact.close()
            return None
        artifact.kind = artifact.content = kind
        if kind == sniff.PLAN:
            artifact.plan = read_plan(source.at, source.size)
            if artifact.plan is None:
                artifact.close()
                return None
        if kind in (sniff.GRAPH_DEF, sniff.META_GRAPH_DEF, sniff.SAVED_MODEL):
            if text:
                from pytest_trt.artifacts.text import MESSAGE_OF_KIND, binary

                try:
                    source = artifact.source = binary(source, MESSAGE_OF_KIND[kind])
                except Malformed:
                    artifact.close()
                    return None
            _read_bare(artifact, source)
            source.one_message()
            source.unchanged()
    except ArtifactError as error:
        artifact.error = error
        artifact.complete = False
    return artifact


def _read_bare(artifact: Artifact, source: Source) -> None:
    if artifact.kind == sniff.GRAPH_DEF:
        artifact.graph = read_graph(source, [(0, source.size)])
        return
    if artifact.kind == sniff.META_GRAPH_DEF:
        from pytest_trt.artifacts.saved_model import MetaGraph

        metagraphs = [MetaGraph(source, 0, source.size)]
    else:
        metagraphs = metagraphs_of(source)
    for metagraph in metagraphs:
        graph = metagraph.graph
        if artifact.graph is None or any("TRT" in op for body in graph.bodies() for op in body.ops):
            artifact.graph = graph
            artifact.metagraph = metagraph.label if metagraph.tags else None
