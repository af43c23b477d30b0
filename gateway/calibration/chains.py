"""The signed chains of a state folder, one for each device: read and checked once, then appended to."""

import threading
from collections.abc import Callable, Mapping

import structlog

from calibration.record import TYPE, Entry, entry_bytes, entry_digest, id_of
from gateway.calibration.errors import RecordsCorrupt
from gateway.calibration.store import CalibrationStore, StoredEntry
from gateway.calibration.verification import verify_entry
from gateway.trust import SignedTime, sign_payload
from gateway.trust.signer import Signer

log = structlog.get_logger(__name__)


class CalibrationChains:
    """Every entry that can be believed; any thread may call.

    Parameters
    ----------
    store : CalibrationStore
    key : Signer
    clock : callable

    Attributes
    ----------
    lock : RLock
        Held by whoever decides by what stands in a chain, until the decision stands in it too.
    """

    def __init__(self, store: CalibrationStore, key: Signer, clock: Callable[[], SignedTime]) -> None:
        self.lock = threading.RLock()
        self._store = store
        self._key = key
        self._clock = clock
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._digests: dict[str, str] = {}
        self._damaged: dict[str, str] = {}
        self._read()

    def _read(self) -> None:
        """Read all chains; entries after the first that is not what was signed are not believed.

        A time that does not fit breaks no chain: the clock may be wrong by which it is read, and right in a minute.
        """
        now = self._clock().wall
        for stored in self._store.entries():
            if stored.device_id in self._damaged:
                continue
            report = verify_entry(stored.jws, None, now=now)
            entry, before = report.entry, self._entries.get(stored.device_id, ())
            whole = report.as_signed and entry is not None and entry_digest(report.payload) == stored.digest
            follows = entry is not None and (entry.sequence, entry.previous) == (
                len(before) + 1,
                self._digests.get(stored.device_id),
            )
            if entry is None or not whole or not follows:
                log.error("calibration_damaged", device=stored.device_id, entry=stored.entry_id)
                self._damaged[stored.device_id] = stored.entry_id
                continue
            if not report.ok:
                log.warning("calibration_time_odd", device=stored.device_id, entry=stored.entry_id)
            self._entries[stored.device_id] = (*before, entry)
            self._digests[stored.device_id] = stored.digest

    @property
    def troubles(self) -> tuple[str, ...]:
        """Chains that need a person."""
        with self.lock:
            return tuple(
                f"The calibrations of {device} are damaged from {entry} on; what was before is used. "
                f"Keep {self._store.path.name} for an expert, and calibrate the device again."
                for device, entry in self._damaged.items()
            )

    def entries(self, device_id: str) -> tuple[Entry, ...]:
        """What is known of a device, the oldest first."""
        with self.lock:
            return self._entries.get(device_id, ())

    def device_ids(self) -> tuple[str, ...]:
        """Devices that anything is known of."""
        with self.lock:
            return tuple(self._entries)

    def append(
        self,
        device_id: str,
        made: Callable[[int, str | None, SignedTime], Entry],
        series: Mapping[str, bytes],
        run_id: str = "",
    ) -> Entry:
        """Sign what `made` makes of sequence, digest of the entry before and time, and append it for good.

        Raises
        ------
        RecordsCorrupt
            The device's chain is damaged: nothing is hung on it.
        CalibrationError, KeyProblem, FormError
            Nothing is changed.
        """
        with self.lock:
            if device_id in self._damaged:
                raise RecordsCorrupt(
                    f"The calibrations of {device_id} are damaged from {self._damaged[device_id]} on.",
                    f"Stop the gateway, move {self._store.path.name} away for an expert, and measure again.",
                )
            now = self._clock()
            signer = self._key.current()
            signer.check_validity(now)
            before = self._entries.get(device_id, ())
            entry = made(len(before) + 1, self._digests.get(device_id), now)
            payload = entry_bytes(entry)
            digest = entry_digest(payload)
            jws = sign_payload(payload, signer, TYPE)
            self._store.append(StoredEntry(device_id, entry.sequence, id_of(entry), digest, jws), series, run_id)
            self._entries[device_id] = (*before, entry)
            self._digests[device_id] = digest
            log.info("calibration_appended", device=device_id, entry=id_of(entry), sequence=entry.sequence)
            return entry
