"""The rules of trt-lint. NAMES lists them by hand, in the order of their codes.

A rule's module is imported when it is asked for: rule("TRT101"), or RULES for all of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.rule import Rule

    RULES: tuple[Rule, ...]

# A module is called by its code and its function: trt101_engine_op_fails_load.engine_op_fails_load.
NAMES = (
    "trt101_engine_op_fails_load",
    "trt102_engine_op_fails_request",
    "trt103_engine_op_unreached",
    "trt104_engine_op_in_bare_graph",
    "trt105_engine_built_in_first_request",
    "trt106_calibration_on_live_traffic",
    "trt107_engine_from_another_tensorrt",
    "trt108_engine_asset_missing",
    "trt109_engine_damaged",
    "trt110_no_native_segment",
    "trt111_engine_from_another_gpu",
    "trt201_plan_on_tensorflow_serving",
    "trt202_plan_named_as_graph",
    "trt203_plan_without_home",
    "trt204_plan_damaged",
    "trt205_plan_for_another_tensorrt",
    "trt206_plan_for_another_gpu",
    "trt207_plan_holds_native_code",
    "trt208_lfs_pointer",
    "trt209_timing_cache_as_plan",
    "trt301_op_not_registered",
    "trt302_op_without_kernel",
    "trt303_device_not_there",
    "trt304_no_serve_tag",
    "trt305_no_signature",
    "trt306_signature_tensor_missing",
    "trt307_variables_missing",
    "trt308_asset_missing",
    "trt309_not_a_saved_model",
    "trt310_needs_newer_tensorflow",
    "trt311_version_folder_name",
    "trt312_function_undefined",
    "trt313_python_function",
    "trt314_graph_refused",
    "trt401_image_without_engine_ops",
    "trt402_cpu_image_for_gpu_model",
    "trt403_floating_tag",
    "trt404_tensorrt_variable_misleads",
    "trt405_base_path_relative",
    "trt406_base_path_missing",
    "trt407_base_path_without_versions",
    "trt408_model_platform_refused",
    "trt409_config_of_another_server",
    "trt410_tf_trt_inside_triton",
    "trt411_tensorflow_backend_gone",
    "trt412_plan_on_another_triton",
    "trt413_plan_for_another_node",
    "trt414_lfs_pointer_deployed",
    "trt415_no_warm_up",
    "trt416_plan_sent_to_tensorflow_serving",
    "trt417_model_file_missing",
    "trt418_destination_unknown",
    "trt419_server_config_refused",
    "trt420_deployment_malformed",
    "trt421_archive_layout",
    "trt422_runtime_version_refused",
    "trt423_arguments_ignored",
    "trt901_unreadable",
    "trt902_malformed",
    "trt903_limit_reached",
    "trt904_not_understood",
    "trt905_allowance_expired",
    "trt906_allowance_unused",
    "trt907_baseline_outdated",
)
CODES = {name[:6].upper(): name for name in NAMES}


def rule(code: str) -> Rule:
    """The rule with this code. Raises KeyError."""
    from importlib import import_module

    name = CODES[code]
    found: Rule = getattr(import_module(f"{__name__}.{name}"), name[7:])
    return found


def __getattr__(name: str) -> object:
    if name != "RULES":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    rules = globals()["RULES"] = tuple(map(rule, CODES))
    return rules
