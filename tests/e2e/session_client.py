"""A small client of session data channels, written from the protocol alone: one thread, nothing repeated."""
import base64
import hashlib
import json
import os
import socket
import ssl
import struct
import time
import urllib.parse
import uuid

INPUT, OUTPUT, ACKNOWLEDGE = "input_stream_data", "output_stream_data", "acknowledge"
DATA, SIZE, REQUEST, RESPONSE, COMPLETE, FLAG, ERRORS, EXIT_CODE = 1, 3, 5, 6, 7, 10, 11, 12
TERMINATE = 2
HEADER = struct.Struct(">I32sIQqQ16s32sII")
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def swapped(identity):
    return identity[8:] + identity[:8]


def encode(kind, sequence, flags, payload_type, payload):
    return HEADER.pack(116, kind.encode().ljust(32), 1, int(time.time() * 1000), sequence, flags, swapped(uuid.uuid4().bytes),
                       hashlib.sha256(payload).digest(), payload_type, len(payload)) + payload


class Closed(Exception):
    """The session is over; says why."""


class Client:
    """One connection; `seen` and `errors` are what the agent has said so far."""

    def __init__(self, url, token, ca_file=None, timeout=20):
        where = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=timeout)
        if where.scheme == "wss":
            self.socket = ssl.create_default_context(cafile=ca_file).wrap_socket(self.socket, server_hostname=where.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.buffer = b""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.socket.recv(65536)
            if not piece:
                raise Closed(f"no answer: {head!r}")
            head += piece
        head, self.buffer = head.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])
        if self.status != 101:
            raise Closed(f"status {self.status}")
        self.next_in = self.next_out = 0
        self.waiting = {}
        self.largest = 0  # bytes of output in one message
        self.seen = self.errors = b""
        self.exit_code = self.type = None
        self.ready = False  # the handshake is over; shells have none
        self.frame(TEXT, json.dumps({"MessageSchemaVersion": "1.0", "RequestId": str(uuid.uuid4()), "TokenValue": token,
                                     "ClientId": str(uuid.uuid4()), "ClientVersion": "1.2.707.0"}).encode())

    def close(self):
        self.socket.close()

    # ---- WebSocket

    def frame(self, opcode, payload):
        size = len(payload)
        length = (struct.pack("!B", 0x80 | size) if size < 126 else
                  struct.pack("!BH", 0x80 | 126, size) if size < 65536 else struct.pack("!BQ", 0x80 | 127, size))
        mask = os.urandom(4)
        masked = (int.from_bytes(payload, "big") ^
                  int.from_bytes((mask * (size // 4 + 1))[:size], "big")).to_bytes(size, "big")
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def take(self, count):
        while len(self.buffer) < count:
            piece = self.socket.recv(1 << 16)
            if not piece:
                raise Closed("the connection ended")
            self.buffer += piece
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def message(self):
        while True:
            first, second = self.take(2)
            size = second & 127
            if size > 125:
                size = int.from_bytes(self.take(2 if size == 126 else 8), "big")
            payload = self.take(size)
            if first & 15 == CLOSE:
                raise Closed(payload[2:].decode())
            if first & 15 == PING:
                self.frame(PONG, payload)
            elif first & 15 in (TEXT, BINARY):
                return payload

    # ---- the channel

    def send(self, payload_type, payload):
        self.frame(BINARY, encode(INPUT, self.next_out, 0, payload_type, payload))
        self.next_out += 1

    def type_in(self, text):
        self.send(DATA, text.encode())

    def resize(self, columns, rows):
        self.send(SIZE, json.dumps({"cols": columns, "rows": rows}).encode())

    def terminate(self):
        self.send(FLAG, struct.pack(">I", TERMINATE))

    def turn(self):
        """Takes one message in and answers it."""
        message = self.message()
        fields = HEADER.unpack_from(message)
        kind, payload = fields[1].decode().strip(), message[120:]
        if kind == "channel_closed":
            raise Closed(json.loads(payload)["Output"])
        if kind != OUTPUT:
            return
        identity = str(uuid.UUID(bytes=swapped(fields[6])))
        self.frame(BINARY, encode(ACKNOWLEDGE, 0, 3, 0, json.dumps({
            "AcknowledgedMessageType": OUTPUT, "AcknowledgedMessageId": identity,
            "AcknowledgedMessageSequenceNumber": fields[4], "IsSequentialMessage": True}).encode()))
        self.waiting.setdefault(fields[4], (fields[8], payload))
        while self.next_in in self.waiting:
            self.arrived(*self.waiting.pop(self.next_in))
            self.next_in += 1

    def arrived(self, payload_type, payload):
        if payload_type == DATA:
            self.seen += payload
            self.largest = max(self.largest, len(payload))
        elif payload_type == ERRORS:
            self.errors += payload
        elif payload_type == EXIT_CODE:
            self.exit_code = int(payload.decode().removeprefix("EXIT_CODE: "))
        elif payload_type == COMPLETE:
            self.ready = True
        elif payload_type == REQUEST:
            actions = json.loads(payload)["RequestedClientActions"]
            self.type = actions[0]["ActionParameters"]["SessionType"]
            self.send(RESPONSE, json.dumps({"ClientVersion": "1.2.707.0", "Errors": None, "ProcessedClientActions": [
                {"ActionType": one["ActionType"], "ActionStatus": 1, "ActionResult": None, "Error": ""}
                for one in actions]}).encode())

    def until(self, *texts):
        """Reads until all of these were seen."""
        while not all(text.encode() in self.seen for text in texts):
            self.turn()
        return self.seen

    def until_ready(self):
        while not self.ready:
            self.turn()

    def until_closed(self):
        """Reads to the end; why it ended."""
        try:
            while True:
                self.turn()
        except Closed as why:
            return str(why)
