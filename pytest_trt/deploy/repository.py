"""Folders as the servers see them: Triton's model folders, TensorFlow Serving's base paths.

Source for Triton: docs/user_guide/model_repository.md@r25.02; core/src/constants.h and model_config_utils.cc@r24.12
(AutoCompleteBackendFields, NormalizeModelConfig); backend/src/backend_model_instance.cc@main (cc_model_filenames).
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.member import Folder
from pytest_trt.artifacts.versions import version_of, version_of_triton
from pytest_trt.deploy.edge import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.formats.textproto import Message
    from pytest_trt.deploy.tree import Tree

CONFIG = "config.pbtxt"
ENSEMBLE = "ensemble"
# platform -> (backend, its file in a version folder).
PLATFORMS = {
    "tensorrt_plan": ("tensorrt", "model.plan"),
    "tensorflow_savedmodel": ("tensorflow", "model.savedmodel"),
    "tensorflow_graphdef": ("tensorflow", "model.graphdef"),
    "onnxruntime_onnx": ("onnxruntime", "model.onnx"),
    "pytorch_libtorch": ("pytorch", "model.pt"),
}
# Platforms whose file is not known here: newer ones of PyTorch, those of Triton 1.
OTHER_PLATFORMS = ("libtorch", "torch_aoti", "caffe2_netdef", "custom")
# backend -> its file, where the platform adds nothing. TensorFlow's needs its platform.
BACKENDS = {
    "tensorrt": "model.plan",
    "onnxruntime": "model.onnx",
    "openvino": "model.xml",
    "pytorch": "model.pt",
    "python": "model.py",
}
# Every name by which Triton knows a model without being told.
FILES = frozenset((*BACKENDS.values(), *(file for _, file in PLATFORMS.values())))


class Accelerator:
    """One entry of optimization.execution_accelerators. parameters: name -> (value, line); gpu: for which instances."""

    __slots__ = ("name", "line", "gpu", "parameters")

    def __init__(self, name: str, at: int, gpu: bool) -> None:
        self.name = name
        self.line = at
        self.gpu = gpu
        self.parameters: dict[str, tuple[str, int]] = {}


class ModelConfig:
    """A model of Triton, as its folder and config.pbtxt say.

    path: its folder. config: its config.pbtxt, None where there is none. folder: what lies in path.
    name: of the folder, or what the file says (name_at: where). platform, backend: as written or, where completed
    says so, as Triton fills them in; "" where nobody knows. filename: default_model_filename, "" where it is not
    given; filenames: compute capability -> (file, line). policy: as in Edge.versions. kinds: of the instance groups,
    "" where one has none. steps: models of an ensemble. warmup: whether there are warm-up requests.
    lines: the lines of fields by name.
    """

    __slots__ = (
        "path", "config", "folder", "name", "platform", "backend", "completed", "filename", "filenames", "policy",
        "kinds", "steps", "accelerators", "parameters", "warmup", "lines",
    )  # fmt: skip

    def __init__(self, path: str, folder: Folder, config: str | None) -> None:
        self.path = path
        self.folder = folder
        self.config = config
        self.name = name_of(path)
        self.platform = ""
        self.backend = ""
        self.completed = False
        self.filename = ""
        self.filenames: dict[str, tuple[str, int]] = {}
        self.policy: tuple[str | int, ...] = ("latest", 1)
        self.kinds: list[str] = []
        self.steps: list[str] = []
        self.accelerators: list[Accelerator] = []
        self.parameters: dict[str, str] = {}
        self.warmup = False
        self.lines: dict[str, int] = {}

    def at(self, *names: str) -> Location:
        """The line of the first of these fields that the file has; its first line, or the folder, where none is."""
        from pytest_trt.artifacts.location import Location

        if self.config is None:
            return Location(self.path)
        return line(self.config, next((self.lines[name] for name in names if name in self.lines), 1))

    def inside(self, path: str) -> str:
        """The rest of a path that lies in the model's folder."""
        return path if self.path in ("", ".") else path[len(self.path) :].lstrip("/")

    @property
    def tensorflow(self) -> bool:
        """Whether Triton's TensorFlow backend runs it."""
        return self.platform.startswith("tensorflow_") or self.backend == "tensorflow"

    @property
    def on_cpu(self) -> bool:
        """Whether every instance is on the CPU."""
        return bool(self.kinds) and all(kind == "KIND_CPU" for kind in self.kinds)

    @property
    def default_file(self) -> str:
        """The file that an instance opens in a version folder where no other is named, "" where it is not known."""
        if self.filename:
            return self.filename
        backend, file = PLATFORMS.get(self.platform, ("", ""))
        return file if backend and backend == self.backend else BACKENDS.get(self.backend, "")


