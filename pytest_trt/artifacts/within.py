"""Candidates in archives, and below any folder that is not on disk."""

from __future__ import annotations

import os

from pytest_trt.artifacts import sniff
from pytest_trt.artifacts.archives.archive import MARK, WALK_LIMIT, read_archive, shows_model, split
from pytest_trt.artifacts.errors import ArtifactError, LimitReached
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import ARCHIVES
from pytest_trt.artifacts.open import PARTS, Found, by_name, is_model, shown
from pytest_trt.artifacts.saved_model import GRAPH_FILES
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_trt.artifacts.member import Folder

_DEPTH_LIMIT = 64


def in_archive(
    path: str, named: bool, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]
) -> Iterator[Found]:
    """Candidates in an archive; of one that nobody named, only if its name or its first members show a model."""
    likely = named or os.path.basename(path).lower().startswith("model")
    try:
        with Source(path, shown(path)) as source:
            if source.at(0, min(sniff.HEAD, source.size)).startswith(b"version https://git-lfs"):
                if likely:
                    yield Found(path, False, named)
                return
            large = source.size > WALK_LIMIT and not named
            if (large or not likely) and not shows_model(source):
                return
    except ArtifactError as error:
        if named:
            failed(error)
        return
    if large:
        why = f"an archive of more than {WALK_LIMIT:,} bytes, which is read where it is named"
        failed(LimitReached(Location(shown(path)), why))
        return
    archive = read_archive(path, shown(path))
    if archive.error is not None:
        failed(archive.error)
        return
    yield from below(archive.root(), path + MARK[0], named, excluded, failed)


def named_member(
    path: str, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]
) -> Iterator[Found] | None:
    """What `model.tar.gz!/a/1` names: a file, or what lies below a folder; None where that is not there."""
    parts = split(path)
    if parts is None or not os.path.isfile(parts[0]):
        return None
    archive = read_archive(parts[0], shown(parts[0]))
    if archive.error is not None:
        failed(archive.error)
        return iter(())
    root = archive.root()
    above, _, name = parts[1].rpartition("/")
    if not root.is_file(parts[1]):
        return below(root.below(parts[1]), path, True, excluded, failed) if root.exists(parts[1]) else None
    if name in GRAPH_FILES:
        return iter((Found(os.path.dirname(path), True, True, root.below(above)),))
    return iter((Found(path, False, True, root.below(above), name),))


def below(
    folder: Folder, path: str, named: bool, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]
) -> Iterator[Found]:
    """Candidates at and below a folder, in the order of a walk. path: its text form; named: by the user."""
    waiting: list[Iterator[Found | tuple[Folder, str]]] = [iter([(folder, path)])]
    while waiting:
        step = next(waiting[-1], None)
        if step is None:
            waiting.pop()
        elif isinstance(step, Found):
            yield step
        elif len(waiting) > _DEPTH_LIMIT + 1:
            failed(LimitReached(Location(shown(step[1])), f"more than {_DEPTH_LIMIT} folders inside one another"))
        else:
            waiting.append(_directly(*step, named and len(waiting) == 1, excluded))


def _directly(
    folder: Folder, path: str, named: bool, excluded: Callable[[str], bool]
) -> Iterator[Found | tuple[Folder, str]]:
    """The SavedModel that a folder is, the files in it, and the folders to go on with."""
    names = folder.names()
    model = is_model(folder, set(names))
    if model:
        yield Found(path, True, named, folder)
    for name in sorted(names, key=by_name):
        place = f"{path}/{name}"
        if folder.is_folder(name):
            if not (model and name in PARTS or excluded(place)):
                yield folder.below(name), place
        elif not (model and name in GRAPH_FILES or name.lower().endswith((*ARCHIVES, *sniff.NEVER))):
            if not excluded(place):
                yield Found(place, False, False, folder, name)
