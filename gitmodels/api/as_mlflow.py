"""Published MLflow scripts as they stand: a finder that answers ``mlflow`` and ``mlflow.*`` with gitmodels.

The modules are the very same objects under a second name, so a class is one class whichever name it is imported by.
This room knows names and how a program is run as ``__main__``; what the names mean is written elsewhere.
"""

import importlib.util
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType, TracebackType
from typing import Any

from gitmodels.api import modules, unsupported
from gitmodels.errors import Conflict, FileMissing, Invalid, NotFound

__all__ = ["NAME", "install", "module_program", "script_program"]

NAME = "mlflow"
# Files whose lines are no part of a script's traceback when they come first.
_MINE = frozenset({__file__, f"{os.path.dirname(os.path.dirname(__file__))}/as_mlflow.py", "<frozen runpy>"})

Program = Callable[[], None]


class AsMlflow:
    """A finder and loader for ``mlflow`` and every module below it; put first, so that no folder is asked."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        """The spec of a module of MLflow's; None for every other name.

        Raises MissingDependency, an ImportError, for one that gitmodels does not have: never another's module.
        """
        if fullname != NAME and not fullname.startswith(f"{NAME}."):
            return None
        public = _public(fullname)
        if public != modules.PACKAGE and public not in modules.MODULES and unsupported.spec(public) is None:
            raise unsupported.missing_module(public.removeprefix(f"{modules.PACKAGE}."))
        return ModuleSpec(fullname, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> None:
        """Leave it to Python: the placeholder is replaced in ``exec_module``."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the public module of gitmodels under MLflow's name, where the import system picks it up."""
        implementation = import_module(_public(module.__name__))
        # So that a module below it is looked for, and refused with the helpful text.
        vars(implementation).setdefault("__path__", [])
        sys.modules[module.__name__] = implementation


def install() -> None:
    """Answer ``mlflow`` from here for the rest of this process; does nothing the second time.

    Raises Conflict when the real MLflow is imported already: half of a program would talk to each.
    """
    theirs = sys.modules.get(NAME)
    if theirs is not None and theirs is not sys.modules[modules.PACKAGE]:
        raise Conflict(
            "the real mlflow is already imported, so gitmodels cannot answer for it: import gitmodels.as_mlflow first, "
            "before anything that imports mlflow"
        )
    if not any(isinstance(finder, AsMlflow) for finder in sys.meta_path):
        sys.meta_path.insert(0, AsMlflow())


def script_program(path: str, arguments: Sequence[str]) -> Program:
    """What runs the file ``path`` as ``__main__`` with MLflow answered from here, as ``python path …`` would.

    ``sys.argv`` and ``sys.path[0]`` become the script's when it starts. Raises FileMissing when it cannot be read.
    """
    install()
    try:
        with io.open_code(os.path.abspath(path)) as stream:
            source = stream.read()
    except OSError as error:
        raise FileMissing(f"can't open file {path!r}: {error.strerror}") from None
    file = os.path.abspath(path)
    main = ModuleType("__main__")
    main.__dict__.update(__file__=file, __cached__=None, __loader__=SourceFileLoader("__main__", file))

    def start() -> None:
        _enter(main, [path, *arguments], os.path.dirname(os.path.realpath(path)))
        exec(compile(source, file, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - the caller's own script

    return start


def module_program(name: str, arguments: Sequence[str]) -> Program:
    """What runs the module ``name`` as ``__main__`` with MLflow answered from here, as ``python -m name …`` would.

    A package is run by its ``__main__``. Raises NotFound when there is no such module, Invalid when it has no code.
    """
    install()
    spec = _spec_of(name)
    loader: Any = spec.loader
    code = loader.get_code(spec.name)
    if code is None:
        raise Invalid(f"{name} has no code that could be run")
    path = str(spec.origin)
    main = ModuleType("__main__")
    main.__dict__.update(
        __file__=path, __cached__=spec.cached, __loader__=loader, __spec__=spec, __package__=spec.parent
    )

    def start() -> None:
        _enter(main, [path, *arguments], os.getcwd())
        exec(code, main.__dict__)  # noqa: S102 - the caller's own module

    return start


def _spec_of(name: str) -> ModuleSpec:
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except ModuleNotFoundError as error:
        raise NotFound(f"No module named {error.name}") from None
    if spec is None:
        raise NotFound(f"No module named {name}, or it is a package without __main__")
    if not hasattr(spec.loader, "get_code"):
        raise Invalid(f"{name} has no code that could be run")
    return spec


def _enter(main: ModuleType, argv: list[str], folder: str) -> None:
    """Make the process look as it does to a program that Python itself started."""
    # Stays there after the end, as under plain Python: exit handlers and pickles look for it.
    sys.modules["__main__"] = main
    main.__dict__["__builtins__"] = __builtins__
    sys.argv = argv
    if not sys.flags.safe_path:
        sys.path[0] = folder
    sys.excepthook = _shown


def _shown(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    while trace is not None and _is_ours(trace.tb_frame.f_code):
        trace = trace.tb_next
    # Python's own hook shows what the error carries, so the trimmed trace goes with it.
    sys.__excepthook__(kind, error.with_traceback(trace), trace)


def _is_ours(code: CodeType) -> bool:
    return code.co_filename in _MINE


def _public(name: str) -> str:
    return modules.PACKAGE + name.removeprefix(NAME)
