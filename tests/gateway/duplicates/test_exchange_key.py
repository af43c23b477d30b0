"""The key for neighbours' lists: the same from the same file, closed as a local key, never made where it cannot be."""

import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from gateway.duplicates import BookUnwritable, LocalKeyLocked
from gateway.duplicates.exchange_key import KEY_NAME, ExchangeKey, public_pem, read_recipient, thumbprint
from gateway.trust import KeyPassphraseWrong, KeyUnreadable, PassphraseWrap, open_local_key

WRAPS = [PassphraseWrap(b"correct horse")]
ORDER = 2**256 - 2**224 + 2**192 - 0x4319055258E8617B0C46353D039CDAAF
"""Of P-256, as SEC 2 writes it: 2^256 - 2^224 + 2^192 and a remainder."""


def scalar_of(secret: bytes) -> int:
    """The derivation by the letter: RFC 5869 with no salt, then FIPS 186-5 A.2.1."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    info = b"rekam-neighbour-lists\0P-256"
    first = hmac.digest(extracted, info + b"\x01", "sha256")
    second = hmac.digest(extracted, first + info + b"\x02", "sha256")
    return int.from_bytes((first + second)[:40], "big") % (ORDER - 1) + 1


def test_it_is_derived_from_the_local_key_and_is_the_same_ever_after(tmp_path):
    private = ExchangeKey(tmp_path / "keys", WRAPS).private_key()
    secret = open_local_key(tmp_path / "keys" / KEY_NAME, WRAPS, needed=True).secret
    assert private.private_numbers().private_value == scalar_of(secret)
    again = ExchangeKey(tmp_path / "keys", WRAPS)
    assert again.private_key().private_numbers() == private.private_numbers()
    assert again.private_key() is again.private_key()


def test_the_public_half_is_read_back_by_the_neighbour(tmp_path):
    private = ExchangeKey(tmp_path, []).private_key()
    recipient = read_recipient(public_pem(private))
    assert recipient.public_numbers() == private.public_key().public_numbers()
    assert thumbprint(recipient) == ECKey.import_key(public_pem(private)).thumbprint()
    assert isinstance(recipient, ec.EllipticCurvePublicKey)


def test_without_what_closes_it_there_is_none(tmp_path):
    ExchangeKey(tmp_path, WRAPS).private_key()
    before = (tmp_path / KEY_NAME).read_bytes()
    with pytest.raises(LocalKeyLocked, match="REKAM_KEY_PASSPHRASE"):
        ExchangeKey(tmp_path, None).private_key()
    with pytest.raises(KeyPassphraseWrong):
        ExchangeKey(tmp_path, []).private_key()
    with pytest.raises(KeyPassphraseWrong):
        ExchangeKey(tmp_path, [PassphraseWrap(b"wrong")]).private_key()
    assert (tmp_path / KEY_NAME).read_bytes() == before


def test_one_in_clear_is_closed_once_there_is_a_passphrase(tmp_path):
    private = ExchangeKey(tmp_path, []).private_key()
    closed = ExchangeKey(tmp_path, WRAPS)
    assert closed.private_key().private_numbers() == private.private_numbers()
    assert open_local_key(tmp_path / KEY_NAME, WRAPS, needed=True).kind == "passphrase"


def test_a_damaged_file_is_left_alone_and_read_once_it_is_back(tmp_path):
    exchange = ExchangeKey(tmp_path, WRAPS)
    private = exchange.private_key()
    path = tmp_path / KEY_NAME
    good = path.read_bytes()
    path.write_bytes(good[:12])
    other = ExchangeKey(tmp_path, WRAPS)
    with pytest.raises(KeyUnreadable):
        other.private_key()
    assert path.read_bytes() == good[:12]
    path.write_bytes(good)
    assert other.private_key().private_numbers() == private.private_numbers()


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(BookUnwritable):
        ExchangeKey(tmp_path / "keys", WRAPS).private_key()
