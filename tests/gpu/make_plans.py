"""Build plans of one small network with different options, change their headers, and ask the runtime about each.

    python tests/gpu/make_plans.py OUT      # on a machine with a GPU and TensorRT 8.6

Writes OUT/NAME.plan and OUT/runtime.json: {name: {"accepted": bool, "log": [...], "bytes": what was changed}}.
tests/data/plans holds what an H100 with TensorRT 8.6.0 gave.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import tensorrt as trt

CHANNELS, SIDE = 8, 16
NAMES = (
    "fp32",
    "fp16",
    "int8",
    "refit",
    "version-compatible",
    "version-compatible.lean-runtime",
    "hardware-compatible",
    "strict-tf32-off",
    "plugin",
    "plugin.library",
)


class Log(trt.ILogger):
    def __init__(self) -> None:
        trt.ILogger.__init__(self)
        self.lines: list[str] = []

    def log(self, severity: trt.ILogger.Severity, message: str) -> None:
        if severity <= trt.ILogger.Severity.WARNING:
            self.lines.append(f"{severity.name}: {message}")


def network(builder: trt.Builder) -> trt.INetworkDefinition:
    """Convolution, bias, ReLU; weights from a fixed seed."""
    made = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH))
    x = made.add_input("x", trt.float32, (1, CHANNELS, SIDE, SIDE))
    numbers = np.random.default_rng(7)
    kernel = numbers.standard_normal((CHANNELS, CHANNELS, 3, 3)).astype(np.float32) / 8
    bias = numbers.standard_normal(CHANNELS).astype(np.float32)
    conv = made.add_convolution_nd(x, CHANNELS, (3, 3), kernel, bias)
    relu = made.add_activation(conv.get_output(0), trt.ActivationType.RELU)
    relu.get_output(0).name = "y"
    made.mark_output(relu.get_output(0))
    return made


def options(builder: trt.Builder, name: str) -> tuple[trt.INetworkDefinition, trt.IBuilderConfig]:
    config = builder.create_builder_config()
    tactics = trt.TacticSource
    config.set_tactic_sources(1 << int(tactics.EDGE_MASK_CONVOLUTIONS) | 1 << int(tactics.JIT_CONVOLUTIONS))
    made = network(builder)
    flag = trt.BuilderFlag
    if name == "fp16":
        config.set_flag(flag.FP16)
    elif name == "int8":
        config.set_flag(flag.INT8)
        for at in range(made.num_layers):
            made.get_layer(at).get_output(0).dynamic_range = (-8, 8)
        made.get_input(0).dynamic_range = (-8, 8)
    elif name == "refit":
        config.set_flag(flag.REFIT)
    elif name.startswith("version-compatible"):
        config.set_flag(flag.VERSION_COMPATIBLE)
        if not name.endswith("lean-runtime"):
            config.set_flag(flag.EXCLUDE_LEAN_RUNTIME)
    elif name == "hardware-compatible":
        config.hardware_compatibility_level = trt.HardwareCompatibilityLevel.AMPERE_PLUS
    elif name.startswith("plugin"):
        trt.init_libnvinfer_plugins(None, "")
        creator = trt.get_plugin_registry().get_plugin_creator("CustomGeluPluginDynamic", "1")
        dtype = trt.PluginField("type_id", np.array([0], np.int32), trt.PluginFieldType.INT32)
        gelu = creator.create_plugin("gelu", trt.PluginFieldCollection([dtype]))
        before = made.get_output(0)
        made.unmark_output(before)
        made.mark_output(made.add_plugin_v2([before], gelu).get_output(0))
        if name.endswith("library"):
            config.plugins_to_serialize = [str(next(Path(trt.__file__).parent.glob("libnvinfer_plugin.so*")))]
    elif name == "strict-tf32-off":
        config.clear_flag(flag.TF32)
    return made, config


def changes(plan: bytes) -> dict[str, bytes]:
    """The plan with one thing changed each."""

    def put(offset: int, value: bytes) -> bytes:
        return plan[:offset] + value + plan[offset + len(value) :]

    size = len(plan)
    capability = plan.find(bytes.fromhex("078001000900000007800100")) + 4
    out = {
        "outer-8.6.1.6": put(0x18, bytes((8, 6, 1, 6))),
        "outer-8.5.3.1": put(0x18, bytes((8, 5, 3, 1))),
        "outer-8.6.0.13": put(0x18, bytes((8, 6, 0, 13))),
        "outer-10.0.1.6": put(0x18, bytes((10, 0, 1, 6))),
        "platform-rtrt": put(0x1C, b"rtrt"),
        "platform-utrt": put(0x1C, b"utrt"),
        "platform-qtrt": put(0x1C, b"qtrt"),
        "header-version-1": put(0x04, struct.pack("<I", 1)),
        "size-plus-1": put(0x10, struct.pack("<Q", size + 1)),
        "size-huge": put(0x10, struct.pack("<Q", 2**63)),
        "entries-0": put(0x08, struct.pack("<Q", 0)),
        "entries-2": put(0x08, struct.pack("<Q", 2)),
        "entry-offset-outside": put(0x28, struct.pack("<Q", size * 2)),
        "entry-size-plus-8": put(0x30, struct.pack("<Q", struct.unpack_from("<Q", plan, 0x30)[0] + 8)),
        "entry-tag": put(0x20, b"XXXX"),
        "footer": put(size - 4, b"\0\0\0\0"),
        "inner-magic": put(56, b"XXXX"),
        "inner-serialization-235": put(64, struct.pack("<I", 235)),
        "cut-half": plan[: size // 2],
        "cut-1": plan[:-1],
        "cut-header": plan[:20],
        "longer-1": plan + b"\0",
        "middle-flip": put(size // 2, bytes([plan[size // 2] ^ 0xFF])),
        "prefix-ultralytics": struct.pack("<I", 14) + b'{"names":"ab"}' + plan,
    }
    if capability > 4:
        out["capability-8.0"] = put(capability, struct.pack("<I", 8))
        out["capability-9.9"] = put(capability + 8, struct.pack("<I", 9))
    multiprocessors = plan.find(bytes.fromhex("07800100000200000780010084000000"))
    if multiprocessors > 0:
        out["multiprocessors-66"] = put(multiprocessors + 12, struct.pack("<I", 66))
        out["multiprocessors-264"] = put(multiprocessors + 12, struct.pack("<I", 264))
    inner = plan.find(bytes.fromhex("0280010008"))
    if inner > 0:
        out["inner-8.6.1.12"] = put(inner + 4 + 10, bytes((1,)))
        out["inner-8.5.0.12"] = put(inner + 4 + 5, bytes((5,)))
    return out


def ask(path: Path) -> None:
    """Deserialise in this process; prints one JSON line."""
    log = Log()
    runtime = trt.Runtime(log)
    if "version-compatible" in path.name and ".refused" not in path.name:
        runtime.engine_host_code_allowed = True
    if path.stem == "plugin":
        trt.init_libnvinfer_plugins(log, "")
    engine = runtime.deserialize_cuda_engine(path.read_bytes())
    about = {}
    if engine is not None:
        about = {
            "hardware": str(getattr(engine, "hardware_compatibility_level", None)),
            "refittable": engine.refittable,
        }
    print(json.dumps({"accepted": engine is not None, "log": log.lines, **about}))


def main(arguments: list[str]) -> int:
    if arguments[0] == "--ask":
        ask(Path(arguments[1]))
        return 0
    out = Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    log = Log()
    builder = trt.Builder(log)
    report: dict[str, dict] = {}
    for name in NAMES:
        made, config = options(builder, name)
        plan = builder.build_serialized_network(made, config)
        if plan is None:
            report[name] = {"accepted": False, "log": ["not built", *log.lines[-3:]]}
            continue
        (out / f"{name}.plan").write_bytes(bytes(plan))
    for name in ("fp32", "hardware-compatible", "version-compatible"):
        for change, data in changes((out / f"{name}.plan").read_bytes()).items():
            (out / f"{name}.{change}.plan").write_bytes(data)
    # Asked without engine_host_code_allowed.
    for name in ("version-compatible", "version-compatible.lean-runtime"):
        if (out / f"{name}.plan").exists():
            shutil.copy(out / f"{name}.plan", out / f"{name}.refused.plan")
    if (out / "plugin.plan").exists():
        shutil.copy(out / "plugin.plan", out / "plugin.not-registered.plan")
    paths = sorted(out.glob("*.plan"))
    while paths:
        some, paths = paths[:12], paths[12:]
        pipe = subprocess.PIPE
        commands = [[sys.executable, __file__, "--ask", str(path)] for path in some]
        running = [subprocess.Popen(command, stdout=pipe, stderr=pipe) for command in commands]
        for path, process in zip(some, running):
            stdout, _ = process.communicate(timeout=120)
            line = (stdout.decode().strip().splitlines() or [""])[-1]
            dead = {"accepted": False, "crashed": process.returncode, "log": []}
            report[path.stem] = json.loads(line) if line.startswith("{") else dead
    report["device"] = {"tensorrt": trt.__version__}
    (out / "runtime.json").write_text(json.dumps(report, indent=1))
    for name, said in sorted(report.items()):
        print(
            name,
            said.get("accepted"),
            said.get("crashed", ""),
            said.get("hardware", ""),
            (said.get("log") or [""])[-1][:200],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
