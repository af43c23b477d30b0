"""What can go wrong with a stick, a bundle, a move or a mirror: named after what happened, with the remedy."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.guidance import LocalizedText


class BundleError(Exception):
    """It was not done, and nothing is lost.

    Parameters
    ----------
    indonesian, english : str
        Cause and remedy, for the person who holds the stick.
    """

    reason = "BUNDLE_INVALID"

    def __init__(self, indonesian: str, english: str) -> None:
        super().__init__(english)
        self.words = LocalizedText(id=indonesian, en=english)


class VolumeDamaged(BundleError):
    """A file is no volume, or not the one that was written."""

    reason = "VOLUME_DAMAGED"


class UnknownVolumeVersion(VolumeDamaged):
    """Another version of the format than the one that is read here."""


class ReadBackWrong(BundleError):
    """What the medium gives back is not what was written on it."""

    reason = "MEDIUM_DEFECTIVE"


class MediumGone(BundleError):
    """The medium was pulled out, or is not there."""

    reason = "MEDIUM_GONE"


class MediumFull(BundleError):
    """There is no room on the medium."""

    reason = "MEDIUM_FULL"


class MediumUnwritable(BundleError):
    """The medium cannot be written or read."""

    reason = "MEDIUM_UNWRITABLE"


class SourceChanged(BundleError):
    """A packet that was to be copied is gone, or not what it was.

    Parameters
    ----------
    indonesian, english : str
    packet_id : str
        Empty where the gateway told of it in words alone.
    """

    reason = "PACKET_CHANGED"

    def __init__(self, indonesian: str, english: str, packet_id: str = "") -> None:
        super().__init__(indonesian, english)
        self.packet_id = packet_id


class NothingToTake(BundleError):
    """There is nothing that a stick could carry."""

    reason = "NOTHING_TO_TAKE"


class BundleUnknown(BundleError):
    """The gateway knows no such bundle or volume."""

    reason = "NOT_FOUND"


class BookUnusable(BundleError):
    """The file that keeps what was taken away cannot be used."""

    reason = "BUNDLES_UNUSABLE"


class StateNotEmpty(BundleError):
    """There is a gateway already where another one should be put."""

    reason = "STATE_NOT_EMPTY"


class GatewayRetired(BundleError):
    """This gateway went on elsewhere: it must not go on here as well."""

    reason = "GATEWAY_RETIRED"


class AlreadyImported(BundleError):
    """This copy of a gateway is in use elsewhere."""

    reason = "ALREADY_IMPORTED"


class PassphraseWrong(BundleError):
    """The passphrase does not open the copy."""

    reason = "PASSPHRASE_WRONG"


class CopyDamaged(BundleError):
    """A copy of a gateway is not whole, or was changed."""

    reason = "COPY_DAMAGED"


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENOMEDIUM)
"""What Linux says once the device below a mounted file system is away, or the mount itself is."""


@contextmanager
def medium_errors(folder: Path) -> Iterator[None]:
    """Turn what the system says of a medium inside the block into the room's errors."""
    try:
        yield
    except OSError as error:
        raise from_os(error, folder) from error


def from_os(error: OSError, folder: Path) -> BundleError:
    """Tell the causes of a failed access to a medium apart."""
    said = error.strerror or str(error)
    if error.errno in _FULL:
        return MediumFull(
            f"Tidak ada ruang lagi di {folder} ({said}). Yang sudah ditulis utuh tetap berlaku; lanjutkan dengan "
            "media lain, atau kosongkan sebagian.",
            f"There is no room left in {folder} ({said}). What was written whole counts; go on with another medium, "
            "or make room on this one.",
        )
    if error.errno in _GONE:
        return MediumGone(
            f"Media di {folder} tidak dapat dijangkau ({said}): dicabut, atau rusak. Tidak ada yang hilang; pasang "
            "lagi lalu ulangi perintah yang sama, atau pakai media lain.",
            f"The medium at {folder} cannot be reached ({said}): it was pulled out, or is defective. Nothing is lost; "
            "plug it in and run the same command again, or take another medium.",
        )
    return MediumUnwritable(
        f"{folder} tidak dapat dipakai: {said}. Periksa kunci tulis pada media dan hak pengguna ini.",
        f"{folder} cannot be used: {said}. Check the medium's write protection and this user's rights.",
    )
