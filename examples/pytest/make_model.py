"""Write the suite's model: python make_model.py [PATH]

x (batch, 3, 16, 16) -> two convolutions with ReLU, the mean of each channel, ten scores: y (batch, 10); its weights are
seeded. The same NumPy gives the same bytes, so that the next run finds the model's engine in the cache.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def network(bias=True):
    """The model as an onnx.ModelProto of 7 kB. bias: whether the scores have one."""
    random = np.random.default_rng(0)

    def weights(name, *shape):
        scale = np.sqrt(2 / np.prod(shape[1:]))
        return numpy_helper.from_array((scale * random.standard_normal(shape)).astype(np.float32), name)

    constants = [weights("w1", 8, 3, 3, 3), weights("w2", 16, 8, 3, 3), weights("w3", 10, 16), weights("b3", 10)]
    dense = ["flat", "w3", "b3"] if bias else ["flat", "w3"]
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["conv1"], name="conv1", kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Relu", ["conv1"], ["relu1"], name="relu1"),
        helper.make_node("Conv", ["relu1", "w2"], ["conv2"], name="conv2", kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("Relu", ["conv2"], ["relu2"], name="relu2"),
        helper.make_node("GlobalAveragePool", ["relu2"], ["mean"], name="mean"),
        helper.make_node("Flatten", ["mean"], ["flat"], name="flat"),
        helper.make_node("Gemm", dense, ["y"], name="dense", transB=1),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 16, 16])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "small", [x], [y], constants if bias else constants[:-1])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(network(), sys.argv[1] if len(sys.argv) > 1 else "small.onnx")
