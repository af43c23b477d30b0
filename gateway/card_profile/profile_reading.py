"""Profiles from TOML: read strictly, found by name or path."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from gateway.card import SecurityLevel
from gateway.card_profile.content_kind import Option
from gateway.card_profile.contents import CONTENTS
from gateway.card_profile.errors import CardProfileProblem
from gateway.card_profile.profile import (
    DF_OPERATIONS,
    EF_OPERATIONS,
    Application,
    CardFile,
    CardProfile,
    Channel,
    Condition,
    Diversification,
    HolderRule,
    Operation,
    OptionValue,
)
from gateway.card_profile.profile_lint import FindingLevel, lint
from gateway.card_profile.profile_table import Table
from gateway.guidance import LocalizedText
from gateway.toml_text import toml_table

_MOST_BYTES = 1 << 20
_FILE_IDS = range(0x10000)
_LEVELS = {level.name.lower().replace("_", "-"): level for level in SecurityLevel}
"""c-mac, c-enc, r-mac, c-enc-r-mac, c-enc-r-enc."""


def read_profile(text: str, source: str) -> CardProfile:
    """One profile out of TOML; whether it makes sense is the linter's to say.

    Parameters
    ----------
    source : str
        Names the file in messages.

    Raises
    ------
    CardProfileProblem
        It is no TOML, or a key is unknown, missing or of a wrong type or range.
    """
    try:
        values = toml_table(text)
    except tomllib.TOMLDecodeError as error:
        raise CardProfileProblem(source, "", "", f"it is no TOML: {error}", "Mend that line.") from error
    return _profile(Table(source, "", values))


def load_profile(name_or_path: str | Path) -> CardProfile:
    """A profile that can be used: one that comes with the gateway by its name, or a file.

    Parameters
    ----------
    name_or_path : str or Path
        What ends in `.toml` or has a folder before it is a file.

    Raises
    ------
    CardProfileProblem
        There is none, it cannot be read, or the linter finds an error in it.
    """
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or name.endswith(".toml") or "/" in name:
        profile = read_profile(_text_of(Path(name_or_path)), name)
    else:
        known = builtin_profiles()
        if name not in known:
            raise CardProfileProblem(
                name, "", "", "there is no such profile", f"Take one of {', '.join(known)}, or give a file's path."
            )
        profile = known[name]
    errors = [finding for finding in lint(profile) if finding.level is FindingLevel.ERROR]
    if errors:
        raise CardProfileProblem(
            name, errors[0].place, "", "; ".join(str(each) for each in errors), errors[0].remedy.en
        )
    return profile


@cache
def builtin_profiles() -> Mapping[str, CardProfile]:
    """The profiles that come with the gateway, by name."""
    folder = files("gateway.card_profile") / "profiles"
    entries = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    found = (read_profile(entry.read_text(encoding="utf-8"), entry.name) for entry in entries)
    return MappingProxyType({profile.name: profile for profile in found})


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise CardProfileProblem(
            str(path), "", "", f"it cannot be read: {error.strerror}", "Look at its path and its rights."
        ) from error
    if len(data) > _MOST_BYTES:
        raise CardProfileProblem(str(path), "", "", f"it has more than {_MOST_BYTES} bytes", "Give a profile.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CardProfileProblem(str(path), "", "", "it is not UTF-8", "Save it as UTF-8 text.") from error


def _profile(table: Table) -> CardProfile:
    chip = table.table("chip")
    profile = CardProfile(
        name=_name(table, 40),
        version=table.number("version", range(1, 0x10000)),
        title=_title(table.table("title")),
        capacity=chip.number("capacity", range(1, 1 << 24)),
        atr=chip.text("atr", ""),
        channel=_channel(table.table("channel")) if "channel" in table else None,
        applications=tuple(_application(each) for each in table.tables("application")),
        seal=table.text("seal", ""),
        holder=_holder(table.table("holder")) if "holder" in table else None,
        file_overhead=chip.number("file_overhead", range(4097), 32),
        page=chip.number("page", range(1, 4097), 32),
    )
    chip.finished(("capacity", "atr", "file_overhead", "page"))
    table.finished(("name", "version", "seal", "title", "chip", "channel", "holder", "application"))
    return profile


def _name(table: Table, most: int) -> str:
    name = table.text("name")
    plain = name.replace("-", "")
    if not 1 <= len(name) <= most or not plain.isascii() or not plain.isalnum() or name != name.lower():
        table.fail("name", f"1 to {most} of a-z, 0-9 and - are due")
    return name


def _title(table: Table) -> LocalizedText:
    title = LocalizedText(id=table.text("id"), en=table.text("en"))
    table.finished(("id", "en"))
    return title


def _channel(table: Table) -> Channel:
    level = table.one_of("level", table.text("level"), _LEVELS)
    channel = Channel(
        level=_LEVELS[level],
        key_version=table.number("key_version", range(256), 0),
        mac_length=table.number("mac_length", range(8, 17, 8), 8),
        diversification=table.word("diversification", Diversification, Diversification.KDF3),
        test_keys=table.flag("test_keys", False),
    )
    table.finished(("level", "key_version", "mac_length", "diversification", "test_keys"))
    return channel


def _holder(table: Table) -> HolderRule:
    rule = HolderRule(
        templates=table.words("templates"),
        tries=table.number("tries", range(1, 16), 4),
        on_card=table.flag("on_card", False),
    )
    table.finished(("templates", "tries", "on_card"))
    return rule


def _application(table: Table) -> Application:
    all_files = _access(table.table("file_access"), EF_OPERATIONS)
    application = Application(
        name=_name(table, 40),
        fid=table.number("fid", _FILE_IDS),
        aid=table.octets("aid", ""),
        files=tuple(_file(each, all_files) for each in table.tables("file")),
        access=_access(table.table("access"), DF_OPERATIONS),
    )
    table.finished(("name", "fid", "aid", "access", "file_access", "file"))
    return application


def _file(table: Table, all_files: Mapping[Operation, Condition]) -> CardFile:
    content = table.one_of("content", table.text("content"), CONTENTS)
    file = CardFile(
        name=_name(table, 40),
        fid=table.number("fid", _FILE_IDS),
        content=content,
        limit=table.number("limit", range(1, 0x8000)),
        sfi=table.number("sfi", range(31), 0),
        access=MappingProxyType({**all_files, **_access(table.table("access"), EF_OPERATIONS)}),
        required=table.flag("required", True),
        public=table.flag("public", False),
        options=_options(table.table("options"), CONTENTS[content].options),
    )
    table.finished(("name", "fid", "content", "limit", "sfi", "access", "required", "public", "options"))
    return file


def _access(table: Table, operations: tuple[Operation, ...]) -> Mapping[Operation, Condition]:
    names = {each.value: each for each in operations}
    access = {names[key]: table.word(key, Condition) for key in table.keys if key in names}
    table.finished(names)
    return MappingProxyType(access)


def _options(table: Table, known: Mapping[str, Option]) -> Mapping[str, OptionValue]:
    found = {key: _option(table, key, known[key]) for key in table.keys if key in known}
    table.finished(known)
    return MappingProxyType(found)


def _option(table: Table, key: str, option: Option) -> OptionValue:
    default, allowed = option.default, option.allowed
    if isinstance(default, bool):
        return table.flag(key, default)
    if isinstance(default, int):
        return table.number(key, allowed if isinstance(allowed, range) else range(1 << 31), default)
    if isinstance(default, tuple):
        words = table.words(key, default)
        if not words:
            table.fail(key, "the list is empty", "Name one at least, or take the key away")
        return tuple(
            table.one_of(key, word, allowed) if allowed and not isinstance(allowed, range) else word for word in words
        )
    text = table.text(key, default)
    return table.one_of(key, text, allowed) if allowed and not isinstance(allowed, range) else text
