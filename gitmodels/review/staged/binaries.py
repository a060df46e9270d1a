"""Weights that are about to be committed: they belong in the object store.

Told by what files are called together with their first bytes, never by more of them. A file that the attribute
``gitmodels-binaries`` is set for is let through: test data, say.
"""

import posixpath
import shlex
from collections.abc import Iterable, Sequence

from gitmodels.git.staged import Blob, Index
from gitmodels.review.spelling import size
from gitmodels.review.staged.refusal import Refusal

ATTRIBUTE = "gitmodels-binaries"
_HEAD = 512
# What weights are called; a file counts when its bytes are no text, too.
_NAMES = frozenset(
    (
        *(".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".ckpt", ".safetensors", ".onnx"),
        *(".h5", ".hdf5", ".keras", ".pb", ".gguf", ".ggml", ".bin", ".npz", ".skops", ".cbm", ".ubj", ".xgb"),
        *(".tflite", ".mlmodel", ".msgpack", ".params", ".model", ".caffemodel", ".pdparams", ".weights", ".zip"),
    )
)
# Formats of weights whatever a file is called; HDF5 and numpy's arrays may be data, so those need the name too.
_MAGIC = (
    (b"GGUF", "GGUF weights"),
    (b"CBM1", "a CatBoost model"),
    (b"\x80\x02", "a pickle"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
)
_DATA_TOO = frozenset((".bin", ".npz", ".h5", ".hdf5", ".pb", ".msgpack", ".zip", ".model", ".params"))
_LFS = b"version https://git-lfs"
# Below this, a file of a kind that may hold data too is taken for data.
_SMALL = 64 << 10


def judge(index: Index, paths: Sequence[str] | None = None) -> list[Refusal]:
    """The weights among ``paths`` (None: among all that is staged), but for those that an attribute lets through."""
    blobs = list(index.staged) if paths is None else index.at(paths)
    models = {posixpath.dirname(blob.path) for blob in index.named("**/MLmodel")} if _any_doubtful(blobs) else set()
    found = {blob.path: kind for blob in blobs if (kind := _kind(index, blob, models))}
    allowed = index.attribute(ATTRIBUTE, list(found)) if found else {}
    return [
        _refusal(index, blob, found[blob.path])
        for blob in blobs
        if blob.path in found and allowed.get(blob.path) != "set"
    ]


def _any_doubtful(blobs: Iterable[Blob]) -> bool:
    return any(_suffix(blob) in _DATA_TOO for blob in blobs)


def _suffix(blob: Blob) -> str:
    return posixpath.splitext(blob.path)[1].lower()


def _kind(index: Index, blob: Blob, models: set[str]) -> str:
    """What kind of weights a file holds, in words; nothing when it holds none."""
    if not blob.is_regular:
        return ""
    suffix = _suffix(blob)
    head = index.head(blob.oid, _HEAD)
    if head.startswith(_LFS):
        return ""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if (head[:4] == b"PK\x03\x04" and b"archive/data.pkl" in head) or b"/data.pkl" in head[:128]:
        return "PyTorch weights"
    if suffix == ".safetensors" or _is_safetensors(head):
        return "safetensors weights"
    if suffix not in _NAMES or not _is_binary(head):
        return ""
    if suffix in _DATA_TOO and not _in_model(blob, models) and index.size(blob.oid) < _SMALL:
        return ""
    return f"weights ({suffix})"


def _in_model(blob: Blob, models: set[str]) -> bool:
    return any(folder == "" or blob.path.startswith(f"{folder}/") for folder in models)


def _is_safetensors(head: bytes) -> bool:
    return len(head) > 9 and head[8:10] in (b'{"', b"{ ") and int.from_bytes(head[:8], "little") < 100 << 20


def _is_binary(head: bytes) -> bool:
    return b"\0" in head or head[:2] == b"\x1f\x8b" or not _is_text(head)


def _is_text(head: bytes) -> bool:
    try:
        head[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 8
    return True


def _refusal(index: Index, blob: Blob, kind: str) -> Refusal:
    words = f"{kind}, {size(index.size(blob.oid))}: it belongs in the object store, git keeps every copy for ever"
    path = shlex.quote(blob.path)
    way = f"git rm --cached {path}, then git models register {path} NAME and git models pin NAME/latest"
    return Refusal(blob.path, words, way)
