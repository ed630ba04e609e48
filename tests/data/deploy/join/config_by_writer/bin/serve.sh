#!/bin/bash
options=(--port=$PORT --model_config_file=$MODEL_CONFIG_FILE)
if [ -n "$BATCHING" ]; then
  options+=(--enable_batching=true)
fi
exec tensorflow_model_server "${options[@]}"
