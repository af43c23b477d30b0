"""Basic Access Control: a session from what is printed in the MRZ (ICAO Doc 9303-11, 4.3)."""

import secrets
from collections.abc import Callable
from hmac import compare_digest

from drivers import CommandApdu, accepted, tries_left
from gateway.card.errors import CardNotTrusted, MalformedCardData, PasswordRefused
from gateway.card.padding import padded
from gateway.card.printed_password import MrzPassword
from gateway.card.secure_messaging import SecureMessaging
from gateway.card.secure_session import Transmit
from gateway.card.session_keys import KeyKind, message_cipher

_CHALLENGE, _KEYING = 8, 16
_CRYPTOGRAM = _CHALLENGE + _CHALLENGE + _KEYING
_REFUSALS = (0x6300, 0x6982, 0x6985, 0x6A80, 0x6A88)
"""How chips in use refuse a wrong key here; 9303-11 leaves it to them."""
_REMEDY = "read the MRZ again, all of it, and begin again"


def open_bac(
    transmit: Transmit,
    password: MrzPassword,
    *,
    extended_length: bool = False,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> SecureMessaging:
    """Authenticate both sides with the document's keys, and open a session; the application is selected already.

    Parameters
    ----------
    transmit : callable
        Carries plain APDUs to the card.
    password : MrzPassword
        What is printed.
    extended_length : bool
        Whether the card takes extended lengths.
    random : callable
        Gives so many random bytes; the worked examples of the standard give their own.

    Raises
    ------
    PasswordRefused
        The card does not accept the keys.
    CardNotTrusted
        The card did not prove that it knows them, or answered an old challenge.
    MalformedCardData
        An answer has the wrong length.
    drivers.CardRefused
        The card refuses a command for another reason.
    """
    card_challenge = accepted(transmit(CommandApdu(0x00, 0x84, ne=_CHALLENGE)), "to give a challenge")
    if len(card_challenge) != _CHALLENGE:
        raise MalformedCardData(f"the card's challenge has {len(card_challenge)} bytes, not {_CHALLENGE}")
    challenge, keying = random(_CHALLENGE), random(_KEYING)
    cipher = message_cipher(password.secret[:16], KeyKind.TRIPLE_DES)
    try:
        cryptogram = cipher.encrypted(b"", challenge + card_challenge + keying)
        proof = cryptogram + cipher.mac(padded(cryptogram, 8))
        response = transmit(CommandApdu(0x00, 0x82, data=proof, ne=len(proof)))
        left = tries_left(response.sw)
        if response.sw in _REFUSALS or left is not None:
            raise PasswordRefused("the keys of the MRZ", _REMEDY, left)
        answer = accepted(response, "basic access control")
        if len(answer) != len(proof):
            raise MalformedCardData(f"the card's proof has {len(answer)} bytes, not {len(proof)}")
        if not compare_digest(cipher.mac(padded(answer[:_CRYPTOGRAM], 8)), answer[_CRYPTOGRAM:]):
            raise CardNotTrusted("the card's proof is not made with the document's keys; present the document again")
        plain = cipher.decrypted(b"", answer[:_CRYPTOGRAM])
    finally:
        cipher.forget()
    if not compare_digest(plain[:16], card_challenge + challenge):
        raise CardNotTrusted("the card's proof answers another challenge; present the document again")
    seed = bytes(ours ^ its for ours, its in zip(keying, plain[16:], strict=True))
    counter = card_challenge[4:] + challenge[4:]
    session_cipher = message_cipher(seed, KeyKind.TRIPLE_DES)
    return SecureMessaging(transmit, session_cipher, counter, extended_length=extended_length)
