"""EF.CardAccess: which ways of PACE a chip offers (ICAO Doc 9303-11, 9.2)."""

from dataclasses import dataclass

from asn1crypto.core import Any, Integer, ObjectIdentifier, Sequence, SetOf  # type: ignore[import-untyped]

from gateway.card.curve_points import CURVES, PaceCurve
from gateway.card.errors import ASN1_ERRORS, MalformedCardData, UnsupportedByCard
from gateway.card.session_keys import KeyKind

_PACE = "0.4.0.127.0.7.2.2.4."
_GENERIC_MAPPING_ECDH = {
    _PACE + "2.2": KeyKind.AES_128,
    _PACE + "2.3": KeyKind.AES_192,
    _PACE + "2.4": KeyKind.AES_256,
}
"""id-PACE-ECDH-GM-AES-CBC-CMAC-128, -192, -256 (9303-11, 9.2.1). 3DES, integrated and chip authentication mapping and
plain Diffie-Hellman are not spoken here."""
_STRENGTH = (KeyKind.AES_256, KeyKind.AES_192, KeyKind.AES_128)


@dataclass(frozen=True)
class PaceOffer:
    """One way of PACE that is spoken here and that the chip offers."""

    protocol: str
    """Object identifier, dotted."""
    kind: KeyKind
    curve: PaceCurve
    alternatives: bool = False
    """Whether the chip offers the same protocol with other domain parameters, so that these must be named."""

    @property
    def identifier(self) -> bytes:
        """The object identifier as it stands in data objects: its content without tag and length."""
        return bytes(ObjectIdentifier(self.protocol).contents)


class _SecurityInfo(Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("protocol", ObjectIdentifier),
        ("required", Any),
        ("optional", Any, {"optional": True}),
    ]


class _SecurityInfos(SetOf):  # type: ignore[misc]
    _child_spec = _SecurityInfo


def pace_offers(card_access: bytes) -> list[PaceOffer]:
    """The ways of PACE that both sides speak, strongest first: longer keys, then longer curves.

    A malformed offer is none; those beside it stand.

    Parameters
    ----------
    card_access : bytes
        The content of EF.CardAccess; bytes after it, as padding of the file, are ignored.

    Raises
    ------
    MalformedCardData
        It is no SecurityInfos, or what it offers is malformed.
    UnsupportedByCard
        None is spoken here; the message names what the chip offers.
    """
    named: list[str] = []
    offers: list[tuple[str, int]] = []
    malformed: Exception | None = None
    try:
        infos = list(_SecurityInfos.load(card_access))
    except ASN1_ERRORS as error:
        raise _malformed() from error
    for info in infos:
        try:
            protocol = info["protocol"].dotted
            if not protocol.startswith(_PACE):
                continue
            named.append(protocol)
            version = info["required"].parse(Integer).native
            optional = info["optional"]  # Void where it is left out, as where the domain parameters stand elsewhere
            parameter = optional.parse(Integer).native if isinstance(optional, Any) else None
        except ASN1_ERRORS as error:
            malformed = error
            continue
        if protocol in _GENERIC_MAPPING_ECDH and version == 2 and parameter is not None:
            offers.append((protocol, parameter))
    spoken = [
        PaceOffer(protocol, _GENERIC_MAPPING_ECDH[protocol], CURVES[parameter], _same(offers, protocol) > 1)
        for protocol, parameter in offers
        if parameter in CURVES
    ]
    if not spoken:
        if malformed is not None:
            raise _malformed() from malformed
        found = ", ".join(sorted(set(named))) or "no PACE at all"
        raise UnsupportedByCard(f"the chip offers {found}; PACE by generic mapping over ECDH with AES is spoken here")
    return sorted(spoken, key=lambda offer: (_STRENGTH.index(offer.kind), -offer.curve.coordinate))


def _malformed() -> MalformedCardData:
    return MalformedCardData("EF.CardAccess cannot be read; the chip may be damaged")


def _same(offers: list[tuple[str, int]], protocol: str) -> int:
    return len({parameter for other, parameter in offers if other == protocol})
