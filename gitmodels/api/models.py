"""The public module ``gitmodels.models``: signatures, model files, models from code, models tried out. MLflow's names.

Re-exports only: the rooms beside it know.
"""

from gitmodels.api.evaluation import EvaluationResult, evaluate
from gitmodels.api.model_changes import set_signature, update_model_requirements
from gitmodels.api.model_file import Model, get_model_info
from gitmodels.api.model_info import ModelInfo
from gitmodels.api.serving_checks import (
    convert_input_example_to_serving_input,
    infer_pip_requirements,
    predict,
    validate_schema,
    validate_serving_input,
)
from gitmodels.flavors.code_model import ModelConfig, set_model
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.signature import ModelSignature

__all__ = [
    "EvaluationResult",
    "Model",
    "ModelConfig",
    "ModelInfo",
    "ModelSignature",
    "convert_input_example_to_serving_input",
    "evaluate",
    "get_model_info",
    "infer_pip_requirements",
    "infer_signature",
    "predict",
    "set_model",
    "set_signature",
    "update_model_requirements",
    "validate_schema",
    "validate_serving_input",
]
