"""What a centre's folder holds, opened: for the server and for the command."""

from functools import cached_property
from pathlib import Path

import structlog

from gateway.central.adoption import adopt_forgotten
from gateway.central.answers import AnswerSigner
from gateway.central.ledger import Ledger
from gateway.central.parts import PacketFolders
from gateway.central.signing_key import read_signing_key
from gateway.central.sql_store import SqlStore, open_store
from gateway.central.standings import Standings
from gateway.central.state import CentrePlaces, identity_of
from gateway.trust import read_passphrase

log = structlog.get_logger(__name__)

LARGEST_PACKET_BYTES = 1_100_000_000
"""The format has no larger."""


class OpenCentre:
    """What a centre's folder holds, opened: for the server and for the command.

    Parameters
    ----------
    state : Path

    Raises
    ------
    CentralError
    """

    def __init__(self, state: Path) -> None:
        self.places = CentrePlaces(state)
        self.identity = identity_of(state)
        self.ledger = Ledger(state)
        try:
            self.store: SqlStore = open_store(self.identity.store, state, self.identity.centre_id)
        except BaseException:
            self.ledger.close()
            raise
        self.folders = PacketFolders(self.places.parts, self.places.packets)

    @cached_property
    def signer(self) -> AnswerSigner:
        """Signs answers; its key is read when it is needed first.

        Raises
        ------
        KeyProblem
        """
        key = read_signing_key(self.places.signing_key, self.identity.centre_id, read_passphrase())
        return AnswerSigner(self.identity.centre_id, key, self.ledger)

    def standings(self, packet_bytes: int = LARGEST_PACKET_BYTES) -> Standings:
        """Where packets stand."""
        return Standings(self.store, self.signer, self.folders, packet_bytes)

    def follow_store(self) -> bool:
        """Whether the store went back since it was used last; its answers go on under another ledger then, and what
        it forgot of the files that are there is held again.

        Raises
        ------
        CentralError, KeyProblem
        """
        mark = self.ledger.mark
        ordinal = self.store.ordinal()
        went_back = self.ledger.follow(mark, ordinal)
        if went_back:
            adopted = self.take_up()
            log.warning("store_went_back", ledger_id=self.ledger.ledger_id, packets_held_again=adopted)
        self.ledger.reached(self.store.ordinal())
        return went_back

    def take_up(self) -> int:
        """Hold what the store forgot of the files that are there; how many packets."""
        return adopt_forgotten(self.store, self.ledger, self.standings(), self.folders)

    def close(self) -> None:
        """Let go of everything."""
        self.store.close()
        self.ledger.close()

    def __enter__(self) -> "OpenCentre":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