class _Checked(Folder):
    """A folder on disk, as far as the tree lets anybody look."""

    __slots__ = ("tree",)

    def __init__(self, path: str, tree: Tree) -> None:
        super().__init__(path)
        self.tree = tree

    def whole(self, *names: str) -> str:
        return "/".join((self.path, *names)) if self.path not in ("", ".") else "/".join(names) or "."

    def exists(self, *names: str) -> bool:
        return self.tree.first([self.whole(*names)]) is not None

    def is_file(self, *names: str) -> bool:
        return self.tree.is_file(self.whole(*names))

    def is_folder(self, *names: str) -> bool:
        return self.tree.is_folder(self.whole(*names))

    def names(self, *names: str) -> list[str]:
        return self.tree.names(self.whole(*names))

    def below(self, *names: str) -> Folder:
        return _Checked(self.whole(*names), self.tree)


def name_of(path: str) -> str:
    """The name of a folder, also of one that is written as `.`."""
    name = path.rstrip("/").rpartition("/")[2]
    return os.path.basename(os.path.abspath(path)) if name in ("", ".", "..") else name


def folder_of(path: str, tree: Tree) -> Folder:
    return _Checked(path, tree)


def versions(base_path: str, tree: Tree, policy: Sequence[str | int] = ("latest", 1)) -> list[str]:
    """The version folders of a base path that TensorFlow Serving serves, the highest version first."""
    return [path for _, path in _chosen(_numbered(base_path, tree)[0], policy)]


def ignored(base_path: str, tree: Tree) -> list[str]:
    """The names in a base path that TensorFlow Serving ignores: no number, or a number that another name says."""
    return _numbered(base_path, tree)[1]


def _numbered(base_path: str, tree: Tree) -> tuple[dict[int, str], list[str]]:
    """(version -> path, names that count for nothing). Of two names of one number the plain, then the short one counts.

    Which one the server takes depends on the order that its file system lists them in.
    """
    found: dict[int, str] = {}
    left = []
    folder = folder_of(base_path, tree)
    for name in sorted(folder.names(), key=lambda name: (name.lstrip("+0") != name, len(name), name)):
        number = version_of(name)
        if number is None or number in found:
            left.append(name)
        else:
            found[number] = folder.whole(name)
    return found, sorted(left)


def _chosen(found: dict[int, str], policy: Sequence[str | int]) -> list[tuple[int, str]]:
    ordered = sorted(found.items(), reverse=True)
    if policy[:1] == ("all",):
        return ordered
    if policy[:1] == ("specific",):
        return [(number, path) for number, path in ordered if number in policy[1:]]
    # A policy of `latest 0` counts as one of `latest 1`, in both servers.
    return ordered[: max(1, int(policy[1]) if len(policy) > 1 else 1)]


def models(folder: str, tree: Tree) -> list[ModelConfig]:
    """The models of a model repository: folders with a config.pbtxt, or with version folders."""
    return models_in(folder, folder_of(folder, tree))


def models_in(path: str, folder: Folder) -> list[ModelConfig]:
    """The same for a folder wherever it lies; path: its text form."""
    found = []
    for name in folder.names():
        if folder.is_folder(name):
            model = model_at(f"{path}/{name}" if path not in ("", ".") else name, folder.below(name))
            if model is not None:
                found.append(model)
    return found


def model(folder: str, tree: Tree) -> ModelConfig | None:
    """The model of a folder; None where it is no model folder."""
    return model_at(folder, folder_of(folder, tree))


def model_at(path: str, folder: Folder) -> ModelConfig | None:
    """The same for a folder wherever it lies. A config.pbtxt that cannot be read says nothing here."""
    config = f"{path}/{CONFIG}" if folder.is_file(CONFIG) else None
    if config is None and not version_folders(folder):
        return None
    found = ModelConfig(path, folder, config)
    if config is not None:
        from pytest_trt.deploy.formats.textproto import TextError, parse
        from pytest_trt.deploy.tree import BYTE_ORDER_MARK

        try:
            fill(found, parse(text_of(folder, CONFIG, config).removeprefix(BYTE_ORDER_MARK)))
        except (TextError, ArtifactError):
            pass
    complete(found)
    return found


def text_of(folder: Folder, name: str, shown: str) -> str:
    """A config.pbtxt of a folder, with its byte order mark if it has one. Raises ArtifactError."""
    from pytest_trt.artifacts.errors import LimitReached
    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.tree import SIZE_LIMIT, decoded

    if isinstance(folder, _Checked):
        return folder.tree.read(folder.whole(name), mark=True)
    with folder.open(shown, name) as source:
        if source.size > SIZE_LIMIT:
            why = f"{source.size:,} bytes; deployment files are read up to {SIZE_LIMIT:,}"
            raise LimitReached(Location(shown), why)
        return decoded(source.at(0, source.size), mark=True)


