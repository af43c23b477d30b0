"""A synthetic card writer into which another blank is put."""

from threading import Event

from drivers import CommandApdu, TakesBlanks
from drivers.cards.pcsc_iso7816 import PcscCardWriter
from drivers.cards.synthetic import SyntheticCardWriter

GET_SERIAL = CommandApdu(0x00, 0xCA, 0x01, 0x01, ne=256)


def serial(writer: SyntheticCardWriter) -> bytes:
    writer.await_card(1.0, Event())
    return writer.transmit(GET_SERIAL).data


def test_each_blank_is_another_card_of_the_same_kind():
    with SyntheticCardWriter(card_delay_s=0.0, capacity=4096, secure_channel=True, pin="4711") as writer:
        assert isinstance(writer, TakesBlanks)
        serials = {serial(writer)}
        for _ in range(3):
            first = writer.inserted
            writer.insert_blank()
            assert writer.card is None  # the one before was taken away
            assert writer.inserted is not first
            assert writer.inserted.options.channel is first.options.channel
            assert (writer.inserted.options.capacity, writer.inserted.options.pin) == (4096, b"4711")
            serials.add(serial(writer))
    assert len(serials) == 4


def test_no_real_reader_takes_drawn_blanks():
    assert not issubclass(PcscCardWriter, TakesBlanks)
