"""What a URL leads to: an object or file, or what lies below a folder of an object store."""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Unreadable
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import ARCHIVES
from pytest_trt.artifacts.open import PARTS, Found, by_name, is_model
from pytest_trt.artifacts.remote import RangeSource, StoreFolder, WebFolder, check
from pytest_trt.artifacts.remote.ask import Clock, Missing, Unreached
from pytest_trt.artifacts.remote.url import Url, UrlError, redacted
from pytest_trt.artifacts.saved_model import GRAPH_FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_trt.artifacts.wire import Source

_DEPTH_LIMIT = 64
# Below a folder only these are fetched to see what they are: a request each. Whatever is named is looked at.
_SUFFIXES = (".pb", ".pbtxt", ".plan", ".engine", ".trt", ".onnx", ".graphdef", ".meta", ".cache", ".prototxt")
# Archives below a folder are fetched whole, up to here.
_ARCHIVE_LIMIT = 64 << 20


def discover(text: str, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]) -> Iterator[Found]:
    """Candidates at and below a URL, in a stable order. excluded, failed: as open.discover() has them."""
    try:
        url = check(text)
    except UrlError as error:
        place = redacted(text)
        failed(Unreadable(Location(place), str(error).removeprefix(f"{place}: ")))
        return
    try:
        if url.is_store:
            yield from _in_store(url, excluded, failed)
        else:
            yield from _on_web(url, excluded, failed)
    except ArtifactError as error:
        failed(error)


def _on_web(url: Url, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]) -> Iterator[Found]:
    from urllib.parse import unquote

    from pytest_trt.artifacts.remote.http import Session, WebFile

    session = Session(url, Clock())
    above, _, last = url.path.rpartition("/")
    name = unquote(last)
    folder = WebFolder(session, url.at(above), quiet=True)
    file = WebFile(url, session)
    folder.put(file, name)
    if name in GRAPH_FILES and not url.query:
        model = folder.judged()
        if name != GRAPH_FILES[0]:
            for graph_file in GRAPH_FILES:
                model.exists(graph_file)
        yield Found(model.path, True, True, model)
    elif name.lower().endswith(ARCHIVES):
        yield from _in_archive(RangeSource(file, url.shown), excluded, failed)
    else:
        yield Found(url.shown, False, True, folder, name)


def _in_store(url: Url, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]) -> Iterator[Found]:
    from pytest_trt.artifacts.remote.store import Store

    store = Store(url, Clock())
    above, _, name = url.path.rpartition("/")
    folder = StoreFolder(store, above)
    # An object may have a folder's name too (the empty ones that Hadoop and consoles leave); the folder has the models.
    if not url.path or store.info(url.path).size is None or folder.surroundings().is_folder(name):
        yield from _below(StoreFolder(store, url.path), excluded, failed)
        return
    model = folder if name in GRAPH_FILES else _model_around(folder, above)
    if model is not None:
        model.listing()
        yield Found(model.path, True, True, model)
    elif name.lower().endswith(ARCHIVES):
        yield from _in_archive(folder.surroundings().open(url.shown, name), excluded, failed)
    else:
        yield Found(url.shown, False, True, folder.surroundings(), name)


def _model_around(folder: StoreFolder, path: str) -> StoreFolder | None:
    """The SavedModel folder that a named object is a part of."""
    steps = path.split("/")
    for count in range(1, min(3, len(steps)) + 1):
        above = folder
        for _ in range(count):
            above = above.above()
        if steps[-count] in PARTS and is_model(above, set(above.names())):
            return above.judged()
    return None


def _below(
    folder: StoreFolder, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]
) -> Iterator[Found]:
    waiting = [(folder, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            if depth > _DEPTH_LIMIT:
                raise LimitReached(Location(folder.path), f"more than {_DEPTH_LIMIT} folders inside one another")
            listing = folder.listing()
            model = is_model(folder, set(listing))
        except LimitReached as error:
            failed(error)
            if error.code == LimitReached.code:
                return
            continue
        if folder.doubled:
            place = f"{folder.path}//"
            failed(Unreached(Location(place), f"objects have two slashes in their names; name a folder below {place}"))
        elif not listing and not depth:
            raise Missing(Location(folder.path), "nothing lies there")
        if model:
            yield Found(folder.path, True, not depth, folder)
        folders = []
        for name in sorted(listing, key=by_name):
            place = folder.whole(name)
            size = listing[name].size
            if size is None:
                if not (model and name in PARTS or excluded(place)):
                    folders.append((folder.below(name), depth + 1))
            elif model and name in GRAPH_FILES or excluded(place):
                continue
            elif name.lower().endswith(ARCHIVES):
                yield from _walked_archive(folder, name, size, excluded, failed)
            elif name.lower().endswith(_SUFFIXES):
                yield Found(place, False, False, folder.surroundings(), name)
        waiting += reversed(folders)


def _walked_archive(
    folder: StoreFolder, name: str, size: int, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]
) -> Iterator[Found]:
    """What is in an archive that nobody named: one that is called as SageMaker calls its models."""
    if not name.lower().startswith("model"):
        return
    place = folder.whole(name)
    if size > _ARCHIVE_LIMIT:
        why = f"an archive of {size:,} bytes; over {_ARCHIVE_LIMIT:,} it is read where it is named"
        failed(LimitReached(Location(place), why))
        return
    yield from _in_archive(folder.open(place, name), excluded, failed)


def _in_archive(
    source: Source, excluded: Callable[[str], bool], failed: Callable[[ArtifactError], None]
) -> Iterator[Found]:
    """Candidates in an archive, which is fetched from its beginning to its end (a zip: only what is read of it)."""
    import weakref

    from pytest_trt.artifacts.archives.archive import MARK, of_source
    from pytest_trt.artifacts.within import below

    archive = of_source(source)
    if archive.error is not None:
        archive.close()
        failed(archive.error)
        return
    # Whoever is given its members reads them later, in any order.
    weakref.finalize(archive, archive.store.close)
    yield from below(archive.root(), archive.shown + MARK[0], True, excluded, failed)
