"""Keras networks for the tests on a GPU: seeded weights, as real code builds them."""

from __future__ import annotations

from typing import Any


def convolution_net(keras: Any) -> Any:
    """Residual convolution blocks with batch normalization: x (n, 32, 32, 3) -> scores (n, 10)."""
    keras.utils.set_random_seed(7)
    layers = keras.layers
    x = inputs = keras.Input((32, 32, 3), name="x")
    x = layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        short = x
        y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization()(y)
        y = layers.ReLU()(y)
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        if stride > 1 or short.shape[-1] != filters:
            short = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(short)
        x = layers.ReLU()(layers.Add()([y, short]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, name="scores")(x), name="convolution_net")


def transformer(keras: Any, length: int = 32, width: int = 64, heads: int = 4, blocks: int = 2) -> Any:
    """Encoder blocks with attention, layer normalization and GELU: x (n, length, width) -> same shape and a mean."""
    keras.utils.set_random_seed(11)
    layers = keras.layers
    x = inputs = keras.Input((length, width), name="x")
    for _ in range(blocks):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([x, layers.MultiHeadAttention(heads, width // heads)(y, y)])
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.Dense(4 * width, activation="gelu")(y)
        x = layers.Add()([x, layers.Dense(width)(y)])
    mean = layers.GlobalAveragePooling1D(name="pooled")(x)
    return keras.Model(inputs, {"encoded": x, "pooled": mean}, name="transformer")


def warmed(keras: Any, model: Any, seed: int = 3) -> Any:
    """The model with batch-normalization statistics of a few batches, in place of 0 and 1."""
    import numpy as np

    numbers = np.random.default_rng(seed)
    shape = (32, *model.input_shape[1:])
    for _ in range(8):
        model(numbers.standard_normal(shape).astype("float32"), training=True)
    return model
