"""What the tests of this folder share."""

import pytest


@pytest.fixture(scope="session")
def model():
    """An onnx.ModelProto; trt_engine takes the path of a file as well. Engines are named by content, never by path."""
    pytest.importorskip("onnx")
    from make_model import network

    return network()


@pytest.fixture(scope="module")
def engine(model, trt_engine):
    """One engine for all tests of a module; the GPU's memory is freed when the module's last test has ended."""
    return trt_engine(model, profiles={"x": ((1, 3, 16, 16), (4, 3, 16, 16), (16, 3, 16, 16))})
