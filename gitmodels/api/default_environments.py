"""What a flavor's models need at least, under MLflow's names: pip lines, and a conda environment of them."""

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["functions"]


def functions(packages: tuple[str, ...], optional: tuple[str, ...] = ()) -> tuple[Callable[..., Any], ...]:
    """``get_default_pip_requirements`` and ``get_default_conda_env`` of a flavor whose models need ``packages``.

    They take ``include_<name>`` for each of the ``optional`` packages, by place or by name, as MLflow's do.
    """
    signature = inspect.Signature(
        [
            inspect.Parameter(
                f"include_{name}", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False, annotation=bool
            )
            for name in optional
        ]
    )

    def get_default_pip_requirements(*args: Any, **kwargs: Any) -> list[str]:
        from gitmodels.flavors.frameworks import pinned

        given = signature.bind(*args, **kwargs).arguments
        return [pinned(name) for name in (*packages, *(name for name in optional if given.get(f"include_{name}")))]

    def get_default_conda_env(*args: Any, **kwargs: Any) -> dict[str, Any]:
        from gitmodels.mlmodel import environment
        from gitmodels.mlmodel.requirements import Requirements

        return environment.conda_of(Requirements(tuple(get_default_pip_requirements(*args, **kwargs))))

    get_default_pip_requirements.__doc__ = "The pinned packages that every model of the flavor needs here."
    get_default_conda_env.__doc__ = "The same as the mapping of a conda environment file."
    made: tuple[Callable[..., Any], ...] = (get_default_pip_requirements, get_default_conda_env)
    for function, answer in zip(made, (list[str], dict[str, Any]), strict=True):
        vars(function)["__signature__"] = signature.replace(return_annotation=answer)
    return made
