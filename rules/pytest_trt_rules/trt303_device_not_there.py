"""TRT303: a node pinned to a device that the server lacks."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT303", "device-not-there", Severity.ERROR, "any")
def device_not_there(case: Case) -> Iterator[Finding]:
    """A node is pinned to a device that the server does not have.

    Why it matters
    --------------
    A model exported with `with tf.device("/GPU:0")` keeps the device in its nodes. TensorFlow Serving does not set
    `allow_soft_placement`, so its CPU image refuses such a model: "Cannot assign a device for operation add: {{node
    add}} was explicitly assigned to /device:GPU:0 but available devices are [...]". The GPU image serves it, where
    there is a GPU.

    What to do
    ----------
    - Export without devices: `clear_devices=True` in TensorFlow 1 (`SavedModelBuilder.add_meta_graph_and_variables`,
      `tf.compat.v1.train.import_meta_graph`), no `tf.device` around the exported function in TensorFlow 2.
    - Or serve with the -gpu image.
    - Or start the server with `--tensorflow_session_config_file=FILE`, where FILE says `allow_soft_placement: true`.

    Example
    -------
        resnet/1/saved_model.pb: serve > add
        The server will refuse to load this model: node 'add' is pinned to /device:GPU:0, and the server has no such
        device (it is a CPU image).

        INVALID_ARGUMENT: Cannot assign a device for operation add: {{node add}} was explicitly assigned to
        /device:GPU:0 but available devices are [ /job:localhost/replica:0/task:0/device:CPU:0 ].
    """
    for reason, targets in case.reasons("TRT303"):
        node = reason.facts.get("node")
        which = f"node '{node}'" if node else "a node"
        device = reason.facts.get("device", "a device")
        malformed = "Malformed device specification" in reason.message
        on_cpu = "GPU" in device.upper() and reason.facts.get("flavour") == "CPU" and not malformed
        if malformed:
            what = f"{which} is pinned to '{device}', which is no device's name"
        else:
            lacks = "may have no" if reason.facts.get("certain") == "no" else "has no"
            what = f"{which} is pinned to {device}, and the server {lacks} such device"
        hint = (
            "Export without devices (`clear_devices=True` in TensorFlow 1, no `tf.device` around the exported function"
            f" in TensorFlow 2){', or serve it with the -gpu image' if on_cpu else ''}"
        )
        if not malformed:
            hint += (
                "; or start the server with --tensorflow_session_config_file=FILE, where FILE says"
                " `allow_soft_placement: true`"
            )
        yield Finding(
            f"{outcome.consequence(reason)}: {what}{' (it is a CPU image)' if on_cpu else ''}.",
            reason.at,
            f"{hint}.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
