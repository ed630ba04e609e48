#!/bin/sh
export CUDA_VISIBLE_DEVICES=0
nohup tensorflow_model_server --rest_api_port=8501 --model_name=m --model_base_path="$(pwd)/models/m" > server.log 2>&1 &
exec /opt/tritonserver/bin/tritonserver --model-repository=/srv/models --model-repository repo
cd "$(dirname "$0")/.." && trtserver --model-store=$PWD/old
