"""What MLflow has and gitmodels has not: one table of names, and how each of them answers.

Such a name exists, so that importing it is no riddle, and says at first use what to do instead. This room knows names
only; ``gitmodels.api.modules`` asks it last.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from gitmodels.errors import ONLY_IN_MLFLOW, MissingDependency, NotSupported

PACKAGE = "gitmodels"
NOT_IMPLEMENTED = "NOT_IMPLEMENTED"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Public module -> names of MLflow's module that are not here; under MlflowClient, methods.
NAMES: dict[str, tuple[str, ...]] = {
    module: _words(names)
    for module, names in {
        "gitmodels": """
            Image context validate_evaluation_results login run
            add_trace delete_trace_tag flush_trace_async_logging get_active_trace_id get_current_active_span
            get_last_active_trace_id get_trace log_trace search_sessions search_traces set_trace_tag start_span
            start_span_no_context trace update_current_trace
            delete_assessment get_assessment log_assessment log_expectation log_feedback log_issue override_feedback
            update_assessment
            delete_prompt_alias load_prompt register_prompt search_prompts set_prompt_alias
            create_workspace delete_workspace get_workspace list_workspaces set_workspace update_workspace
            ActiveModel clear_active_model create_external_model finalize_logged_model import_checkpoints
            initialize_logged_model set_active_model
        """,
        "gitmodels.models": """
            EvaluationArtifact EvaluationMetric FlavorBackend MetricThreshold ModelInputExample list_evaluators
            make_metric Resource ResourceType add_libraries_to_model build_docker
            set_retriever_schema
        """,
        "gitmodels.pyfunc": """
            ChatAgent ChatModel EnvType ResponsesAgent add_to_model build_model_env load_pyfunc spark_udf
            update_signature_for_type_hint_from_example
        """,
        "gitmodels.pyfunc.model": "ChatAgent ChatModel ModelFromDeploymentEndpoint ResponsesAgent",
        "gitmodels.keras": "MlflowCallback",
        "gitmodels.pytorch": "load_checkpoint load_state_dict log_state_dict save_state_dict",
        "gitmodels.transformers": "generate_signature_output is_gpu_available persist_pretrained_model",
        "gitmodels.types.schema": "SparkMLVector",
        "gitmodels.entities": """
            Assessment AssessmentError AssessmentSource AssessmentSourceType Document Expectation Feedback
            GatewayEndpoint Issue LiveSpan MCPServer Prompt Session Span SpanEvent SpanStatus SpanStatusCode SpanType
            Trace TraceData TraceInfo TraceLocation TraceState Webhook WebhookEvent WebhookStatus Workspace
        """,
        "gitmodels.MlflowClient": """
            create_prompt create_prompt_version delete_prompt delete_prompt_alias delete_prompt_tag
            delete_prompt_version delete_prompt_version_tag detach_prompt_from_run get_prompt get_prompt_version
            get_prompt_version_by_alias link_prompt_version_to_model link_prompt_version_to_run
            link_prompt_versions_to_trace list_logged_prompts load_prompt parse_prompt_uri register_prompt
            search_prompt_versions search_prompts set_prompt_alias set_prompt_tag set_prompt_version_tag
            create_webhook delete_webhook get_webhook list_webhooks test_webhook update_webhook
            create_workspace delete_workspace get_workspace list_workspaces update_workspace get_workspace_store_uri
            delete_trace_tag delete_traces end_span end_trace get_trace link_traces_to_run search_traces set_trace_tag
            start_span start_trace unlink_traces_from_run
            add_dataset_to_experiments create_dataset delete_dataset delete_dataset_tag get_dataset
            remove_dataset_from_experiments search_datasets set_dataset_tags
            create_mcp_access_endpoint create_mcp_server create_mcp_server_version delete_mcp_access_endpoint
            delete_mcp_server delete_mcp_server_alias delete_mcp_server_tag delete_mcp_server_version
            delete_mcp_server_version_tag get_latest_mcp_server_version get_mcp_access_endpoint get_mcp_server
            get_mcp_server_version get_mcp_server_version_by_alias refresh_mcp_server_version_tools
            search_mcp_access_endpoints search_mcp_server_versions search_mcp_servers set_mcp_server_alias
            set_mcp_server_tag set_mcp_server_version_tag update_mcp_access_endpoint update_mcp_server
            update_mcp_server_version
            create_external_model create_logged_model delete_logged_model finalize_logged_model log_model_artifact
            log_model_artifacts list_logged_model_artifacts
        """,
    }.items()
}

# Modules of MLflow that are not here, each with all below it.
MODULES = _words(
    """
    agent assistant claude_code demo deployments evaluation gateway genai mcp metrics models.evaluation
    models.resources otel projects sagemaker server system_metrics tracing types.agent types.chat types.llm
    types.responses webhooks
    """
)

# Flavors of MLflow; those that gitmodels ships stand in the table of public modules too, which is asked first.
FLAVORS = _words(
    """
    ag2 agno anthropic autogen bedrock catboost crewai diffusers dspy gemini groq h2o haystack johnsnowlabs keras
    langchain lightgbm litellm llama_index mistral onnx openai paddle pmdarima prophet pydantic_ai pyspark pytorch
    rfunc semantic_kernel sentence_transformers shap smolagents spacy spark statsmodels strands tensorflow
    transformers txtai typesafe xgboost
    """
)


class Absent:
    """A name that MLflow has and gitmodels has not: calling, subclassing or asking it raises NotSupported.

    >>> try:
    ...     Absent("trace")("models:/fraud/1")
    ... except NotSupported as error:
    ...     error.error_code
    'NOT_IMPLEMENTED'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Refused, whatever is given."""
        raise NotSupported.only_in_mlflow(self._name)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            # Python and its tools ask for these to learn what an object can do.
            raise AttributeError(name)
        raise NotSupported.only_in_mlflow(f"{self._name}.{name}")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> NoReturn:
        raise NotSupported.only_in_mlflow(self._name)

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<not in gitmodels: {self._name}>"


class AbsentModule(ModuleType):
    """A module that MLflow has and gitmodels has not: it imports, and every name of it raises NotSupported."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name.removeprefix(f'{PACKAGE}.')} is MLflow's and not part of gitmodels.")
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        raise NotSupported.only_in_mlflow(f"{self.__name__.removeprefix(f'{PACKAGE}.')}.{name}")


