"""A relay before a GigE Vision camera that loses, reorders and resends packets, and tells what the camera does not."""

import contextlib
import os
import random
import select
import socket
import struct
import threading
from collections import OrderedDict
from ipaddress import IPv4Address

from drivers.transports.gige_control import GVCP_PORT

HOST_PORT, DESTINATION, CAPABILITY = 0x0D00, 0x0D18, 0x0934
"""Stream channel 0's port and address, and what the device can do (GigE Vision 2.0, bootstrap registers)."""
RESEND_BIT = 0x4
_READ, _READ_ACK, _WRITE, _READ_MEMORY_ACK, _WRITE_MEMORY, _RESEND = 0x80, 0x81, 0x82, 0x85, 0x86, 0x40
_REMEMBERED_FRAMES = 6


def own_address(number: int = 0) -> str:
    """A loopback address that no other test process uses, other than 127.0.0.1."""
    return str(IPv4Address("127.1.0.0") + (os.getpid() % 0x3FFFFF) * 4 + number + 2)


class GigeRelay:
    """Stands at its own address for the camera; each of its knobs may be turned at any time.

    Written from the protocol: control goes to and fro, with the stream's address changed to its own.
    """

    def __init__(self, camera: str, address: str, seed: int = 0) -> None:
        self.address = address
        self.loss = 0.0
        """Share of the stream's packets, resent ones too, that are dropped."""
        self.reorder = 0.0
        """Share of the stream's packets that are sent after the next one."""
        self.deaf = False
        """Neither answers nor sends."""
        self.still = False
        """Answers, but sends no frames."""
        self.resends = True
        """Tells that it can send packets again, and does."""
        self.registers: dict[int, int] = {}
        """What is told for registers in place of the truth."""
        self.dropped = self.resent = 0
        self._camera = camera
        self._random = random.Random(seed)  # which packets are lost, and nothing else
        self._target: tuple[str, int] | None = None
        self._held: bytes | None = None
        self._frames: OrderedDict[int, dict[int, bytes]] = OrderedDict()
        self._asked: dict[tuple[str, int], int] = {}
        self._clients: dict[tuple[str, int], socket.socket] = {}
        self._controller: tuple[str, int] | None = None
        self._control = _udp(address, GVCP_PORT)
        self._stream = _udp(camera, 0)
        self._out = _udp(address, 0)
        self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="gige relay")
        self._thread.start()

    def close(self) -> None:
        self._wake.close()
        self._thread.join(60)
        assert not self._thread.is_alive()
        for opened in (self._woken, self._control, self._stream, self._out, *self._clients.values()):
            opened.close()

    def write_register(self, register: int, value: int) -> None:
        """Write a register of the camera as its controller would."""
        assert self._controller is not None
        request = struct.pack("!BBHHHII", 0x42, 0x01, _WRITE, 8, 0xFFFE, register, value)
        self._clients[self._controller].send(request)

    def _run(self) -> None:
        while True:
            upstream = {opened: client for client, opened in list(self._clients.items())}
            ready, _, _ = select.select([self._woken, self._control, self._stream, *upstream], [], [])
            if self._woken in ready:
                return
            for opened in ready:
                with contextlib.suppress(OSError):  # nobody listens at the other end at this moment
                    if opened is self._control:
                        packet, client = opened.recvfrom(65536)
                        self._to_camera(bytearray(packet), client)
                    elif opened is self._stream:
                        self._pass_on(opened.recv(65536))
                    else:
                        self._to_client(bytearray(opened.recv(65536)), upstream[opened])

    def _to_camera(self, packet: bytearray, client: tuple[str, int]) -> None:
        if self.deaf or len(packet) < 8:
            return
        kind, _, number = struct.unpack_from("!HHH", packet, 2)
        if kind == _RESEND:
            self._send_again(packet)
            return
        if kind == _READ:
            self._asked[client[0], number] = struct.unpack_from("!I", packet, 8)[0]
        elif kind in (_WRITE, _WRITE_MEMORY):
            self._controller = client
            for at in range(8, len(packet) - 7, 8):
                self._redirect(packet, at, client)
        if client not in self._clients:
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            opened.connect((self._camera, GVCP_PORT))
            self._clients[client] = opened
        self._clients[client].send(packet)

    def _redirect(self, packet: bytearray, at: int, client: tuple[str, int]) -> None:
        register, value = struct.unpack_from("!II", packet, at)
        if register == DESTINATION and value:
            struct.pack_into("!I", packet, at + 4, int(IPv4Address(self._camera)))
        elif register == HOST_PORT:
            self._target = (client[0], value & 0xFFFF) if value else None
            struct.pack_into("!I", packet, at + 4, self._stream.getsockname()[1] if value else 0)

    def _to_client(self, packet: bytearray, client: tuple[str, int]) -> None:
        if self.deaf:
            return
        kind, length, number = struct.unpack_from("!HHH", packet, 2)
        register, at = -1, 8
        if kind == _READ_ACK:
            register = self._asked.pop((client[0], number), -1)
        elif kind == _READ_MEMORY_ACK and length == 8:
            register, at = struct.unpack_from("!I", packet, 8)[0], 12
        if register == CAPABILITY and self.resends:
            struct.pack_into("!I", packet, at, struct.unpack_from("!I", packet, at)[0] | RESEND_BIT)
        if register in self.registers:
            struct.pack_into("!I", packet, at, self.registers[register])
        self._control.sendto(packet, client)

    def _pass_on(self, packet: bytes) -> None:
        frame, packet_id = struct.unpack_from("!HI", packet, 2)
        if frame not in self._frames:
            self._frames[frame] = {}
            if len(self._frames) > _REMEMBERED_FRAMES:
                self._frames.popitem(last=False)
        self._frames[frame][packet_id & 0xFFFFFF] = packet
        held, self._held = self._held, None
        if held is None and self._random.random() < self.reorder:
            self._held = packet
            return
        self._send(packet)
        if held is not None:
            self._send(held)

    def _send_again(self, packet: bytearray) -> None:
        frame, first, last = struct.unpack_from("!III", packet, 8)
        if not self.resends:
            return
        for packet_id in range(first & 0xFFFFFF, (last & 0xFFFFFF) + 1):
            again = self._frames.get(frame & 0xFFFF, {}).get(packet_id)
            if again is not None:
                self.resent += 1
                self._send(again)

    def _send(self, packet: bytes) -> None:
        if self.deaf or self.still or self._target is None:
            return
        if self._random.random() < self.loss:
            self.dropped += 1
            return
        self._out.sendto(packet, self._target)


def _udp(address: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((address, port))
    return opened
