"""Write pytest_trt/deploy/formats/messages.py from the servers' own descriptors.

pip install --no-deps tensorflow-serving-api tritonclient
pip install protobuf grpcio numpy ml_dtypes python-rapidjson urllib3
python tests/oracle/make_config_schema.py > pytest_trt/deploy/formats/messages.py
ruff format pytest_trt/deploy/formats/messages.py
"""

from __future__ import annotations

from importlib.metadata import version

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from tensorflow_serving.config import model_server_config_pb2
from tritonclient.grpc import model_config_pb2

SCALARS = {
    getattr(FieldDescriptor, f"TYPE_{name.upper()}"): name
    for name in (
        "double float int64 uint64 int32 fixed64 fixed32 bool string bytes uint32 sfixed32 sfixed64 sint32 sint64"
    ).split()
}

HEAD = '''"""Fields of the messages of models.config and config.pbtxt; written by tests/oracle/make_config_schema.py.

MESSAGES: message -> fields, as "name:type" with spaces between. A type is a scalar's, a message's or an enum's name;
behind it "*" means repeated, "!" that a zero counts as given, "@name" a member of that oneof. A map's entry is a
message. ENUMS: enum -> {name: number}.
Source: the descriptors of tensorflow-serving-api %s and tritonclient %s.
"""
'''


def messages_below(root: Descriptor) -> dict[str, Descriptor]:
    found: dict[str, Descriptor] = {}
    waiting = [root]
    while waiting:
        message = waiting.pop(0)
        if message.full_name in found:
            continue
        found[message.full_name] = message
        waiting += [field.message_type for field in message.fields if field.message_type]
    return found


def written(field: FieldDescriptor) -> str:
    if field.message_type:
        kind = field.message_type.full_name
    elif field.enum_type:
        kind = field.enum_type.full_name
    else:
        kind = SCALARS[field.type]
    marks = "*" if field.is_repeated else ""
    oneof = field.containing_oneof
    if oneof is not None and oneof.name != f"_{field.name}":
        marks += f"!@{oneof.name}"
    elif field.has_presence and not field.message_type or field.containing_type.GetOptions().map_entry:
        marks += "!"
    return f"{field.name}:{kind}{marks}"


def wrapped(words: list[str], room: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def main() -> None:
    enums = {}
    print(HEAD % (version("tensorflow-serving-api"), version("tritonclient")))
    print("MESSAGES = {")
    for root in (model_server_config_pb2.ModelServerConfig, model_config_pb2.ModelConfig):
        for name, message in messages_below(root.DESCRIPTOR).items():
            enums.update({field.enum_type.full_name: field.enum_type for field in message.fields if field.enum_type})
            lines = wrapped([written(field) for field in message.fields], 104)
            if len(lines) < 2:
                short = f'    "{name}": "{"".join(lines)}",'
                if len(short) <= 120:
                    print(short)
                    continue
            print(f'    "{name}": (')
            for number, line in enumerate(lines):
                print(f'        "{" " if number else ""}{line}"')
            print("    ),")
    print("}\n\nENUMS = {")
    for name, enum in sorted(enums.items()):
        print(f'    "{name}": {{')
        for value in enum.values:
            print(f'        "{value.name}": {value.number},')
        print("    },")
    print("}")


if __name__ == "__main__":
    main()
