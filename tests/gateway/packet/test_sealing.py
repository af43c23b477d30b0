import errno
import io
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.packet import (
    CaptureBlob,
    CaptureChanged,
    PacketExists,
    PacketPart,
    PacketPlace,
    PacketUnwritable,
    PartChanged,
    RecipientKeyUnusable,
    StatementWrong,
    open_packet,
    seal_packet,
    verify_packet,
)
from gateway.packet.header import STATEMENT_TYPE
from gateway.packet.recipients import ContentKey
from gateway.packet.sealing import write_packet
from gateway.packet.statement_json import write_statement
from gateway.trust import (
    BlobDigest,
    ClockQuality,
    KeyExpired,
    SigningKey,
    TrustAnchors,
    payload_digest,
    sign_manifest,
    sign_payload,
)
from gateway.trust.keys import self_signed_certificate
from gateway.trust.signature import TYPE as MANIFEST_TYPE
from tests.gateway.packet.packets import (
    CHECKOUT,
    CHUNK,
    NIK,
    PLACE,
    Enrolment,
    another,
    centre_key,
    enrolment,
    gateway_key,
    recipient,
    seal,
    statement,
)
from tests.gateway.trust.signed_captures import NOON, manifest, moment, new_key

DAY = timedelta(days=1)
ANCHORS = TrustAnchors.from_pem(gateway_key().trust_bundle().certificates_pem)


class DeterministicKey(ec.EllipticCurvePrivateKey):
    """A key whose signatures are those of RFC 6979: without randomness."""

    def __init__(self, key):
        self._key = key

    def sign(self, data, signature_algorithm):
        return self._key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def exchange(self, algorithm, peer_public_key):
        return self._key.exchange(algorithm, peer_public_key)

    def public_key(self):
        return self._key.public_key()

    @property
    def curve(self):
        return self._key.curve

    @property
    def key_size(self):
        return self._key.key_size

    def private_numbers(self):
        return self._key.private_numbers()

    def private_bytes(self, encoding, format, encryption_algorithm):
        return self._key.private_bytes(encoding, format, encryption_algorithm)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


def gone() -> BinaryIO:
    raise FileNotFoundError(errno.ENOENT, "No such file or directory")


def with_part(made: Enrolment, index: int, **changes: object) -> Enrolment:
    parts = list(made.parts)
    parts[index] = replace(parts[index], **changes)
    return replace(made, parts=tuple(parts))


@pytest.mark.parametrize("fingers", [0, 1, 3])
def test_everything_that_was_sealed_comes_out(tmp_path, fingers):
    made = enrolment(fingers)
    sealed = seal(tmp_path / "p.rekam", made)
    assert verify_packet(sealed.path, ANCHORS).ok
    with open_packet(sealed.path, centre_key(), ANCHORS) as packet:
        assert packet.statement == made.statement
        assert packet.digest == sealed.digest
        contents = [(part.name, stream.read()) for part, stream in packet.contents()]
        packet.check_captures(ANCHORS)
        for part in reversed(made.parts):
            assert packet.read(part.name) == part.content()
    assert contents == [(part.name, part.content()) for part in made.parts]
    assert [each.name for each in tmp_path.iterdir()] == ["p.rekam"]
    assert sealed.size == sealed.path.stat().st_size
    assert sealed.path.stat().st_mode & 0o777 == 0o600
    assert verify_packet(sealed.path).sha256 == sealed.sha256


@pytest.mark.parametrize("surplus", [-1, 0, 1])
def test_content_that_ends_at_a_chunks_end(tmp_path, surplus):
    bare = statement()
    probe = PacketPart.of("one", "text/plain", bytes(100_000))
    length = 4 + len(sign_payload(write_statement(bare, (probe.stated,)), gateway_key(), STATEMENT_TYPE))
    part = PacketPart.of("one", "text/plain", bytes(2 * CHUNK - length + surplus))
    sealed = seal(tmp_path / "p.rekam", Enrolment(bare, (part,)))
    report = verify_packet(sealed.path)
    assert report.ok
    shorter = len(str(probe.size)) - len(str(part.size))
    assert report.header.content_bytes <= 2 * CHUNK + surplus
    assert report.header.chunk_count == (2 if surplus - shorter <= 0 else 3)
    with open_packet(sealed.path, centre_key()) as packet:
        assert packet.read("one") == part.content()


def test_each_recipient_opens_it_and_nobody_else(tmp_path):
    sealed = seal(tmp_path / "p.rekam", recipients=[recipient("jakarta"), recipient("surabaya")])
    for name in ("jakarta", "surabaya"):
        with open_packet(sealed.path, centre_key(name)) as packet:
            assert packet.statement.person.value == NIK
    assert set(verify_packet(sealed.path).header.to_bytes().split(b'"')) >= {
        recipient(name).key_id.encode() for name in ("jakarta", "surabaya")
    }


