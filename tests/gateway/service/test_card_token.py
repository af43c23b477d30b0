"""Keys of cards in a token (SoftHSM2): derived inside it as outside, they open the same chip."""

from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pkcs11 import Attribute, KeyType, ObjectClass

from drivers.cards.synthetic import SyntheticCardWriter
from gateway.card import CardKeys as MeantKeys
from gateway.card import CmacKeys, DiversifiedKeys, SecurityLevel, StaticKeys, open_scp03
from gateway.card.scp03_keys import PUBLIC_TEST_KEY
from gateway.card_profile import builtin_profiles
from gateway.personalisation import CardKeysMissing, TestKeysRefused
from gateway.service.card_keys import CardKeys, names_in_token
from gateway.service.card_token import TokenCmacs
from tests.gateway.trust.key_bench import soft_token

ENC, MAC, MASTER = bytes(range(1, 33)), bytes(range(101, 133)), bytes(range(16))
CARD = MeantKeys(0x30, bytes(range(10)))


@pytest.fixture
def token(tmp_path, monkeypatch):
    opened = soft_token(tmp_path, monkeypatch).opened()
    yield opened
    opened.close()


def bring_in(token, label, value):
    template = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.AES,
        Attribute.VALUE: value,
        Attribute.LABEL: label,
        Attribute.SIGN: True,
        Attribute.TOKEN: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
    }
    token.use(lambda session: session.create_object(template))


def as_bytes(keys):
    return keys.enc, keys.mac, keys.rmac


@pytest.mark.parametrize("size", [16, 24, 32])
def test_session_keys_are_those_of_keys_in_memory(token, size):
    bring_in(token, "cards-enc", ENC[:size])
    bring_in(token, "cards-mac", MAC[:size])
    held = CmacKeys(TokenCmacs(token), "cards-enc", "cards-mac")
    assert not held.for_tests
    for number in range(4):
        host, card = bytes([number]) * 8, bytes([number + 9]) * 8
        expected = StaticKeys(ENC[:size], MAC[:size]).derive_session_keys(CARD, host, card)
        assert as_bytes(held.derive_session_keys(CARD, host, card)) == as_bytes(expected)


@pytest.mark.parametrize("size", [16, 32])
def test_a_master_key_gives_each_card_its_own(token, size):
    master = (MASTER * 2)[:size]
    bring_in(token, "cards", master)
    held = CmacKeys(TokenCmacs(token), "cards")
    for card in (CARD, MeantKeys(0x30, bytes(10))):
        expected = DiversifiedKeys(master).derive_session_keys(card, b"h" * 8, b"c" * 8)
        assert as_bytes(held.derive_session_keys(card, b"h" * 8, b"c" * 8)) == as_bytes(expected)


def test_a_chip_opens_to_the_token_and_keys_that_everybody_knows_are_called_so(token):
    for each in ("enc", "mac"):
        bring_in(token, f"cards-{each}", PUBLIC_TEST_KEY)
    held = CmacKeys(TokenCmacs(token), "cards-enc", "cards-mac")
    assert held.for_tests
    with SyntheticCardWriter(secure_channel=True, card_delay_s=0.0) as writer:
        writer.await_card(1.0, Event())
        session = open_scp03(writer.transmit, held, SecurityLevel.C_ENC_R_ENC)
        session.close()


def test_what_the_token_lacks_is_named(token):
    held = CmacKeys(TokenCmacs(token), "cards")
    with pytest.raises(CardKeysMissing, match="labelled cards"):
        held.derive_session_keys(CARD, bytes(8), bytes(8))
    for _ in range(2):
        bring_in(token, "cards", MASTER)
    with pytest.raises(CardKeysMissing, match="several"):
        held.derive_session_keys(CARD, bytes(8), bytes(8))


def test_drawn_chips_open_to_test_keys_and_real_ones_to_the_token(token):
    bring_in(token, "cards", MASTER)
    keys, profile = CardKeys(TokenCmacs(token), names_in_token("cards")), builtin_profiles()["sample-id"]
    with keys.at(synthetic=True):
        assert keys.secrets(profile).keys_for(profile).for_tests  # type: ignore[union-attr]
    with keys.at(synthetic=False):
        assert not keys.secrets(profile).keys_for(profile).for_tests  # type: ignore[union-attr]
    with CardKeys().at(synthetic=False), pytest.raises(TestKeysRefused):
        CardKeys().secrets(profile).keys_for(profile)


@given(st.booleans(), st.booleans())
def test_without_a_token_test_keys_need_the_profiles_word(synthetic, training):
    keys, profile = CardKeys(allow_test_keys=training), builtin_profiles()["sample-id"]
    with keys.at(synthetic=synthetic):
        secrets = keys.secrets(profile)
    assert secrets.allow_test_keys == (synthetic or training)
