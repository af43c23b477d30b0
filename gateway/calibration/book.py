"""All calibrations of the desk: appended to signed chains, put into use, taken back, looked up by captures."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from calibration.acceptance import Objection, ObjectionCode, objections
from calibration.correction import Correction
from calibration.factors import Factors, FactorsUnusable, factors_of
from calibration.measurement import Measurement
from calibration.record import (
    DECISION_FORMAT,
    RECORD_FORMAT,
    VERSION,
    Action,
    CalibratedDevice,
    CalibrationDecision,
    CalibrationRecord,
    Entry,
    Evidence,
    RecordTime,
    StatedVerdict,
    UsedTarget,
    recorded,
    sharing_frames,
)
from calibration.series import SeriesDamaged, packed
from calibration.standing import CalibrationState, Standing, previous_in_use, standing_of
from drivers import DeviceIdentity, DeviceKind
from gateway import __version__
from gateway.calibration.chains import CalibrationChains
from gateway.calibration.errors import (
    CalibrationError,
    CalibrationObjected,
    CalibrationRefused,
    CalibrationUnknown,
    RecordsCorrupt,
)
from gateway.calibration.in_use import CaptureCalibration
from gateway.calibration.policy import KindPolicy, Policy
from gateway.calibration.store import CalibrationStore, StoredEntry
from gateway.calibration.values import Conditions, Decider
from gateway.calibration.verification import payload_of
from gateway.devices.state import DeviceSnapshot
from gateway.guidance import GuidanceCode, guidance
from gateway.trust import SignedTime, boot_id, time_now
from gateway.trust.clock import is_plausible
from gateway.trust.signer import Signer

log = structlog.get_logger(__name__)

_NOTHING_OF_ITS_OWN: Mapping[CalibrationState, str] = {}


class CalibrationBook:
    """Every calibration of a state folder; any thread may call.

    Parameters
    ----------
    store : CalibrationStore
    key : Signer
    policy : Policy
    clock : callable
    """

    def __init__(
        self, store: CalibrationStore, key: Signer, policy: Policy, clock: Callable[[], SignedTime] = time_now
    ) -> None:
        self._store = store
        self._key = key
        self._policy = policy
        self._clock = clock
        self._boot_id = boot_id()
        self._chains = CalibrationChains(store, key, clock)
        self._unusable: dict[str, str] = {}
        self._corrections: dict[str, Correction | None] = {}

    @property
    def troubles(self) -> tuple[str, ...]:
        """What needs a person."""
        standings = map(self.standing, self.device_ids())
        of_future = [_of_future(each.in_use) for each in standings if each.in_use is not None and each.from_future]
        return (*self._store.troubles, *self._chains.troubles, *self._unusable.values(), *of_future)

    def entries(self, device_id: str) -> tuple[Entry, ...]:
        """What is known of a device, the oldest first."""
        return self._chains.entries(device_id)

    def device_ids(self) -> tuple[str, ...]:
        """Devices that anything is known of."""
        return self._chains.device_ids()

    def record(self, calibration_id: str) -> CalibrationRecord:
        """A record; `CalibrationUnknown` where there is none of that id."""
        for device_id in self._chains.device_ids():
            for entry in self._chains.entries(device_id):
                if isinstance(entry, CalibrationRecord) and entry.calibration_id == calibration_id:
                    return entry
        raise CalibrationUnknown(f"There is no calibration {calibration_id}.", "See `rekam calibrate history`.")

    def signed(self, device_id: str) -> list[StoredEntry]:
        """The signed entries of a device, the oldest first."""
        return [each for each in self._store.entries() if each.device_id == device_id]

    def measurements(self, record: CalibrationRecord) -> list[Measurement]:
        """What a record measured, with its curves and maps.

        Raises
        ------
        RecordsCorrupt
        """
        try:
            return [self._store.measurement(each) for each in record.measurements]
        except SeriesDamaged as error:
            raise RecordsCorrupt(f"{record.calibration_id}: {error}.", "Measure again.") from error

    def measurements_in_use(self, device_id: str) -> list[Measurement]:
        """What the calibration in use measured; nothing where there is none, or it is damaged: it is to be replaced."""
        in_use = self.standing(device_id).in_use
        try:
            return [] if in_use is None else self.measurements(in_use)
        except RecordsCorrupt as error:
            log.warning("calibration_in_use_unreadable", device=device_id, error=str(error))
            return []

    def packed_series(self, record: CalibrationRecord) -> dict[str, bytes]:
        """Curves and maps of a record as they are packed, by SHA-256."""
        return self._store.series(tuple(s.sha256 for m in record.measurements for s in m.series))

    def standing(self, device_id: str, identity: DeviceIdentity | None = None) -> Standing:
        """How a device stands; `identity` as it tells it now, None where it is not attached."""
        serial, firmware = (None, None) if identity is None else (identity.serial, identity.firmware)
        now = self._clock().wall
        return standing_of(self.entries(device_id), now, serial, firmware, clock_plausible=is_plausible(now))

    def policy_for(self, kind: DeviceKind) -> KindPolicy:
        """The office's policy for a kind of device."""
        return self._policy.get(kind, KindPolicy())

    def for_capture(
        self, device: DeviceSnapshot, of_profile: Mapping[CalibrationState, str] = _NOTHING_OF_ITS_OWN
    ) -> CaptureCalibration:
        """What a capture that begins now is made under.

        Parameters
        ----------
        of_profile : mapping of str
            What the profile of its enrolment does in a state: `ignore`, `warn` or `refuse`, in place of the office's.

        Raises
        ------
        CalibrationOverdue, CalibrationFailed, CalibrationMissing
            The policy is to wait for the technician.
        """
        standing = self.standing(device.device_id, device.identity)
        policy = self.policy_for(device.kind).under(of_profile)
        remarks = policy.remarks(device.device_id, standing.state)
        if standing.changed and standing.state is not CalibrationState.CHANGED:  # it has failed, too
            remarks += policy.remarks(device.device_id, CalibrationState.CHANGED)
        if standing.in_use is None or standing.changed:
            return CaptureCalibration(None, None, remarks)  # the factors are another device's
        try:
            correction = self._correction(standing.in_use)
        except CalibrationError as error:  # nobody is sent home for that: the frames are taken as they come
            log.error("calibration_unusable", device=device.device_id, error=str(error))
            self._unusable[device.device_id] = str(error)
            return CaptureCalibration(None, None, (*remarks, guidance(GuidanceCode.CALIBRATION_MISSING)))
        return CaptureCalibration(standing.calibration_id, correction, remarks, standing.in_use.device.ppi)

    def add_record(
        self,
        device: CalibratedDevice,
        kind: DeviceKind,
        measurements: Sequence[tuple[Measurement, str]],
        targets: Sequence[UsedTarget],
        verdicts: Sequence[StatedVerdict],
        conditions: Conditions,
        run_id: str = "",
    ) -> CalibrationRecord:
        """Sign what a run came to and append it to the device's chain; it is not in use by that.

        Parameters
        ----------
        measurements : sequence of (Measurement, str)
            Each with the id of its target.

        Raises
        ------
        CalibrationError, KeyProblem, FormError
            Nothing is changed.
        """
        policy = self.policy_for(kind)
        stated, frames = sharing_frames(recorded(measurement, target) for measurement, target in measurements)
        series = {
            digest.sha256: packed(measurement.series[digest.name])
            for measurement, _ in measurements
            for digest in recorded(measurement).series
        }

        def made(sequence: int, previous: str | None, now: SignedTime) -> Entry:
            return CalibrationRecord(
                RECORD_FORMAT,
                VERSION,
                f"cal-{now.wall:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
                device,
                sequence,
                previous,
                policy.standard,
                stated,
                frames,
                tuple(targets),
                tuple(verdicts),
                conditions.operator,
                conditions.temperature_c,
                _record_time(now),
                self._boot_id,
                _whole_ms(now.wall + timedelta(days=policy.interval_days)),
                self._key.gateway_id,
                f"rekam {__version__}",
            )

        entry = self._chains.append(device.id, made, series, run_id)
        assert isinstance(entry, CalibrationRecord)
        return entry

    def objections(self, record: CalibrationRecord) -> tuple[Objection, ...]:
        """What stands against a calibration in place of the one in use.

        Raises
        ------
        CalibrationRefused
            Its factors cannot be used by anybody.
        """
        standing, now = self.standing(record.device.id), self._clock().wall
        judged_by = now if is_plausible(now) else None
        before: Factors | None = None
        unreadable: tuple[Objection, ...] = ()
        try:
            before = None if standing.in_use is None else self._factors(standing.in_use)
        except (RecordsCorrupt, CalibrationRefused) as error:  # a damaged one must not keep its successor out
            told = f"the one in use cannot be read: {error.cause.rstrip('.')}"
            unreadable = (Objection(ObjectionCode.IN_USE_UNREADABLE, told),)
        factors = self._factors(record)
        return objections(record, factors, standing.in_use, before, standing.failing, judged_by) + unreadable

    def accept(self, calibration_id: str, decider: Decider) -> CalibrationDecision:
        """Put a calibration into use from the next capture on.

        Raises
        ------
        CalibrationUnknown
        CalibrationRefused
            It is in use already, or its factors cannot be used by anybody.
        CalibrationObjected
            It is worse than the one in use, cannot be held against it, or is implausible, and no supervisor says why it
            is right all the same.
        CalibrationError, KeyProblem
        """
        with self._chains.lock:
            record = self.record(calibration_id)
            if self.standing(record.device.id).calibration_id == calibration_id:
                raise CalibrationRefused(f"{calibration_id} is in use already.", "Nothing is to be done.")
            against = tuple(each.detail for each in self.objections(record))
            _check_overruled(calibration_id, against, decider)
            self._correction(record)  # made ready before a capture waits for it
            decision = self._decide(record.device.id, Action.ACCEPT, calibration_id, decider, against)
            self._unusable.pop(record.device.id, None)
            return decision

    def rollback(self, device_id: str, decider: Decider) -> CalibrationDecision:
        """Go back to the calibration that was in use before the present one.

        Raises
        ------
        CalibrationRefused
            There is none before it.
        CalibrationError, KeyProblem
        """
        with self._chains.lock:
            entries = self.entries(device_id)
            if not entries:
                raise CalibrationUnknown(f"There is no calibration of {device_id}.", "See `rekam calibrate list`.")
            earlier = previous_in_use(entries)
            if earlier is None:
                raise CalibrationRefused(
                    f"No calibration of {device_id} was in use before the present one.", "Measure and accept another."
                )
            if not decider.reason.strip():
                raise CalibrationObjected(f"{device_id} goes back to {earlier}.", "Say why, with --reason.", ())
            return self._decide(device_id, Action.ROLLBACK, earlier, decider, ())

    def open_due(self, device_id: str, reason: str, evidence: Iterable[Evidence]) -> CalibrationDecision | None:
        """Note that a drift was seen; None where that stands noted, or no calibration is in use.

        Raises
        ------
        CalibrationError, KeyProblem
        """
        with self._chains.lock:
            standing = self.standing(device_id)
            if standing.in_use is None or standing.due_opened is not None:
                return None
            nobody = Decider("", (), supervisor=False, reason=reason)
            return self._decide(device_id, Action.DUE, standing.calibration_id, nobody, (), tuple(evidence))

    def _decide(
        self,
        device_id: str,
        action: Action,
        in_use: str | None,
        decider: Decider,
        against: tuple[str, ...],
        evidence: tuple[Evidence, ...] = (),
    ) -> CalibrationDecision:
        def made(sequence: int, previous: str | None, now: SignedTime) -> Entry:
            assert previous is not None
            return CalibrationDecision(
                DECISION_FORMAT,
                VERSION,
                f"cdec-{now.wall:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
                device_id,
                sequence,
                previous,
                action,
                in_use,
                decider.operator,
                decider.roles,
                decider.reason,
                against,
                evidence,
                _record_time(now),
                self._boot_id,
                self._key.gateway_id,
                f"rekam {__version__}",
            )

        entry = self._chains.append(device_id, made, {})
        assert isinstance(entry, CalibrationDecision)
        return entry

    def _factors(self, record: CalibrationRecord) -> Factors:
        try:
            return factors_of(self.measurements(record))
        except FactorsUnusable as error:
            raise CalibrationRefused(f"{record.calibration_id}: {error}.", "Nobody may put it into use.") from error

    def _correction(self, record: CalibrationRecord) -> Correction | None:
        """The correction of a record, made ready once."""
        with self._chains.lock:
            if record.calibration_id not in self._corrections:
                factors = self._factors(record)
                self._corrections[record.calibration_id] = Correction(factors) if factors else None
            return self._corrections[record.calibration_id]


def _of_future(record: CalibrationRecord) -> str:
    what, when = f"{record.calibration_id}, in use on {record.device.id},", f"{record.time.wall:%Y-%m-%d}"
    return (
        f"The calibration {what} is of {when}, which lies in the future: its time cannot be believed. "
        "Set the clock if it is wrong; if it is right, calibrate the device again."
    )


def _check_overruled(calibration_id: str, against: tuple[str, ...], decider: Decider) -> None:
    if not against:
        return
    cause = f"{calibration_id} is not to be used without a supervisor: {'; '.join(against)}."
    if not decider.supervisor:
        raise CalibrationObjected(cause, "Measure again, or have a supervisor accept it with a reason.", against)
    if not decider.reason.strip():
        raise CalibrationObjected(cause, "Say why it is right all the same, with --reason.", against)


def _record_time(now: SignedTime) -> RecordTime:
    return RecordTime(_whole_ms(now.wall), now.since_boot_s, str(now.quality), now.uncertainty_s)


def _whole_ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def payloads(stored: Iterable[StoredEntry]) -> list[bytes]:
    """The canonical bytes of signed entries."""
    return [payload_of(each.jws) for each in stored]
