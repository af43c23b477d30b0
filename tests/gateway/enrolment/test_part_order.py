"""What a search for duplicates needs lies at the front of a packet, and its end in the file is told."""

import struct
from pathlib import Path

from gateway.enrolment import SealedPacket
from gateway.packet import open_packet, read_packet_front
from tests.gateway.enrolment.office import OPERATOR
from tests.gateway.enrolment.sealing_office import CENTRE, sealer_of, sealing_office, whole_person

SMALL = (".manifest.jws", ".fmr", ".ric", "-photo.jpg", "signature.png", "signature.json")


def test_the_small_parts_of_a_person_come_first(tmp_path: Path) -> None:
    told: list[SealedPacket] = []
    state = tmp_path / "state"
    with sealing_office(state, sealer=sealer_of(state, on_sealed=told.append)) as office:
        snapshot = whole_person(office)
        office.enrolments.seal(snapshot.enrolment_id, OPERATOR, snapshot.version)
        (packet,) = told
        path = office.sealer.path(packet.packet_id)
        with open_packet(path, CENTRE) as opened:
            parts = opened.parts
    kinds = [0 if each.name.endswith(SMALL) else 2 if each.name.endswith(".cbeff.xml") else 1 for each in parts]
    assert kinds == sorted(kinds)
    assert {".manifest.jws", ".fmr", ".ric"} <= {end for end in SMALL for each in parts if each.name.endswith(end)}
    header, _ = read_packet_front(path)
    front = 20 + sum(struct.unpack(">II", path.read_bytes()[12:20]))
    large = sum(each.size for each, kind in zip(parts, kinds, strict=True) if kind)
    chunk = header.chunk_bytes + 16
    chunks = -(-(header.content_bytes - large) // header.chunk_bytes)
    assert packet.early_bytes == front + chunks * chunk < packet.size
