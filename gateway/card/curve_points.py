"""Points of elliptic curves for the generic mapping of PACE: every multiplication by OpenSSL, one addition here.

`cryptography` multiplies any point by a secret in an ECDH exchange, and gives the x coordinate; it has neither y nor
a sum of points. y is one of two; which one, a second exchange with the next scalar tells, as (d + 1) P = d P + P.
"""

import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True)
class PaceCurve:
    """Domain parameters by their number (ICAO Doc 9303-11, table 6); all have cofactor 1."""

    parameter_id: int
    curve: ec.EllipticCurve
    prime: int
    """Of the field; FIPS 186-4 D.1.2, RFC 5639 section 3."""

    @property
    def name(self) -> str:
        """As standards call it."""
        return self.curve.name

    @property
    def coordinate(self) -> int:
        """Bytes of a coordinate."""
        return (self.curve.key_size + 7) // 8


CURVES = {
    item.parameter_id: item
    for item in (
        PaceCurve(12, ec.SECP256R1(), 2**256 - 2**224 + 2**192 + 2**96 - 1),
        PaceCurve(13, ec.BrainpoolP256R1(), 0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377),
        PaceCurve(15, ec.SECP384R1(), 2**384 - 2**128 - 2**96 + 2**32 - 1),
        PaceCurve(
            16,
            ec.BrainpoolP384R1(),
            0x8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B412B1DA197FB71123ACD3A729901D1A71874700133107EC53,
        ),
        PaceCurve(
            17,
            ec.BrainpoolP512R1(),
            0xAADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA703308717D4D9B009BC66842AECDA12AE6A380E62881FF2F2D82C68528AA6056583A48F3,
        ),
    )
}


def decoded_point(curve: PaceCurve, encoded: bytes) -> ec.EllipticCurvePublicKey:
    """A point from its uncompressed form, 04, x, y.

    Raises
    ------
    ValueError
        Another form, no point of the curve, or the point at infinity.
    """
    if len(encoded) != 1 + 2 * curve.coordinate or encoded[0] != 0x04:
        raise ValueError(f"a point of {curve.name} is 04 and {2 * curve.coordinate} bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(curve.curve, encoded)


def encoded_point(point: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed form."""
    return point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def random_scalar(curve: PaceCurve) -> int:
    """1 to n - 2, all alike: the next scalar after it is one, too."""
    return secrets.randbelow(curve.curve.group_order - 2) + 1


def generator_times(curve: PaceCurve, scalar: int) -> ec.EllipticCurvePublicKey:
    """The curve's own generator, `scalar` times.

    Raises
    ------
    ValueError
        A multiple of the group's order.
    """
    return ec.derive_private_key(scalar % curve.curve.group_order, curve.curve).public_key()


def times(curve: PaceCurve, scalar: int, point: ec.EllipticCurvePublicKey) -> ec.EllipticCurvePublicKey:
    """Any point of the curve, `scalar` times; 1 to n - 2.

    Raises
    ------
    ValueError
        The scalar is out of that range.
    """
    if not 1 <= scalar <= curve.curve.group_order - 2:
        raise ValueError("the scalar is 1 to n - 2")
    x = int.from_bytes(shared_x(curve, scalar, point), "big")
    next_x = int.from_bytes(shared_x(curve, scalar + 1, point), "big")
    compressed = b"\x02" + x.to_bytes(curve.coordinate, "big")
    even = ec.EllipticCurvePublicKey.from_encoded_point(curve.curve, compressed)
    y = even.public_numbers().y
    for candidate in (y, curve.prime - y):
        numbers = ec.EllipticCurvePublicNumbers(x, candidate, curve.curve)
        result = numbers.public_key()
        if scalar == 1:
            if numbers == point.public_numbers():
                return result
        elif plus(curve, result, point).public_numbers().x == next_x:
            return result
    raise ValueError(f"{curve.name} gave no such point")  # pragma: no cover - arithmetic forbids it


def shared_x(curve: PaceCurve, scalar: int, point: ec.EllipticCurvePublicKey) -> bytes:
    """The x coordinate of the point, `scalar` times: the shared secret of ECDH."""
    return ec.derive_private_key(scalar, curve.curve).exchange(ec.ECDH(), point)


def plus(
    curve: PaceCurve, one: ec.EllipticCurvePublicKey, other: ec.EllipticCurvePublicKey
) -> ec.EllipticCurvePublicKey:
    """The sum of two points with different x.

    Raises
    ------
    ValueError
        The same x: a point twice, or one and its opposite. Random points never are (1 in 2^256).
    """
    p, first, second = curve.prime, one.public_numbers(), other.public_numbers()
    if first.x == second.x:
        raise ValueError("two points with the same x are not added here")
    slope = (second.y - first.y) * pow(second.x - first.x, -1, p) % p
    x = (slope * slope - first.x - second.x) % p
    y = (slope * (first.x - x) - first.y) % p
    return ec.EllipticCurvePublicNumbers(x, y, curve.curve).public_key()
