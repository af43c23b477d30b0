"""A capture under way, as the operator sees it on the terminal."""

import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, Self

from gateway.cli import words
from gateway.cli.output import Output, in_words
from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2
    from rich.console import RenderableType
    from rich.live import Live
    from rich.text import Text

_BAR_WIDTH = 28
_CANCELS = LocalizedText(id="Ctrl-C membatalkan", en="Ctrl-C cancels")


class CaptureView(Protocol):
    """What a capture shows on its way."""

    def show_state(self, state: str) -> None:
        """The capture came to a state."""
        ...

    def show_live(self, live: "capture_pb2.LiveQuality") -> None:
        """How the finger on the glass, or the eye or the face before the camera, looks just now."""
        ...

    def show_transfer(self, share: float) -> None:
        """How much of its image a slow device has sent."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


def capture_view(output: Output, subject: words.Subject, timeout_s: float | None, hint: str = "") -> CaptureView:
    """A moving picture where a person looks at a terminal, a line at each change where not."""
    if sys.stderr.isatty():
        return _TerminalView(output, subject, timeout_s, hint)
    return _LineView(output, subject)


@contextmanager
def unechoed() -> Iterator[None]:
    """Keep the terminal from showing what is typed: an echoed Enter would push the picture down by a line."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _is_present(live: "capture_pb2.LiveQuality") -> bool:
    return live.finger_present or live.eye_present or live.face_present


def _remedy(live: "capture_pb2.LiveQuality", subject: words.Subject) -> str:
    """What the person is told to do; empty where all is well, or where the state has said already what is missing."""
    from gateway.cli.documents import localized

    told = live.guidance[0].code if live.guidance else ""
    if told in ("", "no_eye", "no_face") or not (subject.at_camera or live.finger_present):
        return ""
    return in_words(localized(live.guidance[0].remedy))


def _fingers(live: "capture_pb2.LiveQuality") -> "Text":
    """Each finger of a slap, as they lie: its score once it is seen."""
    from rich.text import Text

    from gateway.finger import FingerPosition

    told = []
    for finger in live.fingers:
        name = in_words(words.of_slap(FingerPosition(finger.position)))
        told.append(
            (f"{name} {finger.score if finger.present else '–'}  ", "green" if finger.present else "bright_black")
        )
    return Text.assemble("  ", *told)


class _LineView:
    """A line when something has changed."""

    def __init__(self, output: Output, subject: words.Subject) -> None:
        self._output = output
        self._subject = subject
        self._said = ""

    def show_state(self, state: str) -> None:
        text = self._subject.state(state)
        if text is not None and state != "queued":  # it nearly always lasts a moment only
            self._say(in_words(text))

    def show_live(self, live: "capture_pb2.LiveQuality") -> None:
        remedy = _remedy(live, self._subject)
        if remedy and live.guidance[0].code != "moved":  # the state says so already
            self._say("  " + remedy)

    def show_transfer(self, share: float) -> None:
        tenths = int(share * 10)
        if tenths % 2 == 0:  # a line every fifth of it, not every tenth of a second
            self._say("  " + in_words(words.transferred(tenths * 10)))

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._output.note(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class _TerminalView:
    """State, quality of the preview as a bar, guidance and the time left; gone when the capture is over."""

    def __init__(self, output: Output, subject: words.Subject, timeout_s: float | None, hint: str) -> None:
        self._console = output.live_console()
        self._subject = subject
        self._timeout_s = timeout_s
        self._hint = hint
        self._state = "queued"
        self._began: float | None = None
        self._quality: capture_pb2.LiveQuality | None = None
        self._transferred: float | None = None
        self._live: Live | None = None

    def show_state(self, state: str) -> None:
        if state in ("awaiting_finger", "awaiting_eye", "awaiting_face"):
            self._quality = self._transferred = None
            self._began = self._began or time.monotonic()
        self._state = state

    def show_live(self, live: "capture_pb2.LiveQuality") -> None:
        self._quality = live
        self._transferred = None

    def show_transfer(self, share: float) -> None:
        self._transferred = share

    def __enter__(self) -> Self:
        from rich.live import Live

        self._live = Live(get_renderable=self._picture, console=self._console, transient=True, refresh_per_second=10)
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()

    def _picture(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        lines = [Text(self._headline(), style="bold"), self._bar()]
        if self._quality is not None and self._quality.fingers:
            lines.append(_fingers(self._quality))
        remedy = _remedy(self._quality, self._subject) if self._quality is not None else ""
        if remedy:
            lines.append(Text(f"  {remedy}", style="yellow"))
        elif self._transferred is not None:
            lines.append(Text(f"  {in_words(words.transferred(round(self._transferred * 100)))}", style="cyan"))
        else:
            lines.append(Text(""))
        lines.append(Text(f"  {self._footer()}", style="dim"))
        return Group(*lines)

    def _headline(self) -> str:
        text = self._subject.state(self._state)
        return in_words(text) if text else ""

    def _bar(self) -> "Text":
        from rich.text import Text

        score = self._quality.score if self._quality is not None and _is_present(self._quality) else 0
        full = round(_BAR_WIDTH * score / 100)
        style = "green" if score >= 60 else "yellow" if score >= 40 else "red"
        return Text.assemble("  ", ("━" * full, style), ("━" * (_BAR_WIDTH - full), "bright_black"), f" {score:3d}")

    def _footer(self) -> str:
        parts = [self._hint] if self._hint else []
        parts.append(in_words(_CANCELS))
        if self._timeout_s is not None and self._began is not None:
            left = max(0.0, self._timeout_s - (time.monotonic() - self._began))
            parts.insert(0, f"{left:.0f} s")
        return " · ".join(parts)
