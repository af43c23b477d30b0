"""The spool of a folder that a gateway left, opened with the key that it left there."""

from functools import partial
from pathlib import Path

from gateway.enrolment.local_cipher import LocalCipher
from gateway.service.state_office import SPOOL_KEY
from gateway.spool import Spool


def left_spool(state: Path) -> Spool:
    """The spool of a state folder that no gateway uses now; its key has no passphrase."""
    return Spool.open(state, open_cipher=partial(_key, state))


def _key(state: Path, needed: bool) -> LocalCipher:
    return LocalCipher.open(state / "keys", needed=needed, name=SPOOL_KEY)
