"""Fields of the messages of models.config and config.pbtxt; written by tests/oracle/make_config_schema.py.

MESSAGES: message -> fields, as "name:type" with spaces between. A type is a scalar's, a message's or an enum's name;
behind it "*" means repeated, "!" that a zero counts as given, "@name" a member of that oneof. A map's entry is a
message. ENUMS: enum -> {name: number}.
Source: the descriptors of tensorflow-serving-api 2.21.0 and tritonclient 2.73.0.
"""

MESSAGES = {
    "tensorflow.serving.ModelServerConfig": (
        "model_config_list:tensorflow.serving.ModelConfigList!@config custom_model_config:google.protobuf.Any!@config"
    ),
    "tensorflow.serving.ModelConfigList": "config:tensorflow.serving.ModelConfig*",
    "google.protobuf.Any": "type_url:string value:bytes",
    "tensorflow.serving.ModelConfig": (
        "name:string base_path:string model_type:tensorflow.serving.ModelType model_platform:string"
        " model_version_policy:tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy"
        " version_labels:tensorflow.serving.ModelConfig.VersionLabelsEntry*"
        " logging_config:tensorflow.serving.LoggingConfig"
    ),
    "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy": (
        "latest:tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.Latest!@policy_choice"
        " all:tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.All!@policy_choice"
        " specific:tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.Specific!@policy_choice"
    ),
    "tensorflow.serving.ModelConfig.VersionLabelsEntry": "key:string! value:int64!",
    "tensorflow.serving.LoggingConfig": (
        "log_collector_config:tensorflow.serving.LogCollectorConfig"
        " sampling_config:tensorflow.serving.SamplingConfig custom_logging_config:google.protobuf.Any"
    ),
    "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.Latest": "num_versions:uint32",
    "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.All": "",
    "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.Specific": "versions:int64*",
    "tensorflow.serving.LogCollectorConfig": "type:string filename_prefix:string",
    "tensorflow.serving.SamplingConfig": (
        "sampling_rate:double per_task_sampling_configs:tensorflow.serving.PerTaskSamplingConfig* attributes:int32"
    ),
    "tensorflow.serving.PerTaskSamplingConfig": "dc:string task_index:int32! sampling_rate:double",
    "inference.ModelConfig": (
        "name:string platform:string backend:string runtime:string version_policy:inference.ModelVersionPolicy"
        " max_batch_size:int32 input:inference.ModelInput* output:inference.ModelOutput*"
        " batch_input:inference.BatchInput* batch_output:inference.BatchOutput*"
        " optimization:inference.ModelOptimizationPolicy"
        " dynamic_batching:inference.ModelDynamicBatching!@scheduling_choice"
        " sequence_batching:inference.ModelSequenceBatching!@scheduling_choice"
        " ensemble_scheduling:inference.ModelEnsembling!@scheduling_choice"
        " instance_group:inference.ModelInstanceGroup* default_model_filename:string"
        " cc_model_filenames:inference.ModelConfig.CcModelFilenamesEntry*"
        " metric_tags:inference.ModelConfig.MetricTagsEntry* parameters:inference.ModelConfig.ParametersEntry*"
        " model_warmup:inference.ModelWarmup* model_operations:inference.ModelOperations"
        " model_transaction_policy:inference.ModelTransactionPolicy"
        " model_repository_agents:inference.ModelRepositoryAgents response_cache:inference.ModelResponseCache"
        " model_metrics:inference.ModelMetrics"
    ),
    "inference.ModelVersionPolicy": (
        "latest:inference.ModelVersionPolicy.Latest!@policy_choice"
        " all:inference.ModelVersionPolicy.All!@policy_choice"
        " specific:inference.ModelVersionPolicy.Specific!@policy_choice"
    ),
    "inference.ModelInput": (
        "name:string data_type:inference.DataType format:inference.ModelInput.Format dims:int64*"
        " reshape:inference.ModelTensorReshape is_shape_tensor:bool allow_ragged_batch:bool optional:bool"
        " is_non_linear_format_io:bool"
    ),
    "inference.ModelOutput": (
        "name:string data_type:inference.DataType dims:int64* reshape:inference.ModelTensorReshape"
        " label_filename:string is_shape_tensor:bool is_non_linear_format_io:bool"
    ),
    "inference.BatchInput": (
        "kind:inference.BatchInput.Kind target_name:string* data_type:inference.DataType source_input:string*"
    ),
    "inference.BatchOutput": "target_name:string* kind:inference.BatchOutput.Kind source_input:string*",
    "inference.ModelOptimizationPolicy": (
        "graph:inference.ModelOptimizationPolicy.Graph priority:inference.ModelOptimizationPolicy.ModelPriority"
        " cuda:inference.ModelOptimizationPolicy.Cuda"
        " execution_accelerators:inference.ModelOptimizationPolicy.ExecutionAccelerators"
        " input_pinned_memory:inference.ModelOptimizationPolicy.PinnedMemoryBuffer"
        " output_pinned_memory:inference.ModelOptimizationPolicy.PinnedMemoryBuffer"
        " gather_kernel_buffer_threshold:uint32 eager_batching:bool"
    ),
    "inference.ModelDynamicBatching": (
        "preferred_batch_size:int32* max_queue_delay_microseconds:uint64 preserve_ordering:bool"
        " priority_levels:uint64 default_priority_level:uint64 default_queue_policy:inference.ModelQueuePolicy"
        " priority_queue_policy:inference.ModelDynamicBatching.PriorityQueuePolicyEntry*"
    ),
    "inference.ModelSequenceBatching": (
        "direct:inference.ModelSequenceBatching.StrategyDirect!@strategy_choice"
        " oldest:inference.ModelSequenceBatching.StrategyOldest!@strategy_choice"
        " max_sequence_idle_microseconds:uint64 control_input:inference.ModelSequenceBatching.ControlInput*"
        " state:inference.ModelSequenceBatching.State* iterative_sequence:bool"
    ),
    "inference.ModelEnsembling": "step:inference.ModelEnsembling.Step* max_inflight_requests:uint32",
    "inference.ModelInstanceGroup": (
        "name:string kind:inference.ModelInstanceGroup.Kind count:int32 rate_limiter:inference.ModelRateLimiter"
        " gpus:int32* secondary_devices:inference.ModelInstanceGroup.SecondaryDevice* profile:string* passive:bool"
        " host_policy:string"
    ),
    "inference.ModelConfig.CcModelFilenamesEntry": "key:string! value:string!",
    "inference.ModelConfig.MetricTagsEntry": "key:string! value:string!",
    "inference.ModelConfig.ParametersEntry": "key:string! value:inference.ModelParameter!",
    "inference.ModelWarmup": "name:string batch_size:uint32 inputs:inference.ModelWarmup.InputsEntry* count:uint32",
    "inference.ModelOperations": "op_library_filename:string*",
    "inference.ModelTransactionPolicy": "decoupled:bool",
    "inference.ModelRepositoryAgents": "agents:inference.ModelRepositoryAgents.Agent*",
    "inference.ModelResponseCache": "enable:bool",
    "inference.ModelMetrics": "metric_control:inference.ModelMetrics.MetricControl*",
    "inference.ModelVersionPolicy.Latest": "num_versions:uint32",
    "inference.ModelVersionPolicy.All": "",
    "inference.ModelVersionPolicy.Specific": "versions:int64*",
    "inference.ModelTensorReshape": "shape:int64*",
    "inference.ModelOptimizationPolicy.Graph": "level:int32",
    "inference.ModelOptimizationPolicy.Cuda": (
        "graphs:bool busy_wait_events:bool graph_spec:inference.ModelOptimizationPolicy.Cuda.GraphSpec*"
        " output_copy_stream:bool"
    ),
    "inference.ModelOptimizationPolicy.ExecutionAccelerators": (
        "gpu_execution_accelerator:inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator*"
        " cpu_execution_accelerator:inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator*"
    ),
    "inference.ModelOptimizationPolicy.PinnedMemoryBuffer": "enable:bool",
    "inference.ModelQueuePolicy": (
        "timeout_action:inference.ModelQueuePolicy.TimeoutAction default_timeout_microseconds:uint64"
        " allow_timeout_override:bool max_queue_size:uint32"
    ),
    "inference.ModelDynamicBatching.PriorityQueuePolicyEntry": "key:uint64! value:inference.ModelQueuePolicy!",
    "inference.ModelSequenceBatching.StrategyDirect": (
        "max_queue_delay_microseconds:uint64 minimum_slot_utilization:float"
    ),
    "inference.ModelSequenceBatching.StrategyOldest": (
        "max_candidate_sequences:int32 preferred_batch_size:int32* max_queue_delay_microseconds:uint64"
        " preserve_ordering:bool"
    ),
    "inference.ModelSequenceBatching.ControlInput": "name:string control:inference.ModelSequenceBatching.Control*",
    "inference.ModelSequenceBatching.State": (
        "input_name:string output_name:string data_type:inference.DataType dims:int64*"
        " initial_state:inference.ModelSequenceBatching.InitialState* use_same_buffer_for_input_output:bool"
        " use_growable_memory:bool"
    ),
    "inference.ModelEnsembling.Step": (
        "model_name:string model_version:int64 input_map:inference.ModelEnsembling.Step.InputMapEntry*"
        " output_map:inference.ModelEnsembling.Step.OutputMapEntry* model_namespace:string"
    ),
    "inference.ModelRateLimiter": "resources:inference.ModelRateLimiter.Resource* priority:uint32",
    "inference.ModelInstanceGroup.SecondaryDevice": (
        "kind:inference.ModelInstanceGroup.SecondaryDevice.SecondaryDeviceKind device_id:int64"
    ),
    "inference.ModelParameter": "string_value:string",
    "inference.ModelWarmup.InputsEntry": "key:string! value:inference.ModelWarmup.Input!",
    "inference.ModelRepositoryAgents.Agent": (
        "name:string parameters:inference.ModelRepositoryAgents.Agent.ParametersEntry*"
    ),
    "inference.ModelMetrics.MetricControl": (
        "metric_identifier:inference.ModelMetrics.MetricControl.MetricIdentifier"
        " histogram_options:inference.ModelMetrics.MetricControl.HistogramOptions!@metric_options"
    ),
    "inference.ModelOptimizationPolicy.Cuda.GraphSpec": (
        "batch_size:int32 input:inference.ModelOptimizationPolicy.Cuda.GraphSpec.InputEntry*"
        " graph_lower_bound:inference.ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound"
    ),
    "inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator": (
        "name:string parameters:inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator.ParametersEntry*"
    ),
    "inference.ModelSequenceBatching.Control": (
        "kind:inference.ModelSequenceBatching.Control.Kind int32_false_true:int32* fp32_false_true:float*"
        " bool_false_true:bool* data_type:inference.DataType"
    ),
    "inference.ModelSequenceBatching.InitialState": (
        "data_type:inference.DataType dims:int64* zero_data:bool!@state_data data_file:string!@state_data name:string"
    ),
    "inference.ModelEnsembling.Step.InputMapEntry": "key:string! value:string!",
    "inference.ModelEnsembling.Step.OutputMapEntry": "key:string! value:string!",
    "inference.ModelRateLimiter.Resource": "name:string global:bool count:uint32",
    "inference.ModelWarmup.Input": (
        "data_type:inference.DataType dims:int64* zero_data:bool!@input_data_type"
        " random_data:bool!@input_data_type input_data_file:string!@input_data_type"
    ),
    "inference.ModelRepositoryAgents.Agent.ParametersEntry": "key:string! value:string!",
    "inference.ModelMetrics.MetricControl.MetricIdentifier": "family:string",
    "inference.ModelMetrics.MetricControl.HistogramOptions": "buckets:double*",
    "inference.ModelOptimizationPolicy.Cuda.GraphSpec.InputEntry": (
        "key:string! value:inference.ModelOptimizationPolicy.Cuda.GraphSpec.Shape!"
    ),
    "inference.ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound": (
        "batch_size:int32 input:inference.ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound.InputEntry*"
    ),
    "inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator.ParametersEntry": "key:string! value:string!",
    "inference.ModelOptimizationPolicy.Cuda.GraphSpec.Shape": "dim:int64*",
    "inference.ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound.InputEntry": (
        "key:string! value:inference.ModelOptimizationPolicy.Cuda.GraphSpec.Shape!"
    ),
}

