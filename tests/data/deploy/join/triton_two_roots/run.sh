#!/bin/sh
docker run --gpus all --rm -v "$PWD/a:/a" -v "$PWD/b:/b" \
  nvcr.io/nvidia/tritonserver:24.05-py3 \
  tritonserver --model-repository=/a --model-store /b --backend-config=tensorflow,version=2 --log-verbose 1
