"""Write pytest_trt/serving/ops.py from what TensorFlow wheels register.

    python tests/oracle/make_ops.py list > LISTS/tensorflow-cpu-2.20.0.tsv   # in an environment with that wheel
    python tests/oracle/make_ops.py merge LISTS > pytest_trt/serving/ops.py  # in one with the newest wheel

A list has one op a line: its name, a tab, the device types that have a kernel (comma-separated; empty: none;
"?": kernels not known). The tests compare the merged table with the wheels that are installed.
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

HEAD = '''"""Which TensorFlow registers which op, with a kernel for which devices; written by tests/oracle/make_ops.py.

VERSIONS: the wheels that were listed, "X.Y.Z" (CPU) or "X.Y.Z-gpu" (CUDA).
ROWS: pattern -> ops. A pattern has one letter a version: "." not registered, "-" registered without a kernel,
"c" a kernel for the CPU, "g" for the GPU only, "b" for both, "?" registered, kernels not listed. A kernel for
TensorFlow's DEFAULT device counts for both.
FUNCTION_ATTRS: op -> its attributes of type func and list(func). STATEFUL: ops that a function keeps though
nothing uses their outputs. ATTR_DEFAULTS: of ops without a kernel for the CPU, attribute -> default as messages
print it. OTHER_KERNELS: of ops with kernels, but none for the CPU, those of the CPU wheel as messages print them.
These four as the op definitions and kernels of tensorflow-cpu {newest} say.
Source: the op and kernel registries of the wheels tensorflow-cpu and tensorflow of these versions.
"""
'''


def registered() -> dict[str, str]:
    """op -> device types with a kernel, as the TensorFlow at hand has them."""
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session
    from tensorflow.python.framework import kernels, op_def_registry  # noqa: F401

    ops = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    devices: dict[str, set[str]] = {op.name: set() for op in ops.op}
    for kernel in kernels.get_all_registered_kernels().kernel:
        devices.setdefault(kernel.op, set()).add(kernel.device_type)
    return {name: ",".join(sorted(devices[name])) for name in sorted(op.name for op in ops.op)}


def op_defs() -> dict:
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    ops = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {op.name: op for op in ops.op}


def letter(devices: str, gpu: bool) -> str:
    names = set(devices.split(","))
    if "?" in names:
        return "?"
    cpu = bool(names & {"CPU", "DEFAULT"})
    cuda = gpu and bool(names & {"GPU", "DEFAULT"})
    return {(True, True): "b", (True, False): "c", (False, True): "g"}.get((cpu, cuda), "-")


def merge(folder: Path) -> str:
    lists = {}
    for file in folder.glob("tensorflow-*.tsv"):
        flavour, version = file.stem.split("-")[1:]
        rows = (line.split("\t") for line in file.read_text().splitlines())
        name = version + ("-gpu" if flavour == "gpu" else "")
        lists[name] = {row[0]: letter(row[1] if len(row) > 1 else "", flavour == "gpu") for row in rows}

    def order(name: str) -> tuple:
        return name.endswith("-gpu"), [int(part) for part in name.removesuffix("-gpu").split(".")]

    versions = sorted(lists, key=order)
    patterns: dict[str, list[str]] = {}
    for op in sorted({op for ops in lists.values() for op in ops}):
        patterns.setdefault("".join(lists[version].get(op, ".") for version in versions), []).append(op)
    definitions = op_defs()
    import tensorflow as tf

    out = [
        HEAD.format(newest=tf.__version__),
        f"VERSIONS = (\n    {', '.join(map(repr, versions))},\n)\n".replace("'", '"'),
    ]
    out.append("ROWS = {")
    for pattern, ops in sorted(patterns.items(), key=lambda item: -len(item[1])):
        out.append(f'    "{pattern}": """')
        out += textwrap.wrap(" ".join(ops), 118, break_on_hyphens=False, break_long_words=False)
        out.append('    """,')
    out.append("}\n\nFUNCTION_ATTRS = {")
    for name, op in sorted(definitions.items()):
        attrs = [attr.name for attr in op.attr if attr.type in ("func", "list(func)")]
        if attrs:
            out.append(f'    "{name}": ({", ".join(repr(attr) for attr in attrs)},),'.replace("'", '"'))
    out.append('}\n\nSTATEFUL = """')
    stateful = " ".join(sorted(name for name, op in definitions.items() if op.is_stateful))
    out += textwrap.wrap(stateful, 118, break_on_hyphens=False, break_long_words=False)
    out.append('"""\n\nATTR_DEFAULTS = {')
    for name, op in sorted(definitions.items()):
        if any(lists[version].get(name) in ("-", "g") for version in versions):
            defaults = {a.name: summary(a.default_value) for a in op.attr if a.HasField("default_value")}
            if defaults:
                text = ", ".join(f'"{key}": {value!r}' for key, value in sorted(defaults.items()))
                out.append(f'    "{name}": {{{text}}},')
    out.append("}\n\nOTHER_KERNELS = {")
    for name, kernels in sorted(other_kernels().items()):
        out.append(f"    {name!r}: {kernels!r},".replace("'", '"', 2))
    out.append("}")
    return "\n".join(out)


def other_kernels() -> dict[str, str]:
    """Of ops that have kernels, but none for the CPU: the kernels as KernelsRegisteredForOp prints them."""
    from tensorflow.core.framework import types_pb2
    from tensorflow.python.framework import kernels

    found: dict[str, list] = {}
    for kernel in kernels.get_all_registered_kernels().kernel:
        found.setdefault(kernel.op, []).append(kernel)
    out = {}
    for name, those in found.items():
        if {kernel.device_type for kernel in those} & {"CPU", "DEFAULT"} or name.startswith("_"):
            continue
        text = ""
        for kernel in those:
            text += f"  device='{kernel.device_type}'"
            if kernel.label:
                text += f"; label='{kernel.label}'"
            for constraint in kernel.constraint:
                types = ", ".join(types_pb2.DataType.Name(one) for one in constraint.allowed_values.list.type)
                text += f"; {constraint.name} in [{types}]"
            text += "\n"
        out[name] = text
    return out


def summary(value) -> str:
    """An AttrValue as TensorFlow's SummarizeAttrValue prints it."""
    from tensorflow.core.framework import types_pb2

    kind = value.WhichOneof("value")
    if kind == "s":
        return '"' + value.s.decode("utf-8", "backslashreplace") + '"'
    if kind == "b":
        return "true" if value.b else "false"
    if kind == "type":
        return types_pb2.DataType.Name(value.type)
    if kind == "f":
        return f"{value.f:g}"
    if kind == "i":
        return str(value.i)
    if kind == "shape":
        if value.shape.unknown_rank:
            return "<unknown>"
        return "[" + ",".join(str(dim.size) if dim.size >= 0 else "?" for dim in value.shape.dim) + "]"
    if kind == "list":
        items = [type(value)(**{field.name: one}) for field, many in value.list.ListFields() for one in many]
        return "[" + ", ".join(map(summary, items)) + "]"
    return str(getattr(value, kind)).strip() if kind else ""


def main(arguments: list[str]) -> int:
    if arguments == ["list"]:
        for name, devices in registered().items():
            print(f"{name}\t{devices}")
        return 0
    if len(arguments) == 2 and arguments[0] == "merge":
        print(merge(Path(arguments[1])))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
