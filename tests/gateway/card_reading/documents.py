"""Travel documents of nobody, on the chip of the protocols' tests, in a reader of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from drivers import CardProtocol, CardWasReset, CommandApdu, InsertedCard, ResponseApdu
from gateway.card import CardAccessNumber, MrzPassword, PaceOffer, data_object, pace_offers
from gateway.card_profile import Application, CardFile, CardProfile
from gateway.card_reading.travel_document import AID, COM_FID, GROUP_TAGS, SOD_FID, group_fid
from gateway.guidance import LocalizedText
from gateway.records import fac
from tests.gateway.card.document_chip import DocumentChip
from tests.gateway.card.document_signer import Signer, made_signer
from tests.gateway.card_reading.sample_card import jpeg

PRINTED = MrzPassword("L898902C3", "740812", "120415")
CAN = CardAccessNumber("123456")
MRZ = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
CARD_ACCESS = bytes.fromhex("31143012060A04007F0007020204020202010202010D")
SIGNER = made_signer()
ICAO = CardProfile(
    "icao-lds1",
    1,
    LocalizedText("Dokumen perjalanan", "Travel document"),
    32768,
    "",
    None,
    (Application("lds1", 0x0001, AID, (CardFile("dg1", 0x0101, "mrz", 200), CardFile("face", 0x0102, "x", 9000))),),
    "",
)


def face_group(image: bytes) -> bytes:
    header = data_object(0xA1, data_object(0x81, b"\x02"))
    one = data_object(0x7F60, header + data_object(0x5F2E, fac.encode_portrait(image)))
    return data_object(0x75, data_object(0x7F61, data_object(0x02, b"\x01") + one))


def groups(*more: int) -> dict[int, bytes]:
    """DG1 and DG2, and others filled with anything."""
    found = {1: data_object(0x61, data_object(0x5F1F, MRZ.encode())), 2: face_group(jpeg())}
    return {**found, **{number: data_object(GROUP_TAGS[number], bytes(40 * number)) for number in more}}


def index(listed: tuple[int, ...]) -> bytes:
    tags = bytes(GROUP_TAGS[number] for number in listed)
    versions = data_object(0x5F01, b"0107") + data_object(0x5F36, b"040000")
    return data_object(0x60, versions + data_object(0x5C, tags))


def document_files(
    content: dict[int, bytes], signer: Signer = SIGNER, listed: tuple[int, ...] | None = None
) -> dict[int, bytes]:
    """By file identifier; the application's name stands among them as a file without content."""
    return {
        int.from_bytes(AID, "big"): b"",
        COM_FID: index(tuple(content) if listed is None else listed),
        SOD_FID: signer.sign(content),
        **{group_fid(number): octets for number, octets in content.items()},
    }


class GuardedChip(DocumentChip):
    """Gives files over a session alone, some not even then, and may end the session when it is asked for those.

    Parameters
    ----------
    guards : tuple of int
        Data groups that it refuses.
    ends_session : bool
        Whether a refusal of these comes unsecured, with which the session is over.
    opens : bool
        Whether files are given without a session.
    """

    def __init__(self, password, files, offer=None, *, guards=(), ends_session=False, opens=False) -> None:
        super().__init__(password, {**files, 0x3F00: b"", **({0x011C: CARD_ACCESS} if offer else {})}, offer)
        self.guards, self.ends_session, self.opens = guards, ends_session, opens
        self._secured, self._selected = False, 0

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self._secured = bool(command.cla & 0x0C)
        response = super().transmit(command)
        guarded = self._selected in [group_fid(number) for number in self.guards]
        if self.ends_session and self._secured and guarded and response.sw == 0x6982:
            self.channel = None
            return ResponseApdu(b"", 0x6982)
        return response

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        if command.ins == 0xA4:
            self._selected = int.from_bytes(command.data, "big")
        elif command.ins in (0xB0, 0xB1) and self._selected != 0x011C:
            guarded = self._selected in [group_fid(number) for number in self.guards]
            if guarded or not (self.opens or self._secured):
                return ResponseApdu(b"", 0x6982)
        return super()._answer(command)


def offer() -> PaceOffer:
    return pace_offers(CARD_ACCESS)[0]


class DocumentReader:
    """A reader that holds such a chip; the card loses its power before the command that `reset_at` counts to."""

    def __init__(self, chip: DocumentChip, reset_at: int | None = None) -> None:
        self.chip, self._reset_at, self.commands, self.powered = chip, reset_at, 0, 1
        self.card: InsertedCard | None = InsertedCard(b"", CardProtocol.TCL, chaining=False, extended_length=False)

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        if self.commands == self._reset_at:
            self._reset_at = None
            self.chip.channel = None
            raise CardWasReset("the card lost its power for a moment; begin again with it")
        self.commands += 1
        return self.chip.transmit(command)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def await_card(self, timeout_s: float, cancel: Event) -> InsertedCard:
        self.powered += 1
        assert self.card is not None
        return self.card
