"""What signs: a key with its certificates, wherever its private half lies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cryptography import x509

from gateway.trust.clock import ClockQuality, SignedTime, is_plausible
from gateway.trust.key_problem import KeyExpired
from gateway.trust.trust_bundle import TrustBundle


class Signer(Protocol):
    """An EC P-256 key that signs for the gateway; safe in any thread."""

    @property
    def key_id(self) -> str:
        """RFC 7638 SHA-256 thumbprint, the `kid` of the signatures."""
        ...

    @property
    def gateway_id(self) -> str:
        """The gateway that the certificate names."""
        ...

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The key's certificate, then its issuers; they travel with every signature."""
        ...

    @property
    def certificates_der(self) -> tuple[bytes, ...]:
        """The same, DER."""
        ...

    def current(self) -> "Signer":
        """The one key that a signature made now is by: key id, certificates and signature must be of one.

        Raises
        ------
        KeyRevoked
            It signs no more.
        """
        ...

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256 over `data`: r and s, 32 bytes each (RFC 7518 clause 3.4).

        Raises
        ------
        KeyProblem
            There is no signature.
        """
        ...

    def check_validity(self, now: SignedTime) -> None:
        """Refuse to sign outside the certificate's validity, or with a revoked key.

        Raises
        ------
        KeyExpired, KeyRevoked
        """
        ...

    def check_ready(self, now: SignedTime) -> None:
        """`check_validity`, and whether the key can be reached: before a person is asked for anything.

        Raises
        ------
        KeyProblem
        """
        ...

    def trust_bundle(self) -> TrustBundle:
        """What a verifier pins."""
        ...


def check_dates(certificates: Sequence[x509.Certificate], now: SignedTime) -> None:
    """Refuse outside the validity of a certificate and of its issuers.

    A clock that is plainly wrong (1970 after a flat battery) judges nothing: the capture is signed with a time
    marked untrusted, since nobody shall be sent home for a battery.

    Raises
    ------
    KeyExpired
        `now` lies before or after the validity.
    """
    start = max(each.not_valid_before_utc for each in certificates)
    end = last_valid(certificates)
    if not is_plausible(now.wall) or start <= now.wall <= end:
        return
    clock = "" if now.quality is ClockQuality.TRUSTED else " (a clock that nothing confirms)"
    says = f"ended on {end:%Y-%m-%d}" if now.wall > end else f"is valid from {start:%Y-%m-%d}"
    raise KeyExpired(f"The gateway's certificate {says}; its clock says {now.wall:%Y-%m-%d}{clock}.", NEW_KEY_REMEDY)


def last_valid(certificates: Sequence[x509.Certificate]) -> datetime:
    """Last instant at which a certificate and all its issuers are valid, UTC."""
    return min(each.not_valid_after_utc for each in certificates)


NEW_KEY_REMEDY = (
    "Set the clock if it is wrong. If it is right, run `rekam keys rotate`: a new key is made, and those who verify "
    "need its trust bundle (`rekam keys export --pem`)."
)
