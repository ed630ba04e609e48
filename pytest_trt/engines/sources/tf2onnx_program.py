"""tf2onnx's own command, `python -m pytest_trt.engines.sources.tf2onnx_program ...`, with three things that it lacks.

Erfc: Keras from 3.14 on computes the exact GELU with it, and tf2onnx 1.17 leaves it as it is, which is no ONNX.
One model, one outcome: TensorFlow gives the nodes of a frozen graph in any order, and tf2onnx walks sets of objects
and writes addresses into names, so that two conversions of one model differ, and with them the engines' keys.
NumPy 2: where tf2onnx 1.17 puts weights in files, it asks for np.product, which is np.prod since.
"""

from __future__ import annotations

import itertools
from typing import Any


def add_erfc() -> None:
    """Teach tf2onnx Erfc(x) = 1 - Erf(x), unless it knows it."""
    import numpy as np
    from tf2onnx import utils
    from tf2onnx.handler import tf_op

    if any("Erfc" in table for table in tf_op.get_opsets().get("", ())):
        return

    def convert(context: Any, node: Any, **_: Any) -> None:
        dtypes, shapes = [context.get_dtype(node.output[0])], [context.get_shape(node.output[0])]
        context.remove_node(node.name)
        erf = context.make_node("Erf", node.input, dtypes=dtypes, shapes=shapes)
        one = context.make_const(utils.make_name("one"), np.array(1, utils.map_onnx_to_numpy_type(dtypes[0])))
        inputs = [one.output[0], erf.output[0]]
        context.make_node("Sub", inputs, outputs=node.output, name=node.name, dtypes=dtypes, shapes=shapes)

    tf_op("Erfc").register_compat_handler(convert, 9)


def add_product() -> None:
    """Have np.product, as NumPy 1 has it."""
    import numpy as np

    if not hasattr(np, "product"):
        np.product = np.prod  # type: ignore[attr-defined]


def order() -> None:
    """Make tf2onnx deterministic. It also needs PYTHONHASHSEED to be set."""
    from tf2onnx import graph, tf_loader
    from tf2onnx.optimizer import einsum_optimizer

    numbers = itertools.count()
    make = graph.Node.__init__
    load = tf_loader.from_saved_model
    seen: dict[int, tuple[int, Any]] = {}

    def numbered(node: Any, *arguments: Any, **named: Any) -> None:
        node.number = next(numbers)
        make(node, *arguments, **named)

    def loaded(*arguments: Any, **named: Any) -> Any:
        frozen, *rest = load(*arguments, **named)
        ordered = type(frozen)()
        ordered.CopyFrom(frozen)
        del ordered.node[:], ordered.library.function[:]
        ordered.node.extend(sorted(frozen.node, key=lambda node: node.name))
        ordered.library.function.extend(sorted(frozen.library.function, key=lambda one: one.signature.name))
        return [ordered, *rest]

    graph.Node.__init__ = numbered
    graph.Node.__hash__ = lambda node: node.number
    tf_loader.from_saved_model = loaded
    # Its own `id`: numbers in the order of asking; the things are kept, so that no number is given twice.
    einsum_optimizer.id = lambda thing: seen.setdefault(id(thing), (len(seen), thing))[0]


if __name__ == "__main__":
    from tf2onnx.convert import main

    add_erfc()
    add_product()
    order()
    main()
