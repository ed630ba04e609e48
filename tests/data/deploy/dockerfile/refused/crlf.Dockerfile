FROM tensorflow/serving:2.17.0
# a comment
COPY models \
  # in between

  /models/
RUN cat <<EOT > /x
never closed
