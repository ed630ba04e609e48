ARG TFS_VERSION=latest-gpu
FROM tensorflow/serving:${TFS_VERSION}
ARG UNSET
COPY $UNSET /models/a
