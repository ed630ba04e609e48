"""Plans that TensorRT-RTX builds here, on a CPU, and what the reader says of them: what the builder was told.

Runs in the tox environment `rtx` only; without TensorRT-RTX it fails.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorrt_rtx as trt

from pytest_trt.artifacts.plan import Plan, read_plan
from pytest_trt.artifacts.wire import Source
from pytest_trt.lint import check

LOGGER = trt.Logger(trt.Logger.ERROR)
CAPABILITIES = {"SM75": "7.5", "SM80": "8.0", "SM86": "8.6", "SM89": "8.9", "SM120": "12.0"}


def build(path: Path, capabilities: list[str]) -> bytes:
    """A plan of y = x * w for these capabilities ([]: the default)."""
    builder = trt.Builder(LOGGER)
    network = builder.create_network()
    x = network.add_input("x", trt.float32, (4, 16))
    weights = np.arange(16, dtype=np.float32).reshape(1, 16)
    constant = network.add_constant((1, 16), weights)
    product = network.add_elementwise(x, constant.get_output(0), trt.ElementWiseOperation.PROD)
    network.mark_output(product.get_output(0))
    config = builder.create_builder_config()
    if capabilities:
        config.num_compute_capabilities = len(capabilities)
        for place, name in enumerate(capabilities):
            config.set_compute_capability(getattr(trt.ComputeCapability, name), place)
    plan = builder.build_serialized_network(network, config)
    assert plan is not None
    path.write_bytes(bytes(plan))
    return bytes(plan)


def read(path: Path) -> Plan:
    with Source(str(path)) as source:
        plan = read_plan(source.at, source.size)
    assert plan is not None
    return plan


@pytest.mark.parametrize("names", [[], ["SM86"], ["SM86", "SM89"], ["SM80", "SM120"]])
def test_header(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "model.plan"
    data = build(path, names)
    plan = read(path)
    assert plan.product == "tensorrt-rtx"
    assert plan.version == trt.__version__
    assert plan.size == plan.actual == len(data)
    assert plan.damage is None
    assert plan.entries[0][0] == "engine"
    if names:
        assert set(plan.capabilities) == {CAPABILITIES[name] for name in names}
    else:
        assert {"8.0", "8.6", "8.9"} <= set(plan.capabilities)


def test_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "model.plan"
    build(path, ["SM86"])
    version = ".".join(trt.__version__.split(".")[:3])

    def load(target: str) -> str:
        (case,) = check([path], targets=[target]).cases
        return case.verdicts[0].load

    assert load(f"tensorrt-rtx:{version},gpu=sm_86") == "ok"
    assert load(f"tensorrt-rtx:{version},gpu=sm_89") == "fail"
    assert load("tensorrt-rtx:1.0.0,gpu=sm_86") == "fail"
    assert load("tensorrt:8.6.1,gpu=sm_86") == "fail"


def test_every_cut_and_extension_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "model.plan"
    data = build(path, [])
    for size in [*range(4, 200), len(data) // 2, len(data) - 1]:
        path.write_bytes(data[:size])
        assert read(path).damage is not None, size
    path.write_bytes(data + b"\0")
    assert read(path).damage is not None
