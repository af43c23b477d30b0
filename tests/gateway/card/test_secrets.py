"""Nothing of keys, passwords or content shows in a text form, an error or its causes, whatever goes wrong."""

import gc
import pickle
import traceback
from collections.abc import Callable

import pytest

from drivers import CommandApdu, ResponseApdu
from drivers.cards.chip.secure_channel import ChannelKeys
from gateway.card import scp03, scp03_keys
from gateway.card.bac import open_bac
from gateway.card.message_ciphers import AesCipher, TripleDesCipher
from gateway.card.pace import open_pace
from gateway.card.printed_password import CardAccessNumber, MrzPassword
from gateway.card.scp03 import SecurityLevel
from gateway.card.scp03_keys import DiversifiedKeys, Scp03Keys, StaticKeys
from gateway.card.secure_messaging import SecureMessaging
from gateway.card.tlv import DataObject
from tests.gateway.card.document_chip import DocumentChip
from tests.gateway.card.test_pace import offer
from tests.gateway.card.test_scp03 import Desk

KEY = bytes.fromhex("C0FFEE00C0FFEE11C0FFEE22C0FFEE33")
PIN = b"PIN-31415926"
MRZ = MrzPassword("X9876543Q", "771231", "310228")
CAN = CardAccessNumber("918273")
SECRETS = [KEY.hex(), KEY.hex(" "), repr(KEY)[2:-1], str(list(KEY))[1:-1], PIN.decode(), PIN.hex()]
SECRETS += ["X9876543Q", "771231", "310228", "918273"]


def shown(error: BaseException) -> str:
    """All that a log could tell of an error: itself and its causes, without the lines of the source."""
    texts = []
    left: BaseException | None = error
    while left is not None:
        texts += [*traceback.format_exception_only(left), repr(left), repr(left.args)]
        left = left.__cause__ or left.__context__
    return "\n".join(texts)


def assert_nothing_shown(text: str) -> None:
    found = [secret for secret in SECRETS if secret.lower() in text.lower()]
    assert not found, text


@pytest.mark.parametrize(
    "made",
    [
        AesCipher(KEY, KEY),
        TripleDesCipher(KEY, KEY),
        Scp03Keys(KEY, KEY, KEY),
        StaticKeys(KEY, KEY),
        DiversifiedKeys(KEY),
        ChannelKeys(KEY, KEY),
        MRZ,
        CAN,
        DataObject(0x80, KEY, b"\x80\x10" + KEY),
        CommandApdu(0, 0x20, 0, 1, PIN),
        SecureMessaging(lambda command: ResponseApdu(b"", 0x9000), AesCipher(KEY, KEY), bytes(16)),
        scp03.Scp03Session(lambda c: ResponseApdu(b"", 0x9000), Scp03Keys(KEY, KEY, KEY), SecurityLevel.C_MAC, 8),
    ],
    ids=lambda made: type(made).__name__,
)
def test_text_forms_show_nothing(made):
    for text in (repr(made), str(made), f"{made}", f"{[made]}"):
        assert_nothing_shown(text)


def garbled(answer: ResponseApdu) -> ResponseApdu:
    return ResponseApdu(answer.data[:-1] + bytes([answer.data[-1] ^ 1]) if answer.data else b"\x00", answer.sw)


def cut(answer: ResponseApdu) -> ResponseApdu:
    return ResponseApdu(answer.data[:3], answer.sw)


def refused(answer: ResponseApdu) -> ResponseApdu:
    return ResponseApdu(b"", 0x63C1)


def reset(answer: ResponseApdu) -> ResponseApdu:
    raise TimeoutError(f"the reader's own words, with {KEY.hex()} in them")


def document(open_it: Callable[..., SecureMessaging]) -> Callable[..., None]:
    def run(at: int, fault: Callable[[ResponseApdu], ResponseApdu]) -> None:
        password = MRZ if open_it is open_bac else CAN
        chip = DocumentChip(password, {1: PIN}, offer())
        count = 0

        def transmit(command: CommandApdu) -> ResponseApdu:
            nonlocal count
            count += 1
            answer = chip.transmit(command)
            return fault(answer) if count == at else answer

        session = open_bac(transmit, MRZ) if open_it is open_bac else open_pace(transmit, offer(), CAN)
        session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x00\x01"))
        session.transmit(CommandApdu(0, 0xD6, 0, 0, PIN))
        session.transmit(CommandApdu(0, 0xB0, ne=16))

    return run


def channel(at: int, fault: Callable[[ResponseApdu], ResponseApdu]) -> None:
    desk = Desk(keys=ChannelKeys(KEY, KEY))
    count = 0

    def after(answer: ResponseApdu) -> ResponseApdu:
        nonlocal count
        count += 1
        return fault(answer) if count == at else answer

    desk.after = after
    session = desk.open(SecurityLevel.C_ENC_R_ENC, StaticKeys(KEY, KEY))
    desk.create(session)
    session.transmit(CommandApdu(0, 0xD6, 0, 0, PIN))
    session.transmit(CommandApdu(0, 0x20, 0, 0x81, PIN))


@pytest.mark.parametrize("run", [document(open_bac), document(open_pace), channel], ids=["BAC", "PACE", "SCP03"])
@pytest.mark.parametrize("fault", [garbled, cut, refused, reset], ids=lambda fault: fault.__name__)
def test_errors_and_their_causes_show_nothing(run, fault):
    failed = 0
    for at in range(1, 9):
        try:
            run(at, fault)
        except TimeoutError:
            failed += 1  # the transport's own error passes through; what is ours is what the session says afterwards
        except Exception as error:
            failed += 1
            assert_nothing_shown(shown(error))
    assert failed >= 3


def test_what_a_dead_session_says_is_not_what_the_transport_said():
    def transmit(command: CommandApdu) -> ResponseApdu:
        return reset(ResponseApdu(b"", 0x9000))

    session = SecureMessaging(transmit, AesCipher(KEY, KEY), bytes(16))
    with pytest.raises(TimeoutError):
        session.transmit(CommandApdu(0, 0xB0, ne=1))
    with pytest.raises(Exception, match="TimeoutError") as said:
        session.transmit(CommandApdu(0, 0xB0, ne=1))
    assert_nothing_shown(shown(said.value))


def test_wrong_values_are_refused_without_being_shown():
    attempts = [
        lambda: StaticKeys(KEY + b"1", KEY),
        lambda: DiversifiedKeys(KEY[:5]),
        lambda: scp03_keys.diversified_keys(KEY, KEY),
        lambda: AesCipher(KEY[:5], KEY),
        lambda: TripleDesCipher(KEY, KEY + KEY),
        lambda: MrzPassword("X9876543Q!", "771231", "310228"),
        lambda: MrzPassword("X9876543Q", "771231x", "310228"),
        lambda: CardAccessNumber("9182733"),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError) as error:
            attempt()
        assert_nothing_shown(shown(error.value))


def test_sessions_do_not_leave_the_process():
    """A lock is in each: neither a pickle nor a copy of a session can use its counter a second time."""
    session = SecureMessaging(lambda command: ResponseApdu(b"", 0x9000), AesCipher(KEY, KEY), bytes(16))
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(session)


def test_a_closed_channel_keeps_no_key():
    desk = Desk(keys=ChannelKeys(KEY, KEY))
    session = desk.open(SecurityLevel.C_ENC_R_ENC, StaticKeys(KEY, KEY))
    kept = session._keys
    before = kept.enc
    session.close()
    assert before != bytes(16)
    assert (kept.enc, kept.mac, kept.rmac) == (bytes(16),) * 3
    gc.collect()
    assert not any(before == value for value in vars(session).values())
