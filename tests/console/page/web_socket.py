# SPDX-License-Identifier: Apache-2.0
"""The client's end of a WebSocket (RFC 6455), as far as a browser on this machine needs it."""
import base64
import os
import select
import socket
import time


class WebSocket:
    """Messages of text, at most one answer to wait for at a time. Raises OSError when it is over."""

    def __init__(self, port, path, seconds):
        self.socket = socket.create_connection(('127.0.0.1', port), seconds)
        self.socket.settimeout(seconds)
        self.rest = b''
        self.socket.sendall(
            f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n'
            'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
            f'Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n'.encode())
        while b'\r\n\r\n' not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b'\r\n\r\n', 1)
        if b' 101 ' not in head.split(b'\r\n')[0]:
            raise OSError(f'no WebSocket: {head[:100]}')

    def close(self):
        self.socket.close()

    def _more(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise OSError('the browser ended')
        self.rest += piece

    def _take(self, count):
        while len(self.rest) < count:
            self._more()
        piece, self.rest = self.rest[:count], self.rest[count:]
        return piece

    def _send(self, kind, data):
        # A client masks what it sends; Firefox takes no mask of zeros for one.
        mask = b'mask'
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        size = (bytes([0x80 | len(data)]) if len(data) < 126 else
                b'\xfe' + len(data).to_bytes(2, 'big') if len(data) < 1 << 16 else
                b'\xff' + len(data).to_bytes(8, 'big'))
        self.socket.sendall(bytes([0x80 | kind]) + size + mask + masked)

    def send(self, text):
        self._send(1, text.encode())

    def receive(self, until):
        """The next message; None if none has begun by this time (time.monotonic())."""
        whole = b''
        while True:
            left = max(0, until - time.monotonic())
            if not self.rest and not select.select([self.socket], [], [], left)[0]:
                return None
            first, size = self._take(2)
            size &= 0x7f
            if size > 125:
                size = int.from_bytes(self._take(2 if size == 126 else 8), 'big')
            data = self._take(size)
            kind = first & 0x0f
            if kind == 8:
                raise OSError('the browser closed the connection')
            if kind == 9:
                self._send(10, data)
            elif kind in (0, 1):
                whole += data
                if first & 0x80:
                    return whole.decode()
