"""A copy of a state folder goes on with numbers that the original cannot have used."""

import shutil
from pathlib import Path

import pytest

from gateway.spool import Spool, leave_gap
from gateway.trust import SigningKey
from tests.gateway.spool.killed_appender import signed_capture
from tests.gateway.trust.signed_captures import new_key


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return new_key()


def numbers(folder: Path) -> list[int]:
    with Spool.open(folder) as spool:
        return [each.sequence for each in spool.captures()]


def appended(folder: Path, key: SigningKey, count: int) -> str:
    with Spool.open(folder) as spool:
        for _ in range(count):
            spool.append(lambda head: signed_capture(key, head))
        return spool.head().chain_id


@pytest.mark.parametrize("with_head_file", [True, False])
def test_numbers_go_on_behind_a_gap(tmp_path: Path, key: SigningKey, with_head_file: bool) -> None:
    chain_id = appended(tmp_path / "old", key, 3)
    shutil.copytree(tmp_path / "old", tmp_path / "copy")
    if not with_head_file:
        (tmp_path / "copy" / "chain-head.json").unlink()
    leave_gap(tmp_path / "copy", 1000)
    assert appended(tmp_path / "copy", key, 2) == chain_id
    assert numbers(tmp_path / "copy") == [1, 2, 3, 1004, 1005]
    appended(tmp_path / "old", key, 2)
    assert not set(numbers(tmp_path / "old")[3:]) & set(numbers(tmp_path / "copy")[3:])
    with Spool.open(tmp_path / "copy") as spool:
        assert spool.check() == ()
        assert spool.head().sequence == 1005


def test_a_copy_without_a_capture_begins_another_chain(tmp_path: Path, key: SigningKey) -> None:
    chain_id = appended(tmp_path / "old", key, 0)
    leave_gap(tmp_path / "old", 1000)
    assert appended(tmp_path / "old", key, 1) != chain_id
    assert numbers(tmp_path / "old") == [1]


def test_a_folder_without_a_spool_stays_as_it_is(tmp_path: Path, key: SigningKey) -> None:
    leave_gap(tmp_path, 1000)
    appended(tmp_path, key, 1)
    assert numbers(tmp_path) == [1]
