"""Tasks end, whatever they make of being asked."""

import asyncio

import pytest

from gateway import task_end
from gateway.task_end import end_tasks


async def test_one_that_loses_the_first_cancellation_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_end, "ASKED_EVERY_S", 0.02)
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await end_tasks([task])
    assert task.cancelled()
    assert lost == 3


async def test_what_one_needs_to_end_in_order_is_not_cut_short() -> None:
    ended = False

    async def orderly() -> None:
        nonlocal ended
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.1)
            ended = True

    task = asyncio.create_task(orderly())
    await asyncio.sleep(0)
    await end_tasks([task])
    assert ended


async def test_one_that_failed_is_told_and_keeps_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    async def failing() -> None:
        raise RuntimeError("its own fault")

    tasks = [asyncio.create_task(failing(), name="a watch"), asyncio.create_task(asyncio.sleep(3600))]
    await asyncio.sleep(0)
    await end_tasks(tasks)
    await end_tasks(tasks)
    await end_tasks([])
    assert all(task.done() for task in tasks)
    said = "".join(capsys.readouterr())
    assert "a watch" in said
    assert "its own fault" in said
