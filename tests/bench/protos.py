"""The question asked through TensorFlow's protos: does a graph, functions included, hold an op of TF-TRT?

python protos.py PATH: a frozen graph or a SavedModel's folder. Exits 1 where it holds one. It stops at the first, and
knows nothing of what the server does with it: the least that anybody would write.
"""

import os
import sys

from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import saved_model_pb2

OPS = {
    "TRTEngineOp",
    "CreateTRTResourceHandle",
    "InitializeTRTResource",
    "SerializeTRTResource",
    "GetCalibrationDataOp",
}


def holds(graph: graph_pb2.GraphDef) -> bool:
    bodies = [graph.node, *(function.node_def for function in graph.library.function)]
    return any(node.op in OPS for body in bodies for node in body)


path = sys.argv[1]
if os.path.isdir(path):
    with open(os.path.join(path, "saved_model.pb"), "rb") as file:
        graphs = [one.graph_def for one in saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs]
else:
    with open(path, "rb") as file:
        graphs = [graph_pb2.GraphDef.FromString(file.read())]
sys.exit(int(any(map(holds, graphs))))
