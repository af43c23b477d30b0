"""PACE with generic mapping over ECDH: a session from a short password (ICAO Doc 9303-11, 4.4; BSI TR-03110-2, 3.2)."""

from collections.abc import Callable
from hmac import compare_digest

from cryptography.hazmat.primitives.asymmetric import ec

from drivers import CommandApdu, accepted, tries_left
from gateway.card.card_access import PaceOffer
from gateway.card.curve_points import (
    PaceCurve,
    decoded_point,
    encoded_point,
    generator_times,
    plus,
    random_scalar,
    shared_x,
    times,
)
from gateway.card.errors import CardNotTrusted, MalformedCardData, PasswordRefused
from gateway.card.message_ciphers import MAC_LENGTH, aes_cbc_decrypted, aes_cmac
from gateway.card.printed_password import CardAccessNumber, MrzPassword
from gateway.card.secure_messaging import SecureMessaging
from gateway.card.secure_session import Transmit
from gateway.card.session_keys import AUTHENTICATION, PASSWORD, derived_key, message_cipher
from gateway.card.tlv import data_object, only_object

_AES_BLOCK = 16
_DYNAMIC = 0x7C
_NONCE, _MAP, _MAPPED, _AGREE, _AGREED, _TOKEN, _ANSWER = 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86
_PUBLIC_KEY, _IDENTIFIER, _POINT = 0x7F49, 0x06, 0x86
_PASSWORD_TRIES_LOW = 0x63C0


def open_pace(
    transmit: Transmit,
    offer: PaceOffer,
    password: MrzPassword | CardAccessNumber,
    *,
    extended_length: bool = False,
    scalar: Callable[[PaceCurve], int] = random_scalar,
) -> SecureMessaging:
    """Agree on keys with a chip that knows the same password, and open a session with them.

    Parameters
    ----------
    transmit : callable
        Carries plain APDUs to the card; the master file is current, no application is selected.
    offer : PaceOffer
        One of `pace_offers`.
    password : MrzPassword or CardAccessNumber
        What is printed.
    extended_length : bool
        Whether the card takes extended lengths.
    scalar : callable
        Gives an ephemeral private key; the worked examples of the standard give their own.

    Raises
    ------
    PasswordRefused
        The chip knows another password; wrong card access numbers may be counted by the chip.
    CardNotTrusted
        The chip's token is wrong, or its points break the protocol.
    MalformedCardData
        An answer cannot be read.
    drivers.CardRefused
        The chip refuses a step for another reason.
    """
    _choose(transmit, offer, password)
    nonce = _nonce(transmit, offer, password)
    generator = _mapped_generator(transmit, offer.curve, nonce, scalar(offer.curve))
    private = scalar(offer.curve)
    ours = encoded_point(times(offer.curve, private, generator))
    its = _step(transmit, 0x10, data_object(_AGREE, ours), _AGREED, "the key agreement of PACE")
    if compare_digest(its, ours):
        raise CardNotTrusted("the chip gave our own key back; take another card")
    secret = shared_x(offer.curve, private, _point(offer.curve, its))
    mac_key = derived_key(secret, AUTHENTICATION, offer.kind)
    token = data_object(_TOKEN, authentication_token(mac_key, offer, its))
    answered = _step(transmit, 0x00, token, _ANSWER, "the proof of PACE", password)
    if not compare_digest(answered, authentication_token(mac_key, offer, ours)):
        raise CardNotTrusted("the chip's proof is wrong: it may not be the document's; present the document again")
    cipher = message_cipher(secret, offer.kind)
    return SecureMessaging(transmit, cipher, bytes(cipher.block), extended_length=extended_length)


def authentication_token(mac_key: bytes, offer: PaceOffer, point: bytes) -> bytes:
    """The eight bytes that prove the keys, over the other side's ephemeral key (9303-11, 4.4.3.4)."""
    key = data_object(_IDENTIFIER, offer.identifier) + data_object(_POINT, point)
    return aes_cmac(mac_key, data_object(_PUBLIC_KEY, key))[:MAC_LENGTH]


def mapped_generator(
    curve: PaceCurve, nonce: bytes, private: int, its: ec.EllipticCurvePublicKey
) -> ec.EllipticCurvePublicKey:
    """The generic mapping: the nonce times the generator, plus the shared point (9303-11, 4.4.3.3.1).

    Raises
    ------
    ValueError
        The result, or a step to it, is not a point that may be used.
    """
    shared = times(curve, private, its)
    return plus(curve, generator_times(curve, int.from_bytes(nonce, "big")), shared)


def _choose(transmit: Transmit, offer: PaceOffer, password: MrzPassword | CardAccessNumber) -> None:
    """MSE:Set AT (9303-11, 4.4.4.1)."""
    data = data_object(0x80, offer.identifier) + data_object(0x83, bytes((password.reference,)))
    if offer.alternatives:
        data += data_object(0x84, bytes((offer.curve.parameter_id,)))
    response = transmit(CommandApdu(0x00, 0x22, 0xC1, 0xA4, data))
    # 63CX is a warning here: the chip goes on, and says how many tries the password has left (9303-11, 4.4.4.1).
    if not _PASSWORD_TRIES_LOW < response.sw <= _PASSWORD_TRIES_LOW | 0xF:
        accepted(response, "PACE with the password and parameters named")


def _nonce(transmit: Transmit, offer: PaceOffer, password: MrzPassword | CardAccessNumber) -> bytes:
    encrypted = _step(transmit, 0x10, b"", _NONCE, "a nonce for PACE")
    # As long as a key, in whole blocks: 16 bytes, 32 for the longer keys (TR-03110-3, A.3.3).
    expected = -(-offer.kind.length // _AES_BLOCK) * _AES_BLOCK
    if len(encrypted) != expected:
        raise MalformedCardData(f"the chip's nonce has {len(encrypted)} bytes, not {expected}")
    return aes_cbc_decrypted(derived_key(password.secret, PASSWORD, offer.kind), bytes(_AES_BLOCK), encrypted)


def _mapped_generator(transmit: Transmit, curve: PaceCurve, nonce: bytes, private: int) -> ec.EllipticCurvePublicKey:
    ours = encoded_point(generator_times(curve, private))
    its = _step(transmit, 0x10, data_object(_MAP, ours), _MAPPED, "the mapping of PACE")
    if compare_digest(its, ours):
        raise CardNotTrusted("the chip gave our own key back; take another card")
    try:
        return mapped_generator(curve, nonce, private, _point(curve, its))
    except ValueError as error:
        raise CardNotTrusted("the chip's keys give no generator; begin again with the card") from error


def _point(curve: PaceCurve, encoded: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return decoded_point(curve, encoded)
    except ValueError as error:
        raise CardNotTrusted(f"the chip gave a key that is no point of {curve.name}; take another card") from error


def _step(
    transmit: Transmit,
    cla: int,
    content: bytes,
    due: int,
    doing: str,
    password: MrzPassword | CardAccessNumber | None = None,
) -> bytes:
    """One GENERAL AUTHENTICATE: the value of the data object that is due."""
    response = transmit(CommandApdu(cla, 0x86, data=data_object(_DYNAMIC, content), ne=256))
    left = tries_left(response.sw)
    if password is not None and (response.sw in (0x6300, 0x6982) or left is not None):
        raise PasswordRefused(password.name, "read what is printed again, and begin again", left)
    answer = accepted(response, doing)
    return only_object(only_object(answer, _DYNAMIC), due)
