"""TensorFlow Serving's --model_config_file: which models, where, which versions.

Messages of the server: tensorflow_serving/model_servers/server_core.cc and server.cc at 2.17.1.
"""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import BASE_PATH, TENSORFLOW_SERVING, Edge, Remark, Said, Server, line
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.servers.paths import is_relative
from pytest_trt.deploy.tree import BYTE_ORDER_MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.formats.textproto import Field, Message
    from pytest_trt.deploy.tree import Tree

# A file with more faults than these says nothing new with the next one.
REMARK_LIMIT = 200

_NO_IMAGE = "models.config does not say which image reads it"
_TRITON_WORDS = frozenset(
    "platform backend runtime max_batch_size input output version_policy instance_group optimization dynamic_batching"
    " sequence_batching ensemble_scheduling default_model_filename cc_model_filenames parameters model_warmup".split()
)
_MEANT = {"platform": "model_platform", "version_policy": "model_version_policy"}
# Jinja, Go and ERB templates, and what envsubst replaces.
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{|\$\(")
_FILLED_IN = "is filled in by a template"
# model_type: an enum of which the server takes one value.
_TYPES = {"MODEL_TYPE_UNSPECIFIED": 0, "TENSORFLOW": 1, "OTHER": 2}


class Model:
    """A model of the list.

    name, base_path, platform: as written, with their lines; .text None where they are missing. versions: as
    Edge.versions. at: where it begins. unknown: why its base path is none, "" where it is one.
    """

    __slots__ = ("name", "base_path", "platform", "versions", "at", "unknown")

    def __init__(self, name: Said, base_path: Said, platform: Said, at: Location) -> None:
        self.name = name
        self.base_path = base_path
        self.platform = platform
        self.versions: tuple[str | int, ...] = ("latest", 1)
        self.at = at
        self.unknown = ""


class Config:
    """models.config, read. models: also those of a config that the server refuses, for what is meant is clear."""

    __slots__ = ("models", "remarks")

    def __init__(self) -> None:
        self.models: list[Model] = []
        self.remarks: list[Remark] = []


def matters(text: str) -> bool:
    """Whether a text is one at all: config.pbtxt, session configs and prose have no model_config_list."""
    return "model_config_list" in text or "custom_model_config" in text


def read(text: str, path: str, tree: Tree) -> Reading:
    """A file that nobody refers to yet: which server reads it, other files say."""
    reading = Reading(path, "models.config")
    config = parse(text, path)
    reading.remarks = config.remarks
    reading.edges = [standalone(model) for model in config.models]
    return reading


def standalone(model: Model) -> Edge:
    """The edge of a model whose container is not known."""
    server = Server(TENSORFLOW_SERVING, Said(None, model.at, _NO_IMAGE))
    inside = model.base_path.text
    uri = None
    unknown = model.unknown
    if not unknown and inside and "://" in inside and not inside.startswith("file://"):
        uri = inside
    elif not unknown:
        unknown = f"nothing in the files says what is mounted at {inside}"
    return Edge(
        model.base_path.at, server, BASE_PATH, model=model.name.text, uri=uri, unknown=unknown,
        versions=model.versions, inside=inside, why=[(model.at, "a model of models.config")],
    )  # fmt: skip


def parse(text: str, path: str, first: int = 1, platforms: bool = False) -> Config:
    """The models and what the server says of them. first: the number of the text's first line in its file.

    platforms: --platform_config_file is set, so that other platforms may be known to the server.
    """
    from pytest_trt.deploy.formats.textcheck import MARKED, MODEL_SERVER_CONFIG, faults
    from pytest_trt.deploy.formats.textproto import TextError
    from pytest_trt.deploy.formats.textproto import parse as parse_text

    config = Config()

    def at(number: int) -> Location:
        return line(path, number + first - 1)

    def refused(number: int, why: str, message: str = "") -> None:
        facts = {"why": why, "message": message, "server": "tensorflow-serving"}
        config.remarks.append(Remark("TRT419", at(number), facts))

    if text.startswith(BYTE_ORDER_MARK):
        refused(1, MARKED, f"Invalid protobuf file: '{path}'")
        text = text[1:]
    try:
        root = parse_text(text)
    except TextError as error:
        written = text.split("\n", error.line)[error.line - 1 : error.line]
        if error.ours or _TEMPLATE.search("".join(written)):
            why = error.why if error.ours else "a template: what it becomes is not in the file"
            config.remarks.append(Remark("TRT418", at(error.line), {"what": "file", "why": why}))
        else:
            refused(error.line, error.why, f"Invalid protobuf file: '{path}'")
        return config
    wrong = faults(root, MODEL_SERVER_CONFIG)
    foreign = [fault for fault in wrong if fault.unknown and fault.name in _TRITON_WORDS]
    if foreign:
        names = list(dict.fromkeys(fault.name for fault in foreign))
        meant = next((_MEANT[name] for name in names if name in _MEANT), "")
        facts = {"words": ", ".join(names), "file_kind": "models.config", "meant": meant}
        config.remarks.append(Remark("TRT409", at(foreign[0].line), facts))
    for fault in wrong:
        if fault not in foreign and not (foreign and fault.unknown and fault.of == MODEL_SERVER_CONFIG):
            refused(fault.line, _own_words(fault.name, fault.of, fault.unknown, fault.message), fault.message)
    custom = root.last("custom_model_config")
    if custom is not None and not wrong:
        why = "custom_model_config is for servers of one's own; the stock server ends when it meets one"
        refused(custom.line, why, "ModelServer does not yet support custom model config.")
    lists = root.messages("model_config_list")
    names_seen: dict[str, int] = {}
    for message in lists:
        for field in message.all("config"):
            if field.message is not None:
                model = _model(field.message, field.line, at)
                config.models.append(model)
                if len(config.remarks) < REMARK_LIMIT:
                    _judge(model, field.message, names_seen, platforms, config, at)
    return config


def _own_words(name: str, of: str, unknown: bool, message: str) -> str:
    if unknown and not name.startswith("["):
        return f"{name} is no field of {of.rpartition('.')[2]}"
    return message.rstrip(".")


def _model(message: Message, number: int, at: _At) -> Model:
    def said(name: str) -> Said:
        field = message.last(name)
        if field is None:
            return Said(None, at(number), f"{name} is not set")
        if field.kind not in ("string", "word", "integer"):
            return Said(None, at(field.value_line), f"{name} is no string")
        if _TEMPLATE.search(field.text):
            return Said(None, at(field.value_line), f"{name} {_FILLED_IN}")
        return Said(field.text, at(field.value_line))

    model = Model(said("name"), said("base_path"), said("model_platform"), at(number))
    policy = message.last("model_version_policy")
    if policy is not None and policy.message is not None:
        model.versions = versions(policy.message)
    return model


def versions(policy: Message) -> tuple[str | int, ...]:
    """A ServableVersionPolicy as Edge.versions has it; so are Triton's ModelVersionPolicy."""
    if policy.last("all") is not None:
        return ("all",)
    specific = policy.last("specific")
    if specific is not None and specific.message is not None:
        numbers = [field.integer() for field in specific.message.all("versions")]
        return ("specific", *(number for number in numbers if number is not None))
    latest = policy.last("latest")
    count = latest.message.last("num_versions") if latest is not None and latest.message is not None else None
    number = count.integer() if count is not None else None
    # 0 is "not set", which the server takes for 1.
    return ("latest", number or 1)


def _judge(model: Model, message: Message, seen: dict[str, int], platforms: bool, config: Config, at: _At) -> None:
    """What the server refuses in one model, in the order in which it looks."""
    name = model.name.text or ""
    own = f"model {name}" if name else "a model without a name"

    def refused(place: Location, why: str, words: str) -> None:
        facts = {"why": why, "message": words, "server": "tensorflow-serving"}
        config.remarks.append(Remark("TRT419", place, facts))

    if name in seen and not _is_filled_in(model.name):
        why = f"{own} is listed twice, first at line {seen[name]}"
        refused(model.name.at, why, f"Illegal to list model {name} multiple times in config list")
    else:
        seen.setdefault(name, model.name.at.line or 1)
    path = model.base_path.text or ""
    if _is_filled_in(model.base_path):
        model.unknown = model.base_path.why
        config.remarks.append(Remark("TRT418", model.base_path.at, {"what": "path", "why": model.unknown}))
    elif is_relative(path):
        words = f"Expected model {name} to have an absolute path or URI; got base_path()={path}"
        facts = {"base_path": path, "model": name, "message": words}
        config.remarks.append(Remark("TRT405", model.base_path.at, facts))
        model.unknown = f"base path '{path}' is neither absolute nor a URI, which the server refuses"
    _judge_platform(model, message, platforms, config, refused, at)


def _judge_platform(
    model: Model, message: Message, platforms: bool, config: Config, refused: _Refused, at: _At
) -> None:
    from pytest_trt.deploy.formats.textcheck import kinds

    name = model.name.text or ""
    kind = message.last("model_type")
    number = _type_number(kind)
    platform = model.platform.text or ""
    if kind is not None and number:
        place = at(kind.value_line)
        if platform:
            words = (
                "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform."
            )
            refused(place, f"model {name} sets both model_type and model_platform", words)
        elif number != 1:
            words = f"ModelServerConfig::model_type choice {number} not supported."
            facts = {"model": name, "platform": kind.text, "config_list": "yes", "message": words}
            config.remarks.append(Remark("TRT408", place, facts))
    elif not platform:
        words = (
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform."
        )
        # A platform under a wrong name is already refused for the name.
        known = kinds("tensorflow.serving.ModelConfig")
        if all(field.name in known for field in message.fields) and not _is_filled_in(model.platform):
            refused(model.at, f"model {name} has no model_platform", words)
    elif platform != "tensorflow" and not platforms:
        words = f"Model {name} requests unsupported platform {platform}"
        facts = {"model": name, "platform": platform, "config_list": "yes", "message": words}
        config.remarks.append(Remark("TRT408", model.platform.at, facts))


def _type_number(field: Field | None) -> int | None:
    if field is None:
        return None
    return field.integer() if field.kind == "integer" else _TYPES.get(field.text)


def _is_filled_in(said: Said) -> bool:
    return said.text is None and said.why.endswith(_FILLED_IN)


if TYPE_CHECKING:
    from collections.abc import Callable

    _At = Callable[[int], Location]
    _Refused = Callable[[Location, str, str], None]
