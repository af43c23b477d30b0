import struct
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.packet import (
    ChunkChanged,
    ChunkDoubled,
    ChunkMissing,
    ChunkSurplus,
    ChunkSwapped,
    ChunkUnreadable,
    ContentKeyDamaged,
    NotAPacket,
    NotARecipient,
    PacketError,
    PacketFormError,
    PacketFrontTooLarge,
    PartChanged,
    SealBroken,
    SignerUnknown,
    StatementWrong,
    UnknownPacketVersion,
    open_packet,
    packet_gaps,
    verify_packet,
)
from gateway.packet.chunks import ChunkCipher, chunk_digest, first_fault
from gateway.packet.header import PacketHeader, PacketPlace
from gateway.packet.layout import PREFIX_BYTES, read_front, write_prefix
from gateway.packet.recipients import ContentKey, unwrap_content_key
from gateway.packet.statement_json import write_statement
from gateway.trust import TrustAnchors
from tests.gateway.packet.forger import Forger
from tests.gateway.packet.mutations import chunk_slices, front_of, mutations
from tests.gateway.packet.packets import (
    CHECKOUT,
    CHUNK,
    PLACE,
    another,
    centre_key,
    enrolment,
    recipient,
    seal,
)
from tests.gateway.trust.signed_captures import moment, new_key


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packets") / "p.rekam"
    seal(path, enrolment(3, record_bytes=80_000))
    return path


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    return tmp_path / "damaged.rekam"


def opened(path: Path, private_key: ec.EllipticCurvePrivateKey | None = None) -> int:
    """Read a packet to its end; bytes of all parts."""
    with open_packet(path, private_key or centre_key()) as packet:
        return sum(len(stream.read()) for _, stream in packet.contents())


def refused_alike(path: Path, error: type[PacketError], message: str) -> None:
    """By opening, and by verifying without the key."""
    with pytest.raises(error, match=message):
        opened(path)
    report = verify_packet(path)
    assert not report.ok
    assert isinstance(report.fault, error)


def test_chunks_cut_swapped_doubled_changed_and_appended_are_named(sealed, damaged):
    whole, chunks = sealed.read_bytes(), chunk_slices(front_of(sealed))
    assert len(chunks) == 5

    def put(*pieces: bytes) -> None:
        damaged.write_bytes(b"".join(pieces))

    one, two, three, last = (whole[each] for each in chunks[1:])
    start = whole[: chunks[1].start]
    put(start, two, three, last)
    refused_alike(damaged, ChunkMissing, "Chunk 1 is missing")
    put(start, one, two, three)
    refused_alike(damaged, ChunkMissing, "Chunk 4 and all after it are missing")
    put(start, two, one, three, last)
    refused_alike(damaged, ChunkSwapped, "Chunk 2 stands where chunk 1 belongs")
    put(start, one, one, two, three, last)
    refused_alike(damaged, ChunkDoubled, "Chunk 1 stands once more where chunk 2 belongs")
    put(start, one, two, three, last, last)
    refused_alike(damaged, ChunkDoubled, "chunk 4 stands once more")
    put(start, one, two, one, last)
    refused_alike(damaged, ChunkDoubled, "Chunk 1 stands once more where chunk 3 belongs")
    put(whole, b"\0")
    refused_alike(damaged, ChunkSurplus, "bytes follow")
    put(start, one, two, three[:-1] + bytes([three[-1] ^ 1]), last)
    refused_alike(damaged, ChunkChanged, "Chunk 3 was changed")
    put(start, one, two, three, last[:-1])
    refused_alike(damaged, ChunkChanged, "Chunk 4 was changed")
    put(start, one)
    refused_alike(damaged, ChunkMissing, "Chunk 2 and all after it are missing")


def test_the_front_is_refused_by_name(sealed, damaged):
    whole = sealed.read_bytes()

    def put(at: int, piece: bytes) -> None:
        damaged.write_bytes(whole[:at] + piece + whole[at + len(piece) :])

    damaged.write_bytes(b"")
    refused_alike(damaged, NotAPacket, "does not begin")
    damaged.write_bytes(whole[:11])
    refused_alike(damaged, PacketFormError, "first 20 bytes")
    damaged.write_bytes(whole[:300])
    refused_alike(damaged, PacketFormError, "within its header")
    put(0, b"%PDF")
    refused_alike(damaged, NotAPacket, "does not begin")
    put(8, struct.pack(">H", 2))
    refused_alike(damaged, UnknownPacketVersion, "version 2")
    put(10, b"\1")
    refused_alike(damaged, PacketFormError, "reserved")
    for at, name in ((12, "header"), (16, "seal")):
        put(at, struct.pack(">I", 0xFFFFFFFF))
        refused_alike(damaged, PacketFrontTooLarge, f"The {name} would have 4294967295 bytes")
    put(30, b"#")
    refused_alike(damaged, PacketFormError, "header")


