# SPDX-License-Identifier: LGPL-2.1-or-later
"""A reader of server-sent events, written from the HTML standard and from nothing that the daemon is. What it reads is
held against docs/api/openapi.yaml, as every answer is."""

import collections
import json
import socket

import contract
import harness

Event = collections.namedtuple('Event', 'event data id')


class Stream:
    """One connection. `place`: the path of a Unix socket, or (host, port); `wrap`: makes a connected socket an
    encrypted one. Reading past what there is waits for `patience` seconds."""

    def __init__(self, place, query='', last_id=None, headers=(), wrap=None, patience=60, buffer=None):
        family = socket.AF_INET if isinstance(place, tuple) else socket.AF_UNIX
        self.wire = socket.socket(family)
        if buffer is not None:
            self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.wire.settimeout(patience)
        self.wire.connect(place if isinstance(place, tuple) else str(place))
        if wrap is not None:
            self.wire = wrap(self.wire)
        lines = [f'GET /v1/events{query} HTTP/1.1', 'Host: muster', *headers]
        if last_id is not None:
            lines.append(f'Last-Event-ID: {last_id}')
        self.wire.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        self.file = self.wire.makefile('rb')
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()):
            name, value = line.decode().split(':', 1)
            self.headers[name.lower()] = value.strip()
        self.last_id = last_id
        self.comments = 0
        body = b'' if self.status == 200 else self.file.read(int(self.headers['content-length']))
        with harness.holding() as document:
            document.hold(contract.Exchange('GET', f'/v1/events{query}', self.status, self.headers, body))

    def close(self):
        self.file.close()
        self.wire.close()

    def read(self):
        """The next event; None: the stream has ended."""
        event, data = 'message', []
        while (line := self.file.readline()):
            line = line.decode().rstrip('\n')
            if line == '':
                if data:
                    with harness.holding() as document:
                        document.hold_event('/v1/events', event, '\n'.join(data))
                    return Event(event, json.loads('\n'.join(data)), self.last_id)
                event, data = 'message', []
                continue
            name, _, value = line.partition(':')
            value = value[1:] if value.startswith(' ') else value
            if name == '':
                self.comments += 1
            elif name == 'event':
                event = value
            elif name == 'data':
                data.append(value)
            elif name == 'id':
                self.last_id = value
        return None

    def read_until(self, name):
        """The events up to and with the next one of that name."""
        events = []
        while not events or events[-1].event != name:
            event = self.read()
            if event is None:
                raise AssertionError(f'the stream ended before "{name}", after {events}')
            events.append(event)
        return events
