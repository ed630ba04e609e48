#!/bin/sh
docker run -p 8501:8501 -v $PWD/export/7:/models/m/1 -e MODEL_NAME=m tensorflow/serving:2.17.1
