"""What can go wrong with the audit trail, named after what happened, with the remedy."""

from gateway.spool.errors import SpoolCorrupt, SpoolError, SpoolFull


class AuditError(Exception):
    """The audit trail did not do what it was asked.

    Parameters
    ----------
    cause, remedy : str
        In plain words; the message is both.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(f"{cause} {remedy}")
        self.cause = cause
        self.remedy = remedy


class AuditFull(AuditError):
    """The disk has no room for an entry; how many are missing is kept, and written once there is room."""


class AuditUnwritable(AuditError):
    """The operating system does not let us write, or the trail is closed."""


class AuditCorrupt(AuditError):
    """What is read back is not what was written."""


class AuditTooNew(AuditError):
    """A newer version made the file; nothing was touched."""


class AuditBehind(AuditError):
    """More entries wait for the disk than are kept in memory; how many are missing is kept."""


class AuditFieldError(ValueError):
    """A value may not stand in an entry, or bytes are no entry; the message names the field, never the value."""


def of_spool(error: SpoolError, name: str) -> AuditError:
    """The error of the audit file `name` that one of SQLite's, as the spool tells them apart, stands for."""
    if isinstance(error, SpoolFull):
        return AuditFull(
            "The disk that holds the audit trail is full.",
            "Free space on it. Captures go on; entries that are missing are counted in the trail once there is room.",
        )
    if isinstance(error, SpoolCorrupt):
        return corrupt(name, str(error.__cause__ or error.cause))
    return unwritable(name, str(error.__cause__ or error.cause))


def unwritable(name: str, why: str) -> AuditUnwritable:
    """The audit file `name` cannot be used."""
    return AuditUnwritable(
        f"The audit file {name} cannot be written: {why}.",
        "Give the gateway's user the right to write into its state folder, on a disk that is not mounted read-only.",
    )


def corrupt(name: str, why: str) -> AuditCorrupt:
    """The audit file `name` does not hold what was written into it."""
    return AuditCorrupt(f"The audit file {name} is damaged: {why}.", "Check the disk, and keep the file.")
