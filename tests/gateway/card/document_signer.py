"""A country's authority and document signer, made for a test, and what they sign."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gateway.card.security_object import LDS_SECURITY_OBJECT, LdsSecurityObject
from gateway.card.tlv import data_object

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def digest(name: str, octets: bytes) -> bytes:
    made = hashes.Hash(HASHES[name])
    made.update(octets)
    return made.finalize()


def certificate(
    subject: str,
    key: Key,
    issuer: str,
    issuer_key: Key,
    *,
    days: tuple[int, int] = (-100, 3000),
    authority: bool = False,
    usage: bool = True,
) -> x509.Certificate:
    name = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (subject, issuer)]
    signs = not authority and usage
    return (
        x509.CertificateBuilder()
        .subject_name(name[0])
        .issuer_name(name[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(signs, False, False, False, False, authority, authority, False, False), critical=True
        )
        .sign(issuer_key, hashes.SHA256())
    )


@dataclass(frozen=True)
class Signer:
    """A document signer and all that can be done wrongly with it."""

    key: Key
    certificate: x509.Certificate
    authority: x509.Certificate
    hash_name: str = "sha256"
    pss: bool = False
    attributes: bool = True
    by_key_identifier: bool = False
    content_type: str = LDS_SECURITY_OBJECT
    attribute_type: str = LDS_SECURITY_OBJECT
    with_certificate: bool = True
    wrong_digest: bool = False

    def but(self, **changes: Any) -> "Signer":
        return replace(self, **changes)

    def sign(self, groups: Mapping[int, bytes], hash_name: str | None = None) -> bytes:
        """EF.SOD over these data groups."""
        name = hash_name or self.hash_name
        content = LdsSecurityObject(
            {
                "version": 0,
                "algorithm": {"algorithm": name},
                "hashes": [{"number": number, "value": digest(name, octets)} for number, octets in groups.items()],
            }
        ).dump()
        return self.sod(content)

    def sod(self, content: bytes) -> bytes:
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": self._sid(),
                "digest_algorithm": {"algorithm": self.hash_name},
                "signature_algorithm": self._algorithm(),
                "signature": b"",
            }
        )
        signed = content
        if self.attributes:
            value = digest(self.hash_name, content)
            attributes = cms.CMSAttributes(
                [
                    {"type": "content_type", "values": [self.attribute_type]},
                    {"type": "message_digest", "values": [value[::-1] if self.wrong_digest else value]},
                ]
            )
            signed = attributes.dump()
            signer["signed_attrs"] = attributes
        signer["signature"] = self._signature(signed)
        info = cms.ContentInfo(
            {
                "content_type": "signed_data",
                "content": cms.SignedData(
                    {
                        "version": "v3",
                        "digest_algorithms": [{"algorithm": self.hash_name}],
                        "encap_content_info": {
                            "content_type": self.content_type,
                            "content": core.ParsableOctetString(content),
                        },
                        "certificates": [self._asn1()] if self.with_certificate else [],
                        "signer_infos": [signer],
                    }
                ),
            }
        )
        return data_object(0x77, info.dump())

    def _asn1(self) -> Any:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))

    def _sid(self) -> Any:
        if self.by_key_identifier:
            extension = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            return cms.SignerIdentifier(name="subject_key_identifier", value=extension.value.digest)
        found = self._asn1()
        return cms.SignerIdentifier(
            name="issuer_and_serial_number",
            value={"issuer": found.issuer, "serial_number": found.serial_number},
        )

    def _algorithm(self) -> Any:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return {"algorithm": f"{self.hash_name}_ecdsa"}
        if not self.pss:
            return {"algorithm": f"{self.hash_name}_rsa"}
        parameters = algos.RSASSAPSSParams(
            {
                "hash_algorithm": {"algorithm": self.hash_name},
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": self.hash_name}},
                "salt_length": 32,
            }
        )
        return {"algorithm": "rsassa_pss", "parameters": parameters}

    def _signature(self, message: bytes) -> bytes:
        algorithm = HASHES[self.hash_name]
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(message, ec.ECDSA(algorithm))
        if self.pss:
            return self.key.sign(message, padding.PSS(padding.MGF1(algorithm), 32), algorithm)
        return self.key.sign(message, padding.PKCS1v15(), algorithm)


def made_signer(key: Key | None = None, **options: Any) -> Signer:
    """An authority on P-384, and a signer of it."""
    authority_key = ec.generate_private_key(ec.SECP384R1())
    key = key or ec.generate_private_key(ec.BrainpoolP256R1())
    anchor_options = options.pop("anchor", {})
    authority = certificate("CSCA", authority_key, "CSCA", authority_key, **{"authority": True, **anchor_options})
    return Signer(key, certificate("DS", key, "CSCA", authority_key, **options), authority)
