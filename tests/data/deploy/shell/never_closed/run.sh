docker run tensorflow/serving:2.17.0
docker run "tensorflow/serving
