"""Logs for people and machines: devices, sizes, timings, status words; never what was captured, nor of whom."""

import contextlib
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

MAX_VALUE = 500
"""Characters of one value; more is not a status word but data that has no place here."""


def configure_logs(*, json_lines: bool) -> None:
    """Send everything to standard error, as JSON lines or for a terminal."""
    renderer: Any = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_payloads,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Lines(structlog.PrintLogger):
    """Writes lines; where nobody reads them any more, the gateway's work goes on without."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


_DATA = (
    (re.compile(r"(?<![0-9A-Za-z])[0-9]{16}(?![0-9A-Za-z])"), "<16 digits>"),
    (re.compile(r"(?:[0-9]{1,3}[],\[\s]+){8,}"), "<numbers> "),
    (re.compile(r"(?:(?:\\x[0-9a-f]{2}|\\[nrt\\'])[^\\]{0,12}){4,}"), "<bytes>"),
    (re.compile(r"(?:[0-9A-Fa-f]{2} ){8,}"), "<bytes> "),
    # A digest in hexadecimal has 64 characters, a key's thumbprint fewer.
    (re.compile(r"[A-Za-z0-9+/_=-]{65,}"), "<data>"),
)
"""What an exception of somebody's code may carry in its message: a NIK, pixels, a record."""
_STRANGE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\xff]")
_MOST_STRANGE = 8


def _without_data(line: str) -> str:
    if line.lstrip().startswith('File "'):
        return line  # of a traceback
    for form, name in _DATA:
        line = form.sub(name, line)
    return "<bytes>" if len(_STRANGE.findall(line)) > _MOST_STRANGE else line


def without_payloads(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace bytes, arrays and overlong texts by their kind and size, and what looks like data in a traceback.

    The last line of defence: whoever writes a log line must not hand these over in the first place.
    """
    for key, value in event.items():
        if isinstance(value, str):
            if key == "exception":
                value = "\n".join(_without_data(line) for line in value.split("\n"))
                event[key] = value
            limit = MAX_VALUE * 20 if key == "exception" else MAX_VALUE
            if len(value) > limit:
                event[key] = f"{value[:limit]}… ({len(value)} characters)"
        elif value is not None and not isinstance(value, bool | int | float):
            if hasattr(value, "__len__"):
                event[key] = f"<{type(value).__name__} of {len(value)}>"
            else:
                event[key] = str(value)[:MAX_VALUE]
    return event
