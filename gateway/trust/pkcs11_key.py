"""A signing key that never leaves a PKCS#11 module."""

from functools import cached_property
from typing import Any, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gateway.trust.certificate import gateway_of, key_id_of, to_der
from gateway.trust.clock import SignedTime
from gateway.trust.pkcs11_token import Pkcs11Token
from gateway.trust.signer import check_dates
from gateway.trust.trust_bundle import PublishedKey, TrustBundle, make_trust_bundle


class Pkcs11Key:
    """An EC P-256 key in a token, with its certificates; a `Signer`.

    Parameters
    ----------
    token : Pkcs11Token
    object_id : bytes
        CKA_ID of the key.
    certificates : tuple of x509.Certificate
        Of that very key, then its issuers.
    """

    def __init__(self, token: Pkcs11Token, object_id: bytes, certificates: tuple[x509.Certificate, ...]) -> None:
        self._token = token
        self._object_id = object_id
        self.certificates = certificates
        self.certificates_der = tuple(to_der(each) for each in certificates)
        self.key_id = key_id_of(certificates[0])
        public_key = certificates[0].public_key()
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        self._public_key = public_key

    @cached_property
    def gateway_id(self) -> str:
        """The gateway that the certificate names."""
        return gateway_of(self.certificates[0])

    @property
    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """The key as what makes certificates and requests takes it; it can sign, and nothing else."""
        return ModulePrivateKey(self._token, self._object_id, self._public_key)

    def certified(self, certificates: tuple[x509.Certificate, ...]) -> "Pkcs11Key":
        """The same key under another certificate."""
        return Pkcs11Key(self._token, self._object_id, certificates)

    def current(self) -> "Pkcs11Key":
        """This key."""
        return self

    def sign(self, data: bytes) -> bytes:
        """ECDSA with SHA-256 over `data`: r and s, 32 bytes each.

        Raises
        ------
        KeyModuleGone, KeyPinWrong, KeyUnreadable
            There is no signature; it works again once the cause is mended.
        """
        return self._token.sign(self._object_id, self._public_key, data)

    def check_validity(self, now: SignedTime) -> None:
        """Refuse to sign outside the certificate's validity; see `check_dates`.

        Raises
        ------
        KeyExpired
        """
        check_dates(self.certificates, now)

    def check_ready(self, now: SignedTime) -> None:
        """`check_validity`, and a signature for trial.

        Raises
        ------
        KeyProblem
        """
        self.check_validity(now)
        self._token.probe(self._object_id, self._public_key)

    def trust_bundle(self) -> TrustBundle:
        """What a verifier pins."""
        return make_trust_bundle(self.gateway_id, [PublishedKey(self.key_id, self.certificates)])


class ModulePrivateKey(ec.EllipticCurvePrivateKey):
    """A key in a token, as the cryptography package knows private keys: made to sign certificates and requests.

    Parameters
    ----------
    token : Pkcs11Token
    object_id : bytes
        CKA_ID.
    public_key : ec.EllipticCurvePublicKey
    """

    def __init__(self, token: Pkcs11Token, object_id: bytes, public_key: ec.EllipticCurvePublicKey) -> None:
        self._token = token
        self._object_id = object_id
        self._public_key = public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        """256."""
        return self._public_key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public_key

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """A signature in DER; SHA-256 is the only digest.

        Raises
        ------
        KeyProblem
        """
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise ValueError("the module's key signs over SHA-256 alone")
        raw = self._token.sign(self._object_id, self._public_key, bytes(data))
        return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        """Not with this key."""
        _refuse()

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        """They do not leave the module."""
        _refuse()

    def private_bytes(self, *_: object) -> bytes:
        """They do not leave the module."""
        _refuse()

    def __copy__(self) -> "ModulePrivateKey":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "ModulePrivateKey":
        return self


def _refuse() -> NoReturn:
    raise TypeError("the key lies in a security module: it signs, and never leaves")
