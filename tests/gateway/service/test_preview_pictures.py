"""Preview frames are encoded once for all who look, and nobody's leaving takes one from the others."""

import asyncio
import itertools

import cv2
import numpy as np

from gateway.service.preview_pictures import KEPT, PreviewPictures


def frame(level=90):
    rows, columns = np.mgrid[0:48, 0:64]
    return ((rows * 3 + columns * 2 + level) % 256).astype(np.uint8)


async def test_all_who_look_get_the_same_picture():
    pictures = PreviewPictures()
    found = await asyncio.gather(*(pictures.picture("cap-1", 1, frame(), 0) for _ in range(5)))
    assert all(each is found[0] for each in found)
    assert (found[0].width, found[0].height) == (64, 48)
    decoded = cv2.imdecode(np.frombuffer(found[0].jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.abs(decoded.astype(int) - frame()).mean() < 12
    assert await pictures.picture("cap-1", 1, frame(), 0) is found[0]


async def test_another_frame_width_or_capture_is_another_picture():
    pictures = PreviewPictures()
    first = await pictures.picture("cap-1", 1, frame(), 0)
    narrow = await pictures.picture("cap-1", 1, frame(), 32)
    assert (narrow.width, narrow.height) == (32, 24)
    newer, other = await asyncio.gather(
        pictures.picture("cap-1", 2, frame(10), 0), pictures.picture("cap-2", 1, frame(50), 0)
    )
    assert len({each.jpeg for each in (first, narrow, newer, other)}) == 4


async def test_a_slow_one_who_has_an_older_frame_does_not_put_it_in_the_newers_place():
    pictures = PreviewPictures()
    newer = await pictures.picture("cap-1", 7, frame(10), 0)
    older = await pictures.picture("cap-1", 6, frame(200), 0)
    assert older.jpeg != newer.jpeg
    assert await pictures.picture("cap-1", 7, frame(10), 0) is newer


async def test_who_leaves_takes_it_from_nobody():
    pictures = PreviewPictures()
    leaving, staying = (asyncio.create_task(pictures.picture("cap-1", 1, frame(), 0)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).width == 64
    await asyncio.wait([leaving])
    assert leaving.cancelled()


async def test_what_is_kept_is_bounded():
    pictures = PreviewPictures()
    for number in itertools.islice(itertools.count(), 5 * KEPT):
        await pictures.picture(f"cap-{number}", 1, frame(), 0)
    assert len(pictures._newest) == KEPT
