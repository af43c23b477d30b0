"""PACE by the worked example of ICAO Doc 9303-11, appendix G.1, on every curve and key, and against chips that lie."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import CardRefused, CommandApdu, ResponseApdu
from gateway.card.card_access import PaceOffer, pace_offers
from gateway.card.curve_points import CURVES, decoded_point, encoded_point, generator_times, plus, times
from gateway.card.errors import CardNotTrusted, MalformedCardData, PasswordRefused, UnsupportedByCard
from gateway.card.pace import open_pace
from gateway.card.printed_password import CardAccessNumber, MrzPassword
from gateway.card.session_keys import PASSWORD, KeyKind, derived_key, message_cipher
from tests.gateway.card.document_chip import DocumentChip
from tests.gateway.card.scripted_card import ScriptedCard

CARD_ACCESS = bytes.fromhex("31143012060A04007F0007020204020202010202010D")
PRINTED = MrzPassword("T22000129", "640812", "101031")
CAN = CardAccessNumber("123456")
MAP_IFD = (
    "047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E"
    "544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D"
)
MAP_IC = (
    "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57"
    "30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"
)
DH_IFD = (
    "042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C"
    "3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462"
)
DH_IC = (
    "049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"
    "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094"
)
EXAMPLE = (
    ("0022C1A40F800A04007F00070202040202830101", "9000"),
    ("10860000027C0000", "7C12801095A3A016522EE98D01E76CB6B98B42C39000"),
    (f"10860000457C438141{MAP_IFD}00", f"7C438241{MAP_IC}9000"),
    (f"10860000457C438341{DH_IFD}00", f"7C438441{DH_IC}9000"),
    ("008600000C7C0A8508C2B0BD78D94BA86600", "7C0A86083ABB9674BCE93C089000"),
)
SCALARS = (
    0x7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99,
    0xA73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595,
)


def example_scalars():
    left = iter(SCALARS)
    return lambda curve: next(left)


def offer(kind: KeyKind = KeyKind.AES_128, parameter: int = 13) -> PaceOffer:
    protocol = {KeyKind.AES_128: 2, KeyKind.AES_192: 3, KeyKind.AES_256: 4}[kind]
    return PaceOffer(f"0.4.0.127.0.7.2.2.4.2.{protocol}", kind, CURVES[parameter])


def test_the_worked_example_to_its_end():
    (found,) = pace_offers(CARD_ACCESS)
    assert (found.kind, found.curve.name) == (KeyKind.AES_128, "brainpoolP256r1")
    card = ScriptedCard(*EXAMPLE)
    session = open_pace(card.transmit, found, PRINTED, scalar=example_scalars())
    assert card.left == 0
    assert session.alive


def test_the_steps_of_the_example_between():
    assert PRINTED.secret.hex().upper() == "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD"
    key = derived_key(PRINTED.secret, PASSWORD, KeyKind.AES_128)
    assert key.hex().upper() == "89DED1B26624EC1E634C1989302849DD"
    curve = CURVES[13]
    shared = times(curve, SCALARS[0], decoded_point(curve, bytes.fromhex(MAP_IC)))
    assert encoded_point(shared).hex().upper() == (
        "0460332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5"
        "0840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181"
    )
    nonce = int("3F00C4D39D153F2B2A214A078D899B22", 16)
    generator = plus(curve, generator_times(curve, nonce), shared)
    assert encoded_point(generator).hex().upper() == (
        "048CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2"
        "8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522"
    )
    assert encoded_point(times(curve, SCALARS[1], generator)).hex().upper() == DH_IFD


@pytest.mark.parametrize("parameter", CURVES)
def test_fields_and_groups_of_the_curves(parameter):
    curve = CURVES[parameter]
    order = curve.curve.group_order
    one, two, three = (generator_times(curve, scalar) for scalar in (1, 2, 3))
    assert encoded_point(plus(curve, one, two)) == encoded_point(three)
    last = generator_times(curve, order - 1).public_numbers()
    assert (last.x, last.y) == (one.public_numbers().x, curve.prime - one.public_numbers().y)
    assert encoded_point(times(curve, order - 2, three)) == encoded_point(generator_times(curve, -6))


@given(st.sampled_from(sorted(CURVES)), st.integers(1, 2**250), st.integers(1, 2**250))
@settings(max_examples=40, deadline=None)
def test_any_multiple_of_any_point(parameter, scalar, other):
    curve = CURVES[parameter]
    expected = generator_times(curve, scalar * other)
    assert encoded_point(times(curve, scalar, generator_times(curve, other))) == encoded_point(expected)


def test_points_that_are_never_added_or_multiplied():
    curve = CURVES[12]
    one = generator_times(curve, 1)
    for same in (one, generator_times(curve, -1)):
        with pytest.raises(ValueError, match="same x"):
            plus(curve, one, same)
    for scalar in (0, curve.curve.group_order - 1):
        with pytest.raises(ValueError, match="1 to n - 2"):
            times(curve, scalar, one)


@pytest.mark.parametrize("kind", [KeyKind.AES_128, KeyKind.AES_192, KeyKind.AES_256])
@pytest.mark.parametrize("parameter", CURVES)
@pytest.mark.parametrize("password", [PRINTED, CAN], ids=["mrz", "can"])
def test_a_session_on_every_curve_with_every_key(kind, parameter, password):
    chip = DocumentChip(password, {0x011C: b"content of a file"}, offer(kind, parameter))
    session = open_pace(chip.transmit, offer(kind, parameter), password)
    assert session.transmit(CommandApdu(0, 0xA4, 2, 0x0C, b"\x01\x1c")).ok
    assert session.transmit(CommandApdu(0, 0xB0, ne=0xDF)).data == b"content of a file"


@pytest.mark.parametrize(("tries", "left"), [(None, None), (3, 2)])
def test_a_wrong_can_is_told_as_such(tries, left):
    chip = DocumentChip(CAN, offer=offer(), tries=tries)
    with pytest.raises(PasswordRefused, match="the card access number") as refused:
        open_pace(chip.transmit, offer(), CardAccessNumber("654321"))
    assert refused.value.tries_left == left
    assert chip.channel is None


def test_a_chip_that_warns_of_few_tries_goes_on_and_a_blocked_one_does_not():
    chip = DocumentChip(CAN, offer=offer(), tries=1)
    assert open_pace(chip.transmit, offer(), CAN).alive
    with pytest.raises(CardRefused, match="0 tries left"):
        open_pace(ScriptedCard((EXAMPLE[0][0], "63C0")).transmit, offer(), PRINTED)


@pytest.mark.parametrize("bit", [0, 63])
def test_a_chip_whose_token_is_wrong_is_not_believed(bit):
    token = bytearray.fromhex("3ABB9674BCE93C08")
    token[bit // 8] ^= 0x80 >> bit % 8
    last = (EXAMPLE[4][0], f"7C0A8608{token.hex()}9000")
    card = ScriptedCard(*EXAMPLE[:4], last)
    with pytest.raises(CardNotTrusted, match="proof is wrong"):
        open_pace(card.transmit, offer(), PRINTED, scalar=example_scalars())


def off_curve() -> bytes:
    point = bytearray.fromhex(DH_IC)
    point[-1] ^= 1
    return bytes(point)


def other_curve() -> bytes:
    return encoded_point(ec.generate_private_key(ec.SECP256R1()).public_key())


@pytest.mark.parametrize("tag", [0x82, 0x84])
@pytest.mark.parametrize(
    "point",
    [off_curve(), other_curve(), b"\x00", bytes(65), bytes.fromhex("02" + DH_IC[2:66]), b"", b"mirror"],
    ids=["off the curve", "another curve", "infinity", "zeros", "compressed", "nothing", "our own"],
)
def test_points_that_break_the_protocol_are_refused(tag, point):
    chip = DocumentChip(CAN, offer=offer())
    chip.points[tag] = point
    with pytest.raises(CardNotTrusted):
        open_pace(chip.transmit, offer(), CAN)
    assert chip.sent[-1].cla == 0x10, "our proof is not sent"


@pytest.mark.parametrize("step", range(1, 5))
@pytest.mark.parametrize("answer", ["9000", "7C00 9000", "7C02 8000 9000", "7C 9000", "30009000"])
def test_answers_that_are_cut_off_or_garbled(step, answer):
    card = ScriptedCard(*EXAMPLE[:step], (EXAMPLE[step][0], answer))
    with pytest.raises((MalformedCardData, CardNotTrusted)):
        open_pace(card.transmit, offer(), PRINTED, scalar=example_scalars())


@pytest.mark.parametrize("step", range(5))
def test_refusals_at_every_step_are_told(step):
    card = ScriptedCard(*EXAMPLE[:step], (EXAMPLE[step][0], "6A80"))
    with pytest.raises(CardRefused, match="6A80"):
        open_pace(card.transmit, offer(), PRINTED, scalar=example_scalars())


def test_a_lost_card_is_told_as_such():
    def lost(command: CommandApdu) -> ResponseApdu:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        open_pace(lost, offer(), PRINTED)


def infos(*items: str) -> bytes:
    body = b"".join(bytes.fromhex(item) for item in items)
    return bytes((0x31, len(body))) + body


AES_256_P384 = "3012060A04007F0007020204020402010202010F"
AES_128_P256 = "3012060A04007F0007020204020202010202010C"
AES_128_BP256 = "3012060A04007F0007020204020202010202010D"
INTEGRATED = "3012060A04007F0007020204040202010202010D"
CHIP_AUTHENTICATION = "300D060804007F0007020202020101"
ODD_PARAMETERS = "3012060A04007F00070202040202020102020163"


def test_offers_are_sorted_by_strength_and_what_is_ambiguous_is_named():
    found = pace_offers(infos(AES_128_P256, AES_128_BP256, AES_256_P384, INTEGRATED) + bytes(20))
    assert [(item.kind, item.curve.parameter_id, item.alternatives) for item in found] == [
        (KeyKind.AES_256, 15, False),
        (KeyKind.AES_128, 12, True),
        (KeyKind.AES_128, 13, True),
    ]
    chip = DocumentChip(CAN, offer=found[2])
    open_pace(chip.transmit, found[2], CAN)
    assert chip.sent[0].data.endswith(b"\x84\x01\x0d")


def test_ways_that_are_not_spoken_are_named():
    with pytest.raises(UnsupportedByCard, match=r"2\.2\.4\.4\.2"):
        pace_offers(infos(INTEGRATED))
    with pytest.raises(UnsupportedByCard, match=r"2\.2\.4\.2\.2"):
        pace_offers(infos(ODD_PARAMETERS))
    with pytest.raises(UnsupportedByCard, match="no PACE at all"):
        pace_offers(infos(CHIP_AUTHENTICATION))


WITHOUT_PARAMETERS = "300F060A04007F00070202040202020102"
WITHOUT_VERSION = "300C060A04007F00070202040202"
VERSION_OF_TEXT = "300F060A04007F000702020402020C0132"
NO_SEQUENCE = "020102"


def test_an_offer_whose_domain_parameters_stand_elsewhere_is_not_spoken():
    with pytest.raises(UnsupportedByCard, match=r"2\.2\.4\.2\.2"):
        pace_offers(infos(WITHOUT_PARAMETERS))
    assert len(pace_offers(infos(WITHOUT_PARAMETERS, AES_128_P256))) == 1


def test_a_malformed_offer_is_none_and_keeps_no_other_from_being_taken():
    for octets in (infos(WITHOUT_VERSION), infos(VERSION_OF_TEXT, WITHOUT_VERSION), infos(NO_SEQUENCE)):
        with pytest.raises(MalformedCardData, match=r"EF\.CardAccess"):
            pace_offers(octets)
    found = pace_offers(infos(WITHOUT_VERSION, VERSION_OF_TEXT, AES_128_P256))
    assert [(item.kind, item.curve.parameter_id) for item in found] == [(KeyKind.AES_128, 12)]


def changed(octets: bytes, at: int, octet: int) -> bytes:
    return octets[:at] + bytes((octet,)) + octets[at + 1 :]


@given(
    st.binary(max_size=60)
    | st.binary(max_size=20).map(lambda tail: CARD_ACCESS[:12] + tail)
    | st.builds(changed, st.just(CARD_ACCESS), st.integers(0, len(CARD_ACCESS) - 1), st.integers(0, 255))
)
def test_any_card_access_is_read_or_refused(octets):
    try:
        found = pace_offers(octets)
    except (MalformedCardData, UnsupportedByCard):
        return
    assert found


def test_session_keys_of_the_example():
    secret = bytes.fromhex("28768D20701247DAE81804C9E780EDE582A9996DB4A315020B2733197DB84925")
    keys = [derived_key(secret, purpose, KeyKind.AES_128).hex().upper() for purpose in (1, 2)]
    assert keys == ["F5F0E35C0D7161EE6724EE513A0D9A7F", "FE251C7858B356B24514B3BD5F4297D1"]
    assert message_cipher(secret, KeyKind.AES_128).block == 16
