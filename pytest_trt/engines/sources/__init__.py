"""What engines are built from: ONNX, TensorFlow through tf2onnx, network functions, plans that exist."""
