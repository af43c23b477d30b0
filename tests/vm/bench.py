"""The devices on the host's side, which the tests in the virtual machine ask to be plugged in and pulled out."""

from collections.abc import Callable, Iterator
from typing import Any, Self

from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.cards.exchange import GET_RESPONSE
from drivers.protocols import CardProtocol
from tests.drivers.zfm_module import FINGER_COMES_AND_GOES, NOBODY, OPTICAL, ROUND, ZfmModule, product
from tests.vm.qmp import Qmp
from tests.vm.vscard import CardSlot, Fault

SERIAL, READER_SERIAL = "REKAM0001", "REKAM0002"
"""Serial numbers of the adapter and of the reader."""
PICTURES = {"optical": OPTICAL, "round": ROUND}
LOOKS = {"finger": FINGER_COMES_AND_GOES, "nobody": NOBODY}


class Bench:
    """A serial fingerprint module behind a USB adapter, and a USB card reader with its card.

    Parameters
    ----------
    qmp : Qmp
        The monitor.
    slot : CardSlot
        Bound to the character device `card`.
    """

    def __init__(self, qmp: Qmp, slot: CardSlot) -> None:
        self._qmp = qmp
        self._slot = slot
        self._module: ZfmModule | None = None
        self._card = SmartCard()
        self._plugged: set[str] = set()
        self._actions: dict[str, Callable[..., object]] = {
            "plug": self.plug,
            "unplug": self.unplug,
            "module": self.module,
            "module_baud": self.module_baud,
            "card_in": self.card_in,
            "card_out": self._slot.take,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._module is not None:
            self._module.__exit__(*exc)

    def act(self, action: str, arguments: dict[str, Any]) -> object:
        """Do what a test asked for."""
        return self._actions[action](**arguments)

    def plug(self, device: str) -> None:
        """Plug `serial` or `reader` in; nothing happens where it is."""
        if device in self._plugged:
            return
        self._plugged.add(device)
        # A port of its own for each: QEMU would take the first that is free, and udev name it by that.
        if device == "serial":
            self._qmp.execute(
                "device_add", driver="usb-serial", id="serial", bus="usb.0", port="1", serial=SERIAL, chardev="module"
            )
        else:
            self._qmp.execute("device_add", driver="usb-ccid", id="reader", bus="usb.0", port="2", serial=READER_SERIAL)
            self._qmp.execute("device_add", driver="ccid-card-passthru", id="card", bus="reader.0", chardev="card")
            self._slot.power_up()

    def unplug(self, device: str) -> None:
        """Pull `serial` or `reader`; nothing happens where it is not plugged in."""
        if device not in self._plugged:
            return
        self._plugged.discard(device)
        if device == "reader":
            self._slot.power_down()
        self._qmp.delete_device(device)

    def module(
        self,
        picture: str = "round",
        looks: str = "finger",
        unplug_at_look: int | None = None,
        silent_after_looks: int | None = None,
        baud: int = 57600,
        packet_pause_s: float = 0.0,
    ) -> None:
        """Put a new module behind the adapter, and plug that in.

        Parameters
        ----------
        picture, looks : str
            A key of `PICTURES`, of `LOOKS`.
        unplug_at_look : int, optional
            The look for a finger at which the adapter is pulled.
        silent_after_looks, baud, packet_pause_s
            As `ZfmModule`.
        """
        self.unplug("serial")
        if self._module is not None:
            self._qmp.execute("chardev-remove", id="module")
            module, self._module = self._module, None
            module.__exit__(None, None, None)
        told = product(b"R503", b"00004711", 192, 192) if picture == "round" else None
        codes = LOOKS[looks]
        self._module = ZfmModule(
            PICTURES[picture],
            looks=codes if unplug_at_look is None else self._unplugging(codes, unplug_at_look),
            product=told,
            version=b"V1.4" if told else None,
            silent_after_looks=silent_after_looks,
            baud=baud,
            packet_pause_s=packet_pause_s,
        )
        self._module.__enter__()
        backend = {"type": "serial", "data": {"device": self._module.port}}
        self._qmp.execute("chardev-add", id="module", backend=backend)
        self.plug("serial")

    def module_baud(self) -> int:
        """The rate that the module has now."""
        assert self._module is not None
        return self._module.baud

    def card_in(self, protocol: str = "T=0", fault: str = "none", after: int = 1, *, same: bool = False) -> None:
        """Put a new card in, or the `same` as before; after some commands it has the fault.

        Parameters
        ----------
        protocol : str
            As `CardProtocol`.
        fault : str
            `none`, or a key of `CARD_FAULTS`.
        after : int
            Commands that are answered well.
        same : bool
        """
        self._slot.take()
        if not same:
            self._card = SmartCard(CardOptions(protocol=CardProtocol(protocol)))
        self._slot.put_in(self._card, None if fault == "none" else CARD_FAULTS[fault], after)

    def _unplugging(self, codes: tuple[int, ...], at_look: int) -> Iterator[int]:
        for look in range(at_look):
            if look == at_look - 1:
                self.unplug("serial")
            yield codes[look % len(codes)]


def _garbled(since: int, command: bytes) -> bytes | None:
    return b"\x12\x34\x56" if since == 1 else None


def _endless(since: int, command: bytes) -> bytes | None:
    return b"\x00\x61\x01" if since == 1 or command[1] == GET_RESPONSE else None


CARD_FAULTS: dict[str, Fault] = {"garbled": _garbled, "endless": _endless}
"""Answers that break the protocol: one of three bytes, and more and more that is said to be there."""
