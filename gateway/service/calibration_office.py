"""What belongs to calibrations, opened together: their file, their service, what needs a person."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from calibration.judgement import STANDARDS, stated_verdicts
from calibration.limits import limits_of
from calibration.measurement import Measurement
from calibration.procedures import Registry, View
from calibration.record import StatedVerdict
from calibration.standing import CalibrationState
from drivers import DeviceKind
from gateway.calibration.book import CalibrationBook
from gateway.calibration.daily import DailyLook
from gateway.calibration.policy import KindPolicy, Policy
from gateway.calibration.store import CalibrationStore
from gateway.calibration.values import LaidTarget
from gateway.capture.leases import LeaseBook
from gateway.config import CalibrationSettings
from gateway.devices.registry import DeviceRegistry
from gateway.guidance import LocalizedText
from gateway.service.calibration import CalibrationCore, Tools
from gateway.service.idempotency import Idempotency
from gateway.trust.signer import Signer

log = structlog.get_logger(__name__)

LOOK_PERIOD_S = 300.0
"""A device that was in use at the time of day is looked at as soon as it is free."""


class CalibrationOffice:
    """The calibrations of one gateway; made by `open`, closed by `close`."""

    def __init__(self, store: CalibrationStore, book: CalibrationBook, settings: CalibrationSettings) -> None:
        self.store = store
        self.book = book
        self._settings = settings

    @classmethod
    def open(cls, state: Path, settings: CalibrationSettings, key: Signer) -> "CalibrationOffice":
        """Open the file in the state folder, whose lock the caller holds.

        Raises
        ------
        CalibrationError
        """
        store = CalibrationStore.open(state)
        try:
            return cls(store, CalibrationBook(store, key, policy_of(settings)), settings)
        except BaseException:
            store.close()
            raise

    def core(self, registry: DeviceRegistry, leases: LeaseBook, idempotency: Idempotency) -> CalibrationCore:
        """The service; made once, before `start`."""
        tools = Tools(_procedures, _laid, _bundled, _judge, _lay)
        self._core = CalibrationCore(registry, leases, self.book, self.store, tools, idempotency)
        at = time.fromisoformat(self._settings.daily_at) if self._settings.daily_at else None
        self.daily = DailyLook(
            registry.devices, lambda device_id: leases.holder_of(device_id) is None, self.book, self.store, at
        )
        return self._core

    def start(self, stack: contextlib.AsyncExitStack) -> None:
        """Look daily; let what runs end with the stack, before the devices are closed."""
        stack.push_async_callback(self._core.stop)
        stack.callback(asyncio.create_task(self._look_daily(), name="daily look at scanners").cancel)

    async def _look_daily(self) -> None:
        while True:
            await asyncio.sleep(LOOK_PERIOD_S)
            try:
                await self.daily.look()
            except Exception:
                # Whatever one look ran into, the next may go well.
                log.exception("daily_look_failed")

    def calibration_of(self, device_id: str) -> str:
        """The calibration in use of a device; empty where there is none."""
        return self.book.standing(device_id).calibration_id or ""

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, now."""
        told = [LocalizedText(id=text, en=text) for text in self.book.troubles]
        for device_id in self.book.device_ids():
            words = _STATES.get(self.book.standing(device_id).state)
            if words is not None:
                told.append(LocalizedText(id=words.id.format(device_id), en=words.en.format(device_id)))
        return told

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()


def policy_of(settings: CalibrationSettings) -> Policy:
    """The policy of each kind of device, as the configuration has it."""
    return {kind: _kind_policy(settings, kind) for kind in DeviceKind}


def _kind_policy(settings: CalibrationSettings, kind: DeviceKind) -> KindPolicy:
    own = getattr(settings, kind.value)

    def of(name: str) -> Any:
        value = getattr(own, name)
        return getattr(settings, name) if value is None else value

    actions = {
        CalibrationState.OVERDUE: of("overdue"),
        CalibrationState.FAILED: of("failed"),
        CalibrationState.NEVER: of("missing"),
        CalibrationState.CHANGED: of("changed"),
    }
    standard = STANDARDS.get(kind, "") if own.standard is None else own.standard
    return KindPolicy(actions, of("interval_days"), standard)


def _judge(kind: DeviceKind, standard: str, measurements: Sequence[Measurement]) -> tuple[StatedVerdict, ...]:
    return stated_verdicts(limits_of(standard) if standard else None, measurements)


# The procedures are loaded when somebody asks for them: a gateway that is not calibrated just now does without.


@cache
def _procedures() -> Registry:
    from calibration.installed import installed_procedures

    return installed_procedures()


def _lay(driver: Any, view: View | None, target: Any, number: int) -> None:
    from calibration.installed import lay_synthetic

    lay_synthetic(driver, view, target, number)


def _laid(content: bytes) -> LaidTarget:
    from calibration.installed import read_target_file

    return LaidTarget(*read_target_file(content))


@cache
def _bundled() -> dict[str, LaidTarget]:
    from calibration.installed import bundled_targets

    return {name: LaidTarget(*each) for name, each in bundled_targets().items()}


_STATES = {
    CalibrationState.OVERDUE: LocalizedText(
        id="Kalibrasi {0} lewat waktunya: `rekam calibrate run {0}`.",
        en="The calibration of {0} is overdue: `rekam calibrate run {0}`.",
    ),
    CalibrationState.DUE_SOON: LocalizedText(
        id="Kalibrasi {0} hampir habis masanya: `rekam calibrate list`.",
        en="The calibration of {0} is due soon: see `rekam calibrate list`.",
    ),
    CalibrationState.FAILED: LocalizedText(
        id="{0} tidak memenuhi batas kalibrasinya: `rekam calibrate history {0}`.",
        en="{0} does not keep the limits of its calibration: `rekam calibrate history {0}`.",
    ),
}