def test_nothing_of_the_person_stands_outside(tmp_path):
    made = enrolment(2)
    whole = seal(tmp_path / "p.rekam", made).path.read_bytes()
    for planted in (
        NIK.encode(),
        b"enrolment-1",
        b"Ibu Sari",
        b"left-little",
        *(part.content()[:24] for part in made.parts if part.name.endswith((".fir", ".fmr", ".png"))),
    ):
        assert planted not in whole


def test_the_layout_follows_from_the_input_alone(tmp_path):
    private_key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed_certificate(private_key, "kedoya-1", NOON - timedelta(days=1))
    key = SigningKey(DeterministicKey(private_key), certificate)
    made = enrolment(2)
    content_key = ContentKey.fresh([recipient("jakarta"), recipient("surabaya")])
    one, two = (
        write_packet(tmp_path / name, made.statement, made.parts, content_key, key, PLACE, CHUNK) for name in "ab"
    )
    assert one.path.read_bytes() == two.path.read_bytes()
    assert (one.sha256, one.digest) == (two.sha256, two.digest)


def test_every_seal_has_a_key_of_its_own(tmp_path):
    one, two = (seal(tmp_path / name) for name in "ab")
    first, second = (verify_packet(each.path).header for each in (one, two))
    assert first.key_commitment != second.key_commitment
    assert first.content_bytes == second.content_bytes


def test_a_packet_is_never_written_over(tmp_path):
    sealed = seal(tmp_path / "p.rekam")
    before = sealed.path.read_bytes()
    with pytest.raises(PacketExists, match="another name"):
        seal(tmp_path / "p.rekam", another(enrolment()))
    assert sealed.path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PacketUnwritable, match="Check that the folder is there"):
        seal(tmp_path / "nowhere" / "p.rekam")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"open": lambda: io.BytesIO(bytes(70_000))}, "another SHA-256"),
        ({"open": lambda: io.BytesIO(b"short")}, "has 5 bytes, 70000 were stated"),
        ({"open": lambda: io.BytesIO(bytes(70_001))}, "more than the 70000 bytes"),
        ({"open": gone}, "cannot be read"),
    ],
)
def test_a_part_that_changed_meanwhile_is_named_and_nothing_is_left(tmp_path, changes, message):
    with pytest.raises(PartChanged, match=message):
        seal(tmp_path / "p.rekam", with_part(enrolment(), 1, **changes))
    assert list(tmp_path.iterdir()) == []


def test_captures_that_do_not_hold_are_not_sealed(tmp_path):
    made, other = enrolment(2), enrolment(2, seed=2)
    first = made.statement.captures[0]

    def refused(enrolled: Enrolment, message: str) -> None:
        with pytest.raises(CaptureChanged, match=message):
            seal(tmp_path / "p.rekam", enrolled)
        assert list(tmp_path.iterdir()) == []

    def with_captures(*captures):
        return replace(made, statement=replace(made.statement, captures=captures))

    jws = made.parts[0].content()
    flipped = jws[:-5] + (b"A" if jws[-5:-4] != b"A" else b"B") + jws[-4:]
    changed = PacketPart.of(made.parts[0].name, "application/jose", flipped)
    refused(replace(made, parts=(changed, *made.parts[1:])), "capture-1 was changed after it was signed")
    refused(replace(made, parts=(made.parts[0], other.parts[1], *made.parts[2:])), "signs another image.fir")
    refused(with_captures(replace(first, capture_id="capture-9")), "has the manifest of capture capture-1")
    refused(with_captures(replace(first, blobs=first.blobs[:1])), r"signs template\.fmr, which is not in the packet")
    extra = CaptureBlob("extra.bin", "portrait.png")
    refused(with_captures(replace(first, blobs=(*first.blobs, extra))), r"does not sign extra\.bin")
    text = PacketPart.of(made.parts[0].name, "application/jose", b"no manifest")
    refused(replace(made, parts=(text, *made.parts[1:])), "parts between dots")
    large = PacketPart.of(made.parts[0].name, "application/jose", bytes(200_000))
    refused(replace(made, parts=(large, *made.parts[1:])), "larger than any")


