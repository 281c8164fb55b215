"""Ports for the programs that tests start."""
import random
import socket

# Below those which the system hands out to whoever asks for any.
PORTS = range(20000, 32768)
reservations = []


def free_port():
    """A TCP port of the loopback that nobody listens on, and that no other test gets while this one runs."""
    while True:
        port = random.choice(PORTS)
        reservation = socket.socket(socket.AF_UNIX)
        try:
            reservation.bind(f"\0purlin test port {port}")
            with socket.socket() as server:
                server.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        reservations.append(reservation)
        return port
