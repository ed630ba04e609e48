"""TRT313: Python code in a graph."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT313", "python-function", Severity.ERROR, "any")
def python_function(case: Case) -> Iterator[Finding]:
    """The graph calls back into the Python program that made it.

    Why it matters
    --------------
    `tf.py_function` and `tf.numpy_function` store a token, not the code. Their ops (PyFunc, PyFuncStateless,
    EagerPyFunc) have kernels only inside a Python process that registered the function; the server is none. So a model
    that works in Python fails in the server, at load if the op stands in the main graph
    (Rayhane-mamah/Tacotron-2#394, onnx/onnx-tensorflow#167).

    What to do
    ----------
    Write the function with TensorFlow ops (`tf.function`), or do its work before the request or behind the answer.

    Example
    -------
        ranker/1/saved_model.pb: serve > EagerPyFunc
        The server will refuse to load this model: EagerPyFunc in the main graph calls Python code, which exists only in
        the program that exported it.
    """
    for reason, targets in case.reasons("TRT313"):
        yield Finding(
            f"{outcome.consequence(reason)}: {reason.facts.get('op', 'PyFunc')} in {outcome.place(reason)} calls Python"
            " code, which exists only in the program that exported it.",
            reason.at,
            "Write what `tf.py_function` or `tf.numpy_function` wraps with TensorFlow ops, or do it in the client.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
