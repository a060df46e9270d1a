"""Writes the type stubs of the public modules, so that editors and mypy see what the finder answers at run time.

python docs/scripts/stubs.py            write them beside the package's modules
python docs/scripts/stubs.py --check    only say which are stale; exit code 1 then
"""

import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from typing import Any

from pages import settle

from gitmodels.api.modules import MODULES, NAMES, PACKAGE, public_names

HEAD = "# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.\n"


def main() -> int:
    pages = {stub_path(name): module_stub(name, target) for name, target in MODULES.items()}
    pages[f"{PACKAGE}/__init__.pyi"] = package_stub()
    return settle(pages, "stubs.py")


def stub_path(name: str) -> str:
    """Where the stub of the public module ``name`` stands, from the root."""
    path = name.replace(".", "/")
    is_package = any(other.startswith(f"{name}.") for other in MODULES)
    return f"{path}/__init__.pyi" if is_package else f"{path}.pyi"


def module_stub(name: str, target: str) -> str:
    """A stub that gives a public module all names of the one that implements it, or those that were built."""
    module, _, argument = target.partition(":")
    return built_stub(name) if argument else f"{HEAD}\nfrom {module} import *  # noqa: F403\n"


def built_stub(name: str) -> str:
    """The stub of a module that exists at run time only: the arguments and defaults its functions really have."""
    module = import_module(name)
    answers: set[type] = set()
    body: list[str] = []
    for public in module.__all__:
        value = getattr(module, public)
        if callable(value) and body and not body[-1].endswith("..."):
            body.append("")
        if not callable(value):
            body.append(f"{public}: {'list[str]' if isinstance(value, list) else type(value).__name__}")
            continue
        signature = inspect.signature(value)
        answer = signature.return_annotation
        is_plain = isinstance(answer, type) and answer is not Any and not hasattr(answer, "__origin__")
        answers |= {answer} if is_plain and answer.__module__ != "builtins" else set()
        shown = inspect.formatannotation(answer).replace("typing.", "").rpartition("gitmodels.")[2].rpartition(".")[2]
        listed = list(parameters(signature))
        body += [f"def {public}(", *listed, f") -> {shown}: ..."] if listed else [f"def {public}() -> {shown}: ..."]
    imports = sorted(f"from {kind.__module__} import {kind.__name__}" for kind in answers)
    return "\n".join([HEAD, "from typing import Any", "", *imports, "", *body, ""])


def parameters(signature: inspect.Signature) -> Iterator[str]:
    """One line for each parameter; defaults are ``...``, as stubs have them."""
    named_only = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not named_only:
            named_only = True
            yield "    *,"
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else " = ..."
        yield f"    {stars}{parameter.name}: Any{default},"


def package_stub() -> str:
    """The stub of the package itself: its names from their modules, its modules as attributes."""
    lines = [HEAD]
    modules = sorted({name.split(".")[1] for name in MODULES})
    lines.extend(f"from {PACKAGE} import {name} as {name}" for name in modules)
    by_module = sorted(NAMES, key=lambda name: (NAMES[name], name))
    for module, names in groupby(by_module, key=NAMES.__getitem__):
        lines.extend(f"from {module} import {name} as {name}" for name in names)
    lines += ["", "__version__: str", "", "__all__ = ["]
    lines.extend(f'    "{name}",' for name in public_names())
    lines += ["]", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
