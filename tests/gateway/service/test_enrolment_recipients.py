"""The centres of the configuration, in every form that a key is given in; and the one of a demonstration."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc.jwk import ECKey

from gateway.service.enrolment_recipients import DEMO_KEY, DEMO_PUBLIC, demonstration_centre, read_centres

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def _public(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _certificate(key, not_after):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Centre")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(not_after - timedelta(days=365))
        .not_valid_after(not_after)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _jwk(key):
    return ECKey.import_key(key.public_key()).as_dict(private=False)


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


def test_a_key_is_the_same_in_every_form_and_taken_once(tmp_path, key):
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "a.pem").write_bytes(_public(key))
    (tmp_path / "b.pem").write_bytes(_certificate(key, NOW + timedelta(days=9)))
    (tmp_path / "c.jwk").write_text(json.dumps(_jwk(key)))
    (tmp_path / "d.jwks").write_text(json.dumps({"keys": [_jwk(key), _jwk(other)]}))
    files = [tmp_path / name for name in ("a.pem", "b.pem", "c.jwk", "d.jwks")]
    ids = [[each.key_id for each in read_centres([path]).recipients] for path in files]
    assert ids[0] == ids[1] == ids[2] == ids[3][:1]
    centres = read_centres(files)
    assert [each.key_id for each in centres.recipients] == ids[3]
    assert not centres.warnings(NOW)


def test_a_certificate_that_has_ended_is_warned_of_and_used(tmp_path, key):
    path = tmp_path / "centre.pem"
    path.write_bytes(_certificate(key, NOW - timedelta(days=1)))
    centres = read_centres([path])
    assert len(centres.recipients) == 1
    (warning,) = centres.warnings(NOW)
    assert "2026-05-31" in warning.en
    assert "2026-05-31" in warning.id


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"{",
        b'{"keys": []}',
        b'{"keys": 7}',
        b'{"kty": "RSA"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b" " * ((1 << 20) + 1),
        "private",
        None,
    ],
    ids=range(11),
)
@pytest.mark.usefixtures("uncollected")
def test_one_file_that_cannot_be_used_keeps_everything_from_being_sealed(tmp_path, key, content):
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    good.write_bytes(_public(key))
    if content == "private":
        encoded = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        bad.write_bytes(encoded)
    elif content is not None:
        bad.write_bytes(content)
    centres = read_centres([good, bad])
    assert centres.recipients == ()
    (problem,) = centres.warnings(NOW)
    assert "bad.pem" in problem.en
    assert "bad.pem" in problem.id


def test_a_demonstration_has_one_key_for_good_and_says_so(tmp_path):
    made = demonstration_centre(tmp_path)
    private = tmp_path / DEMO_KEY
    assert private.stat().st_mode & 0o777 == 0o600
    key = serialization.load_pem_private_key(private.read_bytes(), None)
    assert made.recipients[0].public_key == key.public_key()
    assert (tmp_path / DEMO_PUBLIC).read_bytes() == _public(key)
    (warning,) = made.warnings(NOW)
    assert DEMO_KEY in warning.en
    assert DEMO_KEY in warning.id
    (tmp_path / DEMO_PUBLIC).unlink()  # a power cut between the two
    assert demonstration_centre(tmp_path) == made
    assert read_centres([tmp_path / DEMO_PUBLIC]).recipients == made.recipients


def test_a_damaged_key_of_a_demonstration_is_not_replaced(tmp_path):
    (tmp_path / DEMO_KEY).write_text("damaged")
    centres = demonstration_centre(tmp_path)
    assert centres.recipients == ()
    assert DEMO_KEY in centres.problems[0].en
    assert (tmp_path / DEMO_KEY).read_text() == "damaged"
