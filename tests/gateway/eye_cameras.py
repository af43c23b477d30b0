"""Iris cameras of another package: at a port whose cable a test can pull, without labels, or without a live picture."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event
from typing import Any, Self

from drivers import DeviceNotFound, Eyes, IrisFrame, SelfTestStep
from drivers.iris.synthetic import SyntheticIrisCamera
from tests.gateway.desk_ports import PORTS, Port
from tests.gateway.running import QUICK_SITTER


class _Camera:
    """The camera at a `Port`; draws what the synthetic one draws, and does not know which eye it sees."""

    def __init__(self, port: str) -> None:
        self.port: Port = PORTS[port]
        options = {"serial": f"EYE-{port}", "eye": 17, "impression": 1, **QUICK_SITTER, **self.port.options}
        self.inner = SyntheticIrisCamera(**options)
        self.freed = Event()

    @property
    def identity(self) -> Any:
        return self.inner.identity

    def __enter__(self) -> Self:
        if not self.port.plugged:
            raise DeviceNotFound(f"port {self.port.name} is empty")
        self.inner.__enter__()
        self.port.log.append("opened")
        return self

    def __exit__(self, *exc: object) -> None:
        self.inner.__exit__(*exc)

    def capture(self, timeout_s: float, cancel: Event) -> IrisFrame:
        self.port.meet(self.freed)
        self.port.log.append("capture")
        return replace(self.inner.capture(timeout_s, cancel), eyes=Eyes.UNKNOWN)

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        return self.inner.self_test(cancel)

    def reset(self) -> None:
        self.port.log.append("reset")
        self.port.deaf.clear()
        self.freed.set()


class CabledCamera(_Camera):
    """Port 1, live."""

    def __init__(self) -> None:
        super().__init__("1")

    def frames(self, cancel: Event) -> Iterator[IrisFrame]:
        for frame in self.inner.frames(cancel):
            self.port.meet(self.freed)
            yield replace(frame, eyes=Eyes.UNKNOWN)


class OtherCabledCamera(CabledCamera):
    """Port 2, live."""

    def __init__(self) -> None:
        _Camera.__init__(self, "2")


class StillCamera(_Camera):
    """Port 1, a frame whenever it is asked."""

    def __init__(self) -> None:
        super().__init__("1")
