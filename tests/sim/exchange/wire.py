# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP/1.1 as IIS speaks it: requests in, answers and chunks out, and the ways in which a wire can misbehave."""

import asyncio
import http
import itertools

MAX_HEAD = 64 * 1024
MAX_BODY = 8 * 1024 * 1024
IDLE_TIMEOUT = 900


class Cut(Exception):
    """The connection was cut on purpose, or by the client: nothing more can be said on it."""


class BadRequest(Exception):
    """Not HTTP, or beyond its bounds."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Request:
    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.path = target.split('?', 1)[0]
        self.headers = headers
        self.body = body

    def header(self, name, default=''):
        return self.headers.get(name, default)

    def cookies(self):
        pairs = (part.strip().partition('=') for part in self.header('cookie').split(';'))
        return {name: value for name, _, value in pairs if name}

    def wants_close(self):
        return 'close' in self.header('connection').lower()


class Answer:
    def __init__(self, status=200, body=b'', headers=(), content_type='text/xml; charset=utf-8'):
        self.status = status
        self.body = body.encode() if isinstance(body, str) else body
        self.headers = list(headers)
        self.content_type = content_type


class Shape:
    """How bytes leave: in pieces, slowly, up to where they are cut off. Without any of it, as they are."""

    def __init__(self, piece=0, delay=0.0, cut=None):
        self.piece = piece
        self.delay = delay
        self.cut = cut


class Connection:
    numbers = itertools.count(1)

    def __init__(self, reader, writer):
        self.number = next(self.numbers)
        self.reader = reader
        self.writer = writer
        self.shape = Shape()
        self.account = None  # of NTLM, which authenticates the connection
        self.nonce = None
        self.asks_sim = False  # a test's own, which a restart spares

    async def read_request(self):
        """The next one; None where the client is done."""
        try:
            head = await asyncio.wait_for(self.reader.readuntil(b'\r\n\r\n'), IDLE_TIMEOUT)
        except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError, OSError):
            return None
        except asyncio.LimitOverrunError as error:
            raise BadRequest(431) from error
        lines = head.decode('latin-1').split('\r\n')
        words = lines[0].split(' ')
        if len(words) != 3 or not words[2].startswith('HTTP/1.'):
            raise BadRequest(400)
        headers = {}
        for line in lines[1:]:
            if line:
                name, colon, value = line.partition(':')
                if not colon or name != name.strip():
                    raise BadRequest(400)
                name = name.lower()
                joint = '; ' if name == 'cookie' else ', '
                headers[name] = headers[name] + joint + value.strip() if name in headers else value.strip()
        if headers.get('expect', '').lower() == '100-continue':
            await self.put(b'HTTP/1.1 100 Continue\r\n\r\n')
        try:
            body = await self.read_body(headers)
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            return None
        return Request(words[0], words[1], headers, body)

    async def read_body(self, headers):
        if 'chunked' in headers.get('transfer-encoding', '').lower():
            body = bytearray()
            while True:
                try:
                    size = int((await self.reader.readline()).split(b';')[0], 16)
                except ValueError as error:
                    raise BadRequest(400) from error
                if len(body) + size > MAX_BODY or size < 0:
                    raise BadRequest(413)
                body += await self.reader.readexactly(size)
                await self.reader.readline()
                if size == 0:
                    return bytes(body)
        try:
            size = int(headers.get('content-length', '0'))
        except ValueError as error:
            raise BadRequest(400) from error
        if not 0 <= size <= MAX_BODY:
            raise BadRequest(413)
        return await self.reader.readexactly(size)

    async def put(self, data):
        """Writes by the shape of the moment, and waits until the client has taken it."""
        shape = self.shape
        if self.writer.is_closing():
            raise Cut
        if shape.cut is not None:
            data, shape.cut = data[:shape.cut], shape.cut - len(data)
        try:
            if shape.piece:
                for start in range(0, len(data), shape.piece):
                    self.writer.write(data[start:start + shape.piece])
                    await self.writer.drain()
                    # Also without a delay: what is written in one turn of the loop goes out in one packet.
                    await asyncio.sleep(shape.delay)
            else:
                self.writer.write(data)
                await self.writer.drain()
        except (ConnectionError, OSError) as error:
            raise Cut from error
        if shape.cut is not None and shape.cut <= 0:
            raise Cut

    async def send(self, answer, date, close=False):
        length = [] if answer.status == 304 else [('Content-Length', str(len(answer.body)))]
        head = self.head(answer, date, length + ([('Connection', 'close')] if close else []))
        if self.shape.cut is not None:
            # The cut is meant for the body.
            self.shape.cut += len(head)
        await self.put(head + answer.body)

    async def begin_stream(self, answer, date):
        head = self.head(answer, date, [('Transfer-Encoding', 'chunked'), ('x-nobuffering', '1')])
        if self.shape.cut is not None:
            self.shape.cut += len(head)
        await self.put(head)

    async def chunk(self, data):
        """A piece of a shape is a chunk of its own: so it reaches the client's parser as one."""
        size = self.shape.piece or max(len(data), 1)
        for start in range(0, len(data), size):
            part = data[start:start + size]
            framed = b'%x\r\n%s\r\n' % (len(part), part)
            await self.put_whole(framed)

    async def put_whole(self, data):
        piece, self.shape.piece = self.shape.piece, 0
        try:
            await self.put(data)
            if piece:
                await asyncio.sleep(self.shape.delay)
        finally:
            self.shape.piece = piece

    async def end_stream(self):
        await self.put_whole(b'0\r\n\r\n')

    def abort(self):
        """Gone without a word, what was not sent yet included."""
        self.writer.transport.abort()

    @staticmethod
    def head(answer, date, more):
        try:
            reason = http.HTTPStatus(answer.status).phrase
        except ValueError:
            reason = 'Unknown'
        lines = [f'HTTP/1.1 {answer.status} {reason}', 'Cache-Control: private', f'Content-Type: {answer.content_type}',
                 'Server: Microsoft-IIS/10.0', f'Date: {date}', 'X-Powered-By: ASP.NET']
        lines += [f'{name}: {value}' for name, value in answer.headers + more]
        return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n'
