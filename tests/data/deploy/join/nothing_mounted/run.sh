#!/bin/sh
docker run -p 8501:8501 -v $PWD/resnet:/models/resnet tensorflow/serving:2.17.1
