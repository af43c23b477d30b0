"""All devices of the desk: those of the configuration and those that are plugged in."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import structlog

from drivers import (
    DeviceAddress,
    DeviceKind,
    DeviceNotFound,
    Discovery,
    DiscoveryProblem,
    discover,
    installed_drivers,
)
from gateway.devices.device import Device
from gateway.devices.history import DeviceHistory
from gateway.devices.state import DeviceSnapshot, DeviceState
from gateway.task_end import end_tasks

log = structlog.get_logger(__name__)

OPENING_WAIT_S = 1.0

UPTIME_PERIOD_S = 60.0
"""So much uptime is forgotten at most when the power goes."""


@dataclass(frozen=True)
class DeviceSettings:
    """One `[[device]]` table: which driver, which device, and what its constructor is given."""

    driver: str
    device_id: str = ""
    """A device that discovery cannot find, e.g. a synthetic one, is made under this name; else the driver's
    options are for the discovered device of this name, or for all of the driver's where it is empty."""
    attach: bool = False
    """Make the device although no port shows it."""
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


class DeviceRegistry:
    """Knows every device; belongs to the event loop's thread.

    Looks at the ports every `rescan_s`; a look at the kernel's list costs 0.3 ms and disturbs no device, so that one
    mechanism does with udevd and without (docs/decisions/0005). The old object of a device is closed before a new one
    of the same name is announced.
    """

    def __init__(
        self,
        settings: Sequence[DeviceSettings],
        on_change: Callable[[DeviceSnapshot], None],
        rescan_s: float = 0.25,
        look: Callable[[], Discovery] = discover,
        history: DeviceHistory | None = None,
        calibration_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._calibration_of = calibration_of
        self._settings = settings
        self._on_change = on_change
        self._rescan_s = rescan_s
        self._look = look
        self._history = history
        self._uptime_counted_at = time.monotonic()
        self._devices: dict[str, Device] = {}
        self._task: asyncio.Task[None] | None = None
        self._opening: set[asyncio.Task[None]] = set()
        self.problems: tuple[DiscoveryProblem, ...] = ()

    async def start(self) -> None:
        """Open the configured devices and look at the ports for the first time, then go on looking."""
        configured = [s for s in self._settings if s.attach]
        for settings in configured:
            address = DeviceAddress(settings.device_id, settings.driver, settings.driver)
            self._add(address, settings.options).configured = True
        await asyncio.gather(*(device.start() for device in self._devices.values()))
        self._task = asyncio.create_task(self._keep_looking(), name="rescan of devices")

    async def stop(self) -> None:
        """Close every device."""
        if self._task:
            await end_tasks([self._task])
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*(device.stop() for device in self._devices.values()))

    def devices(self) -> list[Device]:
        """Every device that is, or was, attached."""
        return list(self._devices.values())

    def get(self, device_id: str) -> Device | None:
        """The device of that name."""
        return self._devices.get(device_id)

    def known(self, device_id: str) -> Device:
        """The device of that name; `DeviceNotFound`, naming those there are, where there is none."""
        device = self._devices.get(device_id)
        if device is None:
            names = ", ".join(self._devices) or "none"
            raise DeviceNotFound(f"{device_id} is not attached; attached: {names}")
        return device

    async def rescan(self) -> None:
        """Look at the ports once: open what is new, let go of what has gone, try again what failed."""
        found = await asyncio.to_thread(self._look)
        if found.problems != self.problems:
            for problem in found.problems:
                log.warning("driver_problem", driver=problem.driver, detail=problem.detail)
        self.problems = found.problems
        addresses = {address.device_id: address for address in found.devices}
        starts = []
        for device in self._devices.values():
            if device.address.device_id in addresses:
                device.configured = False  # the ports show it after all, so they tell when it goes
            address = device.address if device.configured else addresses.get(device.address.device_id)
            absent = device.snapshot.state is DeviceState.ABSENT
            if address is None:
                # A job on a device that was just unplugged finds out by itself, and says more precisely how.
                if not absent and not device.busy:
                    await device.stop()
                continue
            device.address = address  # a recovery under way opens it at its new port
            if device.due_for_retry or (absent and not device.configured and not device.busy):
                starts.append(device)
        for device_id, address in addresses.items():
            if device_id not in self._devices:
                starts.append(self._add(address, self._options_for(address)))
        for device in starts:
            task = asyncio.create_task(device.start(), name=f"open {device.address.device_id}")
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        if self._opening:
            # One that hangs while it is opened must not keep us from seeing the others come and go.
            await asyncio.wait(self._opening, timeout=OPENING_WAIT_S)

    async def _keep_looking(self) -> None:
        while True:
            if time.monotonic() - self._uptime_counted_at > UPTIME_PERIOD_S:
                self._uptime_counted_at = time.monotonic()
                for device in self._devices.values():
                    device.count_uptime()
            try:
                await self.rescan()
            except Exception:
                # Whatever one look ran into, the next may go well; devices in use must not suffer.
                log.exception("rescan_failed")
            await asyncio.sleep(self._rescan_s)

    def _add(self, address: DeviceAddress, options: Mapping[str, object]) -> Device:
        driver = installed_drivers().get(address.driver)
        kind = driver.kind if driver else DeviceKind.FINGERPRINT_SCANNER
        device = Device(address, options, self._on_change, kind, self._history, self._calibration_of)
        self._devices[address.device_id] = device
        return device

    def _options_for(self, address: DeviceAddress) -> Mapping[str, object]:
        options: dict[str, object] = {}
        for settings in self._settings:
            if settings.driver == address.driver and settings.device_id in ("", address.device_id):
                options.update(settings.options)
        return options
