"""How sending a message fails, by what that says of the message: refused, not sent, or nobody knows."""


class SmsError(Exception):
    """A message was not taken, or not surely.

    Parameters
    ----------
    cause, remedy : str
        In plain words, without the number and the text; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class SmsRefused(SmsError):
    """It was not sent, and never will be as it stands: the number or the message is wrong."""


class SmsUnavailable(SmsError):
    """It was surely not sent; it can be tried again.

    Parameters
    ----------
    cause, remedy : str
    retry_s : float, optional
        Seconds that whoever refused asked us to wait.
    """

    def __init__(self, cause: str, remedy: str, retry_s: float | None = None) -> None:
        super().__init__(cause, remedy)
        self.retry_s = retry_s


class SmsUncertain(SmsError):
    """It was handed over, wholly or in part, and nobody said what became of it: it may have arrived."""
