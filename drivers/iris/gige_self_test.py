"""What ten frames of a GigE Vision camera tell of the network between."""

from pathlib import Path

from drivers.protocols import SelfTestStep
from drivers.transports.gige_features import GigeFeatures

_MAX_LOSS = 0.1


def rate_step(times: list[float], features: GigeFeatures) -> SelfTestStep:
    """Whether frames came at half the rate that the camera tells, at least; `times` in seconds."""
    if len(times) < 2:
        return SelfTestStep("rate", False, f"{len(times)} frames came; check packet_size and the network")
    rate = (len(times) - 1) / (times[-1] - times[0])
    nominal = features.frame_rate
    well = nominal is None or rate >= nominal / 2
    return SelfTestStep(
        "rate",
        well,
        f"{rate:.1f} frames per second"
        + (f" of {nominal:.1f}" if nominal else "")
        + ("" if well else "; shorten the exposure, or check the network's speed"),
    )


def loss_step(whole: int, lost: int, incomplete: int, features: GigeFeatures) -> SelfTestStep:
    """Whether one frame in ten was lost, at most, and what to do where more were."""
    share = lost / max(1, whole + lost)
    well = share <= _MAX_LOSS and whole > 0
    # The kernel counts a packet as about twice its size in a socket's buffer.
    room, needed = _largest_socket_buffer(), 2 * features.payload
    if room is not None and room < needed:
        remedy = f"; give sockets room for a frame: sudo sysctl -w net.core.rmem_max={needed}"
    else:
        remedy = "; check cable and switch, or lower the frame rate"
    return SelfTestStep(
        "loss",
        well,
        f"{lost} of {whole + lost} frames lost, {incomplete} came in parts, packets of {features.packet_size} bytes"
        + ("" if well else remedy),
    )


def _largest_socket_buffer() -> int | None:
    """What the kernel gives at most to a socket's arriving packets, in bytes; None where it does not tell."""
    try:
        return int(Path("/proc/sys/net/core/rmem_max").read_text())
    except (OSError, ValueError):
        return None
