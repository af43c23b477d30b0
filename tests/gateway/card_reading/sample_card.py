"""An invented card with a few files, written by hand: what the reading of a profile is tried on."""

from threading import Event

import cv2
import numpy as np

from drivers.cards.chip.smart_card import CardOptions, SmartCard
from drivers.cards.synthetic import SyntheticCardWriter
from gateway.card_profile import Application, CardFile, CardProfile, Condition, Operation
from gateway.guidance import LocalizedText
from tests.drivers.synthetic_cards import DEDICATED, Terminal

AID = bytes.fromhex("F0 52454B414D 5445 5354")
PIN = b"123456"
ACTIVATED = 0x05
_CONDITIONS = {Condition.ALWAYS: 0x00, Condition.PIN: 0x11, Condition.NEVER: 0xFF, Condition.CHANNEL: 0x40}


def jpeg() -> bytes:
    """A small image that shows nobody."""
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (80, 1))
    done, octets = cv2.imencode(".jpg", ramp)
    assert done
    return octets.tobytes()


CONTENTS = {
    "biodata": bytes(index * 7 % 256 for index in range(700)),
    "portrait": jpeg(),
    "signature": bytes(index * 3 % 256 for index in range(256)),
    "finger": bytes(range(1, 181)),
    "secret": b"never told",
    "seal": bytes(range(255, 0, -1)),
}


def card_file(name: str, fid: int, condition: Condition = Condition.ALWAYS) -> CardFile:
    return CardFile(name, fid, name, 4000, sfi=fid & 0x1F, access={Operation.READ: condition})


FILES = (
    card_file("biodata", 0x0101),
    card_file("portrait", 0x0102),
    card_file("signature", 0x0103, Condition.PIN),
    card_file("finger", 0x0104, Condition.CHANNEL),
    card_file("secret", 0x0105, Condition.NEVER),
    card_file("seal", 0x0106),
)


def profile(
    name: str = "sample", aid: bytes = AID, files: tuple[CardFile, ...] = FILES, seal: str = "seal"
) -> CardProfile:
    return CardProfile(
        name,
        1,
        LocalizedText("Kartu contoh", "Sample card"),
        8192,
        "",
        None,
        (Application("identity", 0x4F01, aid, files),),
        seal,
    )


def written_card(leave_out: tuple[str, ...] = (), **options: object) -> SmartCard:
    """A chip with those files, all activated: their conditions hold."""
    chip = SmartCard(CardOptions(**options))
    terminal = Terminal(chip)
    assert terminal.create(0x4F01, DEDICATED, name=AID, life=ACTIVATED) == 0x9000
    for file in FILES:
        if file.name in leave_out:
            continue
        content = CONTENTS[file.name]
        access = bytes((0x01, _CONDITIONS[file.access[Operation.READ]]))
        made = terminal.create(file.fid, size=len(content), sfi=file.sfi, life=ACTIVATED, access=access)
        assert made == 0x9000
        for start in range(0, len(content), 200):
            assert terminal.update(content[start : start + 200], start) == 0x9000
    chip.power_down()
    return chip


def held_writer(chip: SmartCard, **faults: object) -> SyntheticCardWriter:
    """An open reader that holds the card; the fault counts from the first command of the reading."""
    writer = SyntheticCardWriter(card=chip, card_delay_s=0.0, **faults)
    writer.__enter__()
    writer.await_card(5.0, Event())
    return writer
