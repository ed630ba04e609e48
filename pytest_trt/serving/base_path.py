"""The folder above a SavedModel: which version folders TensorFlow Serving sees.

Source: tensorflow_serving/sources/storage_path/file_system_storage_path_source.cc: a child is a version if
absl::SimpleAtoi reads it as int64; of two that read as one number, one is ignored.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import is_model
from pytest_trt.artifacts.versions import version_of
from pytest_trt.serving.verdict import FILE, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.member import Folder
    from pytest_trt.artifacts.saved_model import SavedModel

_listed: dict[str, tuple[float, list[str]]] = {}


def looks_like_version(name: str) -> bool:
    """Whether people mean a version by it: v1, 1.0, v0.1, 1-tmp."""
    rest = name[1:] if name[:1] in ("v", "V") else name
    digits = rest.lstrip("0123456789")
    if len(digits) == len(rest):
        return False
    return not digits or digits[0] in ".-_" and len(rest) - len(digits) <= 14


def notices(model: SavedModel) -> list[Reason]:
    """What is wrong with the name of the model's folder as a version folder."""
    path = os.path.abspath(model.path)
    parent, name = os.path.split(path)
    version = version_of(name)
    at = Location(model.shown)
    if version is None:
        if not looks_like_version(name):
            return []
        return [Reason(FILE, "TRT311", "", at, facts={"name": name, "kind": "ignored"})]
    if name == str(version):
        return []
    # Only a name with leading zeros or a sign can mean what another one means.
    above = model.folder.above()
    same = [other for other in _children(above, parent) if other != name and version_of(other) == version]
    same = [other for other in same if is_model(above.below(other), set(above.names(other)))]
    if not same:
        return []
    words = (
        f"Duplicate version directories detected. Version {version} will be loaded from {min(same, key=len)}, {name}"
        " will be ignored."
    )
    return [Reason(FILE, "TRT311", words, at, facts={"name": name, "kind": "duplicate", "other": min(same)})]


def _children(folder: Folder, parent: str) -> list[str]:
    """What lies in a folder; those on disk are listed once."""
    try:
        changed = os.stat(parent).st_mtime
        known = _listed.get(parent)
        if known is None or known[0] != changed:
            known = _listed[parent] = (changed, sorted(os.listdir(parent)))
        return known[1]
    except OSError:
        return folder.names()
