"""Blanks: brought in, used, spoiled, and counted by a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.personalisation import BlankNotInStock, BlankRange, CardPending, StockRefused
from tests.gateway.personalisation.card_desk import NOON, chip, reader, serial_of


def test_ranges_do_not_overlap_and_are_the_right_way_round(desk):
    stock = desk.journal.stock
    entered = stock.bring_in("00 10", "00 1f", "Pak Budi")
    assert (entered.first, entered.last, entered.blanks, entered.at) == ("0010", "001F", 16, NOON)
    for first, last in (("0010", "0010"), ("0000", "0010"), ("001F", "0030"), ("0012", "0013"), ("0000", "FFFF")):
        with pytest.raises(StockRefused, match="overlaps"):
            stock.bring_in(first, last, "Pak Budi")
    for first, last in (
        ("0030", "002F"),
        ("30", "0031"),
        ("", ""),
        ("xyz", "xyz"),
        ("123", "124"),
        ("00000000", "FFFFFFFF"),
    ):
        with pytest.raises(StockRefused):
            stock.bring_in(first, last, "Pak Budi")
    with pytest.raises(StockRefused, match="named"):
        stock.bring_in("0020", "002F", " ")
    stock.bring_in("000010", "00001F", "Pak Budi")  # another length is another make
    assert stock.level().brought_in == 32


def test_the_book_follows_every_card(desk):
    used, pending, gone = chip("used"), chip("pending"), chip("gone")
    for card in (used, pending, gone):
        desk.journal.stock.bring_in(serial_of(card), serial_of(card), "Pak Budi")
    desk.journal.stock.bring_in("0000000000000010", "0000000000000019", "Pak Budi")
    level = desk.journal.stock.level()
    assert (level.brought_in, level.blanks) == (13, 13)
    desk.personalise(reader(used), desk.take("used"))
    for card, name in ((pending, "pending"), (gone, "gone")):
        with pytest.raises(CardPending):
            desk.personalise(reader(card, fault="card_reset", fault_after_commands=12, fault_count=9), desk.take(name))
    desk.personaliser.write_off("gone", "CARD_GONE")
    desk.journal.stock.spoil("0000000000000012", "bent")
    level = desk.journal.stock.level()
    assert (level.used, level.spoiled, level.in_hand, level.unlisted, level.blanks) == (1, 2, 1, 0, 9)
    spoiled = {each.serial: each for each in desk.journal.stock.spoiled()}
    assert (spoiled[serial_of(gone)].reason, spoiled[serial_of(gone)].job_id) == ("CARD_GONE", "gone")
    assert (spoiled["0000000000000012"].reason, spoiled["0000000000000012"].job_id) == ("bent", "")


def test_cards_outside_every_range_change_nothing_in_the_number_of_blanks(desk):
    desk.personalise(reader(chip()), desk.take())
    level = desk.journal.stock.level()
    assert (level.brought_in, level.used, level.unlisted, level.blanks) == (0, 1, 1, 0)


def test_a_blank_is_spoiled_once(desk):
    stock = desk.journal.stock
    stock.bring_in("0010", "001F", "Pak Budi")
    stock.spoil("0011", "bent")
    with pytest.raises(StockRefused, match="0011 is spoiled"):
        stock.spoil("0011", "bent again")
    with pytest.raises(BlankNotInStock):
        stock.spoil("0020", "bent")
    card = chip()
    stock.bring_in(serial_of(card), serial_of(card), "Pak Budi")
    desk.personalise(reader(card), desk.take())
    with pytest.raises(StockRefused, match=r"finished card \(job job-1\)"):
        stock.spoil(serial_of(card), "bent")


def test_a_count_is_held_against_the_book_and_differences_are_named(desk):
    stock = desk.journal.stock
    stock.bring_in("0010", "0014", "Pak Budi")
    stock.spoil("0012", "bent")
    assert stock.reconcile("Ibu Ani", counted=4).agrees
    counted = stock.reconcile("Ibu Ani", counted=3, note="one fell down")
    assert (counted.book, counted.difference, counted.agrees, counted.missing) == (4, -1, False, ())
    listed = stock.reconcile("Ibu Ani", serials=["0010", "0011", "0012", "0099"])
    assert listed.missing == ("0013", "0014")
    assert listed.surplus == (("0012", "spoiled"), ("0099", "in no range that was brought in"))
    assert (listed.difference, listed.agrees) == (0, False), "the number alone would not have told"
    assert stock.reconcile("Ibu Ani", serials=["0010", "0011", "0013", "0014"]).agrees
    with desk.journal._database.reading() as connection:
        kept = connection.execute("SELECT counted, book, note FROM counts").fetchall()
    assert kept == [(4, 4, ""), (3, 4, "one fell down"), (4, 4, ""), (4, 4, "")]


def test_a_count_that_is_none(desk):
    stock = desk.journal.stock
    for options in ({}, {"counted": 1, "serials": ["0010"]}, {"counted": -1}, {"serials": ["0010", "0010"]}):
        with pytest.raises(StockRefused):
            stock.reconcile("Ibu Ani", **options)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_range_holds_what_lies_between_its_ends(first, last, serial):
    first, last = sorted((first, last))
    entered = BlankRange(f"{first:04X}", f"{last:04X}", "Pak Budi", NOON)
    assert entered.holds(f"{serial:04X}") == (first <= serial <= last)
    assert not entered.holds(f"{serial:06X}")
    assert entered.blanks == last - first + 1
