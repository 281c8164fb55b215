"""epmd, the port mapper: OTP's and Purlin's are asked the same, and must answer the same.

The protocol is that of OTP's documentation ("EPMD Protocol"). What differs on purpose: without -address, Purlin's
listens on the loopback interface only.
"""
import concurrent.futures
import os
import re
import socket
import struct
import subprocess
import sys
import time

from ports import free_port

PATIENCE = 20


def framed(body):
    return struct.pack(">H", len(body)) + body


def alive(name, extra=b"", port=4711, highest=6):
    return b"x" + struct.pack(">HBBHHH", port, 77, 0, highest, 5, len(name)) + name + struct.pack(">H", len(extra)) + extra


class Mapper:
    """A running epmd on a port of its own."""

    def __init__(self, program, *arguments, **environment):
        self.program, self.port = program, free_port()
        self.environment = dict(os.environ, ERL_EPMD_PORT=str(self.port), ERL_EPMD_ADDRESS="127.0.0.1", **environment)
        self.process = subprocess.Popen([program, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.await_listening()

    def await_listening(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                return self.connect().close()
            except ConnectionRefusedError:
                if (self.process.poll() or 0) > 0:
                    raise ChildProcessError(f"{self.program} ended with status {self.process.returncode}: {self.process.stderr.read()}")
                time.sleep(0.01)
        raise TimeoutError(f"{self.program} does not listen")

    def connect(self, address="127.0.0.1"):
        return socket.create_connection((address, self.port), PATIENCE)

    def command(self, *arguments):
        """What the command prints, and its status."""
        done = subprocess.run([self.program, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        return self.mask(done.stdout), done.returncode

    def mask(self, answer):
        answer = answer.replace(struct.pack(">I", self.port), b"PORT").replace(str(self.port).encode(), b"PORT")
        return re.sub(rb"fd = \d+", b"fd = N", answer)

    def send(self, *parts):
        """A connection on which these bytes went out, a packet each."""
        connection = self.connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i, part in enumerate(parts):
            if i:
                time.sleep(0.02)
            connection.sendall(part)
        return connection

    def answer(self, connection):
        """What comes until the other side closes."""
        data = b""
        try:
            while more := connection.recv(65536):
                data += more
        except ConnectionResetError:
            pass
        connection.close()
        return self.mask(data)

    def ask(self, *parts):
        return self.answer(self.send(*parts))

    def register(self, *details, **options):
        """A node: its connection, and the answer without the creation."""
        connection = self.send(framed(alive(*details, **options)))
        try:
            answer = connection.recv(2)
        except ConnectionResetError:
            answer = b""
        if answer and answer[1] == 0:
            connection.recv(4 if answer[:1] == b"v" else 2)
        return connection, answer

    def names(self):
        return self.ask(framed(b"n"))

    def await_names(self, count):
        """Ends of connections are seen when they are seen."""
        end = time.monotonic() + PATIENCE
        while (found := self.names().count(b"name ")) != count and time.monotonic() < end:
            time.sleep(0.01)
        return found

    def is_open(self, connection):
        connection.settimeout(0.2)
        try:
            return connection.recv(1) != b""
        except TimeoutError:
            return True
        except ConnectionResetError:
            return False

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        return self.process.stderr.read()


# ---- the protocol: what each yields is compared ---------------------------------------------------------------------

def registration(mapper):
    yield mapper.names(), mapper.ask(framed(b"zfoo"))
    new, answer = mapper.register(b"foo")
    yield answer
    old, answer = mapper.register(b"bar", extra=b"more", port=65535, highest=5)
    yield answer
    yield mapper.ask(framed(b"zfoo")), mapper.ask(framed(b"zbar")), mapper.ask(framed(b"zfo")), mapper.ask(framed(b"zfooo"))
    yield mapper.names(), mapper.ask(framed(b"d"))
    new.close()
    yield mapper.await_names(1), mapper.ask(framed(b"zfoo")), mapper.ask(framed(b"zbar"))
    again, answer = mapper.register(b"foo", port=1)
    yield answer, mapper.ask(framed(b"zfoo"))
    old.close()
    again.close()
    yield mapper.await_names(0), mapper.names()


def taken_names(mapper):
    first, answer = mapper.register(b"foo")
    yield answer
    for highest in (6, 5):
        second, answer = mapper.register(b"foo", port=1, highest=highest)
        yield answer
    yield mapper.ask(framed(b"zfoo"))


def odd_names(mapper):
    nodes = []
    for name in (b"", b"a" * 255, b"a" * 256, b"a" * 1020, b"a" * 1021, "ñandú".encode(), "名".encode() * 255, b"\xff\xfe",
                 b"a b", b"a@b", b"a\nb", b"a\0b", b"\x7f"):
        connection, answer = mapper.register(name)
        nodes.append(connection)
        # OTP answers no question for a name of 255 characters, which may be registered.
        at_limit = len(name.decode("utf-8", "replace")) == 255
        yield name, answer, at_limit or mapper.ask(framed(b"z" + name))
    yield mapper.names()
    yield mapper.ask(framed(b"za b\0")), mapper.ask(framed(b"za b\0\0")), mapper.ask(framed(b"z\0"))


def extras(mapper):
    nodes = []
    for size in (0, 1, 255, 1020, 1021, 2000):
        connection, answer = mapper.register(b"n%d" % size, extra=b"e" * size)
        nodes.append(connection)
        yield size, answer, mapper.ask(framed(b"zn%d" % size))


def malformed(mapper):
    yield "nothing", mapper.ask(framed(b""))
    yield "unknown", mapper.ask(framed(b"?")), mapper.ask(framed(b"a" * 100)), mapper.ask(framed(b"y" + alive(b"foo")[1:]))
    yield "much", mapper.ask(struct.pack(">H", 65535) + b"x" * 4000)
    for cut in (1, 2, 8, 11, 14):
        yield cut, mapper.ask(framed(alive(b"foo")[:cut]))
    long = alive(b"foo").replace(b"\0\3foo", b"\xff\xfffoo")
    yield "name is too long", mapper.ask(framed(long))
    yield "extra is too long", mapper.ask(framed(alive(b"foo")[:-2] + b"\xff\xff"))
    yield "no name", mapper.ask(framed(b"z"))
    for sent in (b"", b"\0", framed(b"n")[:2], framed(alive(b"foo"))[:10]):
        connection = mapper.send(sent)
        connection.shutdown(socket.SHUT_WR)
        yield sent, mapper.answer(connection)
    yield mapper.names()


def in_pieces(mapper):
    request = framed(alive(b"foo"))
    connection = mapper.send(*(request[i:i + 1] for i in range(len(request))))
    yield connection.recv(2)
    yield mapper.ask(b"\0", b"\4zfo", b"o")
    yield mapper.ask(framed(b"zfoo") + framed(b"n"))[:2]  # the second is not looked at


def talkative_node(mapper):
    """A registered node has nothing more to say."""
    for word in (b"x", framed(b"n"), framed(alive(b"bar")), b"?" * 5000):
        connection, answer = mapper.register(b"foo")
        connection.sendall(word)
        yield answer, mapper.is_open(connection), mapper.ask(framed(b"zbar"))
        connection.close()
        yield mapper.await_names(0)


def gone_names(mapper):
    """Who goes is remembered until the name is taken again, in the order in which they went."""
    nodes = {name: mapper.register(name, port=port)[0] for port, name in enumerate((b"foo", b"bar", b"baz"))}
    for left, name in ((2, b"bar"), (1, b"foo")):
        nodes[name].close()
        mapper.await_names(left)
    yield mapper.ask(framed(b"d"))
    again, _ = mapper.register(b"bar", port=7)
    yield mapper.ask(framed(b"d"))


def order(mapper):
    """Nodes are told newest first: by when they registered, not by when they connected, and whoever goes between."""
    early = mapper.connect()
    nodes = {name: mapper.register(name)[0] for name in (b"a", b"b", b"c", b"d", b"e")}
    nodes[b"b"].close()
    yield mapper.await_names(4), mapper.names()
    early.sendall(framed(alive(b"early")))
    yield early.recv(2), mapper.names()
    nodes[b"d"].close()
    yield mapper.await_names(4), mapper.names()
    again, _ = mapper.register(b"b")
    yield mapper.names(), mapper.ask(framed(b"d"))


def kill_and_stop(mapper):
    connection, _ = mapper.register(b"foo")
    yield mapper.ask(framed(b"k")), mapper.ask(framed(b"sfoo")), mapper.ask(framed(b"sbar")), mapper.ask(framed(b"s"))
    yield mapper.is_open(connection), mapper.names()
    yield mapper.command("-names"), mapper.command("-kill"), mapper.command("-stop", "foo")
    connection.close()
    mapper.await_names(0)
    yield mapper.command("-names"), mapper.command("-kill"), mapper.process.wait(PATIENCE)
    yield mapper.command("-names"), mapper.command("-kill"), mapper.command("-stop", "foo")


def relaxed(mapper):
    connection, _ = mapper.register(b"foo")
    other, _ = mapper.register(b"bar")
    yield mapper.command("-stop", "baz"), mapper.command("-stop", "foo"), mapper.is_open(connection), mapper.names()
    yield mapper.ask(framed(b"sbar")), mapper.ask(framed(b"s")), mapper.names()
    connection, answer = mapper.register(b"foo")
    yield answer, mapper.ask(framed(b"k")), mapper.process.wait(PATIENCE)


def timeouts(mapper):
    node, _ = mapper.register(b"foo")
    begin = time.monotonic()
    yield mapper.ask(b""), mapper.ask(b"\0\1"), mapper.is_open(node)
    yield 1 < time.monotonic() - begin < 15


def many(mapper):
    nodes = [mapper.register(b"node%d" % i, extra=b"e" * 100) for i in range(400)]
    strangers = [mapper.connect() for i in range(400)]
    yield {answer for _, answer in nodes}, mapper.names()
    for connection, _ in nodes[::2]:
        connection.close()
    yield mapper.await_names(200), mapper.ask(framed(b"znode398")), mapper.ask(framed(b"znode399"))
    for stranger in strangers:
        stranger.close()


# ---- the command line ------------------------------------------------------------------------------------------------

def command_line(mapper):
    for words in (["-port"], ["-port", "x"], ["-nonsense"], ["nonsense"], ["-stop"], ["-packet_timeout"], ["-address"]):
        output, status = mapper.command(*words)
        yield words, b"usage: epmd" in output, status
    yield mapper.command("-daemon")  # there is one
    yield mapper.command("-port", str(free_port()), "-names")
    yield mapper.command("-port", str(mapper.port), "-names"), mapper.command("-d", "-names")


def daemon(mapper):
    mapper.end()
    yield mapper.command("-daemon")
    mapper.await_listening()
    yield mapper.command("-names")
    connection, answer = mapper.register(b"foo")
    yield answer, mapper.command("-kill")
    connection.close()
    mapper.await_names(0)
    yield mapper.command("-kill")


HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=sys.argv[2])
os.execvp(sys.argv[3], sys.argv[3:])
"""


def systemd(mapper):
    """It serves sockets that it is given, and no others."""
    mapper.end()
    output, status = mapper.command("-systemd")
    yield b"systemd provides no sockets" in output, status
    with socket.create_server(("127.0.0.1", mapper.port)) as server:
        mapper.process = subprocess.Popen([sys.executable, "-c", HAND_OVER, str(server.fileno()), "1", mapper.program, "-systemd"],
                                          env=mapper.environment, pass_fds=[server.fileno()], stdin=subprocess.DEVNULL,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    connection, answer = mapper.register(b"foo")
    yield answer, mapper.command("-names"), mapper.command("-kill")
    connection.close()
    mapper.await_names(0)
    yield mapper.command("-kill"), mapper.process.wait(PATIENCE)


SCENARIOS = [(registration, []), (taken_names, []), (odd_names, []), (extras, []), (malformed, []), (in_pieces, []),
             (talkative_node, []), (gone_names, []), (order, []), (kill_and_stop, []), (relaxed, ["-relaxed_command_check"]),
             (timeouts, ["-packet_timeout", "1"]), (many, []), (command_line, []), (daemon, []),
             (systemd, [])]


def play(program, scenario, arguments):
    mapper = Mapper(program, *arguments)
    try:
        found = []
        for answer in scenario(mapper):
            found.append(answer)
        return found
    except (OSError, subprocess.TimeoutExpired) as error:
        return found + [repr(error)]
    finally:
        complaint = mapper.end()
        if b"Sanitizer" in complaint:
            print(complaint.decode())


def compare(name, expected, got):
    if expected == got:
        return []
    lines = [f"epmd, {name}:"]
    for i in range(max(len(expected), len(got))):
        one, other = (answers[i] if i < len(answers) else "(nothing)" for answers in (expected, got))
        if one != other:
            lines += [f"  OTP:    {one}", f"  Purlin: {other}"]
    return ["\n".join(lines)]


def run(otp, purlin):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        played = [(scenario.__name__, [pool.submit(play, program, scenario, arguments) for program in (otp, purlin)])
                  for scenario, arguments in SCENARIOS]
    return [failure for name, (expected, got) in played for failure in compare(name, expected.result(), got.result())]
