"""config.pbtxt: what Triton is told of one model, and what it refuses.

Only a file of exactly this name is read by the server; `configs/NAME.pbtxt` only with --model-config-name=NAME.
Source of the words: core/src/model_config_utils.cc@main and r24.12, model_repository_manager.cc@r24.12;
tensorflow_backend/src/tensorflow.cc@r25.02.
"""

from __future__ import annotations

import os
import posixpath
import re
from itertools import islice

from pytest_trt.deploy import repository
from pytest_trt.deploy.edge import ARTIFACT, MODEL, TRITON, Edge, Remark, Said, Server, line
from pytest_trt.deploy.formats.textcheck import MARKED, TRITON_CONFIG, faults, kinds
from pytest_trt.deploy.formats.textproto import TextError, parse
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.repository import CONFIG, ENSEMBLE, OTHER_PLATFORMS, PLATFORMS, ModelConfig
from pytest_trt.deploy.tree import BYTE_ORDER_MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.location import Location
    from pytest_trt.artifacts.member import Folder
    from pytest_trt.deploy.formats.textproto import Message
    from pytest_trt.deploy.tree import Tree

KIND = "config.pbtxt"
# A file with more faults of one kind than these says nothing new with the next one.
REMARK_LIMIT = 200
_NO_IMAGE = "config.pbtxt does not say which image serves it"
# Of a text that is no text format at all: whether somebody meant Triton's.
_TRITONS = re.compile(
    r"^\s*(?:platform|backend|max_batch_size|instance_group|ensemble_scheduling|dynamic_batching|version_policy"
    r"|default_model_filename|cc_model_filenames)\s*[:{\[]|\bTYPE_(?:FP|INT|UINT|STRING|BOOL)",
    re.MULTILINE,
)
# Words of TensorFlow Serving's models.config -> what Triton has for them.
_SERVINGS = {
    "model_config_list": "",
    "custom_model_config": "",
    "config": "",
    "base_path": "",
    "model_platform": "platform",
    "model_type": "platform",
    "model_version_policy": "version_policy",
    "version_labels": "",
}
# Backends whose platform the core compares; it lets any other have whatever platform it wants.
_CHECKED = frozenset(backend for backend, _ in PLATFORMS.values())
_PRECISIONS = ("FP32", "FP16")
_PARAMETERS = ("precision_mode", "minimum_segment_size", "max_workspace_size_bytes", "max_cached_engines")
_ACCELERATORS = ("tensorrt", "gpu_io", "auto_mixed_precision")


def is_config(path: str) -> bool:
    """Whether Triton would read a file of this name: config.pbtxt, or one of a model's configs/."""
    folder, name = os.path.split(path.replace(os.sep, "/"))
    return name == CONFIG or name.endswith(".pbtxt") and folder.rpartition("/")[2] == "configs"


def read(text: str, path: str, tree: Tree) -> Reading:
    folder, _, name = path.replace(os.sep, "/").rpartition("/")
    custom = name != CONFIG
    if custom:
        folder = folder.rpartition("/")[0]
    return read_in(text, path, folder or ".", repository.folder_of(folder or ".", tree), custom)


def read_in(text: str, path: str, place: str, folder: Folder, custom: bool = False) -> Reading:
    """A config.pbtxt wherever it lies: path is its name, place that of the model's folder. custom: one of configs/."""
    reading = Reading(path, KIND)
    model = ModelConfig(place, folder, path)
    marked = text.startswith(BYTE_ORDER_MARK)
    text = text.removeprefix(BYTE_ORDER_MARK)
    try:
        said = parse(text)
    except TextError as error:
        if _TRITONS.search(text) or repository.version_folders(folder):
            facts = {"why": error.why, "message": f"failed to read text proto from {path}", "server": TRITON}
            code = "TRT418" if error.ours else "TRT419"
            if error.ours:
                facts = {"what": "file", "why": error.why}
            reading.remarks.append(Remark(code, line(path, error.line), facts))
        return reading
    if not _is_tritons(said, folder):
        return reading
    refused = list(_refused(said, path))
    if marked:
        facts = {"why": MARKED, "message": f"failed to read text proto from {path}", "server": TRITON}
        refused.insert(0, Remark("TRT419", line(path, 1), facts))
    reading.remarks += refused
    repository.fill(model, said)
    has_name = said.text("name") is not None
    repository.complete(model)
    if not refused:
        reading.remarks += _platform(model, said)
        if has_name:
            reading.remarks += _name(model)
        if model.tensorflow:
            reading.remarks += islice(accelerators(model), REMARK_LIMIT)
    reading.repositories.append(model)
    if not custom:
        if not any(remark.code in ("TRT409", "TRT419") for remark in reading.remarks):
            reading.remarks += islice(_outside(model), REMARK_LIMIT)
            reading.remarks += islice(_missing(model), REMARK_LIMIT)
        reading.edges += _edges(model)
    return reading


