"""What leaves on sticks: in volumes that fit, each packet once, whatever is pulled out or filled up in between."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.bundle import (
    BundleBook,
    MediumFull,
    MediumGone,
    MediumUnwritable,
    export_volumes,
    verify_volume,
    volume_files,
)
from gateway.bundle.medium import place_file
from gateway.bundle.volume import volume_name
from tests.gateway.bundle.offices import Office, office

VOLUME = 400_000
"""Room for the list of contents and some twelve packets of 21 KB."""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "office", *range(1, 31)) as there:
        yield there


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def small_stick(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "small"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1900k", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a file system of its own is needed: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=False, capture_output=True)


def carried(*sticks: Path) -> list[str]:
    return [
        notice.packet_id for folder in sticks for path in volume_files(folder) for notice in verify_volume(path).whole
    ]


def test_all_that_waits_leaves_once_in_volumes_that_fit(made: Office, stick: Path) -> None:
    report = export_volumes(stick, made.desk, max_bytes=VOLUME)
    paths = volume_files(stick)
    assert len(paths) == len(report.volumes) > 2
    assert all(path.stat().st_size <= VOLUME for path in paths)
    assert [each.number for each in (verify_volume(path).front.contents for path in paths)] == [1, 2, 3][: len(paths)]
    assert [verify_volume(path).front.contents.of for path in paths] == [None] * (len(paths) - 1) + [len(paths)]
    assert carried(stick) == list(made.packets)
    assert report.left_packets == 0
    assert {each.name for each in stick.iterdir()} == {*(path.name for path in paths), "rekam-README.txt"}


def test_what_was_taken_is_not_taken_again_unless_asked_for(made: Office, stick: Path) -> None:
    export_volumes(stick, made.desk)
    made.seal(31)
    second = stick / "second"
    second.mkdir()
    assert export_volumes(second, made.desk).packets == 1
    assert export_volumes(second, made.desk).packets == 0
    again = stick / "again"
    again.mkdir()
    assert export_volumes(again, made.desk, again=True, max_bytes=VOLUME).packets == 31
    assert sorted(carried(again)) == sorted(made.packets)


def test_packets_that_have_a_receipt_stay_here(made: Office, stick: Path) -> None:
    made.received.update(list(made.packets)[:25])
    assert export_volumes(stick, made.desk).packets == 5


def test_a_full_stick_counts_for_what_is_whole_and_the_next_begins_with_the_rest(
    made: Office, small_stick: Path, stick: Path
) -> None:
    made.seal(*range(31, 61))
    first = export_volumes(small_stick, made.desk, max_bytes=VOLUME)
    assert 0 < first.packets < 60
    assert first.left_packets == 60 - first.packets
    second = export_volumes(stick, made.desk, max_bytes=VOLUME)
    assert second.left_packets == 0
    assert carried(small_stick, stick) == list(made.packets)
    paths = (*volume_files(small_stick), *volume_files(stick))
    numbers = sorted(verify_volume(path).front.contents.number for path in paths)
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_stick_without_room_for_one_packet_is_told(made: Office, small_stick: Path) -> None:
    (small_stick / "film.mp4").write_bytes(bytes(1_800_000))
    with pytest.raises(MediumFull, match="another medium"):
        export_volumes(small_stick, made.desk)
    assert made.book.taken() == {}


class _PulledOut:
    """The office's desk, and a hand that takes the stick away after so many bytes of the second volume."""

    def __init__(self, made: Office, stick: Path, after: int) -> None:
        self._desk, self._stick, self._left = made.desk, stick, after
        self.next_volume, self.confirm = made.desk.next_volume, made.desk.confirm

    def pieces(self, bundle_id: str, number: int) -> Iterator[bytes]:
        for piece in self._desk.pieces(bundle_id, number):
            if number == 2:
                self._left -= len(piece)
            if self._left < 0 and self._stick.exists():
                self._stick.rename(self._stick.with_name("pulled"))
            yield piece


@pytest.mark.parametrize("after", [0, 30_000, 200_000])
def test_a_stick_pulled_out_in_mid_write_costs_nothing(made: Office, stick: Path, after: int) -> None:
    with pytest.raises(MediumGone, match="Nothing is lost"):
        export_volumes(stick, _PulledOut(made, stick, after), max_bytes=VOLUME)
    pulled = stick.with_name("pulled")
    assert len(volume_files(pulled)) == 1
    assert set(made.book.taken()) == set(carried(pulled))
    other = stick.with_name("other")
    other.mkdir()
    export_volumes(other, made.desk, max_bytes=VOLUME)
    assert carried(pulled, other) == list(made.packets)


def test_the_same_stick_again_goes_on_at_the_byte(made: Office, stick: Path) -> None:
    with pytest.raises(MediumGone):
        export_volumes(stick, _PulledOut(made, stick, 200_000), max_bytes=VOLUME)
    pulled = stick.with_name("pulled")
    part = next(pulled.glob("*.part"))
    size = part.stat().st_size
    report = export_volumes(pulled, made.desk, max_bytes=VOLUME)
    assert report.volumes[0][1].kept_bytes >= size // 2 > 0
    assert list(pulled.glob("*.part")) == []
    assert carried(pulled) == list(made.packets)


