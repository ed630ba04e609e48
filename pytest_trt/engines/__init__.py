"""TensorRT engines: built once for each key, cached for every process, run on the GPU."""