def _is_tritons(said: Message, folder: Folder) -> bool:
    """Whether a text is about a model of Triton, or in TensorFlow Serving's words; other programs have config.pbtxt."""
    names = {field.name for field in said.fields}
    if not names:
        return bool(repository.version_folders(folder))
    known = kinds(TRITON_CONFIG)
    count = sum(name in known or name in _SERVINGS for name in names)
    return count > 0 and (2 * count >= len(names) or bool(repository.version_folders(folder)))


def _refused(said: Message, path: str) -> Iterator[Remark]:
    """What the parser refuses; words of TensorFlow Serving are one remark."""
    others = []
    for fault in faults(said, TRITON_CONFIG):
        if fault.unknown and fault.of == TRITON_CONFIG and fault.name in _SERVINGS:
            others.append(fault)
            continue
        message = f"failed to read text proto from {path}"
        yield Remark("TRT419", line(path, fault.line), {"why": fault.message, "message": message, "server": TRITON})
    if others:
        words = ", ".join(dict.fromkeys(fault.name for fault in others))
        meant = ", ".join(dict.fromkeys(_SERVINGS[fault.name] for fault in others if _SERVINGS[fault.name]))
        facts = {"words": words, "file_kind": KIND, "meant": meant, "message": others[0].message}
        yield Remark("TRT409", line(path, others[0].line), facts)


def _platform(model: ModelConfig, said: Message) -> Iterator[Remark]:
    platform, backend = said.text("platform") or "", said.text("backend") or ""
    at = model.at("platform", "backend")

    def refused(why: str, message: str, at: Location = at) -> Remark:
        return Remark("TRT419", at, {"why": why, "message": message, "server": TRITON, "model": model.name})

    pair = f"unexpected 'platform' and 'backend' pair, got:{platform}, {backend}"
    if platform == ENSEMBLE or said.messages("ensemble_scheduling"):
        if platform != ENSEMBLE:
            yield refused(f'an ensemble needs platform: "{ENSEMBLE}"', "", model.at("ensemble_scheduling"))
        elif backend:
            message = f"Ensemble model '{model.name}' must have platform type '{platform}' and empty backend type"
            yield refused("an ensemble has no backend of its own", message)
        elif not said.messages("ensemble_scheduling"):
            message = f"ensemble scheduling must be set for ensemble {model.name} whose platform is {platform}"
            yield refused("an ensemble needs ensemble_scheduling", message)
    elif platform in PLATFORMS:
        wanted = PLATFORMS[platform][0]
        # Of a backend of one's own the platform is not looked at.
        if backend in _CHECKED and backend != wanted:
            yield refused(f"platform {platform} goes with the backend {wanted}, not with {backend}", pair)
    elif platform and backend in _CHECKED and platform not in OTHER_PLATFORMS:
        yield refused(f"{platform!r} is no platform of the backend {backend}", pair)
    elif platform and not backend and platform not in OTHER_PLATFORMS:
        yield refused(
            f"{platform!r} is no platform of Triton", f"unexpected platform type '{platform}' for {model.name}"
        )
    elif backend == "tensorflow" and not model.platform and _is_there(model):
        yield refused("the backend tensorflow needs a platform, and no file's name says which is meant", pair)
    elif not platform and not model.backend and not model.platform and _is_there(model):
        why = "it names neither platform nor backend, and no file in the first version folder says which is meant"
        message = f"unexpected platform type '' for {model.name}"
        if not model.filename:
            message = (
                f"Invalid model name: Could not determine backend for model '{model.name}' with no backend in model"
                " configuration. Expected model name of the form 'model.<backend_name>'."
            )
        yield refused(why, message)


def _is_there(model: ModelConfig) -> bool:
    """Whether the model's files are; a config.pbtxt that lies alone waits for them."""
    return bool(model.filename) or any(_visible(model, name) for _, name in repository.served(model))


def _name(model: ModelConfig) -> Iterator[Remark]:
    """The name in the file must be the folder's; only where the file lies in a model's folder, not in a template's."""
    folder = repository.name_of(model.path)
    if folder == model.name or not repository.version_folders(model.folder):
        return
    message = f"unexpected directory name '{folder}' for model '{model.name}', directory name must equal model name"
    why = f"it names the model {model.name!r}, and its folder is {folder!r}"
    yield Remark("TRT419", model.at("name"), {"why": why, "message": message, "server": TRITON, "model": model.name})


