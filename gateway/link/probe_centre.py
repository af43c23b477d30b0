"""How the centre says it does, asked by the way out itself."""

import asyncio
import time

import structlog

from gateway.centre import CentreBusy, CentreCondition, CentreUnreachable, UnreachableCause, WayOutError
from gateway.link.evidence import AskCentre, CentreSeen

log = structlog.get_logger(__name__)


async def probe_centre(ask: AskCentre, timeout_s: float) -> CentreSeen:
    """Ask once, for `timeout_s` at most; whatever goes wrong is what was seen.

    Parameters
    ----------
    ask : callable
        `WayOut.centre`.
    timeout_s : float
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(timeout_s):
            state = await ask()
    except TimeoutError:
        return CentreSeen(None, None, UnreachableCause.TIMEOUT, f"no answer within {timeout_s:g} s")
    except CentreBusy as error:
        took_s = time.monotonic() - began
        return CentreSeen(CentreCondition.BUSY, took_s, detail=error.detail, retry_after_s=error.retry_after_s)
    except CentreUnreachable as error:
        return CentreSeen(None, None, error.cause, error.detail)
    except WayOutError as error:
        return CentreSeen(None, None, UnreachableCause.OTHER, str(error))
    except Exception:
        # A bug of the way out must not end the watch: an office would never learn that the centre is back.
        log.exception("centre_not_asked")
        return CentreSeen(None, None, UnreachableCause.OTHER, "a fault inside the gateway; its log has the details")
    return CentreSeen(
        state.condition,
        time.monotonic() - began,
        retry_after_s=state.retry_after_s,
        centre_id=state.centre_id,
        announcements=state.announcements,
        silent=state.centre_is_silent,
    )
