"""docs/configuration.md against the settings: its example can be used, and names each default as it is."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.config import Config
from gateway.settings import device_settings

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
CHOSEN = {
    *("state", "card.profile", "office.name", "office.phone"),
    *(f"enrolment.{name}" for name in ("profiles", "recipients", "packets")),
    *(f"centre.{name}" for name in ("url", "certificate", "key", "authority", "anchors")),
}
"""Where the page shows a value that an office would choose, instead of the default."""
ELSEWHERE = {"key", "sms", "callbacks", "office"}
"""Sections that have, all or in part, a page of their own: docs/keys.md and docs/people.md."""


def keys(table: dict[str, Any], under: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of a table and of those in it, with dots, and its value."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from keys(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", value


def defaults(settings: BaseModel, under: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting, with dots, and its default."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from defaults(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", value


def test_the_example_can_be_used() -> None:
    settings = Config.model_validate(tomllib.loads(EXAMPLE))
    assert [each.driver for each in device_settings(settings)] == ["uareu4000", "synthetic", "zfm"]


def test_what_is_commented_out_can_be_used() -> None:
    with_all = re.sub(r"^# (?=\w+ = |\[)", "", EXAMPLE, flags=re.MULTILINE).replace(
        'keys = "test" ', 'keys = "module" '
    )
    assert Config.model_validate(tomllib.loads(with_all)).card.module is not None


def test_values_are_the_defaults() -> None:
    shown = {name: value for name, value in keys(tomllib.loads(EXAMPLE)) if name != "device"}
    kinds = {name for name in shown if name.startswith("calibration.") and name.count(".") == 2}
    bare = Config.model_validate({})
    told = Config.model_validate(tomllib.loads(EXAMPLE))
    as_told, as_made = dict(defaults(told)), dict(defaults(bare))
    compared = set(shown) - CHOSEN - kinds
    assert {name: as_told[name] for name in compared} == {name: as_made[name] for name in compared}


def test_every_setting_is_shown() -> None:
    shown = {name for name, _ in keys(tomllib.loads(re.sub(r"^# (?=\w+ = )", "", EXAMPLE, flags=re.MULTILINE)))}
    per_kind = re.compile(r"calibration\.\w+\.\w+")
    missing = {
        name for name, _ in defaults(Config.model_validate({})) if name not in shown and not per_kind.fullmatch(name)
    }
    assert {name for name in missing if name.partition(".")[0] not in ELSEWHERE} <= {"card.module"}
