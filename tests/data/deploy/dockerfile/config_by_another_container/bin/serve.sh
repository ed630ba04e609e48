#!/bin/bash
# Starts the server.
CMD_ARGS=("--port=${PORT}" "--rest_api_port=${REST_API_PORT}" "--model_config_file=${MODEL_CONFIG_FILE}")
if [[ -f "${MONITORING_CONFIG}" ]]; then
    CMD_ARGS+=("--monitoring_config_file=${MONITORING_CONFIG}")
fi
/usr/bin/tensorflow_model_server "${CMD_ARGS[@]}"