def test_a_damaged_part_of_an_earlier_run_is_written_over(made: Office, stick: Path) -> None:
    offer = made.desk.next_volume(VOLUME)
    assert offer.volume is not None
    held = offer.volume.contents
    data = bytearray(b"".join(made.desk.pieces(held.bundle_id, held.number)))
    data[5000] ^= 1
    (stick / f"{volume_name(held.bundle_id, held.number)}.part").write_bytes(data + b"surplus")
    (stick / "rekam-0000000000000000-0001.rkv.part").write_bytes(b"of another bundle")
    export_volumes(stick, made.desk, max_bytes=VOLUME)
    assert carried(stick) == list(made.packets)
    assert list(stick.glob("*.part")) == []


def test_an_unmounted_stick_is_not_its_mount_point(made: Office, small_stick: Path) -> None:
    class Unmounting:
        next_volume, confirm = made.desk.next_volume, made.desk.confirm

        def pieces(self, bundle_id: str, number: int) -> Iterator[bytes]:
            yield from made.desk.pieces(bundle_id, number)
            if number == 1:
                subprocess.run(["umount", "-l", small_stick], check=True)

    with pytest.raises(MediumGone, match="pulled out"):
        export_volumes(small_stick, Unmounting(), max_bytes=VOLUME)
    assert made.book.taken() == {}


def test_packets_that_changed_are_passed_over_and_told(made: Office, stick: Path) -> None:
    names = list(made.packets)
    for name in (names[3], names[20]):
        victim = made.folder / f"{name}.rekam"
        data = bytearray(victim.read_bytes())
        data[-1] ^= 1
        victim.write_bytes(data)
    report = export_volumes(stick, made.desk)
    assert [each.packet_id for each in report.changed] == [names[3], names[20]]
    whole = [name for name in names if name not in (names[3], names[20])]
    assert carried(stick) == whole
    assert sorted(made.book.taken()) == sorted(whole)
    assert export_volumes(stick, made.desk).packets == 0
    (made.folder / f"{names[3]}.rekam").write_bytes(made.packets[names[3]].content)
    assert export_volumes(stick, made.desk).packets == 1


def test_a_disk_that_gives_back_nothing_right_ends_it(made: Office, stick: Path) -> None:
    for name in made.packets:
        (made.folder / f"{name}.rekam").write_bytes(bytes(made.packets[name].notice.size))
    assert len(export_volumes(stick, made.desk).changed) == 30
    assert list(stick.glob("*.part")) == []
    assert made.book.taken() == {}
    assert volume_files(stick) == []


def test_a_link_on_a_stick_leads_nowhere(made: Office, stick: Path) -> None:
    offer = made.desk.next_volume(1 << 30)
    assert offer.volume is not None
    mine = stick.with_name("mine.txt")
    mine.write_text("mine")
    name = volume_name(offer.volume.contents.bundle_id, 1)
    (stick / f"{name}.part").symlink_to(mine)
    with pytest.raises(MediumUnwritable):
        export_volumes(stick, made.desk)
    assert mine.read_text() == "mine"


def test_a_packet_received_and_erased_meanwhile_holds_up_nobody(made: Office, stick: Path) -> None:
    offer = made.desk.next_volume(1 << 30)
    assert offer.volume is not None
    gone = next(iter(made.packets))
    made.received.add(gone)
    (made.folder / f"{gone}.rekam").unlink()
    report = export_volumes(stick, made.desk)
    assert report.packets == 29
    assert report.volumes[0][0].contents.number == 1


def test_a_book_that_was_damaged_begins_anew_and_takes_all_once_more(tmp_path: Path, stick: Path) -> None:
    with office(tmp_path / "office", 1, 2) as made:
        export_volumes(stick, made.desk)
    (tmp_path / "office" / "bundles.sqlite3").write_bytes(b"no database" * 100)
    with BundleBook.open(tmp_path / "office") as book:
        assert book.taken() == {}
    assert len(list((tmp_path / "office").glob("bundles.corrupt-*"))) == 1


def test_the_book_remembers_across_a_restart(tmp_path: Path, stick: Path) -> None:
    with office(tmp_path / "office", 1, 2) as made:
        export_volumes(stick, made.desk, operator="Ibu Sari")
        before = made.book.volumes()
    with BundleBook.open(tmp_path / "office") as book:
        assert book.volumes() == before
        assert before[0].operator == "Ibu Sari"
        assert before[0].taken is not None
        assert book.confirm(before[0].contents.bundle_id, 1, "another", before[0].taken) == before[0]


def test_a_file_that_is_the_same_is_left_as_it_is(stick: Path) -> None:
    place_file(stick, "a.bin", lambda: [b"x" * 3_000_000], 3_000_000)
    before = (stick / "a.bin").stat()
    assert place_file(stick, "a.bin", lambda: [b"x" * 3_000_000], 3_000_000).kept_bytes == 3_000_000
    assert (stick / "a.bin").stat().st_ino == before.st_ino
    place_file(stick, "a.bin", lambda: [b"y"], 1)
    assert (stick / "a.bin").read_bytes() == b"y"
    with pytest.raises(ValueError, match="announced"):
        place_file(stick, "b.bin", lambda: [b"yy"], 1)
    assert not (stick / "b.bin").exists()


def test_a_copy_of_the_folder_is_as_good(made: Office, stick: Path) -> None:
    export_volumes(stick, made.desk, max_bytes=VOLUME)
    copied = shutil.copytree(stick, stick.with_name("copied"))
    assert carried(copied) == list(made.packets)
    assert volume_files(copied)[0].stat().st_mode & 0o600
