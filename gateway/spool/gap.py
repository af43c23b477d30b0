"""A chain that goes on after numbers that somebody else may have used: at a copy of the state folder."""

from dataclasses import replace
from pathlib import Path

from gateway.durable_file import flush_folder
from gateway.spool.errors import from_os
from gateway.spool.head import HEAD_FILE, HeadFile
from gateway.spool.salvage import salvage_head
from gateway.spool.spool_file import SPOOL_FILE
from gateway.sqlite_file import BESIDE


def leave_gap(directory: Path, numbers: int) -> None:
    """Let the next manifest stand so many numbers after the last one that is here; the spool is not open.

    A verifier sees captures missing there, which is the truth: the other machine may have made them. It never sees two
    captures at one place of the chain. At its next start the spool tells of it as an incident. A spool without any
    capture is removed instead: the next one begins another chain, as a gap has to stand between two captures.

    Parameters
    ----------
    directory : Path
        State folder, whose lock the caller holds.
    numbers : int

    Raises
    ------
    SpoolFull, SpoolUnwritable
    """
    head = salvage_head(directory / SPOOL_FILE)
    try:
        record = HeadFile(directory)
        try:
            known = record.read()
            if known is not None and (head is None or known.head.chain_id == head.chain_id):
                head = known.head if head is None or known.head.sequence > head.sequence else head
            if head is not None and head.sequence > 0:
                record.write(replace(head, sequence=head.sequence + numbers), clean=True, durable=True)
        finally:
            record.close()
        if head is not None and head.sequence == 0:
            for name in (*(f"{SPOOL_FILE}{ending}" for ending in BESIDE), HEAD_FILE):
                (directory / name).unlink(missing_ok=True)
            flush_folder(directory)
    except OSError as error:
        raise from_os(error, directory / HEAD_FILE) from error
