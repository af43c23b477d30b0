"""The mark outside of the store: it only grows, survives what a power cut does, and shows a store that went back."""

from contextlib import closing
from pathlib import Path

import pytest

from gateway.central.ledger import LEDGER_FILE, Ledger


def test_the_mark_only_grows_and_is_read_again(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path)) as ledger:
        for ordinal in (1, 5, 3):
            ledger.reached(ordinal)
        first = ledger.ledger_id
    with closing(Ledger(tmp_path)) as ledger:
        assert (ledger.mark, ledger.ledger_id) == (5, first)


def test_two_processes_see_each_others_mark(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path)) as one, closing(Ledger(tmp_path)) as two:
        one.reached(7)
        two.reached(6)
        assert two.mark == 7
        two.begin_another(2)
        one.reached(8)
        assert one.ledger_id == two.ledger_id
    with closing(Ledger(tmp_path)) as ledger:
        assert ledger.mark == 8


def test_a_store_that_went_back_goes_on_under_another_ledger(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path)) as ledger:
        ledger.reached(10)
        before = ledger.ledger_id
        assert not ledger.follow(10, 10)
        assert not ledger.follow(10, 12)
        assert ledger.ledger_id == before
        assert ledger.follow(10, 9)
        assert (ledger.mark, ledger.ledger_id != before) == (9, True)


@pytest.mark.parametrize("spoilt", [0, 1])
def test_a_page_that_a_power_cut_spoilt_leaves_the_other(tmp_path: Path, spoilt: int) -> None:
    with closing(Ledger(tmp_path)) as ledger:
        ledger.reached(1)
        ledger.reached(2)
        before = ledger.ledger_id
    content = bytearray((tmp_path / LEDGER_FILE).read_bytes())
    content[512 * spoilt + 20] ^= 1
    (tmp_path / LEDGER_FILE).write_bytes(content)
    with closing(Ledger(tmp_path)) as ledger:
        assert ledger.ledger_id == before
        assert ledger.mark == (1 if spoilt == 0 else 2)


def test_a_file_that_is_lost_begins_another_ledger(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path)) as ledger:
        before = ledger.ledger_id
    (tmp_path / LEDGER_FILE).unlink()
    with closing(Ledger(tmp_path)) as ledger:
        assert ledger.ledger_id != before
