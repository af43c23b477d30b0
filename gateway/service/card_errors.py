"""What stands between a desk and its card, beside what the rooms of cards say themselves."""


class CardServiceError(Exception):
    """A card cannot be made, read or handed over as asked.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class CardProfileUnknown(CardServiceError, LookupError):
    """No profile of this name, or of this version of it, is here."""


class CardProfileUnfit(CardServiceError):
    """A profile in the office's folder cannot be used."""


class NotPrintReady(CardServiceError):
    """The centre has not said that this person is the only one of their kind.

    Parameters
    ----------
    status : str
        Where the enrolment stands.
    """

    def __init__(self, cause: str, remedy: str, status: str) -> None:
        super().__init__(cause, remedy)
        self.status = status


class EnrolmentHasCard(CardServiceError):
    """The person of this enrolment has a card, or a job that will make one.

    Parameters
    ----------
    job_id : str
    """

    def __init__(self, cause: str, remedy: str, job_id: str) -> None:
        super().__init__(cause, remedy)
        self.job_id = job_id


class BiodataOfAnother(CardServiceError):
    """The biodata name another person than the enrolment does."""


class SealKeyChanged(CardServiceError):
    """The gateway's key was changed since the job was taken, and the card would hold another's certificate."""


class CaptureNotForHolder(CardServiceError):
    """A capture cannot stand for the live finger of a hand-over."""


class NoHolderRule(CardServiceError):
    """The profile of this card names no templates that a holder could be checked against."""


class NoFingerSeen(CardServiceError):
    """No finger came in the time given; no try was taken."""


class CardNotGenuine(CardServiceError):
    """What stands on the card is not what its issuer signed.

    Parameters
    ----------
    failures : tuple of str
        Each by name.
    """

    def __init__(self, failures: tuple[str, ...]) -> None:
        super().__init__(
            f"The card is not what its issuer signed: {'; '.join(failures)}.",
            "Do not hand it over, nor take it for proof; keep it and tell the issuer.",
        )
        self.failures = failures
