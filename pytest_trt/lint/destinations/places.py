"""What lies at the path of an edge: the artifacts that the server would open, or why it finds none."""

from __future__ import annotations

import os

from pytest_trt.artifacts.archives.archive import MARK
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import Found, is_model_folder, open_file
from pytest_trt.artifacts.saved_model import GRAPH_FILES
from pytest_trt.artifacts.versions import version_of
from pytest_trt.deploy import repository
from pytest_trt.deploy.edge import ARTIFACT, BASE_PATH, BASE_PATHS, MODEL, REPOSITORY, TENSORFLOW_SERVING, TRITON
from pytest_trt.lint.destinations import servers
from pytest_trt.serving.base_path import looks_like_version
from pytest_trt.serving.verdict import FILE, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_trt.deploy.edge import Edge
    from pytest_trt.deploy.repository import ModelConfig
    from pytest_trt.deploy.tree import Tree
    from pytest_trt.lint.destinations.destination import Asked

_SHOWN = 5
# Files of a version folder that are looked into, where no SavedModel is there.
_FILES_LIMIT = 20


class Item:
    """An artifact that a server would open. served, base, model: as in Destination.

    found: it, as a walk finds it. capability: of the GPUs that open it, where the server has several for several GPUs.
    """

    __slots__ = ("found", "served", "base", "model", "capability")

    def __init__(
        self,
        found: Found,
        base: str,
        served: bool = True,
        model: ModelConfig | None = None,
        capability: str | None = None,
    ) -> None:
        self.found = found
        self.base = base
        self.served = served
        self.model = model
        self.capability = capability


