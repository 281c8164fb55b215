"""A peer that speaks the distribution protocol, and misbehaves: wrong cookies, versions, garbage, half messages.

After each the node must still serve. The handshake is that of OTP's documentation ("Distribution Handshake").
"""
import hashlib
import os
import random
import socket
import struct

FLAGS = 0xd07df7fbc | 1
SECRET = b"secret"


def port_of(cluster, name):
    """What epmd says: PORT2_REQ."""
    with socket.create_connection(("127.0.0.1", int(cluster.env["ERL_EPMD_PORT"])), 5) as epmd:
        request = b"z" + name.encode()
        epmd.sendall(struct.pack(">H", len(request)) + request)
        answer = epmd.recv(1024)
    return struct.unpack(">H", answer[2:4])[0]


class Peer:
    """One connection."""

    def __init__(self, port, name):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.settimeout(5)
        self.name = name

    def send(self, data, head=">H"):
        self.socket.sendall(struct.pack(head, len(data)) + data)

    def receive(self, head=">H"):
        size = struct.unpack(head, self.exactly(struct.calcsize(head)))[0]
        return self.exactly(size)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data

    def shake_hands(self, cookie=SECRET, flags=FLAGS):
        name = self.name.encode()
        self.send(b"N" + struct.pack(">QIH", flags, 7, len(name)) + name)
        status = self.receive()
        if status != b"sok":
            raise ConnectionError(status)
        challenge = self.receive()
        theirs = struct.unpack(">I", challenge[9:13])[0]
        digest = hashlib.md5(cookie + str(theirs).encode()).digest()
        self.send(b"r" + struct.pack(">I", 12345) + digest)
        if self.receive()[:1] != b"a":
            raise ConnectionError("no ack")

    def packet(self, data):
        self.send(data, ">I")

    def is_closed(self):
        """Whether the other side closes, within the time-out."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except socket.timeout:
            return False
        except OSError:
            return True


def atom(text):
    return b"w" + bytes([len(text)]) + text


def pid(node, number):
    return b"X" + atom(node) + struct.pack(">III", number, 0, 7)


def small_tuple(*parts):
    return b"h" + bytes([len(parts)]) + b"".join(parts)


def number(value):
    return b"a" + bytes([value])


def malformed(node, to):
    """Packets after each of which the connection must be closed."""
    own = pid(node, 1)
    plain, message = b"\x83D\x00", b"j"
    yield "garbage", b"garbage on the port"
    yield "one byte", b"\x83"
    yield "unknown tag", b"\x83\x01\x00"
    yield "no control message", plain
    yield "no tuple", plain + b"j"
    yield "unknown operation", plain + small_tuple(number(99), own)
    yield "wrong arity", plain + small_tuple(number(22), own) + message
    yield "wrong type", plain + small_tuple(number(1), number(1), number(2))
    yield "no payload", plain + small_tuple(number(6), own, atom(b""), atom(b"init"))
    yield "payload too many", plain + small_tuple(number(1), own, pid(to, 1)) + message
    yield "malformed payload", plain + small_tuple(number(6), own, atom(b""), atom(b"code_server")) + b"h\x05"
    yield "trailing bytes", plain + small_tuple(number(6), own, atom(b""), atom(b"code_server")) + b"jj"
    yield "atom from an empty cache", b"\x83D\x01\x00\x07" + small_tuple(number(6), own, b"R\x00", atom(b"init")) + message
    yield "header cut off", b"\x83D\x05\xff\xff"
    yield "fragment of nothing", b"\x83F" + struct.pack(">QQ", 5, 1) + b"x"
    yield "fragment number", b"\x83E" + struct.pack(">QQ", 5, 0) + b"\x00" + small_tuple(number(6), own, atom(b""), atom(b"x"))
    yield "huge claim", plain + small_tuple(number(6), own, atom(b""), atom(b"code_server")) + b"l\xff\xff\xff\xff"
    yield "link from a stranger", plain + small_tuple(number(1), pid(b"other@host", 1), pid(to, 1))


def fuzz(seed, node, to):
    """A packet that begins well."""
    chance = random.Random(seed)
    own = pid(node, 1)
    good = [b"\x83D\x00" + small_tuple(number(6), own, atom(b""), atom(b"nobody")) + b"l\x00\x00\x00\x01a\x01j",
            b"\x83D\x00" + small_tuple(number(1), own, pid(to, 3)),
            b"\x83D\x01\x08\x00\x03abc" + small_tuple(number(6), own, b"R\x00", b"R\x00") + b"R\x00",
            b"p\x83" + small_tuple(number(2), atom(b""), pid(to, 9)) + b"\x83m\x00\x00\x00\x04abcd"]
    data = bytearray(chance.choice(good))
    for _ in range(chance.randrange(1, 6)):
        kind, at = chance.randrange(3), chance.randrange(len(data))
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at:]
            data += b"x"
        else:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(8)))
    return bytes(data)


class Hostile:
    def __init__(self, cluster):
        self.name, self.process = cluster.start("purlin")
        self.port, self.host = port_of(cluster, self.name), socket.gethostname().split(".")[0]
        self.count, self.failures = 0, []

    def peer(self):
        self.count += 1
        return Peer(self.port, f"evil{self.count}@{self.host}")

    def fail(self, what):
        self.failures.append(f"hostile: {what}")

    def refused(self, what, **arguments):
        try:
            self.peer().shake_hands(**arguments)
            self.fail(f"{what} was let in")
        except OSError:
            pass

    def before_the_handshake(self):
        self.refused("a wrong cookie", cookie=b"wrong")
        self.refused("a peer of too little ability", flags=1)
        for data in (b"", b"\x00", b"GET / HTTP/1.0\r\n\r\n", b"\xff" * 5000, os.urandom(3000), b"\x00\x05Nabcd",
                     b"\x00\x07n\x00\x05abcd"):
            client = self.peer()
            client.socket.sendall(data)
            client.socket.close()

    def malformed_packets(self):
        to = f"{self.name}@{self.host}".encode()
        for what, data in malformed(b"evil@nowhere", to):
            client = self.peer()
            try:
                client.shake_hands()
                client.packet(data.replace(atom(b"evil@nowhere"), atom(client.name.encode())))
                if not client.is_closed():
                    self.fail(f"{what}: the connection is still open")
            except OSError as error:
                self.fail(f"{what}: {error}")
            client.socket.close()

    def random_packets(self, rounds):
        to = f"{self.name}@{self.host}".encode()
        for seed in range(rounds):
            client = self.peer()
            try:
                client.shake_hands()
                for i in range(5):
                    client.packet(fuzz(seed * 5 + i, client.name.encode(), to))
            except OSError:
                pass
            client.socket.close()

    def half_messages(self):
        for data in (b"\x00\x00\xff\xff\x83D\x00h", b"\x00\x00", b"\x7f\xff\xff\xff\x83E"):
            client = self.peer()
            client.shake_hands()
            client.socket.sendall(data)
            client.socket.close()

    def connections(self, rounds):
        for _ in range(rounds):
            client = self.peer()
            client.shake_hands()
            client.socket.close()

    def still_serves(self, cluster):
        node = f"{self.name}@{self.host}"
        answer = cluster.run("otp", f"io:format(\"~p ~p~n\", [net_adm:ping('{node}'), rpc:call('{node}', erlang, nodes, []) -- [node()]])")
        if "pong []" not in answer:
            self.fail(f"the node does not serve any more: {answer}")
        if self.process.poll() is not None:
            self.fail(f"the node is gone: {self.process.returncode}")


def run(cluster, long):
    hostile = Hostile(cluster)
    hostile.before_the_handshake()
    hostile.malformed_packets()
    hostile.random_packets(2000 if long else 60)
    hostile.half_messages()
    hostile.connections(10000 if long else 50)
    hostile.still_serves(cluster)
    return hostile.failures
