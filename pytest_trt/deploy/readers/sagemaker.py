"""model.tar.gz as SageMaker unpacks it: the models of TensorFlow Serving in it, or a model repository of Triton.

Source: aws/sagemaker-tensorflow-serving-container, docker/build_artifacts/sagemaker/{tfs_utils,serve}.py;
triton-inference-server/server, docker/sagemaker/serve@r26.08.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.archives.archive import MARK, is_archive, read_archive
from pytest_trt.artifacts.errors import ArtifactError, LimitReached
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.versions import version_of
from pytest_trt.deploy.edge import ARTIFACT, TENSORFLOW_SERVING, Edge, Remark, Said, Server
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.repository import CONFIG, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.archives.archive import Archive
    from pytest_trt.deploy.tree import Tree

KIND = "sagemaker"
# The name that SageMaker's toolkits give the archive.
NAME = "model.tar.gz"
UNPACKED = "/opt/ml/model"
_NO_IMAGE = "the archive does not say which image serves it"
_OUTSIDE_SHOWN = 3


def is_model_archive(path: str) -> bool:
    return path.replace(os.sep, "/").rpartition("/")[2] == NAME


def read(path: str, tree: Tree, certain: bool = False) -> Reading | None:
    """What SageMaker finds in an archive; None for what is none of its models.

    Only model.tar.gz is taken for SageMaker's, or any archive of which somebody else says so (certain).
    """
    if not is_archive(path) or not (certain or is_model_archive(path)) or not tree.is_file(path):
        return None
    reading = Reading(path, KIND)
    archive = read_archive(path)
    at = Location(path)
    if archive.error is not None:
        if not isinstance(archive.error, LimitReached):
            where = Location(path, offset=archive.error.location.offset)
            reading.remarks.append(Remark("TRT420", where, {"why": archive.error.why}))
        return reading
    if archive.outside:
        shown = ", ".join(archive.outside[:_OUTSIDE_SHOWN]) + (", ..." if archive.outside[_OUTSIDE_SHOWN:] else "")
        why = f"names in it lead outside, and nothing is unpacked from them here: {shown}"
        reading.remarks.append(Remark("TRT420", at, {"why": why}))
    if CONFIG in archive.members:
        why = f"{CONFIG} lies at its root; Triton wants a folder for each model, and {CONFIG} in that"
        facts = {"why": why, "message": "Model directory needs to contain the top level folder", "server": "triton"}
        reading.remarks.append(Remark("TRT421", Location(f"{path}{MARK}{CONFIG}"), facts))
        return reading
    triton = list(_triton_models(archive))
    for name in triton:
        _read_triton(reading, archive, path, name)
    bases = _bases(archive)
    reading.edges += _edges(archive, path, bases)
    reading.remarks += _layout(archive, path, bases, bool(triton))
    return reading if reading.edges or reading.remarks or triton else None


def _bases(archive: Archive) -> list[str]:
    """Folders that hold `<digits>/saved_model.pb`, by name; SageMaker takes them in the order of its file system."""
    found = set()
    for name in archive.members:
        folder, _, last = name.rpartition("/")
        base, _, version = folder.rpartition("/")
        if last == "saved_model.pb" and _is_version(version):
            found.add(base)
    return sorted(found)


def _is_version(name: str) -> bool:
    return name.isascii() and name.isdigit()


def _name(base: str) -> str:
    """The name that a base path gets: its last part, and the root is /opt/ml/model."""
    return base.rpartition("/")[2] or UNPACKED.rpartition("/")[2]


def _edges(archive: Archive, path: str, bases: list[str]) -> Iterator[Edge]:
    at = Location(path)
    server = Server(TENSORFLOW_SERVING, Said(None, at, _NO_IMAGE))
    for base in bases:
        inside = f"{UNPACKED}/{base}" if base else UNPACKED
        place = f"{path}{MARK}{base}" if base else path + MARK[0]
        why = [(at, f"SageMaker unpacks it to {UNPACKED} and serves {inside} as the model {_name(base)!r}")]
        if len(bases) > 1:
            why.append((at, "SAGEMAKER_TFS_DEFAULT_MODEL_NAME says which model answers by default"))
        found = {name: version_of(name) for name in archive.children(base) if _is_version(name)}
        numbers = tuple(sorted(number for number in found.values() if number is not None))
        for name, number in sorted(found.items(), key=lambda item: (item[1] or 0, item[0])):
            if number is not None and archive.root().is_folder(base, name):
                yield Edge(
                    at,
                    server,
                    ARTIFACT,
                    model=_name(base),
                    paths=[f"{place}/{name}"],
                    versions=("specific", *numbers),
                    inside=inside,
                    why=[*why, (Location(f"{place}/{name}"), "every version found is served")],
                )


def _layout(archive: Archive, path: str, bases: list[str], triton: bool) -> Iterator[Remark]:
    at = Location(path)
    names: dict[str, str] = {}
    for base in bases:
        other = names.setdefault(_name(base), base)
        if other != base:
            why = f"two base paths in it give the model {_name(base)!r}: {other or 'its root'} and {base or 'its root'}"
            message = f"Illegal to list model {_name(base)} multiple times in config list"
            also = [(Location(f"{path}{MARK}{one}" if one else path + MARK[0]), "one of them") for one in (other, base)]
            yield Remark("TRT421", at, {"why": why, "message": message, "server": TENSORFLOW_SERVING}, also)
    if bases or triton:
        return
    graphs = sorted(name for name in archive.members if name.rpartition("/")[2].startswith("saved_model.pb"))
    if not graphs:
        return
    first = graphs[0]
    if first.endswith(".pb"):
        folder = first.rpartition("/")[0]
        where = f"lies in {folder!r}, which is no number" if folder else "lies at its root"
        why = f"{first} {where}; SageMaker serves what it finds as <number>/saved_model.pb"
    else:
        why = f"{first} is not looked for; SageMaker serves what it finds as <number>/saved_model.pb"
    also = [(Location(f"{path}{MARK}{first}"), "this is not found")]
    facts = {"why": why, "message": "no SavedModel bundles found!", "server": TENSORFLOW_SERVING}
    yield Remark("TRT421", at, facts, also)


def _triton_models(archive: Archive) -> Iterator[str]:
    """Folders at the root that hold a config.pbtxt."""
    for name in sorted(archive.children("")):
        if archive.root().is_file(name, CONFIG):
            yield name


def _read_triton(reading: Reading, archive: Archive, path: str, name: str) -> None:
    from pytest_trt.deploy.readers import triton_config

    folder = archive.root().below(name)
    place = f"{path}{MARK}{name}"
    try:
        text = text_of(folder, CONFIG, f"{place}/{CONFIG}")
    except ArtifactError as error:
        reading.remarks.append(Remark("TRT418", error.location, {"what": "file", "why": error.why}))
        return
    inner = triton_config.read_in(text, f"{place}/{CONFIG}", place, folder)
    reading.edges += inner.edges
    reading.remarks += inner.remarks
    reading.repositories += inner.repositories
