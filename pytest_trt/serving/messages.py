"""The server's own words, as its status prints them. HOST stands for the host's name.

Source: the loader of tensorflow-cpu 2.17.1 and 2.21.0, run on the models of tests/models.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
GPU = "/job:localhost/replica:0/task:0/device:GPU:0"


def unregistered(op: str) -> str:
    return (
        f"Op type not registered '{op}' in binary running on HOST. Make sure the Op and Kernel are registered in the"
        " binary running in this process. Note that if you are loading a saved graph which used ops from tf.contrib"
        " (e.g. `tf.contrib.resampler`), accessing should be done before importing the graph, as contrib ops are"
        " lazily registered when the module is first accessed."
    )


def at(*nodes: str) -> str:
    """The tail that names nodes, the innermost first."""
    return "".join(f"\n\t [[{node}]]" for node in nodes)


def inside(functions: Sequence[str]) -> str:
    """What stands in front of an error that comes up through these functions."""
    return "".join(f"{{{{function_node {name}}}}} {{{{function_node {name}}}}} " for name in functions)


def no_kernel(op: str, node: str, attrs: str, gpu: bool, kernels: str = "") -> str:
    """The placer's words. attrs: "a=1, b=2", sorted."""
    return (
        f"No OpKernel was registered to support Op '{op}' used by {{{{node {node}}}}} with these attrs: [{attrs}]\n"
        f"Registered devices: [{'CPU, GPU' if gpu else 'CPU'}]\nRegistered kernels:\n{kernels or no_kernels()}"
    )


def no_kernel_in_call(op: str, node: str, kernels: str = "") -> str:
    """The words of a caller that runs a function on one device, without a placer."""
    return (
        f"No registered '{op}' OpKernel for 'CPU' devices compatible with node {{{{node {node}}}}}\n\t.  Registered:"
        f"{kernels or no_kernels()}"
    )


def no_kernels() -> str:
    return "  <no registered kernels>\n"


def device(node: str, text: str, gpu: bool) -> str:
    devices = f"{CPU}, {GPU}" if gpu else CPU
    asked = text.partition("device:")[2] or text.rpartition("/")[2]
    hint = ""
    if not gpu and asked.lower().startswith("gpu"):
        hint = " The requested device appears to be a GPU, but CUDA is not enabled."
    return (
        f"Cannot assign a device for operation {node}: {{{{node {node}}}}} was explicitly assigned to {text} but"
        f" available devices are [ {devices} ]. Make sure the device specification refers to a valid device.{hint}"
    )


def malformed_device(node: str, text: str, number: int, op: str, attrs: str, inputs: str) -> str:
    return (
        f"Malformed device specification '{text}' in node: {{name:'{node}' id:{number} op device:{{requested: '{text}',"
        f" assigned: ''}} def:{{{{{{node {node}}}}} = {op}[{attrs}]({inputs})}}}}"
    )


def no_metagraph() -> str:
    return (
        "NOT_FOUND: Could not find meta graph def matching supplied tags: { serve }. To inspect available tag-sets in"
        " the SavedModel, please use the SavedModel CLI: `saved_model_cli`"
    )


def no_saved_model(folder: str) -> str:
    return (
        f"NOT_FOUND: Could not find SavedModel .pb or .pbtxt at supplied export directory path: {folder}. Check that"
        " the directory exists and that you have the right permissions for accessing it."
    )


def unparsable(file: str, text: bool, ran_out: bool) -> str:
    if ran_out:
        return "OUT_OF_RANGE: Read less bytes than requested"
    return f"DATA_LOSS: Can't parse {file} as {'text' if text else 'binary'} proto"


def too_new(needs: int, has: int, version: str) -> str:
    return (
        f"INVALID_ARGUMENT: GraphDef min consumer version {needs} above current version {has} for TensorFlow {version}."
        "  Please upgrade TensorFlow."
    )


def tensor_missing(tensor: str) -> str:
    return (
        f"INVALID_ARGUMENT: Tensor {tensor}, specified in either feed_devices or fetch_devices was not found in the"
        " Graph"
    )


def uninitialized(variable: str) -> str:
    return f"Attempting to use uninitialized value {variable}"


def no_variable(variable: str) -> str:
    return (
        f"Could not find variable {variable}. This could mean that the variable has been deleted. In TF1, it can also"
        " mean the variable is uninitialized. Debug info: container=localhost, status error message=Container"
        f" localhost does not exist. (Could not find resource: localhost/{variable})"
    )


def missing_file(path: str) -> str:
    return f"{path}; No such file or directory"
