#!/bin/sh
docker build -t me/serving-base base
docker build -t me/app:v1 app
docker run --gpus all -p 8501:8501 me/app:v1
