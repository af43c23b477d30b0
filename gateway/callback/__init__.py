"""Whom an office calls back, and the notices that tell them: each once, at a decent hour, nothing private in them."""

from gateway.callback.content import ContentRefused, check_content
from gateway.callback.delivery import Held, NoticeDelivery, Pass, SendingRules
from gateway.callback.errors import CallbackError, CallbackRefused, CallbackUnknown, ListDamaged, ListTooNew
from gateway.callback.outbox import Outbox
from gateway.callback.phone import PhoneInvalid, masked, normalised_phone
from gateway.callback.purger import CallbackPurger
from gateway.callback.store import CallbackStore
from gateway.callback.templates import NoticeTemplates, TemplateProblem, read_templates
from gateway.callback.values import Callback, Consent, Language, Notice, NoticeState, Occasion, Purpose, Wish

__all__ = [
    "Callback",
    "CallbackError",
    "CallbackPurger",
    "CallbackRefused",
    "CallbackStore",
    "CallbackUnknown",
    "Consent",
    "ContentRefused",
    "Held",
    "Language",
    "ListDamaged",
    "ListTooNew",
    "Notice",
    "NoticeDelivery",
    "NoticeState",
    "NoticeTemplates",
    "Occasion",
    "Outbox",
    "Pass",
    "PhoneInvalid",
    "Purpose",
    "SendingRules",
    "TemplateProblem",
    "Wish",
    "check_content",
    "masked",
    "normalised_phone",
    "read_templates",
]