def test_a_header_or_a_seal_of_another_packet_is_refused(sealed, damaged, tmp_path):
    other = seal(tmp_path / "other.rekam", another(enrolment(3, record_bytes=80_000))).path
    front, strange = front_of(sealed), front_of(other)
    chunks = sealed.read_bytes()[front.first_chunk :]

    def put(header: bytes, seal_jws: bytes) -> None:
        damaged.write_bytes(write_prefix(len(header), len(seal_jws)) + header + seal_jws + chunks)

    put(strange.header_bytes, front.seal_bytes)
    refused_alike(damaged, SealBroken, "that of another packet")
    put(front.header_bytes, strange.seal_bytes)
    refused_alike(damaged, SealBroken, "that of another packet")
    put(strange.header_bytes, strange.seal_bytes)
    refused_alike(damaged, ChunkChanged, "Chunk 0 was changed")
    put(front.header_bytes, front.seal_bytes)
    assert opened(damaged) == opened(sealed)


def test_each_of_200_random_mutations_is_refused(sealed, damaged):
    for number, (kind, content) in enumerate(mutations(sealed, 200, seed=7)):
        damaged.write_bytes(content)
        with pytest.raises(PacketError):
            opened(damaged)
        report = verify_packet(damaged)
        assert not report.ok, f"{number}: {kind}"
        assert isinstance(report.fault, PacketError)


def test_a_wrong_key_is_told_whose_the_packet_is(sealed):
    with pytest.raises(NotARecipient, match=recipient().key_id):
        opened(sealed, centre_key("elsewhere"))


def test_a_gateway_outside_of_the_bundle_is_refused(sealed):
    strangers = TrustAnchors.from_pem(new_key().trust_bundle().certificates_pem)
    with pytest.raises(SignerUnknown), open_packet(sealed, centre_key(), strangers):
        pass
    assert isinstance(verify_packet(sealed, strangers).fault, SignerUnknown)


def test_parts_can_be_read_in_turns(tmp_path):
    made = enrolment(3, record_bytes=80_000)
    with open_packet(seal(tmp_path / "p.rekam", made).path, centre_key()) as packet:
        names = [part.name for part in packet.parts if part.size > 1000]
        streams = {name: packet.open(name) for name in names}
        read = dict.fromkeys(names, b"")
        for _ in range(-(-80_000 // 7001)):
            for name, stream in streams.items():
                read[name] += stream.read(7001)
    assert read == {part.name: part.content() for part in made.parts if part.size > 1000}


def test_what_a_gateway_seals_wrongly_is_refused_inside(tmp_path):
    forger = Forger(tmp_path / "p.rekam")
    forger.seal(forger.content())
    assert opened(forger.path) == sum(part.size for part in forger.made.parts)

    def refused(error: type[PacketError], message: str) -> None:
        assert verify_packet(forger.path).ok
        with pytest.raises(error, match=message):
            opened(forger.path)

    stated = tuple(part.stated for part in forger.made.parts)
    forger.seal(forger.content(tail=b"".join(part.content() for part in forger.made.parts) + b"more"))
    refused(StatementWrong, "The parts end at byte")
    forger.seal(forger.content(write_statement(replace(forger.made.statement, packet_id="packet-2"), stated)))
    refused(StatementWrong, "another packet, gateway or time")
    forger.seal(forger.content(b"{}"))
    refused(StatementWrong, "statement: ")
    forger.seal(forger.content(key=new_key("kedoya-1")))
    refused(StatementWrong, "another key than the seal")
    forger.seal(b"\xff\xff\xff\xff")
    refused(StatementWrong, "4294967295 bytes")
    forger.seal(b"\0")
    refused(StatementWrong, "statement")
    changed = bytearray(forger.content())
    changed[-1] ^= 1
    forger.seal(bytes(changed))
    refused(PartChanged, "portrait")
    forger.seal(forger.content(), header_key=ContentKey.fresh([recipient()]))
    refused(ChunkUnreadable, "Chunk 0")
    other = ContentKey.fresh([recipient()])
    forger.seal(forger.content(), recipients=other.wrapped)
    refused(ContentKeyDamaged, "is not that of the packet")
    wrapped = forger.content_key.wrapped[0]
    for field in range(5):
        parts = wrapped.jwe.split(".")
        parts[field] = ("A" if parts[field][0] != "A" else "B") + parts[field][1:]
        forger.seal(forger.content(), recipients=(replace(wrapped, jwe=".".join(parts)),))
        refused(ContentKeyDamaged, "does not open")


def test_a_seal_of_another_gateway_or_another_time_is_broken(tmp_path):
    forger = Forger(tmp_path / "p.rekam")
    forger.seal(forger.content(), gateway_id="kedoya-2")
    refused_alike(forger.path, SealBroken, "it is that of gateway kedoya-1")
    forger.seal(forger.content(), created=moment(moment().wall.replace(year=2031)))
    refused_alike(forger.path, SealBroken, "was not valid at the time")


def test_a_short_list_of_digests_is_broken(tmp_path):
    forger = Forger(tmp_path / "p.rekam")
    header = PacketHeader(
        *("packet-1", "kedoya-1", moment(), "boot", PLACE, CHUNK, 3 * CHUNK, forger.content_key.commitment),
        forger.content_key.wrapped,
    )
    forger.write(header, header.to_bytes(), [b"only one"])
    refused_alike(forger.path, SealBroken, "speaks of 1 chunks, the header of 3")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":2'),
        (b'"chunks":2', b'"chunks":9'),
        (b'"chunk_bytes":65536', b'"chunk_bytes":1'),
        (b'"chunk_bytes":65536', b'"chunk_bytes":99999999999'),
        (b'"bytes":', b'"bytes":9999999999999'),
        (b'"sequence":1', b'"sequence":-1'),
        (b'"cipher":"A256GCM-STREAM"', b'"cipher":"none"'),
        (b'"format":"rekam-packet"', b'"format":"rekam"'),
        (b'"quality":"trusted"', b'"quality":"best"'),
        (b'{"boot_id"', b'{ "boot_id"'),
        (b'{"boot_id"', b'{"also":1,"boot_id"'),
        (b"2026-03-04T", b"2026-02-30T"),
    ],
)
def test_headers_are_read_strictly(tmp_path, old, new):
    forger = Forger(tmp_path / "p.rekam")
    forger.seal(forger.content())
    header = front_of(forger.path).header_bytes
    assert old in header
    changed = header.replace(old, new, 1)
    forger.path.write_bytes(write_prefix(len(changed), 0) + changed)
    refused_alike(forger.path, PacketFormError, "header")


