docker pull tensorflow/serving:2.6.0
docker run -p 8501:8501 ^
  -v "%cd%/mnist-model:/models/model" ^
  tensorflow/serving --model_name=mnist-model
