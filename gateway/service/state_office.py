"""What a gateway keeps in its state folder, opened together: spool, keys, audit trail."""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self

import structlog

from gateway.audit import AuditLog, HeadInterval, PersonTokens, sign_audit_head
from gateway.config import Config
from gateway.config.keeping import SpoolSettings
from gateway.enrolment.local_cipher import LocalCipher
from gateway.service.audit_trail import AuditTrail
from gateway.service.key import KeyWatch
from gateway.spool import Spool, SpoolIncident, SpoolLimits
from gateway.trust import ChainPlace, KeyPlaces, KeyStore, machine_clock

log = structlog.get_logger(__name__)

SPOOL_KEY = "spool.key"


class StateOffice:
    """The folder's own things; made by `open`, which takes the folder's lock, closed by the stack that it is given.

    `tokens`, `trail` and `audit` are there from `open_trail` on: what is written into the trail has the time of a
    clock that the caller sets right in between.
    """

    spool: Spool
    spool_key: LocalCipher
    """What the captures lie under."""
    key: KeyStore
    key_watch: KeyWatch
    tokens: PersonTokens
    trail: AuditLog
    audit: AuditTrail

    def __init__(self, state: Path, places: KeyPlaces) -> None:
        self._state = state
        self._places = places
        self._serving = False
        self.incidents: list[SpoolIncident] = []
        """What happened to the spool so far, each once."""

    @classmethod
    def open(cls, state: Path, config: Config, places: KeyPlaces, stack: contextlib.AsyncExitStack) -> Self:
        """Take the state folder; what is stored from here on lies under a local key.

        Raises
        ------
        SpoolError, KeyProblem, EnrolmentError
        """
        office = cls(state, places)
        office._open_spool(config.spool, stack)
        office.key = KeyStore.open(state / "keys", config.gateway_id or None, places, office._chain_end)
        stack.callback(office.key.close)
        office.key_watch = KeyWatch(office.key)
        return office

    def open_trail(
        self, interval: HeadInterval, knows_device: Callable[[str], bool], stack: contextlib.AsyncExitStack
    ) -> None:
        """What happens from here on is written into the trail.

        Parameters
        ----------
        interval : HeadInterval
        knows_device : callable
            As `AuditTrail` asks it.

        Raises
        ------
        AuditError
        """
        self.tokens = PersonTokens.open(self._state)
        self.trail = AuditLog.open(self._state, self.key.gateway_id, partial(sign_audit_head, key=self.key), interval)
        stack.callback(self.trail.close)
        self.audit = AuditTrail(self.trail, self.tokens, knows_device)
        stack.callback(self._note_stopped)
        stack.callback(self.audit.close)
        stack.callback(machine_clock().subscribe(self.audit.clock_jumped))

    async def note_serving(self) -> None:
        """Write that the gateway serves, and, once the trail is closed, that it stopped."""
        self._serving = True
        await self.audit.started(orderly=self.trail.ended_orderly)

    def _open_spool(self, settings: SpoolSettings, stack: contextlib.AsyncExitStack) -> None:
        limits = SpoolLimits(
            settings.limit_mb * 1_000_000, settings.reserve_mb * 1_000_000, warn_age_days=settings.warn_age_days
        )
        self.spool = Spool.open(self._state, limits, self._note_incident, self._open_spool_key)
        stack.callback(self.spool.close)
        for incident in self.spool.incidents:
            self._note_incident(incident)

    def _open_spool_key(self, needed: bool) -> LocalCipher:
        """Called by the spool once the state folder is taken."""
        self.spool_key = LocalCipher.open(
            self._state / "keys", self._places.passphrase, self._places.token, needed=needed, name=SPOOL_KEY
        )
        return self.spool_key

    def _chain_end(self) -> ChainPlace:
        head = self.spool.head()
        return ChainPlace(head.chain_id, head.sequence)

    def _note_stopped(self) -> None:
        if self._serving:
            self.audit.stopped()

    def _note_incident(self, incident: SpoolIncident) -> None:
        if incident not in self.incidents:
            self.incidents.append(incident)
            log.error("spool_incident", file=incident.path.name, cause=incident.cause, remedy=incident.remedy)
