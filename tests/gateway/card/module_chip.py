"""A security module in memory, as its issuer hands it out."""

from drivers.cards.chip.smart_card import CardOptions, SmartCard
from gateway.card import ModuleAccess
from tests.drivers.synthetic_cards import DEDICATED, Terminal

APPLICATION = bytes.fromhex("F0524B4D534D01")
PIN = "24681357"
MASTER, ENC, MAC = 1, 2, 3
KEYS = {MASTER: bytes(range(16)), ENC: bytes(range(16, 32)), MAC: bytes(range(32, 48))}
ACCESS = ModuleAccess(APPLICATION, PIN.encode())


def module_chip(keys: dict[int, bytes] | None = None) -> SmartCard:
    chip = SmartCard(CardOptions(pin=PIN.encode(), module_keys=KEYS if keys is None else keys, serial="MODULE"))
    terminal = Terminal(chip)
    assert terminal.create(0x0100, DEDICATED, name=APPLICATION) == 0x9000
    chip.power_down()
    return chip


def tries_left(chip: SmartCard) -> int:
    return chip.pins.status(1) & 0xF