class Places:
    """What lies where, for edges of one tree.

    ignored: whether git ignores a path: what is missing there is made by somebody else.
    """

    def __init__(self, tree: Tree, ignored: Callable[[str], bool] | None = None) -> None:
        self.tree = tree
        self._ignored = ignored
        self._configs: dict[str, ModelConfig | None] = {}

    def of(self, edge: Edge, target: Asked | None = None) -> tuple[list[Item], list[Reason], str]:
        """(artifacts, what is wrong with the path, why the path is not known). target: what the server is."""
        if not edge.paths:
            return [], [], edge.unknown or (f"{edge.uri} is not among the files" if edge.uri else "no path is known")
        members = self._members(edge.paths)
        if members:
            return members, [], ""
        path = self.tree.first(edge.paths)
        if path is None:
            return self._absent(edge)
        if edge.shape == ARTIFACT:
            model = self._config_of(edge)
            if model is not None and self._is_no_saved_model(path, model):
                return [], [], f"{path} is a folder of another kind than a SavedModel"
            return [self._artifact(path, model)], [], ""
        if edge.shape == BASE_PATH:
            items, reasons = self._base_path(edge, path, edge.model)
            return items, reasons, ""
        if edge.shape == BASE_PATHS:
            return self._base_paths(edge, path), [], ""
        if edge.shape in (REPOSITORY, MODEL):
            return *self._triton(edge, path, servers.completes(edge.server, target)), ""
        return [], [], f"what lies at {path} is not known"

    def _absent(self, edge: Edge) -> tuple[list[Item], list[Reason], str]:
        """Nothing exists at any candidate: an error only where it would have to lie inside of what is checked."""
        nearest = edge.paths[0]
        if os.path.lexists(nearest) and not self.tree.inside(nearest):
            return [], [], f"{nearest} leads out of the folders that are checked"
        if not self.tree.inside(nearest):
            return [], [], f"{nearest} lies outside of the folders that are checked"
        if len(edge.paths) > 1 and not self.tree.rooted:
            return [], [], f"{nearest} and {edge.paths[-1]} are not there, and other folders may be meant"
        if self._ignored is not None and any(map(self._ignored, edge.paths)):
            return [], [], f"git ignores {nearest}, so something else makes it"
        if edge.shape == ARTIFACT and edge.server.family == TRITON:
            return [], [], f"nothing lies at {nearest}"
        facts = {"path": nearest, "inside": edge.inside or "", "model": edge.model or ""}
        words = ""
        if edge.server.family == TENSORFLOW_SERVING and edge.inside and edge.model and edge.shape == BASE_PATH:
            words = f"Could not find base path {edge.inside} for servable {edge.model}"
        return [], [Reason(FILE, "TRT406", words, edge.at, facts=facts)], f"nothing lies at {nearest}"

    def _members(self, paths: Sequence[str]) -> list[Item]:
        """Artifacts in an archive, which a reader has looked into: `model.tar.gz!/export/Servo/1`."""
        for path in paths:
            archive = path.partition(MARK)[0]
            if archive != path and self.tree.is_file(archive):
                from pytest_trt.artifacts.within import named_member

                found = named_member(path, lambda _: False, lambda _: None)
                return [Item(one, path) for one in found or ()]
        return []

    def _artifact(self, path: str, model: ModelConfig | None = None) -> Item:
        folder, name = os.path.split(path)
        if name in GRAPH_FILES:
            return Item(_folder(folder or "."), folder or ".", True, model)
        found = _folder(path) if self.tree.is_folder(path) else _file(path)
        return Item(found, path if model is None else model.path, True, model)

    def _is_no_saved_model(self, path: str, model: ModelConfig) -> bool:
        """Whether a folder that Triton opens is none that TensorFlow reads: an ONNX model with its weights, say."""
        return model.platform != "tensorflow_savedmodel" and self.tree.is_folder(path) and not is_model_folder(path)

    def _config_of(self, edge: Edge) -> ModelConfig | None:
        """The model whose config.pbtxt an edge comes from; None where it comes from elsewhere."""
        folder, _, name = edge.at.path.rpartition("/")
        if edge.server.family != TRITON or name != repository.CONFIG:
            return None
        if folder not in self._configs:
            self._configs[folder] = repository.model(folder or ".", self.tree)
        return self._configs[folder]

    def _base_path(self, edge: Edge, path: str, model: str | None) -> tuple[list[Item], list[Reason]]:
        if not self.tree.is_folder(path):
            facts = {"path": path, "model": model or "", "file": "yes", "found": ""}
            return [], [Reason(FILE, "TRT407", "", edge.at, facts=facts)]
        everything = repository.versions(path, self.tree, ("all",))
        served = repository.versions(path, self.tree, edge.versions)
        items = []
        for version in everything:
            items += self._version(version, path, version in served)
        if served:
            return items, []
        found = [name for name in self.tree.names(path) if not name.startswith(".")]
        if not found and self.tree.names(path):
            # A folder that is kept in git by .gitkeep or .gitignore waits for what something else brings.
            return items, []
        return items + self._strays(path), [self._without_versions(edge, path, model, found)]

    def _without_versions(self, edge: Edge, path: str, model: str | None, found: Sequence[str]) -> Reason:
        listed = ", ".join([*found[:_SHOWN], *(["..."] if len(found) > _SHOWN else [])])
        facts = {"path": path, "model": model or "", "found": listed}
        if edge.versions[:1] == ("specific",):
            facts["wanted"] = ", ".join(map(str, edge.versions[1:]))
        words = ""
        if edge.server.family == TENSORFLOW_SERVING and edge.inside and model and "wanted" not in facts:
            words = (
                f"No versions of servable {model} found under base path {edge.inside}. Did you forget to name your leaf"
                " directory as a number (eg. '/1/')?"
            )
        also = [(Location(f"{path}/{name}"), "this is not seen") for name in found if name in GRAPH_FILES]
        return Reason(FILE, "TRT407", words, edge.at, also=also[:1], facts=facts)

    def _version(self, version: str, base: str, served: bool) -> list[Item]:
        """A version folder: the SavedModel in it; else the files in it that are artifacts; else the folder itself."""
        if is_model_folder(version) or not self.tree.is_folder(version):
            return [Item(_folder(version) if self.tree.is_folder(version) else _file(version), base, served)]
        found = [Item(_file(path), base, served) for path in self._files(version)]
        return found or [Item(_folder(version), base, served)]

    def _strays(self, path: str) -> list[Item]:
        """Plans that lie in the base path itself: on their way to the server, though it does not see them."""
        if is_model_folder(path):
            return []
        return [Item(_file(file), path) for file in self._files(path, ("plan",))]

    def _files(self, folder: str, kinds: Sequence[str] = ("plan", "lfs_pointer")) -> list[str]:
        found = []
        for name in self.tree.names(folder)[:_FILES_LIMIT]:
            path = f"{folder}/{name}"
            if not self.tree.is_file(path):
                continue
            artifact = open_file(path, False)
            if artifact is not None:
                artifact.close()
                if artifact.kind in kinds:
                    found.append(path)
        return found

    def _base_paths(self, edge: Edge, path: str) -> list[Item]:
        """A folder of base paths, as one mount gives all models: what is no base path there is no model either."""
        items = []
        for name in self.tree.names(path):
            below = f"{path}/{name}"
            if self.tree.is_folder(below) and repository.versions(below, self.tree, ("all",)):
                items += self._base_path(edge, below, name)[0]
        return items

    def _triton(self, edge: Edge, path: str, completes: bool) -> tuple[list[Item], list[Reason]]:
        """The models of a repository, or one: what the instances of the served versions open.

        completes: whether Triton writes the config of a model that has none.
        """
        if edge.shape == MODEL:
            one = repository.model(path, self.tree)
            models = [] if one is None else [one]
        else:
            models = repository.models(path, self.tree)
        items: list[Item] = []
        misplaced = self._misplaced(edge, path) if not models and edge.shape == REPOSITORY else None
        reasons = [] if misplaced is None else [misplaced]
        for model in models:
            if model.config is None and not completes:
                reasons.append(_without_config(edge, model))
            ours = edge.server.capability
            opened = repository.artifacts(model)
            named = {file for file, _, capability in opened if capability is not None and capability == ours}
            for file, _, capability in opened:
                if ours is not None and (capability not in (None, ours) or capability is None and named):
                    # Of several files for several GPUs the node opens its own, else the default.
                    continue
                if self.tree.first([file]) is not None and not self._is_no_saved_model(file, model):
                    found = _folder(file) if self.tree.is_folder(file) else _file(file)
                    items.append(Item(found, model.path, True, model, capability))
            unseen = self._unseen(edge, model)
            if unseen is not None:
                reasons.append(unseen)
        return items, reasons

    def _misplaced(self, edge: Edge, path: str) -> Reason | None:
        """A folder that is a model or a version of one, or holds the repository, and is no repository itself."""
        names = self.tree.names(path)
        facts = {"path": path, "model": "", "found": ", ".join(names[:_SHOWN])}
        if any(name == repository.CONFIG or name in repository.FILES for name in names):
            facts["repository"] = "above"
        else:
            inner = [f"{path}/{name}" for name in names[:_FILES_LIMIT] if self.tree.is_folder(f"{path}/{name}")]
            deeper = next((folder for folder in inner if repository.models(folder, self.tree)), None)
            if deeper is None:
                return None
            facts["repository"] = deeper
        return Reason(FILE, "TRT407", "", edge.at, facts=facts)

    def _unseen(self, edge: Edge, model: ModelConfig) -> Reason | None:
        """A model whose version folders Triton ignores, or that lacks the versions which it asks for.

        A config.pbtxt that lies alone waits for its files, as most do in git.
        """
        there = repository.version_folders(model.folder)
        if repository.served(model):
            return None
        facts = {"path": model.path, "model": model.name}
        if there:
            facts["found"] = ", ".join(there[number] for number in sorted(there)[:_SHOWN])
            facts["wanted"] = ", ".join(map(str, model.policy[1:]))
            return Reason(FILE, "TRT407", "", model.at("version_policy") if model.config else edge.at, facts=facts)
        meant = [name for name in model.folder.names() if _means_version(name) and model.folder.is_folder(name)]
        if not meant:
            return None
        facts["found"] = ", ".join(meant[:_SHOWN])
        return Reason(FILE, "TRT407", "", edge.at, facts=facts)


def _without_config(edge: Edge, model: ModelConfig) -> Reason:
    """A model without config.pbtxt, where Triton does not complete it."""
    inside = f"{edge.inside.rstrip('/')}/{model.name}" if edge.inside and edge.shape == REPOSITORY else edge.inside
    words = f"failed to open text file for read {inside}/{repository.CONFIG}: No such file or directory"
    facts = {"file": f"{model.path}/{repository.CONFIG}", "platform": "", "model": model.name, "config": "yes"}
    also = [(Location(model.path), "this lacks it")]
    return Reason(FILE, "TRT417", words if inside else "", edge.at, also=also, facts=facts)


def _folder(path: str) -> Found:
    return Found(path, True, False)


def _file(path: str) -> Found:
    return Found(path, False, False)


def _means_version(name: str) -> bool:
    return version_of(name) is not None or looks_like_version(name)
