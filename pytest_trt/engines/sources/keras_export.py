"""A Keras model -> a SavedModel whose signature has the model's own names of inputs and outputs.

As a program, `python -m pytest_trt.engines.sources.keras_export FILE FOLDER` does it for a .keras or .h5 file, in a
process of its own.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import warnings
from typing import Any

from pytest_trt.artifacts.keras_model import declared_inputs, named_outputs, packed


def export(model: Any, folder: str) -> None:
    """Write a model of Keras 3, or of tf.keras 2, as a SavedModel with the signature serving_default.

    A model without declared inputs (a subclass) is exported as it was last called, under the names that Keras gives.
    Raises what Keras and TensorFlow raise.
    """
    declared = declared_inputs(model)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():  # Keras prints what it saved
        warnings.simplefilter("ignore")
        if declared is None:
            model.export(folder)
        else:
            _write(model, *declared, folder)


def _write(model: Any, structure: Any, inputs: dict[str, Any], folder: str) -> None:
    import tensorflow as tf

    def serve(*tensors: Any) -> dict[str, Any]:
        return named_outputs(model, model(packed(structure, iter(tensors)), training=False))

    # A signature's names are Python's: what cannot be part of one becomes _, as TensorFlow does it.
    names = [re.sub(r"[^A-Za-z0-9_]", "_", name) for name in inputs]
    archive = tf.keras.export.ExportArchive()
    archive.track(model)
    specs = [tf.TensorSpec(one.shape, one.dtype, name=name) for one, name in zip(inputs.values(), names)]
    archive.add_endpoint("serving_default", serve, input_signature=specs)
    archive.write_out(folder)


if __name__ == "__main__":
    import tensorflow

    export(tensorflow.keras.models.load_model(sys.argv[1], compile=False), sys.argv[2])
