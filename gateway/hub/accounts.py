"""Who may use which subjects at the hub, for its configuration: an office its own alone, the centre all of Rekam's."""

import re

from gateway.hub.subjects import (
    ALIVE_STREAM,
    ALIVE_SUBJECT,
    MARK_STREAM,
    OUT_STREAM,
    WORD_SUBJECT,
    token,
)
from gateway.trust.stated_values import NAME

_PUBLIC = re.compile(r"U[A-Z2-7]{55}")
"""Base 32 of type, 32 bytes and checksum (nkeys)."""
CENTRE_INBOX = "rekam.inbox=centre"
"""Beside those of offices: no office's name has a `=`."""


def gateway_permissions(gateway_id: str) -> tuple[list[str], list[str]]:
    """What an office may publish to, and subscribe to."""
    name = token(gateway_id)
    asked = [
        f"DIRECT.GET.{OUT_STREAM}.rekam.out.{name}.>",
        f"DIRECT.GET.{OUT_STREAM}.{WORD_SUBJECT}",
        f"DIRECT.GET.{ALIVE_STREAM}.{ALIVE_SUBJECT}",
        f"DIRECT.GET.{MARK_STREAM}.rekam.mark.{name}.>",
    ]
    publish = [f"rekam.in.{name}.>", f"rekam.mark.{name}.>", f"rekam.ask.{name}.answers"]
    # Over a leaf the hub's streams are asked for by the name of its domain.
    publish += [f"$JS.{where}.{each}" for where in ("API", "*.API") for each in asked]
    return publish, [f"rekam.inbox.{name}.>"]


def centre_permissions() -> tuple[list[str], list[str]]:
    """What the centre may publish to, and subscribe to."""
    return ["rekam.>", "$JS.API.>", "$JS.ACK.>"], [f"{CENTRE_INBOX}.>", "rekam.ask.*.answers"]


def user_entry(public: str, gateway_id: str) -> str:
    """A user in the hub's configuration.

    Parameters
    ----------
    public : str
        Its public nkey.
    gateway_id : str
        Empty for the centre.

    Raises
    ------
    ValueError
    """
    if not _PUBLIC.fullmatch(public):
        raise ValueError(f"{public!r} is no public nkey of a user (U and 55 more); never give a seed (SU…) here")
    if gateway_id and not NAME.fullmatch(gateway_id):
        raise ValueError(f"{gateway_id!r} is no gateway's name")
    publish, subscribe = gateway_permissions(gateway_id) if gateway_id else centre_permissions()
    # The centre answers an office's question for answers at a subject of the office's own.
    replies = "" if gateway_id else ", allow_responses: true"
    return (
        f"{{ nkey: {public}, permissions: {{ publish: {{ allow: [{_listed(publish)}] }}, "
        f"subscribe: {{ allow: [{_listed(subscribe)}] }}{replies} }} }}"
    )


def _listed(subjects: list[str]) -> str:
    return ", ".join(f'"{each}"' for each in subjects)
