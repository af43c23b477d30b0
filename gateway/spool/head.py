"""The end of the chain, kept a second time beside the spool file.

The spool file is the first source. This small file answers two questions that a damaged or vanished spool file
leaves open: where to continue the chain, and whether captures are missing at its end.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.overwritten_record import OverwrittenRecord

HEAD_FILE = "chain-head.json"


@dataclass(frozen=True)
class ChainHead:
    """The end of the chain: what the next manifest builds on.

    Parameters
    ----------
    chain_id : str
    sequence : int
        Of the last manifest; 0 where the chain is new.
    digest : str or None
        SHA-256 of the last manifest in hexadecimal; None where the chain is new.
    """

    chain_id: str
    sequence: int
    digest: str | None

    @property
    def next_sequence(self) -> int:
        """Sequence number of the next manifest."""
        return self.sequence + 1

    @property
    def previous(self) -> str | None:
        """What the next manifest names as `previous`."""
        return self.digest


@dataclass(frozen=True)
class HeadRecord:
    """A chain head as the file holds it."""

    head: ChainHead
    clean: bool
    """Written by an orderly end."""
    boot_id: str
    """The boot in which it was written."""

    @property
    def is_current(self) -> bool:
        """Whether it cannot be older than the spool file.

        It is written before each commit, but not flushed to the disk: that is as good after a killed process, but
        not after a power cut.
        """
        return self.clean or self.boot_id == _boot_id() != ""


class HeadFile:
    """`DIRECTORY/chain-head.json`, one record that is overwritten in place.

    Raises
    ------
    OSError
        From the constructor and `write`.
    """

    def __init__(self, directory: Path) -> None:
        self._record = OverwrittenRecord(directory / HEAD_FILE)

    def read(self) -> HeadRecord | None:
        """The record, or None where there is none or it does not match its own digest."""
        try:
            fields = self._record.read()
            head = ChainHead(**fields.pop("head"))
            return HeadRecord(head, **fields)
        except (TypeError, KeyError, AttributeError):
            return None

    def write(self, head: ChainHead, *, clean: bool = False, durable: bool = False) -> None:
        """Overwrite the record; `durable` also waits for the disk."""
        self._record.write({"head": asdict(head), "clean": clean, "boot_id": _boot_id()}, durable=durable)

    def close(self) -> None:
        """Close the file."""
        self._record.close()


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
