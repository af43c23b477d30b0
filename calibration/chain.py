"""Whether the entries of a device are all there, in their order, and unchanged."""

from collections.abc import Iterable
from dataclasses import dataclass

from calibration.canonical import FormError
from calibration.record import Entry, device_of, entry_digest, id_of, read_entry


@dataclass(frozen=True)
class ChainFinding:
    """Something wrong with a chain.

    Parameters
    ----------
    position : int
        Of the payload, from 0.
    entry_id : str
        Empty where it cannot be read.
    detail : str
    """

    position: int
    entry_id: str
    detail: str


def check_chain(payloads: Iterable[bytes]) -> tuple[tuple[Entry, ...], tuple[ChainFinding, ...]]:
    """Read the payloads of one device, the oldest first; signatures are the caller's to check.

    A part of a chain is accepted: the first one there may follow entries that are elsewhere.
    """
    entries: list[Entry] = []
    findings: list[ChainFinding] = []
    previous: str | None = None
    last: Entry | None = None
    for position, payload in enumerate(payloads):
        try:
            entry = read_entry(payload)
        except FormError as error:
            findings.append(ChainFinding(position, "", str(error)))
            last, previous = None, None
            continue
        if last is not None:
            if device_of(entry) != device_of(last):
                findings.append(ChainFinding(position, id_of(entry), f"is about {device_of(entry)}, another device"))
            elif entry.sequence != last.sequence + 1:
                told = f"entry {entry.sequence} follows {last.sequence}: one is missing, or twice there"
                findings.append(ChainFinding(position, id_of(entry), told))
            elif entry.previous != previous:
                findings.append(ChainFinding(position, id_of(entry), "does not follow the entry before it"))
        entries.append(entry)
        last, previous = entry, entry_digest(payload)
    return tuple(entries), tuple(findings)
