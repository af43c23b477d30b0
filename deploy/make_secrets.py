#!/usr/bin/env python3
"""Makes the secrets of a hub: an authority and certificates for TLS, nkeys of the centre and of offices, users.conf.

    python deploy/make_secrets.py deploy/centre/secrets --host hub --host hub.example.go.id --gateway kedoya-1
    python deploy/make_secrets.py deploy/cluster/secrets --cluster --host hub.example.go.id --gateway kedoya-1

Run again, it keeps what is there and adds what is new: another --gateway, a server certificate for one that ends within
30 days. Nothing of it belongs into git (.gitignore says so). `GATEWAY.nk` and `authority.pem` go to that office alone.
"""

import argparse
import ipaddress
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.central import Authority
from gateway.durable_file import write_durably
from gateway.hub.accounts import user_entry
from gateway.hub.keys import public_of, write_new_key

SERVERS = {False: ["hub"], True: ["hub-1", "hub-2", "hub-3", "leaf"]}
VALIDITY = timedelta(days=398)
RENEWED_BEFORE = timedelta(days=30)
AUTHORITY_KEY = "authority.key"
USAGE = ExtendedKeyUsageOID


def authority_in(folder: Path) -> Authority:
    """The one that is there, or a new one."""
    made = folder / "authority"
    if not made.exists():
        made.mkdir(mode=0o700)
        Authority.made("hub", datetime.now(UTC)).write(made)
    authority = Authority.read(made)
    write_durably(folder / "authority.pem", authority.certificate_pem)
    return authority


def server_certificate(folder: Path, name: str, hosts: list[str], authority: Authority) -> None:
    """A server's certificate and key, where there is none that lasts."""
    path = folder / f"{name}.pem"
    if path.exists():
        ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
        if ends - datetime.now(UTC) > RENEWED_BEFORE:
            return
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    issuer_key = serialization.load_pem_private_key((folder / "authority" / AUTHORITY_KEY).read_bytes(), None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    names = [_general_name(each) for each in dict.fromkeys([name, *hosts])]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        # Servers of a cluster show it to each other, at both ends.
        .add_extension(x509.ExtendedKeyUsage([USAGE.SERVER_AUTH, USAGE.CLIENT_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.certificate.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_durably(folder / f"{name}.key", key_pem)
    write_durably(path, certificate.public_bytes(serialization.Encoding.PEM))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def nkey(folder: Path, name: str) -> str:
    """The public half of a user's nkey, made where it is not there."""
    path = folder / f"{name}.nk"
    return public_of(path.read_bytes().strip()) if path.exists() else write_new_key(path)


def routes(folder: Path) -> None:
    """How the servers of a cluster know each other."""
    path = folder / "routes.conf"
    if path.exists():
        return
    password = secrets.token_urlsafe(24)
    urls = "\n".join(f'  "nats-route://rekam:{password}@{name}:6222"' for name in SERVERS[True][:3])
    write_durably(path, f'authorization {{ user: rekam, password: "{password}" }}\nroutes: [\n{urls}\n]\n'.encode())


def users(folder: Path, gateways: list[str], *, cluster: bool) -> str:
    """The users of the account: the centre, the offices that are there already, those that are new."""
    offices = folder / "offices"
    offices.mkdir(mode=0o700, exist_ok=True)
    names = sorted({path.name.removesuffix(".nk") for path in offices.glob("*.nk")} | set(gateways))
    entries = [user_entry(nkey(folder, "centre"), "")]
    if cluster:
        # A leaf carries for all of its offices: each is held to its own subjects there.
        entries.append(f"{{ nkey: {nkey(folder, 'leaf')} }}")
    entries += [user_entry(nkey(offices, name), name) for name in names]
    return "users: [\n  " + "\n  ".join(entries) + "\n]\n"


def main() -> int:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", action="append", default=[], help="name or IP by which offices reach the hub")
    parser.add_argument("--gateway", action="append", default=[], help="an office's gateway id")
    parser.add_argument("--cluster", action="store_true", help="for three servers and a leaf")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = authority_in(folder)
    for name in SERVERS[options.cluster]:
        server_certificate(folder, name, options.host, authority)
    write_durably(folder / "users.conf", users(folder, options.gateway, cluster=options.cluster).encode())
    if options.cluster:
        routes(folder)
        seed = (folder / "leaf.nk").read_bytes().strip()
        write_durably(folder / "leaf.conf", b"nkey: " + seed + b"\n")
    elif not (folder / "postgres.password").exists():
        password = secrets.token_urlsafe(24)
        write_durably(folder / "postgres.password", password.encode())
        write_durably(folder / "pgpass", f"postgres:5432:rekam:rekam:{password}\n".encode())
    print(f"{folder}: {len(list((folder / 'offices').glob('*.nk')))} offices; have the hub read users.conf again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
