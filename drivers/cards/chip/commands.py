"""The commands of a chip, one function each (ISO/IEC 7816-4:2013, clause 11; file management 7816-9:2017)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.cards.apdu import MAX_EXTENDED_NE, MAX_SHORT_NE, CommandApdu
from drivers.cards.chip.finger_references import INFORMATION, INFORMATION_GROUP
from drivers.cards.chip.header import FileHeader, FileKind, LifeCycle, header_from
from drivers.cards.chip.keyed_checksums import PIN as MODULE_PIN
from drivers.cards.chip.refusal import Refused
from drivers.cards.chip.session import Session

if TYPE_CHECKING:
    from drivers.cards.chip.smart_card import SmartCard

CHALLENGE = 8


@dataclass(frozen=True, repr=False)
class Answer:
    """What a command gives, before the transport cuts it to the length asked."""

    data: bytes = b""
    sw: int = 0x9000


Handler = Callable[["SmartCard", Session, CommandApdu], Answer]
_DONE = Answer()


def _select(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    if command.p2 & ~0x0F:
        raise Refused(0x6A86)
    header = session.find(command.p1, command.data, command.p2 & 0x03)
    session.enter(header)
    parameters = header.control_parameters()
    template = {0x00: 0x6F, 0x04: 0x62, 0x08: 0x64, 0x0C: None}[command.p2 & 0x0C]
    data = b"" if template is None else bytes((template, len(parameters))) + parameters
    warning = {LifeCycle.DEACTIVATED: 0x6283, LifeCycle.TERMINATED: 0x6285}.get(header.life, 0x9000)
    return Answer(data, warning)


def _place(session: Session, command: CommandApdu) -> tuple[FileHeader, int]:
    """The transparent file and the offset that P1 and P2 name."""
    if command.p1 & 0x80:
        if command.p1 & 0x60:
            raise Refused(0x6A86)
        header, offset = session.elementary(command.p1 & 0x1F), command.p2
    else:
        header, offset = session.elementary(0), command.p1 << 8 | command.p2
    if header.kind is not FileKind.TRANSPARENT:
        raise Refused(0x6981)
    return header, offset


def _read_binary(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    header, offset = _place(session, command)
    session.allow(header, "read")
    if command.data:
        raise Refused(0x6700)
    if offset >= header.size:
        raise Refused(0x6B00)
    # The file is read on by the next READ, not by GET RESPONSE.
    data = session.files.read(header)[offset:][: command.ne or MAX_SHORT_NE]
    all_there_is = command.ne in (0, MAX_SHORT_NE, MAX_EXTENDED_NE)
    return Answer(data, 0x9000 if all_there_is or len(data) == command.ne else 0x6282)


def _update_binary(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    return _put_binary(session, command, "update")


def _write_binary(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    return _put_binary(session, command, "write")


def _put_binary(session: Session, command: CommandApdu, operation: str) -> Answer:
    header, offset = _place(session, command)
    session.allow(header, operation)
    if not command.data:
        raise Refused(0x6700)
    if offset >= header.size:
        raise Refused(0x6B00)
    if offset + len(command.data) > header.size:
        raise Refused(0x6A84)
    data = command.data
    if operation == "write":  # sets bits, as the data coding byte 41 says
        data = _joined(session.files.read(header)[offset : offset + len(data)], data)
    session.files.write(header, offset, data)
    return _DONE


def _joined(old: bytes, new: bytes) -> bytes:
    return bytes(a | b for a, b in zip(old, new, strict=True))


def _record_file(session: Session, command: CommandApdu, operation: str) -> FileHeader:
    header = session.elementary(command.p2 >> 3)
    if header.kind in (FileKind.TRANSPARENT, FileKind.DEDICATED):
        raise Refused(0x6981)
    session.allow(header, operation)
    return header


def _record_index(session: Session, command: CommandApdu, count: int) -> int:
    """The record, from 0, that P1 and the low bits of P2 name; it becomes current where it is not named by number."""
    how = command.p2 & 7
    if how == 4:
        number = command.p1 or session.record
    elif how < 4 and command.p1 == 0:
        unset = session.record == 0
        forward = 1 if unset else session.record + 1
        backward = count if unset else session.record - 1
        number = (1, count, forward, backward)[how]
    else:
        raise Refused(0x6A86)
    if not 1 <= number <= count:
        raise Refused(0x6A83)
    if how < 4:
        session.record = number
    return number - 1


def _read_record(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    header = _record_file(session, command, "read")
    records = session.files.records(header)
    if command.p2 & 7 == 5:  # this record and all after it
        if not 1 <= command.p1 <= len(records):
            raise Refused(0x6A83)
        return Answer(b"".join(records[command.p1 - 1 :]))
    record = records[_record_index(session, command, len(records))]
    short = command.ne not in (0, MAX_SHORT_NE, MAX_EXTENDED_NE) and command.ne > len(record)
    # A record is read from its start: what was not asked of it is not kept for GET RESPONSE.
    return Answer(record[: command.ne or MAX_SHORT_NE], 0x6282 if short else 0x9000)


def _update_record(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    header = _record_file(session, command, "update")
    _check_record(header, command.data)
    if header.kind is FileKind.CYCLIC and command.p2 & 7 == 3 and command.p1 == 0:
        session.files.append_record(header, command.data)  # "previous" of a cyclic file is its oldest
        session.record = 1
        return _DONE
    index = _record_index(session, command, len(session.files.records(header)))
    session.files.write_record(header, index, command.data)
    return _DONE


def _write_record(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    header = _record_file(session, command, "write")
    records = session.files.records(header)
    index = _record_index(session, command, len(records))
    if len(command.data) != len(records[index]):
        raise Refused(0x6700)
    session.files.write_record(header, index, _joined(records[index], command.data))
    return _DONE


def _append_record(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    if command.p1 or command.p2 & 7:
        raise Refused(0x6A86)
    header = _record_file(session, command, "write")
    _check_record(header, command.data)
    session.files.append_record(header, command.data)
    session.record = 1 if header.kind is FileKind.CYCLIC else len(session.files.records(header))
    return _DONE


def _check_record(header: FileHeader, record: bytes) -> None:
    variable = header.kind is FileKind.LINEAR_VARIABLE
    fits = 1 <= len(record) <= header.record_length if variable else len(record) == header.record_length
    if not fits:
        raise Refused(0x6700)


def _verify(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    reference = _pin_reference(command)
    if command.p1 == 0xFF and not command.data:
        session.pins.unverify(reference)
        return _DONE
    if command.p1:
        raise Refused(0x6A86)
    if not command.data:
        return Answer(sw=session.pins.status(reference))
    session.pins.verify(reference, command.data)
    return _DONE


def _verify_finger(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    """VERIFY with the odd instruction: its data are data objects (7816-4:2013, 11.5.6; 7816-11)."""
    if not card.fingers.known:
        raise Refused(0x6D00)
    if command.p1:
        raise Refused(0x6A86)
    number = _pin_reference(command)
    if not command.data:
        return Answer(sw=card.fingers.status(number))
    card.fingers.verify(number, command.data)
    return _DONE


def _change_reference_data(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    reference = _pin_reference(command)
    if command.p1 == 0x00:
        session.pins.change(reference, command.data)
    elif command.p1 == 0x01:
        session.pins.replace_verified(reference, command.data)
    else:
        raise Refused(0x6A86)
    return _DONE


def _reset_retry_counter(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    if command.p1 not in (0x00, 0x01):
        raise Refused(0x6A86)
    session.pins.unblock(_pin_reference(command), command.data, with_new=command.p1 == 0x00)
    return _DONE


def _pin_reference(command: CommandApdu) -> int:
    """P2: global or specific alike, as all PINs are the card's; none named means PIN 1."""
    if command.p2 & 0x60:
        raise Refused(0x6A86)
    return command.p2 & 0x1F or 1