def accelerators(model: ModelConfig) -> Iterator[Remark]:
    """What the TensorFlow backend says of execution_accelerators, in its order; the first refusal ends it."""
    assert model.config is not None

    def remark(kind: str, at: int, value: str, message: str) -> Remark:
        assert model.config is not None
        facts = {"kind": kind, "value": value, "message": message, "model": model.name}
        return Remark("TRT410", line(model.config, at), facts)

    on_gpu = [one for one in model.accelerators if one.gpu]
    if on_gpu and model.on_cpu:
        words = "GPU Execution Accelerator will be ignored for model instance on CPU"
        yield remark("cpu-instance", on_gpu[0].line, on_gpu[0].name, words)
        on_gpu = []
    for one in on_gpu:
        if one.name not in _ACCELERATORS:
            yield remark("accelerator", one.line, one.name, f"unknown Execution Accelerator '{one.name}' is requested")
        if one.name != "tensorrt":
            continue
        for key, (value, at) in one.parameters.items():
            if key not in _PARAMETERS:
                words = f"unknown parameter '{key}' is provided for TensorRT Execution Accelerator"
                yield remark("parameter", at, key, words)
            elif key == "precision_mode" and value not in _PRECISIONS:
                yield remark("precision", at, value, f"unsupported precision mode '{value}' is requested")
    names = {one.name for one in on_gpu}
    if {"tensorrt", "auto_mixed_precision"} <= names:
        mixed = next(one for one in on_gpu if one.name == "auto_mixed_precision")
        words = "Auto mixed precision can not be set with TFTRT optimization"
        yield remark("mixed", mixed.line, mixed.name, words)
    for one in model.accelerators:
        if not one.gpu:
            words = "CPU Execution Accelerator is not supported in TensorFlow backend"
            yield remark("cpu", one.line, one.name, words)
            return


def _visible(model: ModelConfig, version: str) -> bool:
    """Whether a version folder holds anything but what keeps it in git; an empty one waits for its files."""
    return any(not name.startswith(".") for name in model.folder.names(version))


def _outside(model: ModelConfig) -> Iterator[Remark]:
    """Names of files that lead out of the version folder: what they mean cannot be told."""
    assert model.config is not None
    named = [(model.filename, model.lines.get("default_model_filename", 1)), *model.filenames.values()]
    for file, at in named:
        found = any(model.folder.exists(version, file) for _, version in repository.served(model))
        if file and _leads_out(file) and not found:
            facts = {"what": "path", "why": f"{file!r} leads out of the version folder"}
            yield Remark("TRT418", line(model.config, at), facts)


def _missing(model: ModelConfig) -> Iterator[Remark]:
    """Files that the config names or implies, and that a served version folder lacks. One remark a file and line."""
    for number, version in repository.served(model):
        if not _visible(model, version):
            continue
        for key, (file, at) in model.filenames.items():
            if _leads_out(file):
                continue
            if not model.on_cpu and not model.folder.exists(version, file):
                assert model.config is not None
                facts = {"file": f"{version}/{file}", "platform": "", "model": model.name, "capability": key}
                yield Remark("TRT417", line(model.config, at), facts, [(_place(model, version), "this lacks it")])
        file = model.default_file
        if not file or _leads_out(file) or model.filenames or model.steps or model.folder.exists(version, file):
            continue
        facts = {"file": f"{version}/{file}", "model": model.name, "version": str(number)}
        if not model.filename:
            facts["platform"] = model.platform
            facts["backend"] = model.backend
        if model.tensorflow:
            where = f"{model.path}/{version}/{file}"
            facts["message"] = f"unable to find '{where}' for model instance '{model.name}_0'"
        at_line = model.at("default_model_filename", "platform", "backend")
        yield Remark("TRT417", at_line, facts, [(_place(model, version), "this lacks it")])


def _leads_out(file: str) -> bool:
    """Whether a file's name leads out of the version folder: what lies there on the server is not in the files."""
    return file.startswith("/") or posixpath.normpath("/" + file) != "/" + posixpath.normpath(file)


def _place(model: ModelConfig, version: str) -> Location:
    from pytest_trt.artifacts.location import Location

    return Location(f"{model.path}/{version}")


def _edges(model: ModelConfig) -> Iterator[Edge]:
    """An edge for each file of each served version; one for the folder where no version is there."""
    assert model.config is not None
    at = model.at("platform", "backend", "name")
    image = Said(None, line(model.config, 1), _NO_IMAGE)
    gpu = False if model.on_cpu else True if "KIND_GPU" in model.kinds else None
    why = [(at, f"{CONFIG} makes {model.path} a model of Triton")]
    files = [one for one in repository.artifacts(model) if model.folder.exists(model.inside(one[0]))]
    for path, number, capability in files:
        gpu_at = model.at("instance_group") if gpu is not None else None
        capability_at = None
        if capability is not None:
            capability_at = line(model.config, model.filenames[capability][1])
        server = Server(TRITON, image, gpu=gpu, gpu_at=gpu_at, capability=capability, capability_at=capability_at)
        reason = "is what Triton opens of version" if capability is None else f"is for {capability} in version"
        yield Edge(
            capability_at or at,
            server,
            ARTIFACT,
            model=model.name,
            paths=[path],
            versions=("specific", number),
            why=[*why, (capability_at or at, f"{path.rpartition('/')[2]} {reason} {number}")],
        )
    if not files:
        unknown = "" if repository.version_folders(model.folder) else "no version folder lies beside config.pbtxt"
        if model.platform == ENSEMBLE or model.steps:
            unknown = "an ensemble has no files of its own"
        yield Edge(
            at,
            Server(TRITON, image, gpu=gpu),
            MODEL,
            model=model.name,
            paths=[] if unknown else [model.path],
            unknown=unknown,
            versions=model.policy,
            why=why,
        )
