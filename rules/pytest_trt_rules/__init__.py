"""The rules of trt-lint. RULES lists them by hand, in the order of their codes."""

from __future__ import annotations

from pytest_trt_rules.trt101_engine_op_fails_load import engine_op_fails_load
from pytest_trt_rules.trt102_engine_op_fails_request import engine_op_fails_request
from pytest_trt_rules.trt103_engine_op_unreached import engine_op_unreached
from pytest_trt_rules.trt104_engine_op_in_bare_graph import engine_op_in_bare_graph
from pytest_trt_rules.trt105_engine_built_in_first_request import engine_built_in_first_request
from pytest_trt_rules.trt106_calibration_on_live_traffic import calibration_on_live_traffic
from pytest_trt_rules.trt107_engine_from_another_tensorrt import engine_from_another_tensorrt
from pytest_trt_rules.trt108_engine_asset_missing import engine_asset_missing
from pytest_trt_rules.trt109_engine_damaged import engine_damaged
from pytest_trt_rules.trt110_no_native_segment import no_native_segment
from pytest_trt_rules.trt111_engine_from_another_gpu import engine_from_another_gpu
from pytest_trt_rules.trt201_plan_on_tensorflow_serving import plan_on_tensorflow_serving
from pytest_trt_rules.trt202_plan_named_as_graph import plan_named_as_graph
from pytest_trt_rules.trt203_plan_without_home import plan_without_home
from pytest_trt_rules.trt204_plan_damaged import plan_damaged
from pytest_trt_rules.trt205_plan_for_another_tensorrt import plan_for_another_tensorrt
from pytest_trt_rules.trt206_plan_for_another_gpu import plan_for_another_gpu
from pytest_trt_rules.trt207_plan_holds_native_code import plan_holds_native_code
from pytest_trt_rules.trt208_lfs_pointer import lfs_pointer
from pytest_trt_rules.trt209_timing_cache_as_plan import timing_cache_as_plan
from pytest_trt_rules.trt301_op_not_registered import op_not_registered
from pytest_trt_rules.trt302_op_without_kernel import op_without_kernel
from pytest_trt_rules.trt303_device_not_there import device_not_there
from pytest_trt_rules.trt304_no_serve_tag import no_serve_tag
from pytest_trt_rules.trt305_no_signature import no_signature
from pytest_trt_rules.trt306_signature_tensor_missing import signature_tensor_missing
from pytest_trt_rules.trt307_variables_missing import variables_missing
from pytest_trt_rules.trt308_asset_missing import asset_missing
from pytest_trt_rules.trt309_not_a_saved_model import not_a_saved_model
from pytest_trt_rules.trt310_needs_newer_tensorflow import needs_newer_tensorflow
from pytest_trt_rules.trt311_version_folder_name import version_folder_name
from pytest_trt_rules.trt312_function_undefined import function_undefined
from pytest_trt_rules.trt313_python_function import python_function
from pytest_trt_rules.trt314_graph_refused import graph_refused
from pytest_trt_rules.trt901_unreadable import unreadable
from pytest_trt_rules.trt902_malformed import malformed
from pytest_trt_rules.trt903_limit_reached import limit_reached
from pytest_trt_rules.trt904_not_understood import not_understood
from pytest_trt_rules.trt905_allowance_expired import allowance_expired
from pytest_trt_rules.trt906_allowance_unused import allowance_unused
from pytest_trt_rules.trt907_baseline_outdated import baseline_outdated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.lint.rule import Rule

RULES: tuple[Rule, ...] = (
    engine_op_fails_load,
    engine_op_fails_request,
    engine_op_unreached,
    engine_op_in_bare_graph,
    engine_built_in_first_request,
    calibration_on_live_traffic,
    engine_from_another_tensorrt,
    engine_asset_missing,
    engine_damaged,
    no_native_segment,
    engine_from_another_gpu,
    plan_on_tensorflow_serving,
    plan_named_as_graph,
    plan_without_home,
    plan_damaged,
    plan_for_another_tensorrt,
    plan_for_another_gpu,
    plan_holds_native_code,
    lfs_pointer,
    timing_cache_as_plan,
    op_not_registered,
    op_without_kernel,
    device_not_there,
    no_serve_tag,
    no_signature,
    signature_tensor_missing,
    variables_missing,
    asset_missing,
    not_a_saved_model,
    needs_newer_tensorflow,
    version_folder_name,
    function_undefined,
    python_function,
    graph_refused,
    unreadable,
    malformed,
    limit_reached,
    not_understood,
    allowance_expired,
    allowance_unused,
    baseline_outdated,
)
