ARG IMAGE=tensorflow/serving
COPY models /models
