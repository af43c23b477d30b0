"""A gateway moves to another machine, whole, once; an interrupted or changed copy is never half a gateway."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.bundle import (
    AlreadyImported,
    BundleError,
    CopyDamaged,
    GatewayRetired,
    MediumFull,
    MediumGone,
    PassphraseWrong,
    StateNotEmpty,
    export_gateway,
    import_gateway,
    moving,
    new_passphrase,
    read_mark,
    refuse_out_of_service,
    remove_mark,
)
from gateway.bundle.out_of_service import IMPORTING_FILE, MOVED_FILE, RETIRED_FILE, Mark, write_mark
from gateway.bundle.sealed_stream import CHUNK_BYTES, TAG_BYTES, new_salt, normal_passphrase, stream_key

PASSPHRASE = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Files of a gateway, of random bytes; one larger than a chunk."""
    source = random.Random(3)
    folder = tmp_path / "old"
    for name, size in (
        *(("spool.sqlite3", 2_500_000), ("spool.sqlite3-wal", 40_000), ("spool.sqlite3-shm", 30), ("empty", 0)),
        *(("keys/keys.json", 400), ("keys/signing.pem", 900), ("packets/p-1.rekam", CHUNK_BYTES), ("lock", 5)),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(source.randbytes(size))
    (folder / "keys" / "signing.pem").chmod(0o600)
    return folder


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def content(folder: Path) -> dict[str, bytes]:
    passed_over = {"lock", "spool.sqlite3-shm", RETIRED_FILE, MOVED_FILE}
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in passed_over)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_gateway_moves_whole_and_the_old_one_is_retired(state: Path, stick: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    refuse_out_of_service(state)
    report = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE)
    with pytest.raises(GatewayRetired, match="moved to another machine"):
        refuse_out_of_service(state)
    imported = import_gateway(report.folder, new, None, PASSPHRASE.replace("-", " ").lower())
    assert content(new) == content(state)
    assert imported.copied == report.copied
    assert (new / "keys" / "signing.pem").stat().st_mode & 0o777 == 0o600
    refuse_out_of_service(new)


def test_nothing_of_it_lies_on_the_stick_in_clear(state: Path, stick: Path) -> None:
    report = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE)
    on_stick = b"".join(path.read_bytes() for path in report.folder.iterdir())
    for name, data in content(state).items():
        assert not data or data[:64] not in on_stick, name
    assert b"spool.sqlite3" not in on_stick


def test_packets_of_a_folder_of_their_own_come_too(state: Path, stick: Path, tmp_path: Path) -> None:
    own = tmp_path / "packets"
    (state / "packets").rename(own)
    report = export_gateway(state, own, stick, "kedoya-1", PASSPHRASE)
    import_gateway(report.folder, tmp_path / "new", tmp_path / "new-packets", PASSPHRASE)
    assert content(tmp_path / "new-packets") == content(own)


def test_it_is_imported_once(state: Path, stick: Path, tmp_path: Path) -> None:
    folder = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE).folder
    import_gateway(folder, tmp_path / "new", None, PASSPHRASE)
    with pytest.raises(AlreadyImported):
        import_gateway(folder, tmp_path / "newer", None, PASSPHRASE)
    assert not (tmp_path / "newer").exists()


def test_nothing_is_written_over(state: Path, stick: Path, tmp_path: Path) -> None:
    folder = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE).folder
    other = tmp_path / "other"
    other.mkdir()
    (other / "spool.sqlite3").write_bytes(b"another gateway")
    with pytest.raises(StateNotEmpty, match="written over"):
        import_gateway(folder, other, None, PASSPHRASE)
    assert content(other) == {"spool.sqlite3": b"another gateway"}
    with pytest.raises(StateNotEmpty, match="already"):
        export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE)


def test_the_passphrase_is_needed(state: Path, stick: Path, tmp_path: Path) -> None:
    folder = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE).folder
    with pytest.raises(PassphraseWrong):
        import_gateway(folder, tmp_path / "new", None, new_passphrase())
    assert not (tmp_path / "new" / IMPORTING_FILE).exists()
    import_gateway(folder, tmp_path / "new", None, PASSPHRASE)


