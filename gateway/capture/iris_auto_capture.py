"""When an eye before a live camera is good and still enough to be taken, and which frames were the sharpest so far."""

from collections import Counter, deque
from dataclasses import dataclass
from itertools import chain
from math import hypot

from drivers import IrisFrame
from gateway.capture.judged_eyes import eye_images, shows_other_eye
from gateway.capture.observed_frames import ObservedFrames
from gateway.capture.values import LiveQuality
from gateway.eye import EyePosition
from gateway.guidance import Guidance, GuidanceCode, guidance
from gateway.iris.preview import PreviewQuality, assess_preview


@dataclass(frozen=True)
class IrisAutoCaptureSettings:
    """When frames are taken by themselves."""

    min_clarity: int = 40
    """Fast score, 0 to 100, that a frame must have. Sharp drawn eyes have 84 and more, CASIA1 86, MMU1's small ones 47;
    a lens out of focus by half its depth of field leaves 50."""
    still_frames: int = 3
    """So many frames in a row must be good and still: 100 ms at 30 frames a second."""
    max_displacement: float = 0.06
    """Iris radii that an eye may move between two frames: a third of a millimetre."""
    improve_s: float = 2.0
    """An eye that could be presented better, as the remarks say, is waited for this long; then it is taken. One that
    never looks good is judged in full from then on: the quick look errs on very small pupils and in glaring light."""
    retry_s: float = 0.5
    """Pause between full judgements of frames that looked good but were not."""
    recent_s: float = 1.0
    """What is judged when an eye is taken is not older than this."""
    kept_frames: int = 3
    """So many of the sharpest are judged in full, 20 ms each; the best of these is kept."""


@dataclass(frozen=True)
class EyeLook:
    """One frame as auto-capture sees it."""

    live: LiveQuality
    take: bool


@dataclass(frozen=True, eq=False)
class _Kept:
    clarity: float
    frame: IrisFrame


