"""A V4L2 camera over a node without a kernel, opened and closed with nothing left behind."""

from drivers.transports.v4l2 import V4l2Camera
from drivers.transports.v4l2_modes import Wish
from drivers.transports.v4l2_nodes import VideoNode
from drivers.transports.v4l2_pixels import GREY_ORDER, colour, grey
from tests.drivers.v4l2_node import FakeKernel, Node, nothing_is_left

USB_FILE = "/dev/bus/usb/001/004"
NODE = VideoNode("/dev/video0", "Fake", 0, "usb:1-1:1.0", usb_file=USB_FILE)


def camera_of(kernel: FakeKernel, wish: Wish | None = None, order: tuple[str, ...] = GREY_ORDER) -> V4l2Camera:
    kernel.usb_files[USB_FILE] = kernel.nodes["/dev/video0"]
    convert = grey if order is GREY_ORDER else colour
    return V4l2Camera(lambda: NODE, order, convert, wish or Wish(), {}, kernel)


class Opened:
    """A camera over a node of its own; leaves nothing behind."""

    def __init__(self, node: Node, wish: Wish | None = None) -> None:
        self.node, self.kernel = node, FakeKernel(node)
        self.camera = camera_of(self.kernel, wish)

    def __enter__(self) -> V4l2Camera:
        self.camera.open()
        return self.camera

    def __exit__(self, *exc: object) -> None:
        self.camera.close()
        with nothing_is_left(self.kernel):
            pass