def test_a_change_or_a_cut_anywhere_leaves_no_gateway_that_starts(state: Path, stick: Path, tmp_path: Path) -> None:
    folder = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE).folder
    source = random.Random(5)
    for number, path in enumerate(sorted(folder.glob("*.rkm")) * 4):
        good = path.read_bytes()
        place = source.choice([0, len(good) - 1, source.randrange(len(good)), CHUNK_BYTES + TAG_BYTES]) % len(good)
        changed = bytearray(good)
        changed[place] ^= 0x10
        for bad in (
            bytes(changed),
            good[:place],
            good[: CHUNK_BYTES + TAG_BYTES] if len(good) > 2 * CHUNK_BYTES else b"",
        ):
            path.write_bytes(bad)
            new = tmp_path / f"new-{number}"
            with pytest.raises((CopyDamaged, PassphraseWrong)):
                import_gateway(folder, new, None, PASSPHRASE)
            if (new / IMPORTING_FILE).exists():
                with pytest.raises(GatewayRetired, match="not all of it is here"):
                    refuse_out_of_service(new)
        path.write_bytes(good)
    import_gateway(folder, tmp_path / "new-1", None, PASSPHRASE)
    assert content(tmp_path / "new-1") == content(state)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "rekam-move", "version": 2}', '{"format": 1}', "[" * 60_000]
)
@pytest.mark.usefixtures("uncollected")
def test_a_header_that_is_none_is_told(stick: Path, tmp_path: Path, text: str) -> None:
    (stick / "move.json").write_text(text)
    with pytest.raises(CopyDamaged):
        import_gateway(stick, tmp_path / "new", None, PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        *({"log2_n": value} for value in (9, 21, -1, float("inf"), float("nan"), "x", None, [])),
        *({"salt": value} for value in ("", "00", "0" * 34, "g" * 32, 5, None)),
        *({"files": value} for value in (0, float("inf"), None)),
        {"bytes": float("inf")},
    ],
)
def test_a_header_out_of_its_bounds_is_told(
    state: Path, stick: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    path = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE).folder / "move.json"
    value = json.loads(path.read_bytes())
    for name, changed in changes.items():
        (value["kdf"] if name in value["kdf"] else value)[name] = changed
    path.write_text(json.dumps(value))
    with pytest.raises(CopyDamaged):
        import_gateway(path.parent, tmp_path / "new", None, PASSPHRASE)


def test_a_copy_that_fails_leaves_the_gateway_as_it_was(state: Path, tmp_path: Path) -> None:
    with pytest.raises(MediumGone):
        export_gateway(state, state / "packets", tmp_path / "no-stick", "kedoya-1", PASSPHRASE)
    refuse_out_of_service(state)


def test_an_interrupted_copy_cannot_be_imported_and_is_made_anew(
    state: Path, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise MediumFull("penuh", "full")

    with monkeypatch.context() as patch:
        patch.setattr(moving, "place_file", full)
        with pytest.raises(MediumFull):
            export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE)
    folder = stick / "rekam-move-kedoya-1"
    with pytest.raises(CopyDamaged, match="not finished"):
        import_gateway(folder, tmp_path / "new", None, PASSPHRASE)
    # Retired before the copy could count; the next export goes on with that.
    retired = read_mark(state / RETIRED_FILE)
    assert retired is not None
    report = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE)
    assert report.header.move_id == retired.move_id
    import_gateway(folder, tmp_path / "new", None, PASSPHRASE)


def test_an_import_interrupted_after_the_copy_was_used_goes_on(state: Path, stick: Path, tmp_path: Path) -> None:
    folder = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE).folder
    new = tmp_path / "new"
    import_gateway(folder, new, None, PASSPHRASE)
    mark = read_mark(new / MOVED_FILE)
    assert mark is not None
    write_mark(new / IMPORTING_FILE, mark)  # as a power cut before the last step leaves it
    import_gateway(folder, new, None, PASSPHRASE)
    refuse_out_of_service(new)
    write_mark(new / IMPORTING_FILE, Mark(mark.move_id, "another import", mark.at, mark.why))
    with pytest.raises(AlreadyImported):
        import_gateway(folder, new, None, PASSPHRASE)


@pytest.mark.parametrize("content", [b"\0\0", b"[" * 60_000])
@pytest.mark.usefixtures("uncollected")
def test_a_mark_that_cannot_be_read_counts(state: Path, content: bytes) -> None:
    (state / RETIRED_FILE).write_bytes(content)
    with pytest.raises(GatewayRetired):
        refuse_out_of_service(state)
    remove_mark(state / RETIRED_FILE)
    refuse_out_of_service(state)


@pytest.mark.parametrize("place", ["../outside", "/etc/x", "state", "elsewhere/x"])
def test_a_copy_puts_nothing_outside_of_the_gateway(state: Path, stick: Path, tmp_path: Path, place: str) -> None:
    report = export_gateway(state, state / "packets", stick, "kedoya-1", PASSPHRASE)
    key = stream_key(PASSPHRASE, report.header.salt, report.header.move_id.encode())
    listed = [{**vars(each), "place": place} for each in report.copied]
    (report.folder / "000000.rkm").write_bytes(b"".join(key.encrypted(0, [json.dumps(listed).encode()])))
    with pytest.raises(BundleError, match="outside"):
        import_gateway(report.folder, tmp_path / "new", None, PASSPHRASE)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3_000_001])
def test_a_stream_of_any_size_comes_back(tmp_path: Path, size: int) -> None:
    key = stream_key("x", new_salt(), b"id", 10)
    data = random.Random(size).randbytes(size)
    path = tmp_path / "f"

    def pieces() -> Iterator[bytes]:
        for begin in range(0, size, 700_001):
            yield data[begin : begin + 700_001]

    path.write_bytes(b"".join(key.encrypted(4, pieces())))
    with path.open("rb") as file:
        assert b"".join(key.decrypted(4, file)) == data
    with path.open("rb") as file, pytest.raises(CopyDamaged):
        list(key.decrypted(5, file))


def test_passphrases_are_read_as_they_were_meant() -> None:
    made = new_passphrase()
    assert normal_passphrase(made.lower().replace("-", " ")) == normal_passphrase(made)
    assert normal_passphrase(" Rahasia kita ") == "Rahasia kita"
