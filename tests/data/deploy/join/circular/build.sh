#!/bin/sh
docker build -t me/a a
docker build -t me/b b
docker run -v $PWD/tensorflow-serving:/models/model me/a
