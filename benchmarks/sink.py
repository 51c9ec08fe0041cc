"""A fast SMTP server that takes everything and stores nothing."""

from __future__ import annotations

import socket
import sys
import threading

ANSWERS = {b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n", b"QUIT": b"221 bye\r\n"}
END = b"\r\n.\r\n"


def _talk(client: socket.socket) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(b"220 sink\r\n")
    while line := client.recv(65536):
        verb = line[:4].upper()
        if verb == b"DATA":
            client.sendall(b"354 go\r\n")
            last = b""
            while not last.endswith(END):
                last = last[-len(END) :] + client.recv(262144)
            client.sendall(b"250 taken\r\n")
        else:
            client.sendall(ANSWERS.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                break
    client.close()


def main(port: int) -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_talk, args=(client,), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
