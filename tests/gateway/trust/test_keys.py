"""The signing key's file: made once, private, encrypted when a passphrase is given, refused when out of date."""

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization

from gateway.trust import (
    ClockQuality,
    KeyExpired,
    KeyExposed,
    KeyOfAnotherGateway,
    KeyPassphraseWrong,
    KeyUnreadable,
    SignedTime,
    TrustAnchors,
    open_signing_key,
    read_passphrase,
    sign_manifest,
)
from gateway.trust.keys import KEY_FILE
from tests.gateway.trust.signed_captures import NOON, manifest, moment, new_key


def test_the_first_start_makes_a_private_key_and_the_next_finds_it(tmp_path):
    made = open_signing_key(tmp_path / "keys", "palmerah-2")
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in (tmp_path / "keys").iterdir()] == [KEY_FILE]
    found = open_signing_key(tmp_path / "keys")
    assert (found.key_id, found.gateway_id) == (made.key_id, "palmerah-2")
    assert found.certificate_der == made.certificate_der


def test_a_gateway_without_a_name_gets_one(tmp_path):
    first, second = open_signing_key(tmp_path / "a"), open_signing_key(tmp_path / "b")
    assert first.gateway_id.startswith("rekam-")
    assert first.gateway_id != second.gateway_id


def test_a_passphrase_encrypts_the_key(tmp_path):
    made = open_signing_key(tmp_path, "g", b"rahasia")
    pem = (tmp_path / KEY_FILE).read_bytes()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in pem
    assert open_signing_key(tmp_path, "g", b"rahasia").key_id == made.key_id
    for passphrase in (None, b"salah"):
        with pytest.raises(KeyPassphraseWrong, match="passphrase"):
            open_signing_key(tmp_path, "g", passphrase)
    assert (tmp_path / KEY_FILE).read_bytes() == pem


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_reads_the_encrypted_key(tmp_path):
    made = open_signing_key(tmp_path, "g", b"rahasia")
    read = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / KEY_FILE, "-passin", "pass:rahasia", "-pubout"],
        check=True,
        capture_output=True,
    )
    assert read.stdout == made.certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_a_key_in_clear_is_encrypted_once_a_passphrase_is_given(tmp_path):
    made = open_signing_key(tmp_path, "g")
    assert b"BEGIN PRIVATE KEY" in (tmp_path / KEY_FILE).read_bytes()
    assert open_signing_key(tmp_path, "g", b"rahasia").key_id == made.key_id
    pem = (tmp_path / KEY_FILE).read_bytes()
    assert b"BEGIN PRIVATE KEY" not in pem
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert open_signing_key(tmp_path, "g", b"rahasia").certificate_der == made.certificate_der


def test_a_key_that_others_may_read_is_refused(tmp_path):
    open_signing_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(KeyExposed, match="chmod 600"):
        open_signing_key(tmp_path)


def test_a_damaged_key_file_is_refused_and_kept(tmp_path):
    open_signing_key(tmp_path)
    path = tmp_path / KEY_FILE
    whole = path.read_bytes()
    other = open_signing_key(tmp_path / "other")
    foreign = other.certificate.public_bytes(serialization.Encoding.PEM)
    for damaged in (b"", whole[: len(whole) // 2], whole[:40] + b"!" + whole[41:], whole[:200] + foreign):
        path.write_bytes(damaged)
        with pytest.raises(KeyUnreadable, match="damaged"):
            open_signing_key(tmp_path)
        assert path.read_bytes() == damaged


def test_the_folder_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyUnreadable, match="cannot be read or made"):
        open_signing_key(tmp_path / "file" / "keys")


def test_another_gateways_key_is_refused(tmp_path):
    open_signing_key(tmp_path, "one")
    with pytest.raises(KeyOfAnotherGateway, match="one"):
        open_signing_key(tmp_path, "two")
    with pytest.raises(ValueError, match="gateway id"):
        open_signing_key(tmp_path, "not a name")


def test_the_passphrase_comes_from_the_first_source_that_has_one(tmp_path):
    environment = {"REKAM_KEY_PASSPHRASE": "from-environment", "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_passphrase(environment={}) is None
    assert read_passphrase(environment=environment) == b"from-environment"
    credential = tmp_path / "rekam-key-passphrase"
    credential.write_bytes(b"from-credential\n")
    assert read_passphrase(environment=environment) == b"from-credential"
    assert read_passphrase("given", environment) == b"given"
    credential.write_bytes(b"\n")
    with pytest.raises(KeyPassphraseWrong, match="empty"):
        read_passphrase(environment=environment)


def test_a_key_out_of_date_refuses_to_sign():
    key = new_key()
    assert sign_manifest(manifest(), key).jws
    for wall in (key.not_after + timedelta(days=1), key.not_before - timedelta(days=1)):
        with pytest.raises(KeyExpired, match="Set the clock") as refusal:
            sign_manifest(manifest(time=moment(wall.replace(microsecond=0))), key)
        assert refusal.value.reason == "KEY_EXPIRED"
        assert refusal.value.remedy


def test_a_flat_battery_stops_nobody_from_being_recorded():
    wrong = SignedTime(datetime(1970, 1, 1, 0, 5, tzinfo=UTC), 300.0, ClockQuality.UNTRUSTED, None)
    old = new_key()
    assert sign_manifest(manifest(time=wrong), old).jws
    made_then = new_key(made=wrong.wall)
    assert made_then.not_before == datetime(2024, 1, 1, tzinfo=UTC)
    assert sign_manifest(manifest(time=wrong), made_then).jws
    assert sign_manifest(manifest(time=moment(NOON + timedelta(days=5000))), made_then).jws


def test_a_manifest_of_another_gateway_is_not_signed():
    with pytest.raises(ValueError, match="gateway_id"):
        sign_manifest(replace(manifest(), gateway_id="other"), new_key())


def test_the_trust_bundle_is_public_and_pins_the_gateway(tmp_path):
    key = open_signing_key(tmp_path, "g")
    bundle = key.trust_bundle()
    assert bundle.key_ids == (key.key_id,)
    (public,) = bundle.jwks["keys"]
    assert "d" not in public
    assert (public["kid"], public["alg"], public["crv"]) == (key.key_id, "ES256", "P-256")
    assert "PRIVATE" not in bundle.certificates_pem
    assert TrustAnchors.from_pem(bundle.certificates_pem).hold(key.certificate)
    with pytest.raises(ValueError):
        TrustAnchors.from_pem("")


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not bind root")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(KeyUnreadable, match="right to read and write"):
        open_signing_key(tmp_path / "keys")
