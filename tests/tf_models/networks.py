"""Keras networks and what they compute. Without TensorFlow these tests fail; they never skip."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

keras = tf.keras
layers = keras.layers


def convolution() -> Any:
    """Convolution, batch normalization with statistics that are not 0 and 1, pooling, softmax."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3), name="image"),
            layers.Conv2D(8, 3, padding="same", strides=2, name="convolution"),
            layers.BatchNormalization(name="normalization"),
            layers.ReLU(name="rectifier"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="convolution_net",
    )
    gamma, beta, mean, variance = model.get_layer("normalization").get_weights()
    model.get_layer("normalization").set_weights([gamma + 0.5, beta - 0.2, mean + 0.3, variance * 2])
    return model


def transformer() -> Any:
    """One transformer block over sequences of any length: attention, layer normalization, GELU."""
    keras.utils.set_random_seed(2)
    tokens = keras.Input((None, 32), name="tokens")
    attended = layers.MultiHeadAttention(4, 8, name="attention")(tokens, tokens)
    middle = layers.LayerNormalization(name="first")(layers.Add(name="residual")([tokens, attended]))
    wide = layers.Dense(64, activation="gelu", name="wide")(middle)
    narrow = layers.Dense(32, name="narrow")(wide)
    return keras.Model(tokens, layers.LayerNormalization(name="last")(layers.Add(name="sum")([middle, narrow])))


def several() -> Any:
    """Two inputs of different dtypes and two outputs, both in mappings."""
    keras.utils.set_random_seed(3)
    left = keras.Input((4,), name="left")
    words = keras.Input((3,), name="words", dtype="int32")
    embedded = layers.Flatten(name="flat")(layers.Embedding(7, 4, name="embedding")(words))
    joined = layers.Concatenate(name="joined")([left, embedded])
    outputs = {
        "score": layers.Dense(2, name="dense_score")(joined),
        "features": layers.Dense(5, activation="tanh", name="dense_features")(joined),
    }
    return keras.Model({"left": left, "words": words}, outputs, name="several")


MODELS = {"convolution": convolution, "transformer": transformer, "several": several}


def feed_of(name: str, batch: int = 2) -> dict[str, Any]:
    random = np.random.default_rng(0)
    if name == "convolution":
        return {"image": random.standard_normal((batch, 16, 16, 3)).astype(np.float32)}
    if name == "transformer":
        return {"tokens": random.standard_normal((batch, 5, 32)).astype(np.float32)}
    words = random.integers(0, 7, (batch, 3)).astype(np.int32)
    return {"left": random.standard_normal((batch, 4)).astype(np.float32), "words": words}


OUTPUTS = {"convolution": ["probabilities"], "transformer": ["last"], "several": ["features", "score"]}


def called(model: Any, name: str, feed: dict[str, Any]) -> dict[str, Any]:
    """The model called by hand, its outputs under their names."""
    result = model(feed if name == "several" else next(iter(feed.values())), training=False)
    result = result if isinstance(result, dict) else {OUTPUTS[name][0]: result}
    return {key: value.numpy() for key, value in result.items()}
