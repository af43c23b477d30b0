"""A card that says what a published example says, and nothing to anything else."""

from drivers import CommandApdu, ResponseApdu
from drivers.cards.apdu import decode_response


class ScriptedCard:
    """Exchanges in hexadecimal, command and response, in their order."""

    def __init__(self, *exchanges: tuple[str, str]) -> None:
        self._exchanges = [(bytes.fromhex(command), bytes.fromhex(response)) for command, response in exchanges]
        self.left = len(exchanges)

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        due, response = self._exchanges[len(self._exchanges) - self.left]
        assert command.encode().hex() == due.hex()
        self.left -= 1
        return decode_response(response)


def one_after_another(*values: str):
    """Gives these bytes in place of random ones."""
    left = iter(values)

    def give(length: int) -> bytes:
        value = bytes.fromhex(next(left))
        assert len(value) == length
        return value

    return give
