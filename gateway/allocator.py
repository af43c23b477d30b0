"""How the C library hands memory back: images come and go, and what they leave free must not pile up."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # <malloc.h> of glibc
_LARGE_BYTES = 1024 * 1024
"""Arrays of this size and more are given back when they are freed. Smaller ones come and go with every frame of a
preview, and a page of memory that is new costs the system more than most of what is computed in it: at 128 KiB an eye's
preview at 30 frames/s took 72 % of a core, at 1 MiB 27 %. glibc would raise it by itself, to 32 MiB."""
_KEPT_BYTES = 8 * 1024 * 1024
"""So much may lie free at the end of the heap, for the next frame."""


def keep_memory_low() -> bool:
    """Have large blocks returned to the system as soon as they are free; False where the C library is not glibc.

    Each device's thread and each thread of the pool otherwise keeps an arena of its own, in which the images of
    captures leave holes: 25 MB more after 1,000 captures, of which none was in use.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_M_ARENA_MAX, 2), (_M_MMAP_THRESHOLD, _LARGE_BYTES), (_M_TRIM_THRESHOLD, _KEPT_BYTES))
    return bool(sum(mallopt(name, value) for name, value in settings) == len(settings))


def give_memory_back() -> None:
    """Return every free page to the system, those between blocks in use too; nothing where the C library is not glibc.

    Takes a millisecond or two, in which threads that allocate wait.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return
    trim(0)
