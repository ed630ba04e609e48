#!/usr/bin/env bash
set -euo pipefail
# docker run -v "$PWD/old:/models/old" tensorflow/serving:1.0
cd "$(dirname "${BASH_SOURCE[0]}")"

TAG=${1:-2.17.0-gpu}
IMAGE="tensorflow/serving:${TAG}"
OPTS="-d --rm"
volumes=(
  -v "$(pwd)/models/resnet:/models/resnet:ro"
  -e MODEL_NAME=resnet
)
if [[ "${USE_GPU:-}" == "1" ]]; then
  OPTS="$OPTS --gpus all"
fi

docker rm -f serving >/dev/null 2>&1 || true
ID=$(docker run $OPTS --gpus '"device=0"' \
  --name=serving -p 8501:8501 "${volumes[@]}" \
  --mount type=bind,src=$PWD/conf,dst=/conf,readonly \
  "$IMAGE" --model_config_file=/conf/models.config)
echo "started $ID"
