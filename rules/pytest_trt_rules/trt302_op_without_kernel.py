"""TRT302: a known op that the server's devices cannot run."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT302", "op-without-kernel", Severity.ERROR, "any")
def op_without_kernel(case: Case) -> Iterator[Finding]:
    """The server knows an op, but has no kernel that could run it on its devices.

    Why it matters
    --------------
    About 400 of the 1,900 ops of TensorFlow's CPU build have no CPU kernel: cuDNN's RNN ops, NCCL's collectives, ops
    of TPUs. Such a node in the main graph fails the load even if nothing uses it (run with TensorFlow 2.21.0 on a CPU:
    CudnnRNNParamsSize, NcclAllReduce, both unused); in a function that only a request calls, the request fails.

    What to do
    ----------
    - Where a GPU has a kernel, serve with the -gpu image.
    - Else export the model for serving: without the training part, with layers that run on CPU and GPU (in Keras an
      LSTM or GRU layer instead of CuDNNLSTM or CuDNNGRU).

    Example
    -------
        speech/1/saved_model.pb: serve > params_size
        The server will refuse to load this model: op CudnnRNNParamsSize in the main graph has a kernel for GPU only,
        and the server has no such device.

        INVALID_ARGUMENT: No OpKernel was registered to support Op 'CudnnRNNParamsSize' used by {{node params_size}}
        with these attrs: ...
    """
    for reason, targets in case.reasons("TRT302"):
        op = reason.facts.get("op", "unknown")
        devices = reason.facts.get("devices")
        if reason.facts.get("certain") == "no":
            what = "may not be known to this server, or have no kernel for its devices"
        elif devices:
            what = f"has a kernel for {devices} only, and the server has no such device"
        else:
            what = "has no kernel in this server for any of its devices"
        if devices and "GPU" in devices:
            hint = (
                "Serve it with the -gpu image on a machine with a GPU, or export the model with layers that have a CPU"
                " kernel (LSTM instead of CuDNNLSTM, say)."
            )
        else:
            hint = "Export the model for serving without this op: leave out what only training or other devices need."
        yield Finding(
            f"{outcome.consequence(reason)}: op {op} in {outcome.place(reason)} {what}.",
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
