"""`rekam duplicates`: two offices exchange their lists by files; what is said, written, and the exit statuses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.cli.exits import ExitStatus
from gateway.duplicates import DuplicateBook
from tests.gateway.cli.conftest import Rekam
from tests.gateway.cli.running_gateway import running_gateway
from tests.gateway.duplicates.recorded_people import person

HERE, THERE = "desk-1", "desk-2"
PEOPLE = 3


@dataclass(frozen=True)
class Offices:
    """Where each gateway is found, and a folder for what they exchange."""

    here: tuple[str, Path]
    there: tuple[str, Path]
    folder: Path


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    folder = tmp_path_factory.mktemp("offices")
    there = folder / "there"
    with DuplicateBook.open(there, THERE, []) as book:
        for number in range(PEOPLE):
            book.add(person(number, gateway_id=THERE))
    with (
        running_gateway(folder / "here", devices=(), synthetic=True, gateway_id=HERE) as one,
        running_gateway(there, devices=(), synthetic=True, gateway_id=THERE) as other,
    ):
        yield Offices(("--state", one.state), ("--state", other.state), folder)


@pytest.fixture
def bundle(rekam: Rekam, offices: Offices, tmp_path: Path) -> Path:
    path = tmp_path / "bundle.pem"
    assert rekam("keys", "export", "--pem", "--out", path, *offices.there).exit_code == ExitStatus.DONE
    return path


@pytest.fixture
def our_key(rekam: Rekam, offices: Offices, tmp_path: Path) -> Path:
    path = tmp_path / "here.pem"
    done = rekam("duplicates", "key", "--out", path, *offices.here)
    assert done.exit_code == ExitStatus.DONE, done.stderr
    assert path.read_text().startswith("-----BEGIN PUBLIC KEY-----")
    return path


def test_a_list_goes_from_one_office_to_the_other(
    rekam: Rekam, offices: Offices, our_key: Path, bundle: Path, tmp_path: Path
) -> None:
    key = json.loads(rekam("duplicates", "key", "--json", *offices.here).stdout)
    assert (key["gateway_id"], key["public_key_pem"]) == (HERE, our_key.read_text())
    assert "BEGIN PUBLIC KEY" in rekam("duplicates", "key", *offices.here).stdout
    assert rekam("duplicates", "neighbours", *offices.here).stdout == "There is no neighbour's list.\n"
    made = rekam("duplicates", "export", our_key, "--out", tmp_path, "--valid-days", 7, "--json", *offices.there)
    assert made.exit_code == ExitStatus.DONE, made.stderr
    stated = json.loads(made.stdout)
    path = Path(stated["file"])
    assert (path, stated["people"], path.stat().st_size) == (
        tmp_path / f"{stated['list_id']}.rdl",
        PEOPLE,
        stated["size"],
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert key["thumbprint"] == stated["recipient"]
    assert key["thumbprint"] in made.stderr
    taken = rekam("duplicates", "import", path, "--trust", bundle, "--operator", "Budi", *offices.here)
    assert taken.exit_code == ExitStatus.DONE, taken.stderr
    assert taken.stdout.startswith(f"{THERE}: {PEOPLE} people, valid until 20")
    (neighbour,) = json.loads(rekam("duplicates", "neighbours", "--json", *offices.here).stdout)["neighbours"]
    assert (neighbour["gateway_id"], neighbour["people"], neighbour["ended"]) == (THERE, PEOPLE, False)
    assert rekam("duplicates", "neighbours", *offices.here).stdout == taken.stdout
    gone = rekam("duplicates", "forget", THERE, *offices.here)
    assert (gone.exit_code, gone.stdout) == (ExitStatus.DONE, f"{THERE}: {PEOPLE} people erased\n")
    assert rekam("duplicates", "forget", THERE, *offices.here).exit_code == ExitStatus.USAGE


def test_what_cannot_be_is_refused_with_a_remedy(
    rekam: Rekam, offices: Offices, our_key: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "list.rdl"
    assert rekam("duplicates", "export", our_key, "--out", out, *offices.there).exit_code == ExitStatus.DONE
    again = rekam("duplicates", "export", our_key, "--out", out, *offices.there)
    assert again.exit_code == ExitStatus.USAGE
    assert "left alone" in again.stderr
    nowhere = rekam("duplicates", "export", our_key, "--out", tmp_path / "no" / "list.rdl", *offices.there)
    assert nowhere.exit_code == ExitStatus.USAGE
    assert "cannot be written" in nowhere.stderr
    own = rekam("duplicates", "export", our_key, "--out", tmp_path / "own.rdl", *offices.here)
    assert own.exit_code == ExitStatus.USAGE
    assert not (tmp_path / "own.rdl").exists()
    damaged = tmp_path / "damaged.rdl"
    damaged.write_bytes(out.read_bytes()[:-5] + b"\0" * 5)
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    refused = rekam("duplicates", "import", damaged, "--trust", bundle, *offices.here)
    assert refused.exit_code == ExitStatus.REFUSED
    assert "ditolak" in refused.stderr
    no_bundle = rekam("duplicates", "import", out, "--trust", our_key, *offices.here)
    assert no_bundle.exit_code == ExitStatus.USAGE
    binary = rekam("duplicates", "import", out, "--trust", out, *offices.here)
    assert binary.exit_code == ExitStatus.USAGE
    empty = tmp_path / "empty.rdl"
    empty.write_bytes(b"")
    assert rekam("duplicates", "import", empty, "--trust", bundle, *offices.here).exit_code == ExitStatus.USAGE
    assert rekam("duplicates", "neighbours", "--state", tmp_path).exit_code == ExitStatus.UNREACHABLE
