"""One side of a comparison: what is known of a version, read once, as plain values.

This room reads records and the small readable files; it opens no weights and runs nothing. A registered version, a
logged model and a folder all become a ``Side``.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError
from gitmodels.registry import evaluations, layout
from gitmodels.review import measurements
from gitmodels.review.measurements import Measurement
from gitmodels.values import field, frozen

if TYPE_CHECKING:
    from gitmodels.mlmodel.file import ModelFile
    from gitmodels.objects.manifest import Manifest
    from gitmodels.registry.state import State, Version


# Formats whose tensors are known one by one.
TENSOR_FILES = (".safetensors", ".gguf", ".npz", ".pt", ".pth", ".onnx", ".npy", ".ckpt")


@frozen
class Side:
    """A model as it is compared. ``files`` maps paths to size and BLAKE3; ``readable`` holds MLmodel and its kin.

    ``number`` is None for what is not registered. ``manifest`` is there where the object store may hold the files.
    """

    name: str
    number: int | None
    files: dict[str, tuple[int, Digest]]
    readable: Mapping[str, bytes] = field(default_factory=dict)
    manifest: "Manifest | None" = None
    model_id: str | None = None
    code_execution: str = "none"
    flavors: tuple[str, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    stage: str = "None"
    description: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    code: dict[str, Any] = field(default_factory=dict)
    author: str = ""
    run: str | None = None
    base: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """How a person names it: ``fraud v7``."""
        return self.name if self.number is None else f"{self.name} v{self.number}"

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(size for size, _ in self.files.values())

    @property
    def has_tensors(self) -> bool:
        """Whether one of its files may be compared tensor by tensor."""
        return any(path.endswith(TENSOR_FILES) for path in self.files)

    @cached_property
    def mlmodel(self) -> "ModelFile | GitModelsError | None":
        """The MLmodel file; what is wrong with it where it cannot be read; None where there is none."""
        data = self.readable.get("MLmodel")
        if data is None:
            return None
        from gitmodels.mlmodel.file import ModelFile

        try:
            return ModelFile.read(data)
        except GitModelsError as error:
            return error


def of_version(state: "State", version: "Version") -> Side:
    """The side of a registered version, as ``state`` shows it. Raises Corrupt and InvalidRecord for a damaged one."""
    from gitmodels.objects.manifest import Manifest

    record, meta = version.record, version.meta
    manifest = Manifest.from_yaml(state.manifest(version.name, version.number))
    later = evaluations.of_version(state, version.name, version.number, record.manifest)
    return Side(
        name=version.name,
        number=version.number,
        files=files_of(manifest),
        readable=_readable(state, version),
        manifest=manifest,
        model_id=record.model_id,
        code_execution=record.code_execution,
        flavors=record.flavors,
        measurements=(*measurements.of_run(record.run), *measurements.of_evaluations(later)),
        tags=meta.tags,
        stage=meta.stage,
        description=meta.description,
        params=_mapping(record.run.get("params")),
        code=record.code,
        author=record.author,
        run=record.run_id,
        base=record.base,
        aliases=tuple(alias for alias, number in state.aliases(version.name).items() if number == version.number),
    )


def files_of(manifest: "Manifest") -> dict[str, tuple[int, Digest]]:
    """Size and BLAKE3 of every file, by path."""
    return {entry.path: (entry.size, entry.blake3) for entry in manifest.entries}


def _readable(state: "State", version: "Version") -> dict[str, bytes]:
    found = ((file, state.readable(version.name, version.number, file)) for file in layout.READABLE)
    return {file: data for file, data in found if data is not None}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
