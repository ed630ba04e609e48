"""What a failed check says: the model without the bias of its last layer is compared with the whole model."""

from in_onnxruntime import InOnnxRuntime
from make_model import network

from pytest_trt.equivalence.check import NotEquivalent, assert_equivalent

if __name__ == "__main__":
    try:
        assert_equivalent(InOnnxRuntime(network(bias=False)), network())
    except NotEquivalent as error:
        print(error)
