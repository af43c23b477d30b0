"""Short messages: what they hold, and the two ways out, a modem at a serial port and a provider on the web."""

from gateway.sms.errors import SmsError, SmsRefused, SmsUnavailable, SmsUncertain
from gateway.sms.http_provider import HttpProvider, HttpProviderSettings
from gateway.sms.modem import Modem, ModemSettings, ModemStatus
from gateway.sms.segments import Coding, Segments, segments_of
from gateway.sms.values import Accepted, Delivery, DeliveryReport, MessageSender, SmsMessage

__all__ = [
    "Accepted",
    "Coding",
    "Delivery",
    "DeliveryReport",
    "HttpProvider",
    "HttpProviderSettings",
    "MessageSender",
    "Modem",
    "ModemSettings",
    "ModemStatus",
    "Segments",
    "SmsError",
    "SmsMessage",
    "SmsRefused",
    "SmsUnavailable",
    "SmsUncertain",
    "segments_of",
]
