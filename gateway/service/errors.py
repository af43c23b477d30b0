"""What only the service itself can find wrong with a request."""


class NotFoundError(Exception):
    """No object of that name; `kind` says what was looked for."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} {name!r}")
        self.kind = kind
        self.name = name


class BadArgumentError(ValueError):
    """A field has a value that cannot be used; the message says why and what would do."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.violations = ((field, description),)


class InvalidRequestError(ValueError):
    """The request breaks rules of its message, or is no message at all."""

    def __init__(self, violations: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{field}: {text}" if field else text for field, text in violations))
        self.violations = violations


class LeaseRequiredError(Exception):
    """The lease named does not cover the device."""


class DeviceNotReadyError(Exception):
    """The device is attached, but cannot serve now."""

    def __init__(self, device_id: str, detail: str) -> None:
        super().__init__(f"{device_id}: {detail}")
        self.device_id = device_id


class RoleDeniedError(Exception):
    """The caller lacks the role."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"this needs the role {needed}")
        self.needed = needed


class ClockUntrustedError(Exception):
    """What goes by age cannot be done: nobody knows how late it is."""


class OriginDeniedError(Exception):
    """The page's origin may not do this."""


class PairingRequiredError(Exception):
    """The page has no token, or one that is not its own or no longer good."""


class TooManyRequestsError(Exception):
    """The page asks too often, or too much at once."""

    def __init__(self, retry_s: float) -> None:
        super().__init__(f"too many requests; wait {retry_s:.1f} s")
        self.retry_s = retry_s


class SlowReaderError(Exception):
    """The stream's reader is too far behind to get every event."""


class TooManyTriesError(Exception):
    """Wrong codes were tried too often; wait."""

    def __init__(self, retry_s: float) -> None:
        super().__init__(f"too many tries; wait {retry_s:.0f} s")
        self.retry_s = retry_s


class UploadOutOfStepError(Exception):
    """Another part of the file is due; `received` bytes of it are here."""

    def __init__(self, received: int) -> None:
        super().__init__(f"the part from byte {received} on is due")
        self.received = received


class StoppingError(Exception):
    """The gateway ends; what was watched goes on when it is back."""


class TemplatesUnusableError(Exception):
    """A file of words that the office edits cannot be used; the message says what is wrong with it."""


class NotSealedError(Exception):
    """An enrolment of which there is no slip yet."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not sealed")
        self.name = name
