"""Open a sealed packet with the centre's private key: verify everything, write every part. Written from
docs/packet-format.md alone; needs `pip install cryptography joserfc`.

    python examples/open_packet.py P.rekam --key centre.pem --out DIR [--trust BUNDLE.pem]

Exit status 0: all holds and DIR has the parts and `statement.json`. 3: something does not hold, and DIR is not made.
2: wrong usage. Without --trust nothing says which gateway sealed the packet, only that nobody changed it since.
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import shutil
import struct
import sys
import tempfile
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

MAGIC = b"\x89RKM\r\n\x1a\n"
MAX_HEADER, MAX_JWS = 65_536, 131_072
TAG = 16
PIECE = 65_536
REVOCATION = re.compile(
    r"-----BEGIN REKAM KEY REVOCATION-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END REKAM KEY REVOCATION-----"
)
PART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}")


class Fault(Exception):
    """Something in the packet does not hold."""


def need(holds, what):
    if not holds:
        raise Fault(what)


def b64url(text, what):
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise Fault(f"{what} is not base64url") from error
    need(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text, f"{what} has a second spelling of its bytes")
    return data


class Trust:
    """A trust bundle: certificates of signers pin those; those of authorities alone trust whomever they issued one to.

    Its blocks of revocations name keys that sign no more; where one is damaged, nothing is opened.
    """

    def __init__(self, pem):
        certificates = x509.load_pem_x509_certificates(pem)
        self.signers = [each for each in certificates if not is_authority(each)]
        self.authorities = [] if self.signers else certificates
        blocks = REVOCATION.findall(pem.decode("ascii", "replace"))
        if len(blocks) != pem.count(b"BEGIN REKAM KEY REVOCATION"):
            raise ValueError("a revocation in the trust bundle is damaged")
        values = [json.loads(base64.b64decode("".join(block.split()), validate=True)) for block in blocks]
        self.revoked = {value["kid"]: {**value, "time": datetime.fromisoformat(value["time"])} for value in values}

    def holds(self, chain):
        if self.signers:
            return chain[0] in self.signers
        return any(each == authority or vouches(authority, each) for each in chain for authority in self.authorities)

    def check_not_revoked(self, key_id, chain, time, what):
        """`chain` says where it stands among the captures or packets of its gateway, and `time` when that was.

        The place decides where the revocation names one of that chain; a time that can be believed decides besides.
        """
        revocation = self.revoked.get(key_id)
        if revocation is None:
            return
        believed = "untrusted" not in (time["quality"], revocation["clock"])
        earliest = datetime.fromisoformat(time["wall"]) - timedelta(seconds=time["uncertainty_s"] or 0)
        late = believed and earliest > revocation["time"]
        place = revocation["place"]
        if place is not None and place["chain_id"] == chain["chain_id"]:
            late = late or chain["sequence"] > place["sequence"]
        else:
            late = late or not believed
        revoked = f"{what}: its key {key_id} was revoked on {revocation['time']:%Y-%m-%d} ({revocation['reason']})"
        need(not late, f"{revoked}, and nothing shows that it signed this before then")
        print(f"{revoked}, after it had signed this", file=sys.stderr)


def open_jws(data, kind, trust):
    """Header kinds and the signature; returns the key's id, its certificate with the issuers, and the payload."""
    try:
        header64, payload64, signature64 = data.decode("ascii").split(".")
        header = json.loads(b64url(header64, f"{kind}: header"))
        need(set(header) == {"alg", "typ", "kid", "x5c"} and 1 <= len(header["x5c"]) <= 5, f"{kind}: header members")
        need((header["alg"], header["typ"]) == ("ES256", kind), f"{kind}: not an ES256 {kind}")
        chain = [x509.load_der_x509_certificate(base64.b64decode(each, validate=True)) for each in header["x5c"]]
        certificate = chain[0]
        signature = b64url(signature64, f"{kind}: signature")
        key = certificate.public_key()
        need(isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1", f"{kind}: not P-256")
        need(len(signature) == 64, f"{kind}: signature length")
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        signed = f"{header64}.{payload64}".encode()
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
        need(ECKey.import_key(key).thumbprint() == header["kid"], f"{kind}: kid is not the certificate's key")
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        need(usage.digital_signature, f"{kind}: the certificate's key may not sign")
        need(not is_authority(certificate), f"{kind}: signed by an authority, not by a gateway")
        need(all(is_authority(each) for each in chain[1:]), f"{kind}: an issuer may not issue certificates")
        for issued, issuer in pairwise(chain) if chain[1:] else [(certificate, certificate)]:
            issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise Fault(f"{kind}: {error}") from error
    except InvalidSignature as error:
        raise Fault(f"{kind}: the signature does not hold") from error
    need(trust is None or trust.holds(chain), f"{kind}: signed by a key outside the trust bundle")
    return header["kid"], chain, b64url(payload64, f"{kind}: payload")


def is_authority(certificate):
    extensions = certificate.extensions
    try:
        may_issue = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        return may_issue and extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return False


def vouches(issuer, issued):
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def check_certificates(chain, gateway_id, wall, what):
    names = [each.value for each in chain[0].subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    need(names == [f"Rekam gateway {gateway_id}"], f"{what}: of another gateway")
    if wall >= "2024":  # a clock before that was plainly wrong, and judges no certificate
        at = datetime.fromisoformat(wall)
        for each in chain:
            valid = each.not_valid_before_utc <= at <= each.not_valid_after_utc
            need(valid, f"{what}: the certificate of {each.subject.rfc4514_string()} was not valid at {wall}")


def read_json(data, what):
    """The JSON in `data`; no member twice, as readers differ on which of two counts. Its bytes are signed."""

    def members(pairs):
        need(len({name for name, _ in pairs}) == len(pairs), f"{what} has a member twice")
        return dict(pairs)

    try:
        return json.loads(data, object_pairs_hook=members)
    except (ValueError, RecursionError) as error:
        raise Fault(f"{what} is not JSON") from error


class Packet:
    """Reads a packet file; `content(n)` gives the next n bytes of the plaintext."""

    def __init__(self, file, private_key, trust):
        self.file, self.trust = file, trust
        prefix = file.read(20)
        need(len(prefix) == 20 and prefix[:8] == MAGIC, "this is no packet")
        version, reserved, header_length, seal_length = struct.unpack(">HHII", prefix[8:])
        need(version == 1, f"version {version} of the format is not known here")
        need(reserved == 0, "reserved bytes are not 0")
        need(header_length <= MAX_HEADER and seal_length <= MAX_JWS, "header or seal too large")
        header_bytes, seal_jws = file.read(header_length), file.read(seal_length)
        self.header = read_json(header_bytes, "header")
        key_id, chain, seal_bytes = open_jws(seal_jws, "rekam-packet-seal+jws", trust)
        self.certificate = chain[0]
        seal = read_json(seal_bytes, "seal")
        header, content = self.header, self.header["content"]
        need(header["format"] == "rekam-packet" and header["version"] == 1, "header format")
        need(seal["format"] == "rekam-packet-seal" and seal["version"] == 1, "seal format")
        self.bound = hashlib.sha256(header_bytes).digest()
        need(seal["header_sha256"] == self.bound.hex(), "the header was changed, or is another packet's")
        need((seal["packet_id"], seal["gateway_id"]) == (header["packet_id"], header["gateway_id"]), "seal of another")
        check_certificates(chain, header["gateway_id"], header["created"]["wall"], "seal")
        if trust:
            trust.check_not_revoked(key_id, header["chain"], header["created"], "seal")
        need(content["cipher"] == "A256GCM-STREAM", "cipher")
        self.chunk_bytes, self.left, self.chunks = content["chunk_bytes"], content["bytes"], content["chunks"]
        need(65_536 <= self.chunk_bytes <= 1_048_576 and self.chunks <= 1024, "chunk sizes")
        need(self.chunks == -(-self.left // self.chunk_bytes) >= 1, "number of chunks")
        self.digests = seal["chunk_sha256"]
        need(len(self.digests) == self.chunks, "number of digests")
        size = 20 + header_length + seal_length + self.left + TAG * self.chunks
        need(os.fstat(file.fileno()).st_size == size, f"the file should have {size} bytes: cut off, or added to")
        self.cipher = AESGCM(self.content_key(private_key))
        self.index, self.plain = 0, b""

    def content_key(self, private_key):
        key = ECKey.import_key(private_key)
        wrapped = [each["key"] for each in self.header["recipients"] if each["kid"] == key.thumbprint()]
        kids = ", ".join(each["kid"] for each in self.header["recipients"])
        need(wrapped, f"not encrypted to the key {key.thumbprint()}, but to {kids}")
        try:
            content_key = jwe.decrypt_compact(wrapped[0], key, algorithms=["ECDH-ES+A256KW", "A256GCM"]).plaintext
        except (JoseError, ValueError, TypeError, KeyError, AssertionError) as error:
            raise Fault("the wrapped content key does not open") from error
        proof = hmac.new(content_key, b"rekam-packet 1 content key", hashlib.sha256).hexdigest()
        need(len(content_key) == 32 and proof == self.header["key_commitment"], "the content key is another")
        return content_key

    def content(self, wanted):
        pieces = []
        while wanted:
            if not self.plain:
                self.plain = self.next_chunk()
            pieces.append(self.plain[:wanted])
            self.plain, wanted = self.plain[wanted:], wanted - len(pieces[-1])
        return b"".join(pieces)

    def next_chunk(self):
        need(self.index < self.chunks, "the content ends too early")
        index, last = self.index, self.index == self.chunks - 1
        chunk = self.file.read(min(self.chunk_bytes, self.left) + TAG)
        digest = hashlib.sha256(chunk).hexdigest()
        if digest != self.digests[index]:
            at = self.digests.index(digest) if digest in self.digests else None
            raise Fault(f"chunk {index} was changed" if at is None else f"chunk {at} stands where {index} belongs")
        nonce = index.to_bytes(11, "big") + bytes([last])
        try:
            plain = self.cipher.decrypt(nonce, chunk, self.bound)
        except InvalidTag as error:
            raise Fault(f"chunk {index} does not decrypt") from error
        self.index, self.left = index + 1, self.left - len(plain)
        return plain

    def statement(self):
        length = int.from_bytes(self.content(4), "big")
        need(length <= MAX_JWS, "statement too large")
        _, chain, data = open_jws(self.content(length), "rekam-enrolment+jws", self.trust)
        need(chain[0] == self.certificate, "the statement is signed by another key than the seal")
        statement = read_json(data, "statement")
        need(statement["format"] == "rekam-enrolment" and statement["version"] == 1, "statement format")
        for name in ("packet_id", "gateway_id", "boot_id"):
            need(statement[name] == self.header[name], f"{name} is not as in the header")
        need(statement["time"] == self.header["created"], "time is not as in the header")
        names = [part["name"].lower() for part in statement["parts"]]
        need(len(set(names)) == len(names), "two parts of one name")
        need(all(PART_NAME.fullmatch(name) for name in names), "a part's name could leave its folder")
        folders = {name[:at] for name in names for at, character in enumerate(name) if character == "/"}
        need(not folders & {*names, "statement.json"} and "statement.json" not in names, "a part in another's place")
        return statement, data

    def write_part(self, part, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, left = hashlib.sha256(), part["size"]
        with path.open("wb") as out:
            while left:
                piece = self.content(min(left, PIECE))
                digest.update(piece)
                out.write(piece)
                left -= len(piece)
        need(digest.hexdigest() == part["sha256"], f"{part['name']} is not as the statement says")


def check_captures(statement, folder, trust):
    """Each capture's own signature, and that the parts beside it are what it signs."""
    parts = {part["name"]: part for part in statement["parts"]}
    for capture in statement["captures"]:
        what = f"capture {capture['capture_id']}"
        need(parts[capture["manifest"]]["size"] <= MAX_JWS, f"{what}: manifest too large")
        jws = (folder / capture["manifest"]).read_bytes()
        key_id, chain, data = open_jws(jws, "rekam-manifest+jws", trust)
        manifest = read_json(data, what)
        need(manifest["capture_id"] == capture["capture_id"], f"{what} has another's manifest")
        need(manifest["gateway_id"] == statement["gateway_id"], f"{what} is of another gateway")
        check_certificates(chain, manifest["gateway_id"], manifest["time"]["wall"], what)
        if trust:
            trust.check_not_revoked(key_id, manifest, manifest["time"], what)
        signed = {blob["name"]: (blob["size"], blob["sha256"]) for blob in manifest["blobs"]}
        held = {each["blob"]: parts[each["part"]] for each in capture["blobs"]}
        need(signed == {name: (part["size"], part["sha256"]) for name, part in held.items()}, f"{what}: other records")


def unpack(path, private_key, trust, out):
    folder = Path(tempfile.mkdtemp(dir=out.absolute().parent, prefix=f".{out.name}."))
    try:
        with path.open("rb") as file:
            packet = Packet(file, private_key, trust)
            statement, data = packet.statement()
            for part in statement["parts"]:
                packet.write_part(part, folder / part["name"])
            need(packet.index == packet.chunks and not packet.plain, "bytes follow after the last part")
        check_captures(statement, folder, trust)
        (folder / "statement.json").write_bytes(data)
        folder.rename(out)  # an empty folder may stand there
    except BaseException:
        shutil.rmtree(folder)
        raise
    return statement


def main():
    parser = argparse.ArgumentParser(description="Open a sealed packet.")
    parser.add_argument("packet", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="EC P-256 private key, PEM")
    parser.add_argument("--passphrase-env", metavar="VARIABLE", help="environment variable with the key's passphrase")
    parser.add_argument("--out", type=Path, required=True, help="new folder for the parts")
    parser.add_argument("--trust", type=Path, help="trust bundle of the gateways you know, PEM")
    options = parser.parse_args()
    try:
        passphrase = os.environ[options.passphrase_env].encode() if options.passphrase_env else None
        private_key = serialization.load_pem_private_key(options.key.read_bytes(), passphrase)
        trust = Trust(options.trust.read_bytes()) if options.trust else None
        with contextlib.suppress(FileNotFoundError):
            if any(options.out.iterdir()):
                parser.error(f"{options.out} is not empty; name a new folder")
    except (OSError, ValueError, TypeError, KeyError) as error:
        parser.error(f"{error}")
    if trust is None:
        print(
            "No --trust: nobody changed the packet since it was sealed, but who sealed it is not known.",
            file=sys.stderr,
        )
    try:
        statement = unpack(options.packet, private_key, trust, options.out)
    except Fault as fault:
        print(f"NOT as it was sealed: {fault}", file=sys.stderr)
        return 3
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        print(f"NOT as it was sealed: a field is missing or of another type ({error!r})", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"{error}. Is there room, and may this user write there?", file=sys.stderr)
        return 2
    print(
        f"packet {statement['packet_id']} of gateway {statement['gateway_id']}: {len(statement['parts'])} parts, "
        f"{len(statement['captures'])} captures, all verified, in {options.out}/"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
