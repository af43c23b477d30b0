"""What can be wrong with a profile, and what hinders a card from being filled; no message holds a person's data."""

from enum import StrEnum

from gateway.guidance import LocalizedText


class CardProfileProblem(ValueError):
    """A profile cannot be used.

    Parameters
    ----------
    source : str
        The file.
    table, key : str
        Where in it, as TOML has it, e.g. `application[0].file[2]` and `limit`; empty where it is about the whole.
    cause, remedy : str
        In plain words.
    """

    def __init__(self, source: str, table: str, key: str, cause: str, remedy: str) -> None:
        place = ", ".join(part for part in (f"[{table}]" if table else "", f"key {key}" if key else "") if part)
        super().__init__(f"{source}{', ' if place else ''}{place}: {cause}. {remedy}")
        self.source = source
        self.table = table
        self.key = key
        self.cause = cause
        self.remedy = remedy


class ContentFaultCode(StrEnum):
    """What is wrong with the content of a file, by name."""

    MISSING = "missing"
    """A file without which a card is none."""
    UNKNOWN_FILE = "unknown_file"
    """The profile has no such file."""
    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    """It is not what the profile says that it is."""
    CONTRADICTS = "contradicts"
    """It says another thing than another file of the card."""
    NO_SOURCE = "no_source"
    """Neither the person nor the issuer gives what it is made of."""
    NOT_FITTING = "not_fitting"
    """It cannot be made small enough."""
    NOT_SIGNED = "not_signed"
    """What the issuer signed is not what is to be written."""


class ContentProblem(ValueError):
    """A card cannot be filled; nothing was written.

    Parameters
    ----------
    file : str
        Name of the file in the profile.
    fault : ContentFaultCode
    cause, remedy : LocalizedText
        For the operator.
    """

    def __init__(self, file: str, fault: ContentFaultCode, cause: LocalizedText, remedy: LocalizedText) -> None:
        self.file = file
        self.fault = fault
        self.cause = cause.en
        self.remedy = remedy.en
        self.words = LocalizedText(id=f"{file}: {cause.id} {remedy.id}", en=f"{file}: {cause.en} {remedy.en}")
        super().__init__(self.words.en)


class MalformedContent(ValueError):
    """Bytes of a file are not what the profile says; the message says in what, never with the person's data."""
