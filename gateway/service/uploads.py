"""Files that come in parts, a call for each: browsers cannot stream to a server, so no method does."""

import asyncio
from dataclasses import dataclass, field

from gateway.service.errors import BadArgumentError, UploadOutOfStepError

MOST = 2
"""Files under way at once; of more, the one that was left alone longest is dropped."""
IDLE_S = 600.0


@dataclass
class _Upload:
    size: int
    data: bytearray = field(default_factory=bytearray, repr=False)
    idle: asyncio.TimerHandle | None = None


class Uploads:
    """Files that are not whole yet, by their digests; in memory, and belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._uploads: dict[str, _Upload] = {}

    def add(self, name: str, size: int, offset: int, data: bytes) -> int:
        """Put a part to its file; one that is there already changes nothing.

        Parameters
        ----------
        name : str
        size : int
            Of the whole file.
        offset : int
            Of the part in the file.
        data : bytes
            Not empty.

        Returns
        -------
        int
            Bytes of the file that are here.

        Raises
        ------
        UploadOutOfStepError
            Another part is due; what is here stays.
        BadArgumentError
            The part goes beyond the end of the file.
        """
        if offset + len(data) > size:
            raise BadArgumentError("data", f"it goes beyond the end of a file of {size} bytes")
        upload = self._uploads.get(name)
        if upload is None or upload.size != size or not _repeats(upload, offset, data):
            if offset == 0:
                self.drop(name)
                upload = self._uploads[name] = _Upload(size)
            received = len(upload.data) if upload is not None and upload.size == size else 0
            if upload is None or offset != received:
                raise UploadOutOfStepError(received)
            upload.data += data
        self._touch(name)
        return len(upload.data)

    def take(self, name: str) -> bytes:
        """The whole file, which is no longer kept here."""
        data = bytes(self._uploads[name].data)
        self.drop(name)
        return data

    def drop(self, name: str) -> None:
        """Forget a file; one that is not here is passed over."""
        upload = self._uploads.pop(name, None)
        if upload is not None and upload.idle is not None:
            upload.idle.cancel()

    def clear(self) -> None:
        """Forget them all."""
        for name in list(self._uploads):
            self.drop(name)

    def _touch(self, name: str) -> None:
        """The last of all: the first is the one that was left alone longest."""
        upload = self._uploads.pop(name)
        self._uploads[name] = upload
        if upload.idle is not None:
            upload.idle.cancel()
        upload.idle = asyncio.get_running_loop().call_later(IDLE_S, self.drop, name)
        while len(self._uploads) > MOST:
            self.drop(next(iter(self._uploads)))


def _repeats(upload: _Upload, offset: int, data: bytes) -> bool:
    """Whether the part is there already."""
    return upload.data[offset : offset + len(data)] == data
