"""The format of a volume: what was written is read, and every change of it shows."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bundle import (
    UnknownVolumeVersion,
    VolumeContents,
    VolumeDamaged,
    export_volumes,
    read_contents,
    verify_volume,
)
from gateway.bundle.contents import sign_contents
from gateway.bundle.volume import PREFIX_BYTES, front_bytes, volume_pieces, volume_size
from gateway.centre import PacketNotice
from gateway.trust import ManifestError
from tests.gateway.bundle.offices import office
from tests.gateway.central.centres import GATEWAY, gateway_key
from tests.gateway.trust.signed_captures import moment

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}", fullmatch=True)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
NOTICES = st.builds(PacketNotice, NAMES, DIGESTS, st.integers(1, 2**40), NAMES, st.integers(1, 2**40))
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def contents(draw: st.DrawFn) -> VolumeContents:
    number = draw(st.integers(1, 9999))
    packets = draw(st.lists(NOTICES, min_size=1, max_size=20, unique_by=lambda each: each.packet_id))
    bundle_id = draw(st.binary(min_size=8, max_size=8)).hex()
    return VolumeContents(GATEWAY, bundle_id, number, draw(st.sampled_from([None, number])), moment(), tuple(packets))


@given(contents())
@SLOW
def test_contents_are_read_as_they_were_signed(made: VolumeContents) -> None:
    found, signature = read_contents(sign_contents(made, gateway_key()))
    assert found == made
    assert signature.key_id == gateway_key().key_id


@given(contents(), st.data())
@SLOW
def test_any_changed_character_of_the_list_is_refused(made: VolumeContents, data: st.DataObject) -> None:
    jws = bytearray(sign_contents(made, gateway_key()))
    place = data.draw(st.integers(0, len(jws) - 1))
    jws[place] = data.draw(st.integers(0, 255).filter(lambda each: each != jws[place]))
    with pytest.raises(VolumeDamaged):
        read_contents(bytes(jws))


@pytest.mark.parametrize(
    "changes",
    [{"number": 0}, {"of": 3}, {"bundle_id": "XYZ"}, {"packets": ()}, {"gateway_id": ""}],
)
def test_a_list_out_of_its_bounds_is_not_signed(changes: dict[str, object]) -> None:
    value = {
        **{"gateway_id": GATEWAY, "bundle_id": "ab" * 8, "number": 1, "of": None, "made": moment()},
        "packets": (PacketNotice("p-1", "ab" * 32, 5, "c", 1),),
        **changes,
    }
    with pytest.raises(ManifestError):
        sign_contents(VolumeContents(**value), gateway_key())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume of three packets."""
    stick = tmp_path_factory.mktemp("stick")
    with office(tmp_path_factory.mktemp("state"), 1, 2, 3) as made:
        report = export_volumes(stick, made.desk)
    return report.volumes[0][1].path


def test_a_whole_volume_is_whole(volume: Path) -> None:
    report = verify_volume(volume)
    assert report.ok
    assert [each.sequence for each in report.whole] == [1, 2, 3]


def test_cut_off_anywhere_it_gives_what_is_whole_and_says_what_is_not(volume: Path, tmp_path: Path) -> None:
    data = volume.read_bytes()
    front = verify_volume(volume).front
    begins = [front.place_of(index) for index in range(4)]
    places = {0, 1, PREFIX_BYTES - 1, PREFIX_BYTES, PREFIX_BYTES + 1, len(data) - 1}
    for begin in begins:
        places |= {begin - 1, begin, begin + 1}
    places |= {random.Random(7).randrange(len(data)) for _ in range(40)}
    for place in sorted(each for each in places if each < len(data)):
        cut = tmp_path / "cut.rkv"
        cut.write_bytes(data[:place])
        if place < begins[0]:
            with pytest.raises(VolumeDamaged):
                verify_volume(cut)
            continue
        report = verify_volume(cut)
        assert len(report.whole) == sum(end <= place for end in begins[1:]), place
        assert not report.ok


def test_a_changed_byte_anywhere_shows(volume: Path, tmp_path: Path) -> None:
    data = volume.read_bytes()
    front = verify_volume(volume).front
    source = random.Random(11)
    places = [*range(PREFIX_BYTES), *(source.randrange(len(data)) for _ in range(150))]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << source.randrange(8)
        path = tmp_path / "changed.rkv"
        path.write_bytes(changed)
        if place < front.place_of(0):
            with pytest.raises(VolumeDamaged):
                verify_volume(path)
        else:
            report = verify_volume(path)
            assert len(report.damaged) == 1, place
            assert not report.ok


def test_bytes_that_follow_show(volume: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.rkv"
    longer.write_bytes(volume.read_bytes() + b"\0")
    report = verify_volume(longer)
    assert len(report.whole) == 3
    assert not report.ok


def test_a_later_version_is_told_apart_from_damage(volume: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.rkv"
    data = bytearray(volume.read_bytes())
    data[9] = 2
    later.write_bytes(data)
    with pytest.raises(UnknownVolumeVersion, match="Update"):
        verify_volume(later)


def test_pieces_are_the_same_every_time(tmp_path: Path) -> None:
    with office(tmp_path, 1, 2) as made:
        offer = made.desk.next_volume(1 << 30)
        assert offer.volume is not None
        jws, held = offer.volume.jws, offer.volume.contents
        once = b"".join(volume_pieces(jws, held, lambda name: made.folder / f"{name}.rekam"))
        again = b"".join(made.desk.pieces(held.bundle_id, held.number))
    assert once == again
    assert once.startswith(front_bytes(jws))
    assert len(once) == volume_size(jws, held) == offer.size
