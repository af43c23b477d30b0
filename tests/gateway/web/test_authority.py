"""The machine's own authority: what it can vouch for, who may read its key, and what wrong clocks do to it."""

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.web import LocalAuthority, WebTrustError

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def certificate_of(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_door_is_vouched_for_at_loopback_names(tmp_path):
    authority = LocalAuthority.open(tmp_path)
    door = authority.door()
    for subject in ("127.0.0.1", "::1", "localhost"):
        kind = "-verify_hostname" if subject == "localhost" else "-verify_ip"
        command = ["openssl", "verify", "-x509_strict", "-CAfile", authority.path, kind, subject, door.certificate]
        assert "OK" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in ("authority.key", "door.key"):
        assert (tmp_path / "web" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "web").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("bank.example"),
        x509.DNSName("localhost.evil.example"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.2")),
    ],
)
def test_a_stolen_key_vouches_for_no_other_server(tmp_path, name):
    authority = LocalAuthority.open(tmp_path)
    stolen = serialization.load_pem_private_key((tmp_path / "web/authority.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([name]), critical=True)
        .sign(stolen, hashes.SHA256())
    )
    path = tmp_path / "forged.pem"
    path.write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    at = str(int((NOW + timedelta(days=1)).timestamp()))
    done = subprocess.run(
        ["openssl", "verify", "-attime", at, "-CAfile", authority.path, path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "permitted subtree violation" in done.stderr


def test_the_same_authority_and_certificate_as_long_as_they_are_good(tmp_path):
    first = LocalAuthority.open(tmp_path)
    door = first.door(lambda: NOW)
    again = LocalAuthority.open(tmp_path)
    assert again.fingerprint == first.fingerprint
    assert again.door(lambda: NOW + timedelta(days=300)) == door
    renewed = again.door(lambda: NOW + timedelta(days=340))
    assert renewed.until > door.until
    assert again.fingerprint == first.fingerprint  # browsers need not be told again


def test_a_clock_at_1970_spoils_nothing_for_good(tmp_path):
    authority = LocalAuthority.open(tmp_path)
    authority.door(lambda: datetime(1970, 1, 1, tzinfo=UTC))
    right = LocalAuthority.open(tmp_path).door(lambda: NOW)
    assert right.until > NOW + timedelta(days=300)
    assert certificate_of(right.certificate).not_valid_before_utc < NOW
    assert LocalAuthority.open(tmp_path).fingerprint == authority.fingerprint


@pytest.mark.parametrize("half", ["door.key", "door.pem"])
def test_a_power_cut_between_key_and_certificate_is_mended(tmp_path, half):
    authority = LocalAuthority.open(tmp_path)
    authority.door(lambda: NOW)
    other = LocalAuthority.open(tmp_path / "other").door(lambda: NOW)
    file = tmp_path / "web" / half
    file.write_bytes((other.key if half == "door.key" else other.certificate).read_bytes())
    door = LocalAuthority.open(tmp_path).door(lambda: NOW)
    key = serialization.load_pem_private_key(door.key.read_bytes(), None)
    assert key.public_key() == certificate_of(door.certificate).public_key()


def test_a_door_certificate_with_a_wrong_signature_is_made_anew(tmp_path):
    authority = LocalAuthority.open(tmp_path)
    door = authority.door(lambda: NOW)
    good = certificate_of(door.certificate)
    der = good.public_bytes(serialization.Encoding.DER)
    forged = x509.load_der_x509_certificate(der[:-1] + bytes([der[-1] ^ 1]))
    assert (forged.serial_number, forged.signature != good.signature) == (good.serial_number, True)
    door.certificate.write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    renewed = LocalAuthority.open(tmp_path).door(lambda: NOW)
    assert renewed.serial != door.serial
    certificate_of(renewed.certificate).verify_directly_issued_by(authority.certificate)


@pytest.mark.parametrize("name", ["authority.key", "authority.pem"])
def test_a_damaged_authority_says_what_to_do(tmp_path, name):
    LocalAuthority.open(tmp_path)
    (tmp_path / "web" / name).write_bytes(b"\0" * 100)
    with pytest.raises(WebTrustError, match="Remove the folder"):
        LocalAuthority.open(tmp_path)


def test_a_key_of_another_authority_is_refused(tmp_path):
    LocalAuthority.open(tmp_path)
    LocalAuthority.open(tmp_path / "other")
    (tmp_path / "web/authority.key").write_bytes((tmp_path / "other/web/authority.key").read_bytes())
    with pytest.raises(WebTrustError, match=r"is not of authority\.pem"):
        LocalAuthority.open(tmp_path)
