"""What a modem's error numbers mean for a message, in words (3GPP TS 27.005 clause 3.2.5, 27.007 clause 9.2)."""

from gateway.sms.errors import SmsError, SmsRefused, SmsUnavailable, SmsUncertain

_CHECK_NUMBER = "Check the number with the person, or call."
_CHECK_SIM = "Look at the SIM card: is it in its place, activated, with credit, and its PIN right?"
_LATER = "It is tried again by itself."
_OPERATOR = "Ask the mobile operator whether the SIM card may send messages."
_CENTRE = "Set the service centre's number on the SIM card with a telephone (`AT+CSCA`)."

# 1 to 127: causes of the network (3GPP TS 24.011 annex E.2); 128 to 255: TP-Failure-Cause (23.040 clause 9.2.3.22);
# 300 and more: of the modem itself.
_CMS: dict[int, tuple[type[SmsError], str, str]] = {
    1: (SmsRefused, "the number is not assigned", _CHECK_NUMBER),
    8: (SmsUnavailable, "the operator bars this SIM card", _OPERATOR),
    10: (SmsUnavailable, "outgoing messages of this SIM card are barred", _OPERATOR),
    21: (SmsUnavailable, "the network rejected the message", "Look at the SIM card's credit."),
    27: (SmsUnavailable, "the telephone is out of service", _LATER),
    28: (SmsUnavailable, "the network does not know this SIM card", _OPERATOR),
    29: (SmsUnavailable, "the network rejected the service", _OPERATOR),
    30: (SmsRefused, "the network does not know the number", _CHECK_NUMBER),
    38: (SmsUnavailable, "the network is out of order", _LATER),
    41: (SmsUnavailable, "the network failed for a moment", _LATER),
    42: (SmsUnavailable, "the network is congested", _LATER),
    47: (SmsUnavailable, "the network has no resources", _LATER),
    50: (SmsUnavailable, "the SIM card has no message service", _OPERATOR),
    69: (SmsUnavailable, "the network has no message service", _OPERATOR),
    95: (SmsRefused, "the message is invalid", "Report this with the gateway's version."),
    96: (SmsRefused, "the message is invalid", "Report this with the gateway's version."),
    192: (SmsUnavailable, "the service centre is busy", _LATER),
    193: (SmsUnavailable, "the SIM card is no subscriber of the service centre", _CENTRE),
    194: (SmsUnavailable, "the service centre failed", _LATER),
    195: (SmsRefused, "the number is invalid", _CHECK_NUMBER),
    196: (SmsRefused, "messages to this number are barred", _CHECK_NUMBER),
    208: (SmsUnavailable, "the SIM card's memory is full", "Delete messages on it."),
    300: (SmsUnavailable, "the modem failed", _LATER),
    301: (SmsUnavailable, "the modem's message service is in use", "Close other programs (ModemManager)."),
    302: (SmsUnavailable, "the modem does not allow it now", _LATER),
    303: (SmsUnavailable, "the modem does not support it", "Use a modem with PDU mode."),
    304: (SmsRefused, "the modem finds the message invalid", "Report this with the gateway's version."),
    310: (SmsUnavailable, "there is no SIM card", _CHECK_SIM),
    311: (SmsUnavailable, "the SIM card wants its PIN", _CHECK_SIM),
    313: (SmsUnavailable, "the SIM card failed", _CHECK_SIM),
    314: (SmsUnavailable, "the SIM card is busy", _LATER),
    315: (SmsUnavailable, "the SIM card is a wrong one", _CHECK_SIM),
    316: (SmsUnavailable, "the SIM card is locked and wants its PUK", "Unlock it in a telephone."),
    320: (SmsUnavailable, "the modem's memory failed", _LATER),
    322: (SmsUnavailable, "the modem's memory is full", "Delete messages in it."),
    330: (SmsUnavailable, "no service centre is known", _CENTRE),
    331: (SmsUnavailable, "there is no network", "Look at the antenna, or move the modem to a window."),
    332: (SmsUncertain, "the network did not answer in time", "Ask the person whether the message came."),
    500: (SmsUncertain, "the modem names no cause", "Ask the person whether the message came."),
}
_CME: dict[int, tuple[str, str]] = {
    3: ("the modem does not allow it now", _LATER),
    4: ("the modem does not support it", "Use another modem."),
    10: ("there is no SIM card", _CHECK_SIM),
    11: ("the SIM card wants its PIN", _CHECK_SIM),
    12: ("the SIM card is locked and wants its PUK", "Unlock it in a telephone."),
    13: ("the SIM card failed", _CHECK_SIM),
    14: ("the SIM card is busy", _LATER),
    15: ("the SIM card is a wrong one", _CHECK_SIM),
    16: ("the PIN is wrong", _CHECK_SIM),
    17: ("the SIM card wants its PIN2", _CHECK_SIM),
    18: ("the SIM card is locked and wants its PUK2", "Unlock it in a telephone."),
    20: ("the modem's memory is full", "Delete messages in it."),
    30: ("there is no network", "Look at the antenna, or move the modem to a window."),
    31: ("the network did not answer in time", _LATER),
    32: ("the network allows emergency calls alone", _OPERATOR),
}


def message_error(number: int) -> SmsError:
    """What `+CMS ERROR` says of a message that was handed over."""
    kind, cause, remedy = _CMS.get(number, (None, "", ""))
    if kind is not None:
        return kind(f"The modem could not send the message: {cause} (CMS {number}).", remedy)
    if number < 128:
        # The network said no: whatever its number means, the message did not go.
        return SmsUnavailable(f"The network did not take the message (CMS {number}).", _LATER)
    if number < 300:
        return SmsRefused(f"The service centre did not take the message (CMS {number}).", _CHECK_NUMBER)
    # 512 and more are the manufacturer's own: nobody knows.
    return SmsUncertain(
        f"The modem says an error of its maker's own (CMS {number}).", "Ask the person whether the message came."
    )


def modem_error(name: str, number: int | None) -> SmsUnavailable:
    """What an error on a command says that handed nothing over.

    Parameters
    ----------
    name : str
        `CMS`, `CME` or empty, for a plain `ERROR`.
    number : int or None
    """
    if name == "CME" and number in _CME:
        cause, remedy = _CME[number]
        return SmsUnavailable(f"The modem cannot be used: {cause} (CME {number}).", remedy)
    if name == "CMS" and number in _CMS:
        _, cause, remedy = _CMS[number]
        return SmsUnavailable(f"The modem cannot be used: {cause} (CMS {number}).", remedy)
    which = f" ({name} {number})" if name else ""
    return SmsUnavailable(f"The modem answered with an error{which}.", "It is tried again; else restart the modem.")