ENUMS = {
    "inference.BatchInput.Kind": {
        "BATCH_ELEMENT_COUNT": 0,
        "BATCH_ACCUMULATED_ELEMENT_COUNT": 1,
        "BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO": 2,
        "BATCH_MAX_ELEMENT_COUNT_AS_SHAPE": 3,
        "BATCH_ITEM_SHAPE": 4,
        "BATCH_ITEM_SHAPE_FLATTEN": 5,
    },
    "inference.BatchOutput.Kind": {
        "BATCH_SCATTER_WITH_INPUT_SHAPE": 0,
    },
    "inference.DataType": {
        "TYPE_INVALID": 0,
        "TYPE_BOOL": 1,
        "TYPE_UINT8": 2,
        "TYPE_UINT16": 3,
        "TYPE_UINT32": 4,
        "TYPE_UINT64": 5,
        "TYPE_INT8": 6,
        "TYPE_INT16": 7,
        "TYPE_INT32": 8,
        "TYPE_INT64": 9,
        "TYPE_FP16": 10,
        "TYPE_FP32": 11,
        "TYPE_FP64": 12,
        "TYPE_STRING": 13,
        "TYPE_BF16": 14,
    },
    "inference.ModelInput.Format": {
        "FORMAT_NONE": 0,
        "FORMAT_NHWC": 1,
        "FORMAT_NCHW": 2,
    },
    "inference.ModelInstanceGroup.Kind": {
        "KIND_AUTO": 0,
        "KIND_GPU": 1,
        "KIND_CPU": 2,
        "KIND_MODEL": 3,
    },
    "inference.ModelInstanceGroup.SecondaryDevice.SecondaryDeviceKind": {
        "KIND_NVDLA": 0,
    },
    "inference.ModelOptimizationPolicy.ModelPriority": {
        "PRIORITY_DEFAULT": 0,
        "PRIORITY_MAX": 1,
        "PRIORITY_MIN": 2,
    },
    "inference.ModelQueuePolicy.TimeoutAction": {
        "REJECT": 0,
        "DELAY": 1,
    },
    "inference.ModelSequenceBatching.Control.Kind": {
        "CONTROL_SEQUENCE_START": 0,
        "CONTROL_SEQUENCE_READY": 1,
        "CONTROL_SEQUENCE_END": 2,
        "CONTROL_SEQUENCE_CORRID": 3,
    },
    "tensorflow.serving.ModelType": {
        "MODEL_TYPE_UNSPECIFIED": 0,
        "TENSORFLOW": 1,
        "OTHER": 2,
    },
}
