"""A log of events is bounded, can be read again, and holds nobody up."""

import asyncio

import pytest

from gateway.events import EventLog, FellBehindError

LONG = 3600.0


async def read(log: EventLog[str], from_seq: int = 0) -> list[tuple[int, str]]:
    return [(event.seq, event.payload) async for event in log.follow(from_seq, LONG) if event is not None]


async def test_every_reader_gets_every_event_in_order():
    log: EventLog[str] = EventLog(100)
    readers = [asyncio.create_task(read(log)) for _ in range(3)]
    for word in ("one", "two"):
        log.append(word)
        await asyncio.sleep(0)
    late = asyncio.create_task(read(log))
    log.append("three")
    log.close()
    expected = [(1, "one"), (2, "two"), (3, "three")]
    assert [await reader for reader in (*readers, late)] == [expected] * 4


async def test_a_reader_resumes_anywhere_and_never_beyond_the_end():
    log: EventLog[int] = EventLog(100)
    for number in range(1, 11):
        log.append(number)
    reading = asyncio.create_task(read(log, 99))  # of another run, perhaps: it gets what comes from now on
    await asyncio.sleep(0)
    log.append(11)
    log.close()
    assert await reading == [(11, 11)]
    for from_seq in range(11):
        assert [seq for seq, _ in await read(log, from_seq)] == list(range(from_seq + 1, 12))


async def test_a_reader_that_fell_behind_is_told_and_not_given_a_gap():
    log: EventLog[int] = EventLog(5)
    following = log.follow(0, LONG)
    log.append(1)
    event = await anext(following)
    assert event is not None
    assert event.seq == 1
    for number in range(2, 8):
        log.append(number)
    with pytest.raises(FellBehindError) as error:
        await anext(following)
    assert (error.value.wanted, error.value.oldest) == (2, 3)
    with pytest.raises(FellBehindError):
        await read(log)
    log.close()
    assert [seq for seq, _ in await read(log, 2)] == [3, 4, 5, 6, 7]


async def test_a_quiet_log_beats_and_the_beats_take_no_number():
    log: EventLog[int] = EventLog(5)
    following = log.follow(0, 0.001)
    assert [await anext(following) for _ in range(3)] == [None] * 3
    log.append(1)
    event = await anext(following)
    assert event is not None
    assert event.seq == 1


async def test_events_that_a_reader_does_not_want_do_not_silence_its_heart():
    log: EventLog[str] = EventLog(10_000)
    following = log.follow(0, 0.02, lambda payload: payload == "mine")

    async def others() -> None:
        while True:
            log.append("another's")
            await asyncio.sleep(0.001)

    busy = asyncio.create_task(others())
    try:
        assert await anext(following) is None
        log.append("mine")
        event = await anext(following)
        while event is None:
            event = await anext(following)
        assert event.payload == "mine"
    finally:
        busy.cancel()


async def test_the_end_comes_after_what_was_said():
    log: EventLog[int] = EventLog(5)
    log.append(1)
    log.close()
    assert await read(log) == [(1, 1)]
    assert await read(log, 1) == []


async def test_times_do_not_run_backwards():
    log: EventLog[int] = EventLog(100)
    for number in range(50):
        log.append(number)
    log.close()
    times = [event.time.since_boot_s async for event in log.follow(0, LONG) if event is not None]
    assert times == sorted(times)