def _get_challenge(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    if command.p1 or command.p2:
        raise Refused(0x6A86)
    if command.data or not command.ne:
        raise Refused(0x6700)
    all_there_is = command.ne in (MAX_SHORT_NE, MAX_EXTENDED_NE)
    return Answer(card.challenge(CHALLENGE if all_there_is else min(command.ne, MAX_SHORT_NE)))


def _get_data(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    tag = command.p1 << 8 | command.p2
    if tag == 0x0101:
        return Answer(card.serial)
    if tag == 0x0102:
        return Answer(session.files.free.to_bytes(4, "big"))
    if tag == INFORMATION_GROUP:
        return Answer(card.fingers.information())
    if tag == INFORMATION:
        return Answer(card.fingers.first_information())
    raise Refused(0x6A88)


def _put_data(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    """PUT DATA into the current application: a reference finger, in the issuer's time or over the channel."""
    if (command.p1, command.p2) != (0x3F, 0xFF):
        raise Refused(0x6A88)
    personal = session.files.root.life in (LifeCycle.CREATION, LifeCycle.INITIALISATION)
    if not personal and not session.secured:
        raise Refused(0x6982)
    card.fingers.put(command.data)
    return _DONE


def _manage_security_environment(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    _check_module(card, session)
    card.checksums.choose(command)
    return _DONE


def _perform_security_operation(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    _check_module(card, session)
    return Answer(card.checksums.compute(command))


def _check_module(card: "SmartCard", session: Session) -> None:
    if not card.checksums.known:
        raise Refused(0x6D00)
    if not session.pins.verified(MODULE_PIN):
        raise Refused(0x6982)


def _create_file(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    if command.p1 or command.p2:
        raise Refused(0x6A86)
    directory = session.directory
    header = header_from(command.data, session.files.next_number(), directory.number)
    session.allow(directory, "create_df" if header.dedicated else "create_ef")
    session.files.create(header)
    session.enter(header)
    return _DONE


def _delete_file(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    header = _managed(session, command)
    if header.number == session.files.root.number:
        raise Refused(0x6985)
    parent = session.files.header(header.parent)
    session.allow(header, "delete")
    session.allow(parent, "delete_child")
    inside = session.current
    session.files.delete(header)
    if inside.number == header.number or header.dedicated:
        session.enter(parent)
    return _DONE


def _activate_file(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    return _set_life(session, _managed(session, command), "activate", LifeCycle.ACTIVATED)


def _deactivate_file(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    return _set_life(session, _managed(session, command), "deactivate", LifeCycle.DEACTIVATED)


def _terminate_ef(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    header = _managed(session, command)
    if header.dedicated:
        raise Refused(0x6981)
    return _set_life(session, header, "terminate", LifeCycle.TERMINATED)


def _terminate_df(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    header = _managed(session, command)
    if not header.dedicated or header.number == session.files.root.number:
        raise Refused(0x6981)
    return _set_life(session, header, "terminate", LifeCycle.TERMINATED)


def _terminate_card_usage(card: "SmartCard", session: Session, command: CommandApdu) -> Answer:
    if command.p1 or command.p2 or command.data:
        raise Refused(0x6A86)
    return _set_life(session, session.files.root, "terminate", LifeCycle.TERMINATED)


def _managed(session: Session, command: CommandApdu) -> FileHeader:
    """The file that a file management command means: the current one, or a child of the current directory."""
    if command.p1 or command.p2:
        raise Refused(0x6A86)
    if not command.data:
        return session.current
    return session.find(0x00, command.data, 0)


def _set_life(session: Session, header: FileHeader, operation: str, life: LifeCycle) -> Answer:
    session.allow(header, operation)
    session.files.set_life(header, life)
    return _DONE


COMMANDS: Mapping[int, Handler] = MappingProxyType(
    {
        0x04: _deactivate_file,
        0x20: _verify,
        0x21: _verify_finger,
        0x22: _manage_security_environment,
        0x24: _change_reference_data,
        0x2A: _perform_security_operation,
        0x2C: _reset_retry_counter,
        0x44: _activate_file,
        0x84: _get_challenge,
        0xA4: _select,
        0xB0: _read_binary,
        0xB2: _read_record,
        0xCA: _get_data,
        0xD0: _write_binary,
        0xD2: _write_record,
        0xD6: _update_binary,
        0xDB: _put_data,
        0xDC: _update_record,
        0xE0: _create_file,
        0xE2: _append_record,
        0xE4: _delete_file,
        0xE6: _terminate_df,
        0xE8: _terminate_ef,
        0xFE: _terminate_card_usage,
    }
)
