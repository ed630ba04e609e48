"""Flags of the servers' programs, read as the programs read them."""

from __future__ import annotations

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.scope import UNKNOWN, part, shape
from pytest_trt.deploy.servers.command import by_caller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Of tensorflow_model_server, in any version from 1.11.0 to 2.20.0.
# Source: tensorflow_serving/model_servers/main.cc at these tags.
MODEL_SERVER_FLAGS = frozenset(
    "port grpc_socket_path rest_api_port rest_api_num_threads rest_api_timeout_in_ms rest_api_enable_cors_support"
    " enable_batching allow_version_labels_for_unavailable_models batching_parameters_file"
    " enable_per_model_batching_parameters model_config_file model_config_file_poll_wait_seconds model_name"
    " model_base_path num_load_threads num_unload_threads max_num_load_retries load_retry_interval_micros"
    " file_system_poll_wait_seconds flush_filesystem_caches tensorflow_session_parallelism"
    " tensorflow_session_config_file tensorflow_intra_op_parallelism tensorflow_inter_op_parallelism"
    " use_alts_credentials ssl_config_file platform_config_file per_process_gpu_memory_fraction saved_model_tags"
    " grpc_channel_arguments grpc_max_threads enable_model_warmup num_request_iterations_for_warmup version"
    " monitoring_config_file remove_unused_fields_from_bundle_metagraph prefer_tflite_model use_tflite_model"
    " num_tflite_pools num_tflite_interpreters_per_pool enable_signature_method_name_check"
    " xla_cpu_compilation_enabled xla_gpu_compilation_enabled enable_profiler thread_pool_factory_config_file"
    " mixed_precision skip_initialize_tpu enable_grpc_healthcheck_service"
    " enable_serialization_as_tensor_content".split()
)
_BOOLEAN = frozenset(
    "rest_api_enable_cors_support enable_batching allow_version_labels_for_unavailable_models"
    " enable_per_model_batching_parameters flush_filesystem_caches use_alts_credentials enable_model_warmup version"
    " remove_unused_fields_from_bundle_metagraph prefer_tflite_model use_tflite_model"
    " enable_signature_method_name_check xla_cpu_compilation_enabled xla_gpu_compilation_enabled enable_profiler"
    " skip_initialize_tpu enable_grpc_healthcheck_service enable_serialization_as_tensor_content".split()
)
# Of tritonserver, those without a value (command_line_parser.cc); all others take one.
_TRITON_SWITCHES = frozenset(
    "help disable-auto-complete-config allow-soft-placement grpc-use-ssl grpc-use-ssl-mutual".split()
)


class Flags:
    """The words of a command line, understood.

    last: flag -> its value, of the last time that it stands there. all: every (flag, value) in order.
    ignored: words that the program reports and goes on without. unknown: a word that may be any flag, None where
    there is none. added: "$@" of a script, where it stands among the words.
    """

    __slots__ = ("last", "all", "ignored", "unknown", "added")

    def __init__(self) -> None:
        self.last: dict[str, Said] = {}
        self.all: list[tuple[str, Said]] = []
        self.ignored: list[Said] = []
        self.unknown: Said | None = None
        self.added: Said | None = None

    def add(self, name: str, value: Said) -> None:
        self.last[name] = value
        self.all.append((name, value))

    def text(self, name: str) -> str | None:
        found = self.last.get(name)
        return None if found is None else found.text


def of_model_server(words: Sequence[Said]) -> Flags:
    """`--name=value`, of booleans `--name` too; all other words are left over (tsl/util/command_line_flags.cc)."""
    flags = Flags()
    for word in words:
        text = shape(word)
        if _unknown(flags, word, text):
            continue
        name, equals, value = text[2:].partition("=") if text.startswith("--") else ("", "", "")
        if name not in MODEL_SERVER_FLAGS or not (equals or name in _BOOLEAN):
            flags.ignored.append(word)
        elif equals:
            flags.add(name, part(word, value))
        else:
            flags.add(name, Said("true", word.at))
    return flags


def of_triton(words: Sequence[Said]) -> Flags:
    """`--name=value` or `--name value`, as getopt_long has it.

    `--backend-config=tensorflow,version=2` is also known as "backend-config.tensorflow.version".
    """
    flags = Flags()
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        text = shape(word)
        if _unknown(flags, word, text):
            continue
        if not text.startswith("--"):
            flags.ignored.append(word)
            continue
        name, equals, value = text[2:].partition("=")
        if equals:
            said = part(word, value)
        elif name in _TRITON_SWITCHES or index >= len(words) or shape(words[index]).startswith("--"):
            said = Said("true", word.at)
        else:
            said = words[index]
            index += 1
        flags.add(name, said)
        if name == "backend-config" and said.text is not None:
            backend, _, setting = said.text.partition(",")
            key, equals, value = setting.partition("=")
            if equals:
                flags.last[f"backend-config.{backend}.{key}"] = Said(value, said.at)
    return flags


def _unknown(flags: Flags, word: Said, text: str) -> bool:
    """Whether the word may be any flag; what a caller adds ("$@") is taken for nothing, and noted."""
    if by_caller(word):
        flags.added = word
        return True
    if text.startswith(UNKNOWN) or text.startswith("--") and UNKNOWN in text.partition("=")[0]:
        if flags.unknown is None:
            flags.unknown = word
        return True
    return False
