"""What engines ask of TensorRT, held to the newest bindings: names that are gone or new are met by attribute."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pytest_trt.engines.backend import Backend
from pytest_trt.engines.building.apart import Cancel
from pytest_trt.engines.building.build import _io, _monitor, _network_flags
from pytest_trt.engines.building.calibration import make_calibration, make_calibrator
from pytest_trt.engines.building.spec import make_spec
from pytest_trt.engines.errors import PrecisionUnavailable, UsageError
from pytest_trt.engines.log import Record, make_logger
from pytest_trt.engines.running.execution import _make_allocator
from pytest_trt.engines.running.tensors import numpy_dtype

# Class -> what building and running call on it whatever the version.
CALLED = {
    "Builder": "create_network create_builder_config create_optimization_profile build_serialized_network",
    "INetworkDefinition": "num_inputs num_outputs num_layers get_input get_output get_layer",
    "IBuilderConfig": "set_flag clear_flag builder_optimization_level set_memory_pool_limit set_tactic_sources"
    " set_preview_feature hardware_compatibility_level profiling_verbosity add_optimization_profile progress_monitor"
    " create_timing_cache set_timing_cache get_timing_cache plugins_to_serialize max_aux_streams"
    " avg_timing_iterations max_num_tactics l2_limit_for_tiling tiling_optimization_level runtime_platform",
    "ITimingCache": "serialize combine",
    "IOptimizationProfile": "set_shape set_shape_input",
    "OnnxParser": "parse parse_from_file num_errors get_error set_flag",
    "ParserError": "code desc node",
    "ITensor": "name dtype shape is_shape_tensor",
    "ILayer": "num_outputs get_output name",
    "Runtime": "deserialize_cuda_engine engine_host_code_allowed max_threads",
    "ICudaEngine": "num_io_tensors get_tensor_name get_tensor_mode get_tensor_shape get_tensor_location"
    " get_tensor_dtype get_tensor_profile_shape get_tensor_profile_values num_optimization_profiles"
    " create_execution_context",
    "IExecutionContext": "set_input_shape set_tensor_address set_output_allocator get_tensor_shape infer_shapes"
    " set_optimization_profile_async execute_async_v3",
}


@pytest.mark.parametrize("name", CALLED)
def test_called(trt: ModuleType, name: str) -> None:
    owner = getattr(trt, name)
    assert [attribute for attribute in CALLED[name].split() if not hasattr(owner, attribute)] == []


def test_strongly_typed_alone(backend: Backend) -> None:
    assert not backend.weakly_typed
    assert backend.reports_progress
    assert backend.has_timing_cache
    assert not backend.builds_without_device
    assert backend.version.split(".")[0] == "11"
    assert str(backend).startswith("TensorRT 11.")


def test_network_flags(backend: Backend) -> None:
    """EXPLICIT_BATCH is gone, STRONGLY_TYPED is still taken."""
    assert _network_flags(backend, make_spec()) == 0
    typed = 1 << int(backend.trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    assert _network_flags(backend, make_spec("typed")) == typed


@pytest.mark.parametrize("precision", [None, "fp32", "tf32", "typed"])
def test_precisions_that_it_has(backend: Backend, precision: str | None) -> None:
    backend.check(make_spec(precision))


@pytest.mark.parametrize(
    ("precision", "way"),
    [
        ("fp16", "autocast"),
        ("bf16", "low_precision_type bf16"),
        ("int8", "QuantizeLinear"),
        ("fp8", "quantize_mode fp8"),
    ],
)
def test_precisions_that_it_no_longer_has(backend: Backend, precision: str, way: str) -> None:
    with pytest.raises(PrecisionUnavailable, match="takes types from the model") as caught:
        backend.check(make_spec(precision))
    assert way in caught.value.cure
    assert "precision='typed'" in caught.value.cure


def test_calibration_is_gone(backend: Backend) -> None:
    with pytest.raises(PrecisionUnavailable, match="Q/DQ"):
        make_calibrator(backend, None, make_calibration(b"cache"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flags": ["FP16"]}, "no BuilderFlag.FP16"),
        ({"tactic_sources": ["CUBLAS"]}, "no TacticSource.CUBLAS"),
        ({"preview_features": {"FASTER_DYNAMIC_SHAPES_0805": True}}, "no PreviewFeature"),
        ({"network_flags": ["EXPLICIT_BATCH"]}, "no NetworkDefinitionCreationFlag.EXPLICIT_BATCH"),
        ({"layer_precisions": {"conv": "fp16"}}, "strongly typed"),
    ],
)
def test_options_that_are_gone(backend: Backend, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        backend.check(make_spec(**options))


def test_options_that_it_has(backend: Backend) -> None:
    backend.check(
        make_spec(
            flags=["SPARSE_WEIGHTS", "STRIP_PLAN", "VERSION_COMPATIBLE"],
            tactic_sources=["EDGE_MASK_CONVOLUTIONS", "JIT_CONVOLUTIONS"],
            hardware_compatibility="SAME_COMPUTE_CAPABILITY",
            workspace="1GiB",
            runtime_platform="WINDOWS_AMD64",
            profiling_verbosity="DETAILED",
            tiling_optimization_level="FAST",
            parser_flags=["NATIVE_INSTANCENORM"],
            max_aux_streams=2,
        )
    )


def test_logger_is_called(trt: ModuleType) -> None:
    record = Record()
    logger = make_logger(trt, record)
    logger.log(trt.ILogger.Severity.ERROR, "said")
    logger.log(trt.ILogger.Severity.VERBOSE, "whispered")
    assert record.since(0, 4) == [(1, "said")]


def test_progress_monitor(backend: Backend) -> None:
    seen: list[str] = []
    progress = SimpleNamespace(start=seen.append, phase=seen.append, stop=lambda: None)
    assert backend.reports_progress
    cancel = Cancel(by_monitor=True)
    monitor = _monitor(backend, cancel, progress)
    monitor.phase_start("Building", None, 3)
    assert seen == ["Building"]
    assert monitor.step_complete("Building", 0)
    cancel.asked.set()
    assert not monitor.step_complete("Building", 1)


def test_output_allocator(trt: ModuleType) -> None:
    class Memory:
        """Where addresses come from: a CUDA that counts."""

        def alloc(self, nbytes: int) -> Any:
            return SimpleNamespace(ptr=4096, nbytes=nbytes, free=lambda: None)

    asked = _make_allocator(trt, Memory())  # type: ignore[arg-type]
    assert isinstance(asked.asks, trt.IOutputAllocator)
    assert asked.asks.reallocate_output("y", 0, 1000, 256) == 4096
    assert asked.asks.reallocate_output_async("y", 0, 10, 256, 0) == 4096
    asked.asks.notify_shape("y", trt.Dims((2, 3)))
    assert asked.shape == (2, 3)


def test_every_type_has_a_meaning(trt: ModuleType) -> None:
    """A DataType is one of NumPy's, one of ml_dtypes', or one that no array has."""
    known = {name for name in dir(trt.DataType) if name.isupper()}
    with_numpy = {name for name in known if numpy_dtype(name) is not None}
    assert {"FLOAT", "HALF", "INT8", "INT32", "INT64", "BOOL", "UINT8"} <= with_numpy
    assert known - with_numpy <= {"BF16", "FP8", "FP4", "INT4", "E8M0"}


def test_io_of_an_empty_network() -> None:
    assert _io(SimpleNamespace(num_inputs=0, num_outputs=0, get_input=None, get_output=None), make_spec()) == []
