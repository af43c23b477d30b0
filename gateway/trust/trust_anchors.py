"""Whom a verifier trusts: gateways pinned by their certificates, authorities, and which keys were revoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from gateway.trust.certificate import is_authority, path_length_allows
from gateway.trust.clock import is_plausible
from gateway.trust.revocation import Revocation
from gateway.trust.succession import Succession, read_succession
from gateway.trust.trust_bundle import read_revocations, read_statements


@dataclass(frozen=True)
class TrustAnchors:
    """The gateways that a verifier knows.

    Parameters
    ----------
    fingerprints : frozenset of bytes
        SHA-256 of the signers' certificates that are pinned.
    authorities : tuple of x509.Certificate
        Whoever they issued a certificate to is trusted.
    revocations : mapping of str to Revocation
        By key id.
    """

    fingerprints: frozenset[bytes]
    authorities: tuple[x509.Certificate, ...] = ()
    revocations: Mapping[str, Revocation] = field(default_factory=dict)

    @classmethod
    def from_pem(cls, *bundles: str) -> Self:
        """Trust what PEM trust bundles say.

        A bundle with certificates of signers pins those: their issuers come along for whoever reads it, and vouch for
        nobody else. One with certificates of authorities alone trusts whomever they issued a certificate to.

        Raises
        ------
        ValueError
            A bundle holds no certificate, or a damaged part.
        """
        fingerprints: set[bytes] = set()
        authorities: list[x509.Certificate] = []
        revocations: dict[str, Revocation] = {}
        for bundle in bundles:
            certificates = x509.load_pem_x509_certificates(bundle.encode())
            signers = [each for each in certificates if not is_authority(each)]
            fingerprints.update(each.fingerprint(hashes.SHA256()) for each in signers)
            authorities += [] if signers else certificates
            revocations.update((each.key_id, each) for each in read_revocations(bundle))
        return cls(frozenset(fingerprints), tuple(authorities), revocations)

    def extended(self, bundle: str) -> Self:
        """Also trust the keys that follow, by the statements in a bundle that itself need not be trusted.

        A statement counts where its signer is trusted here, was not revoked, and its certificate was valid when it
        signed. Revocations of a bundle that is not trusted are not taken over.

        Raises
        ------
        ValueError
            A statement is damaged.
        """
        statements = [read_succession(jws) for jws in read_statements(bundle)]
        known = self
        while True:
            followed = {
                bytes.fromhex(succession.next_certificate_sha256)
                for succession, signature in statements
                if known.hold(signature.certificate, signature.certificates[1:])
                and succession.key_id not in known.revocations
                and _valid_then(signature.certificate, succession)
            }
            if followed <= known.fingerprints:
                return known
            known = replace(known, fingerprints=known.fingerprints | followed)

    def hold(self, certificate: x509.Certificate, issuers: tuple[x509.Certificate, ...] = ()) -> bool:
        """Whether this very certificate is pinned, or an authority that is trusted stands behind it.

        Parameters
        ----------
        certificate : x509.Certificate
            A signer's.
        issuers : tuple of x509.Certificate
            Those that came with it; they count as far as each may vouch, and does, for the one before.
        """
        if certificate.fingerprint(hashes.SHA256()) in self.fingerprints:
            return True
        if not self.authorities or is_authority(certificate):
            return False
        issued = certificate
        for count, issuer in enumerate((*issuers, None)):
            below = issuers[:count]
            if any(_vouches(authority, issued, below) for authority in self.authorities):
                return True
            if issuer is None or not is_authority(issuer) or not _vouches(issuer, issued, below):
                return False
            issued = issuer
        return False


def _valid_then(certificate: x509.Certificate, succession: Succession) -> bool:
    wall = succession.wall
    return not is_plausible(wall) or certificate.not_valid_before_utc <= wall <= certificate.not_valid_after_utc


def _vouches(issuer: x509.Certificate, issued: x509.Certificate, below: Sequence[x509.Certificate]) -> bool:
    """Whether it issued that certificate, and may have the authorities below it that stand there."""
    if issued == issuer:  # an authority that is trusted came along itself
        return True
    try:
        issued.verify_directly_issued_by(issuer)
        return path_length_allows(issuer, below)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
