"""The folder of one capture: its files, all of them or none, whenever the power goes."""

import ctypes
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gateway.cli.exits import CommandFailure, ExitStatus, bad_usage
from gateway.durable_file import flush_folder

MANIFEST, IMAGE, TEMPLATE = "manifest.jws", "image.fir", "template.fmr"
IRIS_IMAGE, IRIS_CODE = "image.iir", "iris.ric"
FACE_IMAGE = "image.fac"
RIGHT_IRIS_CODE, LEFT_IRIS_CODE = "iris-right.ric", "iris-left.ric"
IRIS_CODES = (IRIS_CODE, RIGHT_IRIS_CODE, LEFT_IRIS_CODE)
PREVIEW, SUMMARY = "preview.png", "summary.json"
UNSIGNED = (PREVIEW, SUMMARY)
"""For people; not part of what is signed."""
FILES = (MANIFEST, IMAGE, TEMPLATE, *UNSIGNED)
"""Of a finger."""
SLAP_FILES = tuple(
    f"{side}-{finger}.{name}"
    for side in ("right", "left")
    for finger in ("thumb", "index", "middle", "ring", "little")
    for name in (IMAGE, TEMPLATE)
)
"""Of each finger of a slap, beside the image of the whole."""
ALL_FILES = (*FILES, IRIS_IMAGE, *IRIS_CODES, FACE_IMAGE, *SLAP_FILES)
"""Of any capture."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class CaptureFolder:
    """A place for one capture, prepared before anybody has to come to the device.

    Parameters
    ----------
    path : Path
        The folder that is to be made.
    replace : bool
        It may take the place of an earlier capture.

    Raises
    ------
    CommandFailure
        There is something at `path` that must not be overwritten, or nothing can be written there.
    """

    def __init__(self, path: Path, *, replace: bool) -> None:
        self.path = path.resolve()
        _check_vacant(self.path, path, replace)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._part = Path(tempfile.mkdtemp(prefix=f".{self.path.name}.", suffix=".part", dir=self.path.parent))
        except OSError as error:
            raise _unwritable(path, error) from error

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write the files and show the folder under its name.

        Raises
        ------
        CommandFailure
            They cannot be written; nothing of them is left.
        """
        try:
            for name, content in files.items():
                with (self._part / name).open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            self._part.chmod(0o755 & ~_umask())
            flush_folder(self._part)
            self._show()
            flush_folder(self.path.parent)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Leave nothing behind but what was shown."""
        shutil.rmtree(self._part, ignore_errors=True)

    def _show(self) -> None:
        if self.path.exists() and any(self.path.iterdir()):
            _exchange(self._part, self.path)  # what was there is in our temporary folder now
        else:
            self._part.rename(self.path)


def _check_vacant(path: Path, typed: Path, replace: bool) -> None:
    if path.exists() and not path.is_dir():
        raise bad_usage(f"{typed} is a file. Name a folder that does not exist yet with --out.")
    if not path.exists():
        return
    if path == Path.cwd() or path.is_mount():
        raise bad_usage(f"{typed} cannot be made anew in one step. Name a folder below it with --out.")
    try:
        names = {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise _unwritable(typed, error) from error
    if names and not replace:
        raise bad_usage(f"{typed} is not empty. Name another folder, or replace the capture in it with --force.")
    others = sorted(names - set(ALL_FILES))
    if others:
        raise bad_usage(f"{typed} holds {others[0]}, which is no part of a capture; it is left alone. Name another.")


def _unwritable(path: Path, error: OSError) -> CommandFailure:
    why = error.strerror or str(error)
    return CommandFailure(
        ExitStatus.USAGE, "OUT_UNWRITABLE", f"{path} cannot be written: {why}. Name another folder with --out."
    )


def _exchange(one: Path, other: Path) -> None:
    """Swap two folders in one step: renameat2(2) with RENAME_EXCHANGE."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