@pytest.mark.usefixtures("uncollected")
def test_deeply_nested_json_is_refused(tmp_path):
    path = tmp_path / "p.rekam"
    path.write_bytes(write_prefix(60_000, 0) + b"[" * 60_000)
    refused_alike(path, PacketFormError, "not JSON")


@settings(deadline=None)
@given(st.data())
def test_any_other_order_of_chunks_is_named_at_its_first_fault(data):
    sealed_digests = [chunk_digest(bytes([index])) for index in range(6)]
    found = data.draw(st.lists(st.sampled_from([*sealed_digests, "f" * 64]), max_size=7))
    fault = first_fault(found, sealed_digests)
    same = next(
        (index for index, pair in enumerate(zip(found, sealed_digests, strict=False)) if pair[0] != pair[1]), None
    )
    if fault is None:
        assert found == sealed_digests
    else:
        assert fault.index == (min(len(found), 6) if same is None else same)


def test_the_front_is_read_within_bounds(sealed, damaged):
    """A file that claims much has only what its bounds allow read of it."""
    damaged.write_bytes(write_prefix(65_536, 131_072) + bytes(100))
    with damaged.open("rb") as file, pytest.raises(PacketFormError):
        read_front(file)
    assert front_of(sealed).first_chunk > PREFIX_BYTES


def test_content_keys_are_not_shown():
    key = ContentKey.fresh([recipient()])
    assert str(key.secret) not in repr(key)
    assert key.secret.hex() not in repr(key)
    assert unwrap_content_key(key.wrapped, key.commitment, centre_key()) == key.secret


def test_the_example_of_the_documentation_holds():
    page = (CHECKOUT / "docs" / "packet-format.md").read_text(encoding="utf-8")
    cipher = ChunkCipher(bytes(range(32)), b"{}", 2)
    first, last = cipher.encrypt(0, b"first"), cipher.encrypt(1, b"last")
    assert first.hex() in page
    assert last.hex() in page
    assert ContentKey(bytes(range(32)), ()).commitment in page


def test_gaps_between_packets_are_named(tmp_path):
    reports, previous = [], None
    for number in range(1, 5):
        made = seal(tmp_path / f"{number}", another(enrolment(0)), place=PacketPlace("day", number, previous))
        previous = made.digest
        reports.append(verify_packet(made.path))
    assert packet_gaps(reports[::-1]) == ()
    assert "2 missing between number 1 and number 4" in packet_gaps([reports[3], reports[0]])[0].detail
    assert "a copy of number 2" in packet_gaps([reports[1], reports[1]])[0].detail
    rival = verify_packet(seal(tmp_path / "rival", another(enrolment(0)), place=PacketPlace("day", 2, "ab" * 32)).path)
    assert [gap.detail for gap in packet_gaps([reports[0], rival, reports[2]])] == [
        "number 2 does not name number 1 as it is here",
        "number 3 does not name number 2 as it is here",
    ]
    assert (
        packet_gaps([reports[0], verify_packet(seal(tmp_path / "x", place=PacketPlace("e", 7, "ab" * 32)).path)]) == ()
    )
