"""Write pytest_trt/artifacts/schema.py from TensorFlow's own descriptors.

    python tests/oracle/make_schema.py > pytest_trt/artifacts/schema.py

Run with the newest tensorflow-cpu; the tests compare the result with the file.
"""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from tensorflow.core.protobuf import saved_model_pb2

SCALARS = {
    getattr(FieldDescriptor, f"TYPE_{name.upper()}"): name
    for name in (
        "double float int64 uint64 int32 fixed64 fixed32 bool string bytes uint32 sfixed32 sfixed64 sint32 sint64"
    ).split()
}

HEAD = '''"""Fields of the protobuf messages that a SavedModel is made of; written by tests/oracle/make_schema.py.

MESSAGES: message -> ((field number, name, type), ...). A type is a scalar's, a
message's or an enum's name; "*" behind it means repeated. Names are without
the package, "Outer.Inner" where nested; a map's entry is a message.
ENUMS: enum -> {name: number}.
Source: the descriptors of tensorflow-cpu %s.
"""
'''


def short(full_name: str) -> str:
    return full_name.removeprefix("tensorflow.").removeprefix("google.protobuf.")


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


def main() -> None:
    import tensorflow as tf

    enums = {}
    print(HEAD % tf.__version__)
    print("MESSAGES = {")
    for name, message in messages_below(saved_model_pb2.SavedModel.DESCRIPTOR).items():
        print(f'    "{short(name)}": (')
        for field in message.fields:
            if field.message_type:
                kind = short(field.message_type.full_name)
            elif field.enum_type:
                kind = short(field.enum_type.full_name)
                enums[kind] = field.enum_type
            else:
                kind = SCALARS[field.type]
            repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED
            print(f'        ({field.number}, "{field.name}", "{kind}{"*" if repeated else ""}"),')
        print("    ),")
    print("}")
    print("\nENUMS = {")
    for name, enum in enums.items():
        print(f'    "{name}": {{')
        for value in enum.values:
            print(f'        "{value.name}": {value.number},')
        print("    },")
    print("}")


if __name__ == "__main__":
    main()
