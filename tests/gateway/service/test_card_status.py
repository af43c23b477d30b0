"""Every error of the rooms of cards has a row: a reason, a status, words in both languages, a pause where it helps."""

import inspect

import pytest
from google.rpc import code_pb2, error_details_pb2

from drivers import CardRefused
from gateway import card, card_profile, card_reading, holder_check, personalisation
from gateway.card_profile import CardProfileProblem, ContentFaultCode, ContentProblem
from gateway.card_reading import Credential
from gateway.guidance import LocalizedText
from gateway.personalisation import CardPending, JobBusy, PersonalisationError, ReaderBusy
from gateway.service import card_errors
from gateway.service.card_status import ROWS
from gateway.service.refusal import to_status
from gateway.service.status import refusal_of

FACES = (card, card_profile, card_reading, holder_check, personalisation, card_errors)
ERRORS = sorted(
    {
        kind
        for face in FACES
        for _, kind in inspect.getmembers(face, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__.startswith("gateway.")
    },
    key=lambda kind: kind.__name__,
)
UNTOLD = {
    "MalformedContent",  # of the pure room: whoever decodes names it a finding, or MalformedCardData
    "StatementRefused",  # of who verifies a statement: no gateway reads one
}


def made(kind):
    words = LocalizedText("salah", "wrong")
    special = {
        "CardPending": lambda: kind("0102", "it was pulled"),
        "PasswordRefused": lambda: kind("the PIN", "ask again", 2),
        "SessionDead": lambda: kind("a fault"),
        "CardNotRecognised": lambda: kind(["sample-id"]),
        "CredentialNeeded": lambda: kind((Credential.PIN,)),
        "CardProfileProblem": lambda: kind("a.toml", "chip", "", "x", "y"),
        "ContentProblem": lambda: kind("portrait", ContentFaultCode.MISSING, words, words),
        "NotPrintReady": lambda: kind("x", "y", "processing"),
        "EnrolmentHasCard": lambda: kind("x", "y", "card-1"),
        "CardNotGenuine": lambda: kind(("portrait: changed",)),
    }
    if kind.__name__ in special:
        return special[kind.__name__]()
    try:
        return kind("The cause.", "The remedy.")
    except TypeError:
        return kind("The cause.")


def details(status):
    info, words, retry = error_details_pb2.ErrorInfo(), {}, False
    for detail in status.details:
        message, delay = error_details_pb2.LocalizedMessage(), error_details_pb2.RetryInfo()
        if detail.Unpack(message):
            words[message.locale] = message.message
        elif detail.Unpack(delay):
            retry = True
        else:
            detail.Unpack(info)
    return info, words, retry


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_an_error_becomes_a_status_with_words_in_both_languages(kind):
    if kind.__name__ in UNTOLD:
        assert kind not in ROWS
        return
    refusal = refusal_of(made(kind))
    assert refusal is not None
    status = to_status(refusal)
    assert status.code not in (code_pb2.OK, code_pb2.INTERNAL, code_pb2.UNKNOWN)
    info, words, retry = details(status)
    assert info.domain == "rekam"
    assert info.reason.isupper()
    assert set(words) == {"id", "en"}
    assert words["id"] != words["en"] or kind is ContentProblem
    assert "{" not in words["id"] + words["en"]
    assert retry == (kind.__name__ in ("JobBusy", "ReaderBusy", "SessionDead"))


@pytest.mark.parametrize("kind", [each for each in ERRORS if issubclass(each, PersonalisationError)])
def test_a_reason_of_personalisation_is_the_rooms_own_where_it_has_a_row_of_its_own(kind):
    if kind not in ROWS or kind.__name__ == "JobUnknown":
        return
    assert ROWS[kind](made(kind)).reason == kind.reason


def test_what_a_client_can_act_on_is_in_the_metadata():
    assert refusal_of(CardPending("0A0B", "it was pulled")).metadata == {"serial": "0A0B"}  # type: ignore[union-attr]
    assert refusal_of(CardRefused(0x63C1, "the PIN")).metadata["tries_left"] == "1"  # type: ignore[union-attr]
    for busy in (JobBusy, ReaderBusy):
        assert refusal_of(busy("x", "y")).retry_s == 5.0  # type: ignore[union-attr]
    problem = CardProfileProblem("own.toml", "chip", "capacity", "x", "y")
    assert "own.toml" in refusal_of(problem).message.en  # type: ignore[union-attr]
