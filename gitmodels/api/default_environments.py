"""What a flavor's models need at least, under MLflow's names: pip lines, and a conda environment of them."""

from typing import Any

__all__ = ["get_default_conda_env", "get_default_pip_requirements"]


def get_default_pip_requirements(include_cloudpickle: bool = False, include_skops: bool = False) -> list[str]:
    """The pinned packages every scikit-learn model needs here, and those of the format it is kept in."""
    from gitmodels.mlmodel import distributions

    names = ["scikit-learn", *["cloudpickle"] * include_cloudpickle, *["skops"] * include_skops]
    return [f"{name}=={version}" if (version := distributions.version(name)) else name for name in names]


def get_default_conda_env(include_cloudpickle: bool = False, include_skops: bool = False) -> dict[str, Any]:
    """The same as the mapping of a conda environment file."""
    from gitmodels.mlmodel import environment
    from gitmodels.mlmodel.requirements import Requirements

    lines = get_default_pip_requirements(include_cloudpickle, include_skops)
    return environment.conda_of(Requirements(tuple(lines)))