class IrisAutoCapture:
    """Watches the frames of one attempt.

    Parameters
    ----------
    asked : EyePosition
        Both eyes have to be good at once where both are asked for.
    """

    def __init__(self, settings: IrisAutoCaptureSettings, asked: EyePosition) -> None:
        self._settings = settings
        self._asked = asked
        self.newest: IrisFrame | None = None
        self.remarks: tuple[Guidance, ...] = ()
        """What stands in the way, by the last frames."""
        self.saw_eye = False
        """An eye that was asked for, be it half closed, was there for more than a moment."""
        self.observed = ObservedFrames()
        """What liveness is judged by."""
        self._recent: list[_Kept] = []
        self._sharpest: list[_Kept] = []
        self._places: tuple[PreviewQuality, ...] = ()
        self._present: deque[bool] = deque(maxlen=_STEADY_FRAMES)
        self._seen: deque[tuple[float, bool]] = deque(maxlen=_SURE_FRAMES)
        self._codes: deque[tuple[GuidanceCode, ...]] = deque(maxlen=_STEADY_FRAMES)
        self._judged: tuple[GuidanceCode, ...] = ()
        self._good_frames = 0
        self._first_good_at: float | None = None
        self._first_seen_at: float | None = None
        self._first_told_at: float | None = None
        """When a full judgement first said what no quick look had."""
        self._told: set[GuidanceCode] = set()
        self._not_before = float("-inf")

    def look(self, frame: IrisFrame) -> EyeLook:
        """Judge the next frame of the stream.

        Raises
        ------
        OneEyeCameraError
            As `eye_images`.
        """
        previews = tuple(assess_preview(image.pixels) for image in eye_images(frame, self._asked))
        wrong = shows_other_eye(frame, self._asked)
        present = all(preview.eye_present for preview in previews)
        clarity = min(preview.clarity for preview in previews)
        still = present and self._is_still(previews)
        self.newest, self._places = frame, previews
        seen = not wrong and any(map(_shows_eye, previews))
        if seen:
            self._keep(_Kept(clarity, frame))
            self.observed.see(frame)
        good = present and not wrong and clarity >= self._settings.min_clarity
        if good and self._first_good_at is None:
            self._first_good_at = frame.captured_at
        self._good_frames = self._good_frames + 1 if good and still else 0
        codes = self._codes_of(previews, wrong=wrong, still=still)
        self._present.append(present and not wrong)
        self._seen.append((frame.captured_at, seen))
        self.saw_eye = self.saw_eye or self._surely_seen()
        self._codes.append(tuple(codes))
        self.remarks = self._steady_remarks(frame.captured_at)
        self._told.update(remark.code for remark in self.remarks)
        take = frame.captured_at >= self._not_before and (
            (self._good_frames >= self._settings.still_frames and not self._waits_for(codes, frame.captured_at))
            or (seen and all(map(_shows_eye, previews)) and self._is_doubtful(frame.captured_at))
        )
        live = LiveQuality(score=round(clarity), still=still, guidance=self.remarks, eye_present=_mostly(self._present))
        return EyeLook(live, take)

    def recent(self) -> tuple[IrisFrame, ...]:
        """The sharpest frames of the last second that were not judged yet."""
        return tuple(kept.frame for kept in self._recent)

    def sharpest(self) -> tuple[IrisFrame, ...]:
        """The sharpest frames of all that were not judged yet."""
        return tuple(kept.frame for kept in self._sharpest)

    def refuse(self, frames: tuple[IrisFrame, ...], remarks: tuple[Guidance, ...], at: float) -> None:
        """These were judged and are not enough: wait a little before others are, and say why."""
        self._recent = [kept for kept in self._recent if kept.frame not in frames]
        self._sharpest = [kept for kept in self._sharpest if kept.frame not in frames]
        self._judged = tuple(remark.code for remark in remarks)
        self._not_before = at + self._settings.retry_s

    def could_be_better(self, remarks: tuple[Guidance, ...], at: float) -> bool:
        """Whether to wait still for what the person can mend, though the eye is good enough.

        Where nothing was told of an eye that looked good, the first judgement begins the time anew: on a machine that
        is slow to it the time from the first good frame would be over before the person hears of anything.
        """
        codes = [remark.code for remark in remarks]
        late = self._first_good_at is not None and _MENDED_AT_ONCE.isdisjoint(self._told)
        if late and self._first_told_at is None and not _MENDED_AT_ONCE.isdisjoint(codes):
            self._first_told_at = at
        return self._waits_for(codes, at, self._first_told_at)

    def _waits_for(self, codes: list[GuidanceCode], at: float, told_at: float | None = None) -> bool:
        began_at = self._first_seen_at if self._first_good_at is None else self._first_good_at
        began_at = began_at if told_at is None else told_at
        waited_s = 0.0 if began_at is None else at - began_at
        return waited_s < self._settings.improve_s and not _MENDED_AT_ONCE.isdisjoint(codes)

    def _surely_seen(self) -> bool:
        """Whether two thirds of the last frames show an eye; where frames come slowly, of those of half a second."""
        seen = sum(each for _, each in self._seen)
        slow = len(self._seen) >= _FEW_FRAMES and self._seen[-1][0] - self._seen[0][0] >= _SURE_S
        return 3 * seen >= 2 * (len(self._seen) if slow else _SURE_FRAMES)

    def _is_doubtful(self, at: float) -> bool:
        """Whether an eye has been there for so long without looking good that the quick look may be wrong."""
        if self._first_seen_at is None:
            self._first_seen_at = at
        return at - self._first_seen_at >= self._settings.improve_s

    def _is_still(self, previews: tuple[PreviewQuality, ...]) -> bool:
        """Against the frame before."""
        if len(self._places) != len(previews):
            return False
        return all(
            before.eye_present
            and hypot(now.centre[0] - before.centre[0], now.centre[1] - before.centre[1])
            <= self._settings.max_displacement * now.iris_radius
            for before, now in zip(self._places, previews, strict=True)
        )

    def _keep(self, kept: _Kept) -> None:
        now = kept.frame.captured_at
        young = [each for each in self._recent if now - each.frame.captured_at <= self._settings.recent_s]
        self._recent = self._best_of([kept, *young])
        self._sharpest = self._best_of([kept, *self._sharpest])

    def _best_of(self, frames: list[_Kept]) -> list[_Kept]:
        return sorted(frames, key=lambda each: each.clarity, reverse=True)[: self._settings.kept_frames]

    def _codes_of(self, previews: tuple[PreviewQuality, ...], *, wrong: bool, still: bool) -> list[GuidanceCode]:
        if wrong:
            return [GuidanceCode.WRONG_EYE]
        codes = [remark.code for preview in previews for remark in preview.guidance]
        if GuidanceCode.EYE_TOO_DARK in codes and not any(preview.eye_present for preview in previews):
            codes.insert(0, GuidanceCode.NO_EYE)  # a place where nobody is may well be dark
        if not codes and not still and self._codes:  # the first frame has none before it
            codes = [GuidanceCode.EYE_MOVED]
        return list(dict.fromkeys(codes))

    def _steady_remarks(self, at: float) -> tuple[Guidance, ...]:
        """What most of the last frames say; remarks that flicker cannot be followed.

        Where these say nothing, what a full judgement a moment ago said, e.g. that the eye looks aside.
        """
        said = Counter(chain.from_iterable(self._codes))
        latest = dict.fromkeys(chain.from_iterable(reversed(self._codes)))
        steady = [code for code in latest if 2 * said[code] > len(self._codes)]
        if not steady and _mostly(self._present) and at < self._not_before + _JUDGED_SHOWN_S:
            steady = [code for code in self._judged if code in _MENDED_AT_ONCE]
        return tuple(map(guidance, steady))


def _shows_eye(preview: PreviewQuality) -> bool:
    """Whether there is one, or the slit of one."""
    return preview.eye_present or any(remark.code is GuidanceCode.OPEN_WIDER for remark in preview.guidance)


def _mostly(present: deque[bool]) -> bool:
    return 2 * sum(present) > len(present)


_STEADY_FRAMES = 5
_SURE_FRAMES = 15
"""Two thirds of half a second: of the frames of an empty place one in twenty seems to show an eye."""
_SURE_S, _FEW_FRAMES = 0.5, 4
"""Fewer frames of as long a time do, as a busy machine has: three of four are mistaken once in 2,000 times."""
_JUDGED_SHOWN_S = 1.0

_MENDED_AT_ONCE = {
    GuidanceCode.EYE_TOO_FAR,
    GuidanceCode.EYE_TOO_NEAR,
    GuidanceCode.EYE_OFF_CENTRE,
    GuidanceCode.EYE_OUT_OF_FOCUS,
    GuidanceCode.EYE_MOVED,
    GuidanceCode.LOOK_AT_CAMERA,
    GuidanceCode.OPEN_WIDER,
    GuidanceCode.LASHES_OVER_IRIS,
    GuidanceCode.REFLECTION,
    GuidanceCode.SPECTACLES,
    GuidanceCode.WRONG_EYE,
}
"""What a person mends while the camera looks; the light of the room is another's matter."""
