"""Click types for what people write after a command: references, names, assignments.

Each hands the text to the room that owns its grammar; a refusal keeps that room's words and exit code (4), where
click would make a usage error (2) of it. This room knows click and the grammars, no registry.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gitmodels import names, uris
from gitmodels.errors import Invalid

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from gitmodels.repo import Repo

    _Type = click.ParamType[Any]  # generic for checkers only: older releases of click have no subscript
else:
    _Type = click.ParamType


class _Named(_Type):
    """Something that a shell can complete from what is registered, as ``complete`` finds it."""

    def complete(self, ctx: click.Context, start: str) -> list[str]:
        """What ``start`` may become."""
        raise NotImplementedError

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """The same, as click wants it."""
        return _items(self.complete(ctx, incomplete))


class FileOfModel(NamedTuple):
    """``REF:PATH``: one file inside a model; ``path`` is empty for the model itself."""

    ref: uris.ModelRef
    path: str


class _Reference(_Named):
    """``fraud@champion``, ``fraud/7``, ``fraud/latest``, ``m-<id>`` or a ``models:/`` URI."""

    name = "REF"

    def complete(self, ctx: click.Context, start: str) -> list[str]:
        from gitmodels.api import completing

        return completing.references(_repo(ctx), start)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> uris.ModelRef:
        ref = value if isinstance(value, uris.ModelRef) else uris.parse_ref(str(value))
        if ref.path:
            raise Invalid(
                f"{value!r} names a file of a model", hint=f"leave {ref.path!r} out; git models cat shows files"
            )
        return _looked_up(ref, ctx)


class _File(_Named):
    """``fraud@champion:MLmodel``; a ``models:/`` URI may name the file as its path too."""

    name = "REF:PATH"

    def complete(self, ctx: click.Context, start: str) -> list[str]:
        from gitmodels.api import completing

        return completing.files(_repo(ctx), start)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> FileOfModel:
        if isinstance(value, FileOfModel):
            return value
        scheme, text = ("models:", value.removeprefix("models:")) if value.startswith("models:/") else ("", value)
        reference, _, path = text.partition(":")
        ref = uris.parse_ref(scheme + reference)
        if ref.path and path:
            raise Invalid(f"two paths in one reference: {ref.path!r} and {path!r}")
        return FileOfModel(_looked_up(ref, ctx), names.check_file_path(path or ref.path) if path or ref.path else "")


def _looked_up(ref: uris.ModelRef, ctx: click.Context | None) -> uris.ModelRef:
    """``ref``, or for ``name@pinned`` the version that the models.lock of the current folder says."""
    if not ref.pinned:
        return ref
    from gitmodels.api import pinned
    from gitmodels.cli.options import begin

    return pinned.here(ref, begin(ctx).settings.work_tree if ctx is not None else None)


class _Name(_Named):
    """The name of a registered model."""

    name = "NAME"

    def complete(self, ctx: click.Context, start: str) -> list[str]:
        from gitmodels.api import completing

        return completing.names(_repo(ctx), start)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return names.check_model_name(value)


class _Alias(_Named):
    """The name of an alias."""

    name = "ALIAS"

    def complete(self, ctx: click.Context, start: str) -> list[str]:
        from gitmodels.api import completing

        return completing.aliases(_repo(ctx), ctx.params["name"], start)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return names.check_alias(value)


class _Version(_Named):
    """A version number; ``v7``, as the output shows it, is 7."""

    name = "VERSION"

    def complete(self, ctx: click.Context, start: str) -> list[str]:
        from gitmodels.api import completing

        return completing.versions(_repo(ctx), ctx.params["name"], start)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        return names.check_version(text[1:] if text[:1] in "vV" and text[1:].isdecimal() else text)


class _Previous(_Version):
    """A version number, or ``none``, which is 0."""

    name = "VERSION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return 0 if value in (0, "none") else super().convert(value, param, ctx)


class _Assignment(_Type):
    """``KEY=VALUE``; the value may hold further ``=``."""

    name = "KEY=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, mark, text = str(value).partition("=")
        if not mark:
            self.fail(f"{value!r} is not KEY=VALUE", param, ctx)
        return names.check_tag_key(key), names.check_tag_value(text)


class _Measurement(_Type):
    """``NAME=NUMBER``: a metric and its value."""

    name = "NAME=NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        key, mark, text = str(value).partition("=")
        try:
            number = float(text)
        except ValueError:
            mark = ""
        if not mark:
            self.fail(f"{value!r} is not NAME=NUMBER", param, ctx)
        return names.check_tag_key(key), number


def complete_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """For ``shell_complete`` of an argument that names a run."""
    from gitmodels.api import completing

    return _items(completing.runs(_repo(ctx), incomplete))


def complete_experiments(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """For ``shell_complete`` of an option that names an experiment."""
    from gitmodels.api import completing

    return _items(completing.experiments(_repo(ctx), incomplete))


def complete_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """For ``shell_complete`` of an argument that is most often a path, and sometimes a URI."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def _repo(ctx: click.Context) -> "Repo":
    from gitmodels.cli.opening import opened
    from gitmodels.cli.options import begin

    return opened(begin(ctx))


def _items(values: list[str]) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    return [CompletionItem(value) for value in values]


REF = _Reference()
REF_PATH = _File()
NAME = _Name()
ALIAS = _Alias()
VERSION = _Version()
PREVIOUS = _Previous()
KEY_VALUE = _Assignment()
NAME_NUMBER = _Measurement()