def fill(model: ModelConfig, said: Message) -> None:
    """Write down what a config.pbtxt says."""
    for field in said.fields:
        model.lines.setdefault(field.name, field.line)
    model.name = said.text("name") or model.name
    model.platform = said.text("platform") or ""
    model.backend = said.text("backend") or ""
    model.filename = said.text("default_model_filename") or ""
    for entry in said.messages("cc_model_filenames"):
        key, value = entry.text("key"), entry.text("value")
        if key and value:
            model.filenames[key] = (value, entry.line)
    for policy in said.messages("version_policy"):
        model.policy = _policy(policy) or model.policy
    model.kinds = [group.text("kind") or "" for group in said.messages("instance_group")]
    model.steps = [
        step.text("model_name") or ""
        for scheduling in said.messages("ensemble_scheduling")
        for step in scheduling.messages("step")
    ]
    model.warmup = bool(said.messages("model_warmup"))
    for entry in said.messages("parameters"):
        for said_value in entry.messages("value"):
            model.parameters[entry.text("key") or ""] = said_value.text("string_value") or ""
    for optimization in said.messages("optimization"):
        for accelerators in optimization.messages("execution_accelerators"):
            for field in accelerators.all("gpu_execution_accelerator", "cpu_execution_accelerator"):
                if field.message is not None:
                    gpu = field.name.startswith("gpu")
                    one = Accelerator(field.message.text("name") or "", field.value_line, gpu)
                    for pair in field.message.messages("parameters"):
                        value_field = pair.last("value")
                        at = pair.line if value_field is None else value_field.value_line
                        one.parameters[pair.text("key") or ""] = (pair.text("value") or "", at)
                    model.accelerators.append(one)


def _policy(said: Message) -> tuple[str | int, ...] | None:
    for latest in said.messages("latest"):
        number = latest.last("num_versions")
        return ("latest", max(1, (number.integer() if number is not None else 1) or 1))
    if said.messages("all"):
        return ("all",)
    for specific in said.messages("specific"):
        numbers = [field.integer() for field in specific.all("versions")]
        return ("specific", *(number for number in numbers if number is not None))
    return None


def version_folders(folder: Folder) -> dict[int, str]:
    """Version -> name, of the folders that Triton takes for versions."""
    found = {}
    for name in folder.names():
        number = version_of_triton(name)
        if number is not None and folder.is_folder(name):
            found[number] = name
    return found


def complete(model: ModelConfig) -> None:
    """Fill in platform and backend from what lies in the first version folder, as Triton's auto-complete does."""
    first = min(version_folders(model.folder).values(), default=None)
    inside = model.folder.below(first) if first is not None else None

    def has(file: str, as_folder: bool = False) -> bool:
        if model.filename:
            return model.filename == file
        if inside is None:
            return False
        return inside.is_folder(file) if as_folder else inside.exists(file) and not inside.is_folder(file)

    before = (model.platform, model.backend)
    if not model.platform and model.backend in ("", "tensorflow") and not model.steps:
        if has("model.graphdef"):
            model.platform = "tensorflow_graphdef"
        elif has("model.savedmodel", as_folder=True):
            model.platform = "tensorflow_savedmodel"
    if not model.backend and model.platform in PLATFORMS:
        model.backend = PLATFORMS[model.platform][0]
    if not model.backend and not model.platform and not model.steps:
        for backend in ("tensorrt", "onnxruntime", "openvino", "pytorch", "python"):
            if has(BACKENDS[backend]) or backend == "onnxruntime" and has("model.onnx", as_folder=True):
                model.backend = backend
                break
        else:
            # A model that is named `name.backend` says its backend so, from the first dot on.
            model.backend = "" if model.filename else model.name.partition(".")[2]
    if not model.platform:
        model.platform = next((name for name, row in PLATFORMS.items() if row[0] == model.backend != "tensorflow"), "")
    model.completed = (model.platform, model.backend) != before


def artifacts(model: ModelConfig) -> list[tuple[str, int, str | None]]:
    """(path, version, compute capability) of what the instances of the served versions open.

    A file of cc_model_filenames has the capability of the GPUs that open it; the default file serves all others. Of
    models without files, and where the file's name is not known, there are none.
    """
    default = model.default_file
    if model.platform == ENSEMBLE or model.steps:
        return []
    found: list[tuple[str, int, str | None]] = []
    for number, name in served(model):
        if not model.on_cpu:
            found += [(_join(model, name, file), number, key) for key, (file, _) in model.filenames.items()]
        if default and (not model.filenames or model.on_cpu or model.folder.exists(name, default)):
            found.append((_join(model, name, default), number, None))
    return found


def served(model: ModelConfig) -> list[tuple[int, str]]:
    """(version, folder's name) of the versions that Triton serves, the highest first."""
    return _chosen(version_folders(model.folder), model.policy)


def _join(model: ModelConfig, *names: str) -> str:
    return "/".join((model.path, *names) if model.path not in ("", ".") else names)


__all__ = ["Accelerator", "ModelConfig", "artifacts", "ignored", "model", "models", "served", "versions"]
