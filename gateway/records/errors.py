"""What can be wrong with a record, and where."""


class RecordError(ValueError):
    """Bytes that are not the record they claim to be.

    Attributes
    ----------
    offset : int
        Byte of the record, from 0, at which the wrong field begins.
    field : str
        The standard's name of that field.
    problem : str
        What was found there and what was expected.
    """

    def __init__(self, offset: int, field: str, problem: str) -> None:
        super().__init__(f"{field} at byte {offset}: {problem}")
        self.offset = offset
        self.field = field
        self.problem = problem


class UnsupportedRecordError(RecordError):
    """A record that may be right, of a kind, edition or coding that is not read here; the message names it."""
