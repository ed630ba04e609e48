"""Say what a server will do with a TensorRT-optimised model, and test that engines compute what the model computes."""

__version__ = "0.1.0"
