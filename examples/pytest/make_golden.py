"""Write small.npz, what ONNX Runtime computes on the CPU: python examples/pytest/make_golden.py

With a GPU there is no need of it: pytest --trt-update-goldens writes what the engine gives.
"""

from pathlib import Path

from in_onnxruntime import InOnnxRuntime
from make_model import network
from test_engines import image

from pytest_trt.equivalence.check import compare

if __name__ == "__main__":
    compare(InOnnxRuntime(network()), Path(__file__).with_name("small.npz"), {"x": image()}, update_golden=True)
