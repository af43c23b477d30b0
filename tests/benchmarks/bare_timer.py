"""How late a timer of an event loop fires that has nothing else to do: what the machine itself adds to every stall.

Run as `python -m tests.benchmarks.bare_timer`; it ends with its standard input and prints the largest, in seconds.
"""

import asyncio
import sys

from gateway.upkeep import STALL_PERIOD_S


async def largest_delay_s() -> float:
    """Watch the timer until standard input is closed."""
    loop = asyncio.get_running_loop()
    closed = loop.run_in_executor(None, sys.stdin.read)
    largest = 0.0
    while not closed.done():
        due = loop.time() + STALL_PERIOD_S
        await asyncio.sleep(STALL_PERIOD_S)
        largest = max(largest, loop.time() - due)
    return largest


if __name__ == "__main__":
    print(asyncio.run(largest_delay_s()))
