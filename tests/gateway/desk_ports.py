"""Ports of a desk whose cables a test can pull: a third-party driver and the look at its ports."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Self

from drivers import (
    DeviceAddress,
    DeviceCondition,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
    Discovery,
    DiscoveryProblem,
    Frame,
    SelfTestStep,
)
from drivers.fingerprint.synthetic import SyntheticFingerprintScanner

QUICK: dict[str, Any] = {
    "finger": 1,
    "impression": 1,
    "finger_delay_s": 0.0,
    "settle_s": 0.05,
    "hold_s": 1000.0,
    "frame_rate": 50.0,
}
"""A finger that lies on the glass as soon as somebody looks, and stays."""


FRAMES_UNTIL_JUDGED = 30


@dataclass
class Port:
    """One port: what is plugged into it, and what happened there."""

    name: str
    plugged: bool = True
    serial: str = ""
    location: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    deaf: Event = field(default_factory=Event)
    """Set: the device answers nothing until a reset."""
    freed: Event = field(default_factory=Event)
    """Set: a device that is deaf comes to itself without a reset."""
    hangs: Event = field(default_factory=Event)
    """Set by the device once it is deaf."""
    judged: Event = field(default_factory=Event)
    """Set once so many frames were delivered that the best of them has been judged in full."""
    bug: Exception | None = None
    """What the driver raises that no driver should."""
    lost_at_removal: bool = False
    condition: DeviceCondition = field(default_factory=DeviceCondition)
    stubborn: bool = False
    """A reset does not help."""
    log: list[str] = field(default_factory=list)
    open_scanners: int = 0
    most_open: int = 0

    @property
    def driver(self) -> str:
        """Each port has a driver of its own, as a driver is not told at which port it is opened."""
        return f"cabled-{self.name}"

    @property
    def device_id(self) -> str:
        return f"{self.driver}:{self.serial or self.name}"

    @property
    def address(self) -> DeviceAddress:
        return DeviceAddress(self.device_id, self.driver, "Cabled scanner", self.location or f"port:{self.name}")

    def pull(self) -> None:
        self.plugged = False

    def meet(self, freed: Event) -> None:
        """Fail as the cable and the firmware have it."""
        if not self.plugged:
            raise DeviceLost(f"port {self.name} is empty")
        if self.bug is not None:
            raise self.bug
        if self.deaf.is_set():
            self.hangs.set()
            while not freed.wait(0.01) and not self.freed.is_set():
                pass
            raise DeviceHung(f"the device at port {self.name} hung and was reset")


PORTS: dict[str, Port] = {}


@dataclass
class Desk:
    """The ports of one test."""

    ports: dict[str, Port] = field(default_factory=dict)
    problems: tuple[DiscoveryProblem, ...] = ()

    def port(self, name: str, **fields: Any) -> Port:
        self.ports[name] = PORTS[name] = Port(name, **fields)
        return self.ports[name]

    def look(self) -> Discovery:
        """What `drivers.discover` would see."""
        plugged = [port for port in self.ports.values() if port.plugged]
        return Discovery(tuple(port.address for port in plugged), self.problems)


class CabledScanner:
    """A scanner at a `Port`; draws what the synthetic one draws."""

    def __init__(self, port: str) -> None:
        self._port = PORTS[port]
        self._inner = SyntheticFingerprintScanner(**{"serial": f"CAB-{port}", **QUICK, **self._port.options})
        self._freed = Event()

    @property
    def identity(self) -> Any:
        return self._inner.identity

    @property
    def condition(self) -> DeviceCondition:
        return self._port.condition

    def __enter__(self) -> Self:
        if not self._port.plugged:
            raise DeviceNotFound(f"port {self._port.name} is empty")
        self._inner.__enter__()
        self._port.log.append("opened")
        self._port.open_scanners += 1
        self._port.most_open = max(self._port.most_open, self._port.open_scanners)
        return self

    def __exit__(self, *exc: object) -> None:
        self._port.log.append("closed")
        self._port.open_scanners -= 1
        self._inner.__exit__(*exc)

    def frames(self, cancel: Event) -> Iterator[Frame]:
        for count, frame in enumerate(self._inner.frames(cancel)):
            self._port.meet(self._freed)
            yield frame
            if count > FRAMES_UNTIL_JUDGED:
                self._port.judged.set()
        self._port.log.append("cancelled")

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        self._port.meet(self._freed)
        return self._inner.capture(timeout_s, cancel)

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        self._port.log.append("removal")
        if self._port.lost_at_removal:
            self._port.lost_at_removal = False
            raise DeviceLost(f"port {self._port.name} lost its device")
        self._port.meet(self._freed)
        self._inner.await_removal(timeout_s, cancel)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        for step in self._inner.self_test(cancel):
            self._port.meet(self._freed)
            yield step

    def reset(self) -> None:
        self._port.log.append("reset")
        if self._port.stubborn:
            raise DeviceHung(f"the device at port {self._port.name} is beyond a reset")
        self._port.deaf.clear()
        self._freed.set()
        self._inner.reset()


def scanner_1() -> CabledScanner:
    return CabledScanner("1")


def scanner_2() -> CabledScanner:
    return CabledScanner("2")


class PlacingScanner:
    """The scanner at port 1, but one that gives a single frame for each placement of a finger, and no preview."""

    def __init__(self) -> None:
        self._scanner = CabledScanner("1")

    @property
    def identity(self) -> Any:
        return self._scanner.identity

    def __enter__(self) -> Self:
        self._scanner.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._scanner.__exit__(*exc)

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        return self._scanner.capture(timeout_s, cancel)

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        self._scanner.await_removal(timeout_s, cancel)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        return self._scanner.self_test(cancel)

    def reset(self) -> None:
        self._scanner.reset()