def test_captures_of_another_gateway_are_not_sealed(tmp_path):
    made = enrolment(1)
    records = {part.name.split("/")[-1]: part.content() for part in made.parts}
    blobs = tuple(
        BlobDigest(name, "application/octet-stream", len(records[name]), payload_digest(records[name]))
        for name in ("image.fir", "template.fmr")
    )
    strange = sign_manifest(manifest(1, None, blobs=blobs, gateway_id="kedoya-9"), new_key("kedoya-9")).jws
    late = sign_payload(manifest(1, None, blobs=blobs).to_bytes(), new_key("kedoya-1", NOON + DAY * 9), MANIFEST_TYPE)
    for jws, message in ((strange, "made at the gateway kedoya-9"), (late, "was not valid at the time")):
        swapped = PacketPart.of(made.parts[0].name, "application/jose", jws)
        with pytest.raises(CaptureChanged, match=message):
            seal(tmp_path / "p.rekam", replace(made, parts=(swapped, *made.parts[1:])))
    rotated = PacketPart.of(
        made.parts[0].name, "application/jose", sign_manifest(manifest(1, blobs=blobs), new_key()).jws
    )
    seal(tmp_path / "p.rekam", replace(made, parts=(rotated, *made.parts[1:])))


def test_captures_of_a_gateway_that_the_centre_does_not_know_are_named(tmp_path):
    sealed = seal(tmp_path / "p.rekam", enrolment(1, key=new_key("kedoya-1")))
    with open_packet(sealed.path, centre_key(), ANCHORS) as packet, pytest.raises(CaptureChanged, match="trust bundle"):
        packet.check_captures(ANCHORS)


@pytest.mark.parametrize(
    "place",
    [PacketPlace("c", 2, None), PacketPlace("c", 1, "ab" * 32), PacketPlace("", 1, None), PacketPlace("c", 0, None)],
)
def test_a_place_that_cannot_be_is_refused(tmp_path, place):
    with pytest.raises(StatementWrong, match=r"header\.chain"):
        seal(tmp_path / "p.rekam", place=place)


def test_key_and_statement_have_to_be_of_one_gateway(tmp_path):
    made = enrolment(0)
    with pytest.raises(StatementWrong, match="kedoya-9"):
        seal_packet(tmp_path / "p", made.statement, made.parts, [recipient()], new_key("kedoya-9"), PLACE)


def test_an_expired_key_does_not_seal_but_a_flat_battery_does_not_hinder(tmp_path):
    late = replace(enrolment(0), statement=statement(time=moment(NOON + timedelta(days=2000))))
    with pytest.raises(KeyExpired):
        seal(tmp_path / "p.rekam", late)
    flat = moment(NOON.replace(year=1970), ClockQuality.UNTRUSTED)
    sealed = seal(tmp_path / "p.rekam", replace(enrolment(0), statement=statement(time=flat)))
    report = verify_packet(sealed.path)
    assert report.ok
    assert [check.name for check in report.warnings] == ["trusted_key", "time"]


@pytest.mark.parametrize("names", [[], ["a", "a"], [str(number) for number in range(17)]])
def test_recipients_are_one_at_least_and_each_once(tmp_path, names):
    with pytest.raises(RecipientKeyUnusable):
        seal(tmp_path / "p.rekam", recipients=[recipient(name) for name in names])


def test_chunk_sizes_are_bounded(tmp_path):
    for size in (0, CHUNK - 1, (1 << 20) + 1):
        with pytest.raises(StatementWrong, match="chunk_bytes"):
            seal(tmp_path / "p.rekam", chunk_bytes=size)


SEAL_60_MB = """
import hashlib, io, resource, sys
from pathlib import Path
from gateway.packet import PacketPart, open_packet, seal_packet, verify_packet
from tests.gateway.packet.packets import PLACE, centre_key, gateway_key, recipient, statement

class Zeros(io.RawIOBase):
    def __init__(self, size): self.left = size
    def readable(self): return True
    def readinto(self, buffer):
        count = min(self.left, len(buffer))
        buffer[:count] = bytes(count)
        self.left -= count
        return count

SIZE = 20_000_000
digest = hashlib.sha256()
for _ in range(20): digest.update(bytes(1_000_000))
parts = [PacketPart(f"{n}.bin", "x/y", SIZE, digest.hexdigest(), lambda: Zeros(SIZE)) for n in range(3)]
path = Path(sys.argv[1])
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sealed = seal_packet(path.with_suffix(".small"), statement(), [], [recipient()], gateway_key(), PLACE)
verify_packet(sealed.path)
with open_packet(sealed.path, centre_key()): pass
before = peak()
sealed = seal_packet(path, statement(), parts, [recipient()], gateway_key(), PLACE)
assert verify_packet(path).ok
with open_packet(path, centre_key()) as packet:
    for part, stream in packet.contents():
        while stream.read(65536): pass
print((peak() - before) * 1024)
"""


def test_sixty_megabytes_need_no_such_memory(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SEAL_60_MB, tmp_path / "p.rekam"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.rekam").stat().st_size > 60_000_000
    assert int(done.stdout) < 12_000_000
