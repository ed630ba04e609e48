#!/bin/sh
serve() {
  docker run -d --name "$1" -e MODEL_NAME="$1" -v "$MODELS/$1:/models/$1" "$IMAGE"
}
never_called() { docker run tensorflow/serving:2.6.0; }
. ./settings.env
serve mnist
for model in a b; do
  sudo -E docker run -itdv $PWD/$model:/models/$model -e=MODEL_NAME=$model --runtime=nvidia tensorflow/serving:2.6.0-gpu
done
for folder in models/*; do
  docker run -v "$(pwd)/$folder:/models/$(basename $folder)" tensorflow/serving:2.7.0
done
for each in $(ls); do docker run -v $PWD/$each:/models/m tensorflow/serving:2.8.0; done
case "$1" in
  gpu) FLAVOUR=-gpu ;;
  *) FLAVOUR= ;;
esac
docker run tensorflow/serving:2.9.0$FLAVOUR
(cd sub && docker run -v $PWD/x:/models/x tensorflow/serving:2.10.0)
docker run -v $PWD/y:/models/y tensorflow/serving:2.10.0
docker exec serving docker run nothing
