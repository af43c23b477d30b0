"""docs/api.md and docs/cards.md against the tables that they tell of: every method, every reason with its status."""

import re
from collections.abc import Iterator
from inspect import getclosurevars
from pathlib import Path

import pytest
from google.rpc import code_pb2

import gateway.main  # noqa: F401 - that every error there is was defined
from gateway.enrolment import EnrolmentError
from gateway.service import card_status, centre_status, device_status, enrolment_status, keeping_status, request_status
from gateway.service.access import METHOD_ROLES

DOCS = Path(__file__).parents[3] / "docs"
ERRORS = (DOCS / "api.md").read_text("utf-8").partition("## Errors")[2].partition("## Limits")[0]
CARDS = (DOCS / "cards.md").read_text("utf-8").partition("### Reasons")[2]
TOLD_BESIDE = {"INTERNAL", "ONE_EYE_CAMERA", "CARD_CONTENT_UNFIT"}
"""Reasons of the pages without a row of their own: a bug, an outcome, and those whose row makes them from the error."""


def errors_and_heirs(kind: type[EnrolmentError]) -> Iterator[type[EnrolmentError]]:
    yield kind
    for heir in kind.__subclasses__():
        yield from errors_and_heirs(heir)


def reasons() -> dict[str, set[str]]:
    """Every reason that a row of the error table gives, with its statuses."""
    found: dict[str, set[str]] = {}
    for module in (card_status, centre_status, device_status, keeping_status, request_status):
        for row in module.ROWS.values():
            made_with = getclosurevars(row).nonlocals
            if "reason" in made_with:
                found.setdefault(made_with["reason"], set()).add(code_pb2.Code.Name(made_with["code"]))
    rows = enrolment_status.ROWS
    for kind in errors_and_heirs(EnrolmentError):
        row = next(rows[each] for each in kind.__mro__ if each in rows)
        found.setdefault(kind.reason, set()).add(code_pb2.Code.Name(row.code))
    return found


def told(page: str) -> dict[str, str]:
    """The reasons of a page's table, with their status."""
    lines = re.findall(r"^\| ([A-Z][^|]*) \| ([A-Z_]+) \|", page, flags=re.MULTILINE)
    return {reason: status for names, status in lines for reason in re.findall(r"\b[A-Z]{2}[A-Z_]+\b", names)}


def test_every_reason_is_told_with_its_status() -> None:
    tables = {**told(CARDS), **told(ERRORS)}
    assert {reason: {tables.get(reason, "")} for reason in reasons()} == reasons()


@pytest.mark.parametrize("page", [ERRORS, CARDS], ids=["api.md", "cards.md"])
def test_no_reason_is_told_that_there_is_not(page: str) -> None:
    assert set(told(page)) - TOLD_BESIDE <= set(reasons())


def test_every_method_is_told() -> None:
    services = re.findall(r"^\| `(\w+Service)` \| ([^|]+) \|", (DOCS / "api.md").read_text("utf-8"), flags=re.MULTILINE)
    named = {f"{service}.{method}" for service, methods in services for method in re.findall(r"\b[A-Z]\w+", methods)}
    assert named == set(METHOD_ROLES)
