# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a program that believes it logs to the system's journal.

    unshare --mount --map-root-user journal.py OUT PROGRAM [ARGUMENT…]

In a /run of its own there are the journal's two sockets. Each entry is written to OUT as one line of JSON; what the
program writes to standard error all the same goes to ours. Signals that end a daemon or let it read its configuration
again are passed on, and the exit code is the program's."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

FOLDER = '/run/systemd/journal'


def parse(datagram):
    """The journal's native protocol: KEY=value, or KEY and a length where the value has line breaks."""
    entry = {}
    while datagram:
        line, _, datagram = datagram.partition(b'\n')
        key, equals, value = line.partition(b'=')
        if not equals:
            (length,) = struct.unpack('<Q', datagram[:8])
            value, datagram = datagram[8:8 + length], datagram[8 + length + 1:]
        entry[key.decode()] = value.decode()
    return entry


def read_entries(native, out):
    with open(out, 'w', encoding='utf-8') as file:
        while True:
            file.write(json.dumps(parse(native.recv(1 << 20))) + '\n')
            file.flush()


def copy_errors(stream):
    while data := stream.recv(4096):
        os.write(2, data)


def main():
    out, *command = sys.argv[1:]
    subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/run'], check=True)
    os.makedirs(FOLDER)
    native = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    native.bind(f'{FOLDER}/socket')
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f'{FOLDER}/stdout')
    listening.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect(f'{FOLDER}/stdout')
    stream, _ = listening.accept()
    with subprocess.Popen(command, stderr=client.fileno()) as process:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _frame: process.send_signal(number))
        client.close()
        threading.Thread(target=read_entries, args=(native, out), daemon=True).start()
        copying = threading.Thread(target=copy_errors, args=(stream,))
        copying.start()
        code = process.wait()
        copying.join()
    sys.exit(code)


main()
