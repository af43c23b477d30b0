"""BAC and its secure messaging by the worked example of ICAO Doc 9303-11, appendix D, and what goes wrong."""

import pytest

from drivers import CardRefused, CommandApdu
from gateway.card.bac import open_bac
from gateway.card.errors import CardNotTrusted, MalformedCardData, PasswordRefused, SessionDead
from gateway.card.printed_password import CardAccessNumber, MrzPassword, check_digit
from gateway.card.session_keys import AUTHENTICATION, ENCRYPTION, KeyKind, derived_key
from tests.gateway.card.document_chip import DocumentChip
from tests.gateway.card.scripted_card import ScriptedCard, one_after_another

PRINTED = MrzPassword("L898902C", "690806", "940623")
PROOF = (
    "0082000028 72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2 5F1448EEA8AD90A7 28",
    "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F 2F2D235D074D7449 9000",
)
CHALLENGE = ("0084000008", "4608F91988702212 9000")
SELECT_COM = ("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "990290008E08FA855A5D4C50A8ED9000")
READ_HEAD = ("0CB000000D9701048E08ED6705417E96BA5500", "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000")
READ_REST = (
    "0CB000040D9701128E082EA28A70F3C7B53500",
    "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
)


def example_random():
    return one_after_another("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B")


def test_keys_from_the_mrz():
    assert PRINTED.information == b"L898902C<369080619406236"
    seed = PRINTED.secret[:16]
    assert seed.hex().upper() == "239AB9CB282DAF66231DC5A4DF6BFBAE"
    assert derived_key(seed, ENCRYPTION, KeyKind.TRIPLE_DES).hex().upper() == "AB94FDECF2674FDFB9B391F85D7F76F2"
    assert derived_key(seed, AUTHENTICATION, KeyKind.TRIPLE_DES).hex().upper() == "7962D9ECE03D1ACD4C76089DCE131543"


def test_a_long_document_number_of_a_card():
    assert MrzPassword("D23145890734", "340712", "950712").information == b"D23145890734934071279507122"


def test_the_worked_example_to_its_end():
    card = ScriptedCard(CHALLENGE, PROOF, SELECT_COM, READ_HEAD, READ_REST)
    session = open_bac(card.transmit, PRINTED, random=example_random())
    assert session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, bytes.fromhex("011E"))).ok
    head = session.transmit(CommandApdu(0, 0xB0, 0, 0, ne=4)).data
    rest = session.transmit(CommandApdu(0, 0xB0, 0, 4, ne=18)).data
    assert (head + rest).hex().upper() == "60145F0104303130365F36063034303030305C026175"
    assert card.left == 0
    assert session.alive


def test_a_flipped_bit_anywhere_in_an_answer_of_the_example_ends_the_session():
    right = bytes.fromhex(READ_HEAD[1])
    for bit in range(8 * len(right)):
        wrong = bytearray(right)
        wrong[bit // 8] ^= 0x80 >> bit % 8
        if not (0x61 <= wrong[-2] <= 0x6F or 0x90 <= wrong[-2] <= 0x9F):
            continue  # no status word: the driver itself refuses it
        card = ScriptedCard(CHALLENGE, PROOF, SELECT_COM, (READ_HEAD[0], wrong.hex()), READ_REST)
        session = open_bac(card.transmit, PRINTED, random=example_random())
        session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, bytes.fromhex("011E")))
        with pytest.raises(SessionDead):
            session.transmit(CommandApdu(0, 0xB0, 0, 0, ne=4))
        with pytest.raises(SessionDead):
            session.transmit(CommandApdu(0, 0xB0, 0, 4, ne=18))
        assert card.left == 1, "a dead session sends nothing"


@pytest.mark.parametrize("at", [0, 7, 8, 15, 16, 31, 32, 39])
def test_a_proof_with_a_flipped_bit_is_not_believed(at):
    wrong = bytearray.fromhex(PROOF[1])
    wrong[at] ^= 1
    card = ScriptedCard(CHALLENGE, (PROOF[0], wrong.hex()))
    with pytest.raises(CardNotTrusted):
        open_bac(card.transmit, PRINTED, random=example_random())


def test_a_proof_of_another_challenge_is_not_believed():
    """The example's answer, replayed to a reader that drew other numbers, and made by one that knows the keys."""
    chip = DocumentChip(PRINTED)
    chip.challenge_in_proof = bytes(8)
    with pytest.raises(CardNotTrusted, match="another challenge"):
        open_bac(chip.transmit, PRINTED)


@pytest.mark.parametrize("sw", ["6300", "6982", "63C2"])
def test_a_wrong_mrz_is_told_as_such(sw):
    card = ScriptedCard(CHALLENGE, (PROOF[0], sw))
    with pytest.raises(PasswordRefused, match="read the MRZ again") as refused:
        open_bac(card.transmit, PRINTED, random=example_random())
    assert refused.value.tries_left == (2 if sw == "63C2" else None)


def test_other_refusals_and_lengths():
    with pytest.raises(CardRefused, match="6D00"):
        open_bac(ScriptedCard((CHALLENGE[0], "6D00")).transmit, PRINTED)
    with pytest.raises(MalformedCardData, match="7 bytes"):
        open_bac(ScriptedCard((CHALLENGE[0], "4608F919887022 9000")).transmit, PRINTED)
    card = ScriptedCard(CHALLENGE, (PROOF[0], "46B9 9000"))
    with pytest.raises(MalformedCardData, match="2 bytes"):
        open_bac(card.transmit, PRINTED, random=example_random())


def test_a_whole_file_from_a_chip():
    content = bytes(range(256)) * 9
    chip = DocumentChip(PRINTED, {0x0101: content})
    for extended in (False, True):
        session = open_bac(chip.transmit, PRINTED, extended_length=extended)
        assert session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, bytes.fromhex("0101"))).ok
        read = b""
        while len(read) < len(content):
            ne = min(session.max_block, len(content) - len(read))
            read += session.transmit(CommandApdu(0, 0xB0, len(read) >> 8, len(read) & 0xFF, ne=ne)).data
        assert read == content


def test_check_digits():
    # Doc 9303-3, 4.9, and the specimens of 9303-4 and 9303-5
    assert [check_digit(text) for text in ("520727", "AB2134<<<", "L898902C<", "D23145890")] == ["3", "5", "3", "7"]
    with pytest.raises(ValueError, match="MRZ holds"):
        check_digit("a")


def test_what_is_printed_is_never_shown():
    for password in (PRINTED, CardAccessNumber("123456")):
        assert not any(part in repr(password) for part in ("L898902C", "690806", "940623", "123456"))
    for made in (
        lambda: MrzPassword("L898902Č", "690806", "940623"),
        lambda: MrzPassword("L898902C", "69-08-06", "940623"),
        lambda: CardAccessNumber("12345"),
    ):
        with pytest.raises(ValueError) as refused:
            made()
        assert not any(part in str(refused.value) for part in ("L898902", "69-08", "12345"))