def missing_flavor(name: str) -> MissingDependency:
    """What importing a flavor that is not shipped raises: an ImportError that names both ways on."""
    return MissingDependency(
        f"{PACKAGE} does not have the flavor {name}; wrap the model in a gitmodels.pyfunc.PythonModel, install a "
        f"package that offers {name!r} in the entry-point group gitmodels.flavors, or {ONLY_IN_MLFLOW}",
        NOT_IMPLEMENTED,
        name=f"{PACKAGE}.{name}",
    )


def missing_module(name: str) -> MissingDependency:
    """What importing a module of MLflow that nobody lists here raises."""
    return MissingDependency(f"{PACKAGE} does not have the module {name}; {ONLY_IN_MLFLOW}", NOT_IMPLEMENTED, name=name)


def is_module(name: str) -> bool:
    """Whether the public name ``gitmodels.…`` is a module of the table, or below one."""
    inner = name.removeprefix(f"{PACKAGE}.")
    return any(inner == module or inner.startswith(f"{module}.") for module in MODULES)


def spec(name: str) -> ModuleSpec | None:
    """How the import system makes the module ``gitmodels.…`` that only MLflow has; None for no such module.

    Raises MissingDependency for a flavor.
    """
    flavor = name.removeprefix(f"{PACKAGE}.").partition(".")[0]
    if flavor in FLAVORS:
        raise missing_flavor(flavor)
    return ModuleSpec(name, _Loader(), is_package=True) if is_module(name) else None


def attribute(module: str, name: str) -> Any:
    """What ``name`` of a public module answers when the module itself has no such name.

    Gives an Absent or an AbsentModule, raises MissingDependency for a flavor, and AttributeError when MLflow has no
    such name either.
    """
    if name in NAMES.get(module, ()):
        return Absent(f"{module}.{name}".removeprefix(f"{PACKAGE}."))
    if module == PACKAGE and name in FLAVORS:
        raise missing_flavor(name)
    if is_module(f"{module}.{name}"):
        return import_module(f"{module}.{name}")
    raise AttributeError(f"module {module!r} has no attribute {name!r}{meant(name, _known(module))}")


def meant(name: str, known: Iterable[str]) -> str:
    """What stands behind the refusal of a misspelt attribute; ``""`` when nothing is spelled like it.

    >>> meant("log_modle", ["log_model", "log_param"])
    "; did you mean 'log_model'?"
    """
    from difflib import get_close_matches

    public = [one for one in known if not one.startswith("_")]
    near = [] if name.startswith("_") else get_close_matches(name, public, n=1, cutoff=0.75)
    return f"; did you mean {near[0]!r}?" if near else ""


def _known(module: str) -> list[str]:
    """The names that a public module has here; what is loaded already is enough for a guess."""
    from gitmodels.api import modules

    if module == PACKAGE:
        return modules.public_names()
    below = [public.removeprefix(f"{module}.") for public in modules.MODULES if public.startswith(f"{module}.")]
    own = vars(sys.modules[module]) if module in sys.modules else {}
    listed = own.get("__all__") or [one for one, value in own.items() if not isinstance(value, ModuleType)]
    return [*listed, *below]


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


class AbsentMethods:
    """A base of MlflowClient that answers for MLflow's methods that are not here."""

    # Type checkers are not told, so that they name a method that is not here.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in NAMES["gitmodels.MlflowClient"]:
                return Absent(f"MlflowClient.{name}")
            guess = meant(name, dir(type(self)))
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{guess}")
