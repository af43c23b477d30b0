"""What the tests of keys are done with: a SoftHSM2 of their own, an authority, and openssl as second opinion."""

import base64
import json
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.trust import ChainPlace, KeyPlaces, KeyStore, Pkcs11Token, TokenPlace, sign_manifest
from tests.gateway.trust.signed_captures import NOON, manifest, moment

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
LABEL, PIN = "kedoya-1 desk", "7294 1836"
DAY = timedelta(days=1)


@dataclass
class SoftToken:
    """A token of SoftHSM2 whose folder can be taken away, as a token is pulled out."""

    tokens: Path

    @property
    def away(self) -> Path:
        return self.tokens.with_name("away")

    def pull_out(self) -> None:
        self.tokens.rename(self.away)

    def plug_in(self) -> None:
        self.away.rename(self.tokens)

    def opened(self, pin: str | None = PIN, label: str = LABEL) -> Pkcs11Token:
        return Pkcs11Token(TokenPlace(MODULE, label, "rekam-key-pin"), pin)


def soft_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """A fresh token, with a configuration of its own for the module in this process."""
    tokens = folder / "tokens"
    tokens.mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    arguments = ("--init-token", "--free", "--label", LABEL, "--so-pin", "0000 1111", "--pin", PIN)
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True, timeout=60)
    return SoftToken(tokens)


def openssl(*arguments: object, text: str | None = None) -> str:
    """What openssl answers; a failed check is an error."""
    done = subprocess.run(
        ["openssl", *map(str, arguments)], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def openssl_verifies(jws: bytes, folder: Path) -> bool:
    """Whether openssl finds that the certificate in a JWS's header made its signature."""
    header, payload, signature = jws.split(b".")
    first = json.loads(_decoded(header))["x5c"][0]
    certificate, public, signed, der = (folder / name for name in ("c.der", "p.pem", "signed", "signature.der"))
    certificate.write_bytes(base64.b64decode(first))
    public.write_text(openssl("x509", "-inform", "der", "-in", certificate, "-pubkey", "-noout"))
    signed.write_bytes(header + b"." + payload)
    raw = _decoded(signature)
    r, s = _der_integer(raw[:32]), _der_integer(raw[32:])
    der.write_bytes(b"\x30" + bytes([len(r + s)]) + r + s)
    checked = ["openssl", "dgst", "-sha256", "-verify", str(public), "-signature", str(der), str(signed)]
    return subprocess.run(checked, capture_output=True, check=False, timeout=60).returncode == 0


def _decoded(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _der_integer(raw: bytes) -> bytes:
    value = raw.lstrip(b"\0") or b"\0"
    value = b"\0" + value if value[0] & 0x80 else value
    return b"\x02" + bytes([len(value)]) + value


class Chain:
    """A chain of captures that grows by whatever key a store has."""

    def __init__(self, chain_id: str = "c0ffee") -> None:
        self.chain_id = chain_id
        self.signed: list[bytes] = []
        self._previous: str | None = None

    def end(self) -> ChainPlace:
        return ChainPlace(self.chain_id, len(self.signed))

    def grow(self, store: Any, count: int = 1, wall: datetime = NOON) -> list[bytes]:
        for _ in range(count):
            made = manifest(len(self.signed) + 1, self._previous, chain_id=self.chain_id, time=moment(wall))
            signed = sign_manifest(made, store)
            self.signed.append(signed.jws)
            self._previous = signed.digest
        return self.signed[-count:]


def file_store(folder: Path, chain: Chain | None = None, passphrase: bytes | None = None) -> KeyStore:
    """The keys of a folder, in files."""
    return KeyStore.open(folder / "keys", "kedoya-1", KeyPlaces(passphrase), (chain or Chain()).end, moment())


def token_store(folder: Path, token: SoftToken, chain: Chain | None = None) -> KeyStore:
    """The keys of a folder, new ones in the token."""
    places = KeyPlaces(None, token.opened(), makes_in_token=True)
    return KeyStore.open(folder / "keys", "kedoya-1", places, (chain or Chain()).end, moment())


class Authority:
    """An authority with a root and an authority below it that issues."""

    def __init__(self, now: datetime, root: "tuple[Any, x509.Certificate] | None" = None) -> None:
        self.now = now
        self.root_key, self.root = root or self._own("Root", None)
        self.key, self.certificate = self._own("Issuing", (self.root_key, self.root))

    def _own(self, name: str, issuer: "tuple[Any, x509.Certificate] | None") -> "tuple[Any, x509.Certificate]":
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"{name} authority")
        signer, issued_by = (key, subject) if issuer is None else (issuer[0], issuer[1].subject)
        certificate = (
            self._builder(subject, issued_by, key.public_key(), self.now - 30 * DAY, self.now + 3000 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .sign(signer, hashes.SHA256())
        )
        return key, certificate

    def issue(self, request_pem: str, **changes: Any) -> x509.Certificate:
        """Answer a request, as it asks or with what is changed."""
        request = x509.load_pem_x509_csr(request_pem.encode())
        assert request.is_signature_valid
        start, end = changes.get("start", self.now - DAY), changes.get("end", self.now + 365 * DAY)
        subject = changes.get("subject", request.subject)
        builder = self._builder(subject, self.certificate.subject, request.public_key(), start, end)
        builder = builder.add_extension(x509.BasicConstraints(changes.get("ca", False), None), critical=True)
        usage = changes.get("usage", _usage(digital_signature=True))
        if usage is not None:
            builder = builder.add_extension(usage, critical=True)
        certificate: x509.Certificate = builder.sign(self.key, hashes.SHA256())
        return certificate

    def _builder(self, subject: Any, issuer: Any, key: Any, start: datetime, end: datetime) -> Any:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start.replace(microsecond=0))
            .not_valid_after(end.replace(microsecond=0))
        )


def pem(*certificates: x509.Certificate) -> str:
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


subject_of = _name


def _usage(**allowed: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})


usage_of = _usage


def files_of(folder: Path) -> dict[str, bytes]:
    """What lies in a folder, by name."""
    return {name: (folder / name).read_bytes() for name in sorted(path.name for path in folder.iterdir())}
