"""A remote in object storage: a bucket on S3 or what speaks like it, Google Cloud Storage, or Azure, through obstore.

This room knows obstore, its errors and how much of what servers promise is true. Nothing here depends on a conditional
create: a name stands for its content, so a server that ignores the condition writes equal bytes over equal bytes. Where
it works two who push at once send less. Large packs are looked for first and then sent in parts, for which most
servers know no condition.

Credentials come from the environment or from the cloud's own chain, found by obstore; none pass through here.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from gitmodels.errors import MissingDependency, ObjectNotFound, RemoteError
from gitmodels.patterns import pattern
from gitmodels.remotes.backend import Listed, Progress
from gitmodels.remotes.keyed import KeyedPacks, index_name

# Up to here one conditional request; above, parts.
_WHOLE = 8 << 20
_PART = 8 << 20
_PARTS_AT_ONCE = 2
_STREAMED = 1 << 20
_OPTIONS = {"connect_timeout": "10s", "read_timeout": "60s", "timeout": "15m", "user_agent": "gitmodels"}
_RETRIES = {"max_retries": 6, "retry_timeout": timedelta(minutes=2)}
# Before what was just written is believed to be missing.
_PAUSES_S = (0.05, 0.2, 1.0)
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_NO_RANGES = "non-partial response"
# Azure's tokens stand in the query of an address.
_QUERY = pattern(r"\?\S+")
_ENVIRONMENT = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or a role",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or a service account",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or a managed identity",
}


class ObjectStoragePacks(KeyedPacks):
    """The packs under ``address``, such as ``s3://bucket/folder``; a ``PackRemote``.

    ``allow_http`` when the endpoint that the environment names is a plain http one. Raises MissingDependency without
    obstore, RemoteError for an address that it does not take.
    """

    def __init__(self, address: str, *, allow_http: bool = False) -> None:
        super().__init__(ObjectStorageKeys(address, allow_http=allow_http))

    def put(self, pack: bytes, source: Path, index: bytes, progress: Progress | None = None) -> bool:
        """As of every remote; read back, because not everything that answers 200 has stored what it was given."""
        sent = super().put(pack, source, index, progress)
        if sent and self._given_back(index_name(pack), len(index)) != index:
            raise RemoteError(
                f"the remote {self.address} does not give back what was put there",
                hint="is the endpoint what it should be, or a page to sign in at? git models remote test",
                remote=self.address,
            )
        return sent

    def _given_back(self, name: str, length: int) -> bytes:
        """What is there now. Some servers replace an object in two steps: it is missing while another puts it too."""
        for pause in _PAUSES_S:
            try:
                return self._keys.get(name, 0, length)
            except ObjectNotFound:
                time.sleep(pause)
        return self._keys.get(name, 0, length)


class ObjectStorageKeys:
    """Names under ``address`` and the objects that hold their bytes."""

    writable = True

    def __init__(self, address: str, *, allow_http: bool = False) -> None:
        try:
            import obstore
            from obstore.store import from_url
        except ImportError:
            raise MissingDependency(
                f"{address} needs obstore, which is not installed", hint="pip install 'gitmodels[remotes]'"
            ) from None
        self.address = address
        self._obstore = obstore
        self._ranges = True
        options: Any = {**_OPTIONS, "allow_http": allow_http}
        retries: Any = _RETRIES
        with self._explained("open"):
            self._store: Any = from_url(address, client_options=options, retry_config=retries)

    def get(self, name: str, offset: int, length: int) -> bytes:
        """Exactly these bytes of the object."""
        if not length:
            return b""
        data = b""
        if self._ranges:
            try:
                with self._explained("read"):
                    data = bytes(self._obstore.get_range(self._store, name, start=offset, length=length))
            except RemoteError as error:
                # Some servers ignore ranges. Then whole objects are read: slower, and as right.
                if _NO_RANGES not in error.message:
                    raise
                self._ranges = False
        if not self._ranges:
            with self._explained("read"):
                data = bytes(memoryview(self._obstore.get(self._store, name).bytes())[offset : offset + length])
        if len(data) != length:
            raise RemoteError(
                f"the remote {self.address} gave {len(data)} bytes of {name} where {length} were asked for",
                hint="the server does not answer ranges as S3 does, or the object was cut: git models remote test",
                remote=self.address,
            )
        return data

    def save(self, name: str, target: Path, limit: int, progress: Progress | None = None) -> None:
        """The whole object, as it comes."""
        with open(target, "xb") as stream:
            found = 0
            with self._explained("read"):
                answer = self._obstore.get(self._store, name)
                size = int(answer.meta["size"])
                pieces = iter(answer.stream(min_chunk_size=_STREAMED))
            while found <= limit:
                with self._explained("read"):
                    piece = next(pieces, None)
                if piece is None:
                    break
                stream.write(piece)
                found += len(piece)
                if progress is not None:
                    progress(len(piece))
        if found != size or found > limit:
            raise RemoteError(
                f"the remote {self.address} gave {found} bytes of {name}, which has {size}", remote=self.address
            )

    def size(self, name: str) -> int | None:
        """The size of the object; None when there is none."""
        try:
            with self._explained("read"):
                return int(self._obstore.head(self._store, name)["size"])
        except ObjectNotFound:
            return None

    def put_if_absent(self, name: str, source: Path | bytes, progress: Progress | None = None) -> bool:
        """The object as a whole, created if the server can promise that; in parts when it is large."""
        length = len(source) if isinstance(source, bytes) else source.stat().st_size
        known = self.size(name)
        with suppress(ObjectNotFound):  # another replaces it just now, or has deleted it
            if known == length and (not isinstance(source, bytes) or self.get(name, 0, length) == source):
                return False
        if length > _WHOLE and isinstance(source, Path):
            with open(source, "rb") as stream:
                self._sent_in_parts(name, _Told(stream, progress))
            return True
        data = source if isinstance(source, bytes) else source.read_bytes()
        made = self._created(name, data) if known is None else self._written(name, data)
        if made and progress is not None:
            progress(length)
        return made

    def list(self, prefix: str) -> Iterator[Listed]:
        """Every object whose name starts with ``prefix``."""
        with self._explained("list"):
            batches = iter(self._obstore.list(self._store, prefix))
        while True:
            with self._explained("list"):
                batch = next(batches, None)
            if batch is None:
                return
            yield from (Listed(str(each["path"]), int(each["size"])) for each in batch)

    def delete(self, name: str) -> None:
        """Delete the object."""
        try:
            with self._explained("delete from"):
                self._obstore.delete(self._store, name)
        except ObjectNotFound:
            return

    def creates_once(self) -> bool:
        """Whether the server refuses to create what is there. Writes and deletes a name of its own."""
        name = f"probe/{os.urandom(8).hex()}"
        try:
            return self._created(name, b"1") and not self._created(name, b"2")
        finally:
            self.delete(name)

    def _created(self, name: str, data: bytes) -> bool:
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with self._explained("write to"):
            try:
                self._obstore.put(self._store, name, data, mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def _sent_in_parts(self, name: str, told: "_Told") -> None:
        source: Any = told
        try:
            with self._explained("write to"):
                self._obstore.put(
                    self._store, name, source, use_multipart=True, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE
                )
        except RemoteError:
            if told.trouble is not None:
                raise told.trouble from None  # which obstore tells as its own
            raise

    def _written(self, name: str, data: bytes) -> bool:
        with self._explained("write to"):
            self._obstore.put(self._store, name, data, use_multipart=False)
        return True

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            if any(code in str(error) for code in _NO_BUCKET):
                raise self._trouble(doing, error, "make the bucket first, or check its name") from None
            self._tell(doing, error)

    def _tell(self, doing: str, error: Exception) -> NoReturn:
        from obstore.exceptions import NotFoundError, PermissionDeniedError, UnauthenticatedError

        if isinstance(error, FileNotFoundError | NotFoundError):
            raise ObjectNotFound(f"the remote {self.address} does not have it", remote=self.address) from None
        known = _ENVIRONMENT[self.address[:2]]
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            raise self._trouble(doing, error, f"check the credentials in the environment: {known}") from None
        hint = f"check the network and the credentials: {known}; then run it again"
        raise self._trouble(doing, error, hint) from None

    def _trouble(self, doing: str, error: BaseException, hint: str) -> RemoteError:
        text = _QUERY.sub("", str(error).partition("Debug source")[0])
        line = " ".join("".join(each if each.isprintable() else " " for each in text).split())[:300]
        return RemoteError(f"cannot {doing} the remote {self.address}: {line}", hint=hint, remote=self.address)


class _Told:
    """A file that tells how much of it was read."""

    def __init__(self, stream: Any, progress: Progress | None) -> None:
        self._stream = stream
        self._progress = progress
        self.trouble: BaseException | None = None

    def read(self, count: int = -1) -> bytes:
        """The next bytes."""
        try:
            data: bytes = self._stream.read(count)
            if self._progress is not None and data:
                self._progress(len(data))
        except BaseException as error:
            self.trouble = error
            raise
        return data

    def seek(self, *place: int) -> int:
        """Go to another place."""
        return int(self._stream.seek(*place))

    def tell(self) -> int:
        """Where it is."""
        return int(self._stream.tell())
