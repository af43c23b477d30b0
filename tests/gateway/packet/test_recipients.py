from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

from gateway.packet import Recipient, RecipientKeyUnusable
from tests.gateway.packet.packets import centre_key, private_pem

PUBLIC = centre_key().public_key()
NAMES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def pem_of(key: object) -> bytes:
    return key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def certificate(*usages: str) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pusat")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(PUBLIC)
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
    )
    if usages:
        usage = x509.KeyUsage(**{each: each in usages for each in NAMES})
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(centre_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_key_certificate_and_jwk_are_one_recipient():
    jwk = ECKey.import_key(PUBLIC).as_dict(private=False)
    found = [
        Recipient.from_pem(pem_of(PUBLIC)),
        Recipient.from_pem(certificate()),
        Recipient.from_pem(certificate("key_agreement")),
        Recipient.from_jwk(jwk),
        Recipient.from_jwk({**jwk, "use": "enc", "alg": "ECDH-ES+A256KW", "kid": "pusat"}),
    ]
    assert {each.key_id for each in found} == {ECKey.import_key(PUBLIC).thumbprint()}
    assert [each.not_after for each in found[:2]] == [None, datetime(2027, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("pem", "message"),
    [
        (b"", "cannot be read"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
        (private_pem(), "belongs to the centre"),
        (pem_of(ec.generate_private_key(ec.SECP384R1()).public_key()), "curve secp384r1"),
        (pem_of(rsa.generate_private_key(65537, 2048).public_key()), "no EC key"),
        (certificate("digital_signature"), "does not allow"),
    ],
)
def test_what_is_no_recipients_key_is_refused(pem, message):
    with pytest.raises(RecipientKeyUnusable, match=message):
        Recipient.from_pem(pem)


@pytest.mark.parametrize(
    "changes",
    [{"kty": "OKP"}, {"use": "sig"}, {"alg": "ES256"}, {"crv": "P-384"}, {"x": "AAAA"}, {"y": None}, {"d": "AAAA"}],
)
def test_what_is_no_recipients_jwk_is_refused(changes):
    with pytest.raises(RecipientKeyUnusable):
        Recipient.from_jwk({**ECKey.import_key(PUBLIC).as_dict(private=False), **changes})
    with pytest.raises(RecipientKeyUnusable):
        Recipient.from_jwk({"kty": "EC"})
