@echo off
REM docker run tensorflow/serving:1.0
docker pull tensorflow/serving:2.6.0

docker run -p 8501:8501 -p 8500:8500 ^
    --name=tf-serving ^
    -v "%cd%/mnist-model:/models/model" ^
    -t tensorflow/serving --model_name=mnist-model
