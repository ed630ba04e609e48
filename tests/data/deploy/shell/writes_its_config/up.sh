VERSION=2
mkdir -p conf
cat > conf/models.config <<CONFIG
model_config_list { config { name: "m" base_path: "/models/m" model_version_policy { specific { versions: $VERSION } } } }
CONFIG
docker build -t example/serving:dev -f docker/Dockerfile.serving --target gpu . && docker tag example/serving:dev eu.example/serving:1
docker build -t example/other https://github.com/example/repo.git
docker run --env-file settings.list -e MODEL_NAME -v "$(pwd)/conf:/conf" -v models:/models/m example/serving:dev --model_config_file=/conf/models.config
docker run -v models/m:/models/m -v ~/n:/models/n -v $UNSET:/models/o --gpus 0 tensorflow/serving:$RELEASE
docker run $EXTRA -v $PWD/p:/models/p tensorflow/serving:2.17.0 "$@"
docker run $SOMETHING python train.py
docker service create --name s --mount type=volume,source=v,target=/models -e MODEL_NAME=s --replicas 2 tensorflow/serving:2.17.0
podman run --device nvidia.com/gpu=all nvcr.io/nvidia/tritonserver:24.05-py3 tritonserver --model-repository=/models
docker run --entrypoint tensorflow_model_server tensorflow/serving:2.17.0 --model_base_path=/x
bash -c "docker run tensorflow/serving:2.16.1 --model_name=z"
