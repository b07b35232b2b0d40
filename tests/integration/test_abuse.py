# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is slow, silent, too long, wrong or hostile, at every door: the socket, TCP, and TCP with TLS. Whatever was done,
the daemon lives, answers others meanwhile, and has let go of everything afterwards."""

import contextlib
import json
import os
import random
import re
import resource
import select
import socket
import ssl
import struct
import subprocess
import time

import harness
import sse

ALICE = 'alice@example.com'
DOORS = ('unix', 'tcp', 'tls')
# What a sanitizer keeps of freed memory would hide what is not freed at all.
QUARANTINE = 'quarantine_size_mb=8'
MEMORY = 200 * 1024  # KiB that may be more than before, sanitizers included
HELLO = bytes.fromhex('16030100') + bytes([5]) + b'\x01\x00\x02\x00\x03'  # a record of TLS, and nonsense in it


class Answer:
    """One answer as it came."""

    def __init__(self, raw):
        self.raw = raw
        head, _, self.rest = raw.partition(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        self.status = int(lines[0].split()[1]) if raw.startswith(b'HTTP/1.') else None
        self.headers = dict(line.lower().split(': ', 1) for line in lines[1:] if ': ' in line)


class AbuseCase(harness.TestCase):
    watchdog = 400

    def setUp(self):
        super().setUp()
        self.open = []
        self.addCleanup(self.close_all)

    def close_all(self):
        while self.open:
            with contextlib.suppress(OSError):
                self.open.pop().close()

    # The daemon and its door.

    def make_room(self, n):
        """Descriptors for `n` connections, here and in the daemons that are started from now on."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = n + 500
        if hard != resource.RLIM_INFINITY and hard < wanted:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            except (ValueError, OSError):
                self.skipTest(f'this machine gives {hard} file descriptors to a process, {wanted} are needed: '
                              'ulimit -n')
        else:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def begin(self, door, config='', users=1):
        """A daemon with one door that is looked at, and the socket besides."""
        self.door = door
        lines = '[api]\n' + config
        if door != 'unix':
            lines += 'listen=127.0.0.1:0\n'
        if door == 'tls':
            key, cert = self.certificate()
            lines += f'certificate={cert}\nkey={key}\n'
            self.trust = ssl.create_default_context(cafile=cert)
        sanitizer = ':'.join(filter(None, (os.environ.get('ASAN_OPTIONS'), QUARANTINE)))
        daemon = self.start(lines, name=door, env={'ASAN_OPTIONS': sanitizer})
        table = f'id,name\n{ALICE},Alice\n' + ''.join(f'user{i}@example.com,{"x" * 60}\n' for i in range(users - 1))
        path = self.folder / 'users.csv'
        path.write_text(table)
        daemon.ctl('user', 'import', path)
        self.token = daemon.json('token', 'create', '--scope', 'admin')['token']
        self.place = daemon.socket
        if door != 'unix':
            url = self.json(self.ask(daemon, self.get('/v1/status'), 'unix'))['listening'][0]
            self.assertTrue(url.startswith('https://' if door == 'tls' else 'http://'), url)
            host, port = url.split('//')[1].rstrip('/').rsplit(':', 1)
            self.place = (host, int(port))
        for _ in range(3):  # what is made at the first request is there
            self.fine(daemon)
        self.before = self.descriptors(daemon), self.memory(daemon)
        return daemon

    def certificate(self):
        key, cert = self.folder / 'key.pem', self.folder / 'cert.pem'
        if not cert.exists():
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert,
                            '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
                           check=True, capture_output=True)
        return key, cert

    def wire(self, daemon, door=None, buffer=None):
        """A connection as it is, without TLS even where that is spoken."""
        unix = (door or self.door) == 'unix'
        wire = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        if buffer is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        wire.connect(str(daemon.socket) if unix else self.place)
        wire.settimeout(harness.PATIENCE)
        self.open.append(wire)
        return wire

    def wrap(self, wire):
        wrapped = self.trust.wrap_socket(wire, server_hostname='127.0.0.1')
        self.open.append(wrapped)
        return wrapped

    def connect(self, daemon, door=None, buffer=None):
        wire = self.wire(daemon, door, buffer)
        return self.wrap(wire) if (door or self.door) == 'tls' else wire

    # Asking.

    def get(self, path, more='', method='GET'):
        return (f'{method} {path} HTTP/1.1\r\nHost: muster\r\nAuthorization: Bearer {self.token}\r\n'
                f'Connection: close\r\n{more}\r\n').encode()

    def post(self, path, body, kind='application/json', method='POST', more=''):
        body = body.encode() if isinstance(body, str) else body
        return self.get(path, f'Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}', method) + body

    @staticmethod
    def read_all(wire):
        """Until the other side has ended."""
        data = b''
        with contextlib.suppress(ConnectionResetError, BrokenPipeError, ssl.SSLError):
            while (piece := wire.recv(65536)):
                data += piece
        return data

    def ask(self, daemon, raw, door=None):
        wire = self.connect(daemon, door)
        # Too long a body is refused before it is all sent.
        with contextlib.suppress(ConnectionResetError, BrokenPipeError, ssl.SSLError):
            wire.sendall(raw)
        answer = Answer(self.read_all(wire))
        wire.close()
        return answer

    def json(self, answer):
        self.assertEqual(answer.status, 200, answer.raw[:500])
        return json.loads(answer.rest)

    # What must hold.

    @staticmethod
    def descriptors(daemon):
        return len(os.listdir(f'/proc/{daemon.process.pid}/fd'))

    @staticmethod
    def memory(daemon):
        with open(f'/proc/{daemon.process.pid}/status', encoding='ascii') as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith('VmRSS:'))

    @staticmethod
    def processor(daemon):
        """Seconds that the daemon has worked."""
        with open(f'/proc/{daemon.process.pid}/stat', encoding='ascii') as line:
            fields = line.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def fine(self, daemon):
        """A normal request is answered, at the door and at the socket."""
        self.json(self.ask(daemon, self.get(f'/v1/presence/{ALICE}')))
        self.json(self.ask(daemon, self.get('/v1/status'), 'unix'))

    def over(self, daemon):
        """Afterwards it is as it was before."""
        self.close_all()
        self.fine(daemon)
        self.assertIsNone(daemon.process.poll())
        descriptors, memory = self.before
        harness.wait_for('letting go of every connection', lambda: self.descriptors(daemon) <= descriptors,
                         alive=daemon)
        self.assertLess(self.memory(daemon) - memory, MEMORY)


def each_door(test):
    """Runs a test at every door."""
    def run(self):
        for door in DOORS:
            with self.subTest(door=door):
                test(self, door)
                self.close_all()
    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


class Slow(AbuseCase):
    """Deadlines are the daemon's: the test goes on until they are over, and asks others' questions meanwhile."""

    @staticmethod
    def is_over(wire):
        """Whether the other side has ended, however much it has said before."""
        poll = select.poll()
        poll.register(wire, select.POLLRDHUP)
        return bool(poll.poll(0))

    @staticmethod
    def move(wire, data):
        """One byte in each direction."""
        with contextlib.suppress(OSError, ssl.SSLError):
            if data:
                wire.send(data[:1])
            elif select.select([wire], [], [], 0)[0]:
                wire.recv(1)

    @each_door
    def test_everything_slow(self, door):
        # An answer that no kernel takes whole, to be read a byte at a time.
        daemon = self.begin(door, users=20000 if door == 'tcp' else 1)
        body = self.post(f'/v1/presence/{ALICE}', json.dumps({'status': 'busy', 'text': 'x' * 400}), method='PUT')
        cut = body.index(b'\r\n\r\n') + 4
        victims = {'head': (self.connect(daemon), self.get('/v1/status', 'X-Long: ' + 'x' * 1000 + '\r\n')),
                   'body': (self.connect(daemon), body[cut:])}
        victims['body'][0].sendall(body[:cut])
        silent = self.connect(daemon)
        if door == 'tls':
            victims['hello'] = self.wire(daemon), HELLO + HELLO
            victims['handshake'] = self.wire(daemon), b''
            victims['handshake'][0].sendall(HELLO[:5] + b'\x00\x00')
        if door == 'tcp':
            victims['answer'] = self.connect(daemon, buffer=4096), b''
            victims['answer'][0].sendall(self.get('/v1/users'))
        victims = {name: [wire, data] for name, (wire, data) in victims.items()}
        while victims:
            for name, victim in list(victims.items()):
                self.move(*victim)
                victim[1] = victim[1][1:]
                if self.is_over(victim[0]):
                    del victims[name]
            # Of an answer that was cut, what was on its way still comes: only the daemon knows.
            if set(victims) == {'answer'} and self.descriptors(daemon) <= self.before[0] + 1:
                del victims['answer']
            self.fine(daemon)
            time.sleep(0.2)  # the pace at which they are slow
        self.assertFalse(self.is_over(silent))
        self.over(daemon)

    @each_door
    def test_slow_bodies_take_no_place(self, door):
        """More of them than requests may be read at a time, by nobody in particular: others are answered meanwhile."""
        self.make_room(1500)
        daemon = self.begin(door)
        head = (b'POST /v1/sign-in HTTP/1.1\r\nHost: m\r\nContent-Type: application/json\r\n'
                b'Content-Length: 40\r\n\r\n{"code":')
        wires = []
        for _ in range(1050):
            wires.append(self.connect(daemon))
            wires[-1].sendall(head)
        self.fine(daemon)
        self.over(daemon)


class Many(AbuseCase):
    IDLE = 10000

    def cost(self, daemon, n=300):
        """Processor time of so many normal requests on one connection."""
        connection = self.connect(daemon, 'unix')
        request = self.get('/v1/status').replace(b'Connection: close\r\n', b'')
        began = self.processor(daemon)
        for _ in range(n):
            connection.sendall(request)
            connection.recv(65536)
        return self.processor(daemon) - began

    def test_idle(self):
        """Ten thousand that are silent: what others ask costs no more than without them."""
        self.make_room(self.IDLE)
        daemon = self.begin('tcp')
        without = self.cost(daemon)
        wires = [self.wire(daemon) for _ in range(self.IDLE)]
        harness.wait_for('taking all of them', lambda: self.descriptors(daemon) > self.IDLE, alive=daemon)
        # A clock that ticks a hundred times a second says nothing of less than some ticks.
        self.assertLess(self.cost(daemon), 5 * max(without, 0.1))
        self.fine(daemon)
        wires[0].sendall(self.get('/v1/status'))
        self.assertEqual(Answer(self.read_all(wires[0])).status, 200)
        self.over(daemon)

    @each_door
    def test_per_peer(self, door):
        """One that has as many as it may is turned away, and keeps those."""
        daemon = self.begin(door, 'connections-per-peer=8\n')
        wires = [self.connect(daemon) for _ in range(7)]
        beyond = [self.wire(daemon) for _ in range(5)]
        # The first of these is the eighth; the others are closed without a word.
        for wire in beyond[1:]:
            self.assertEqual(self.read_all(wire), b'')
        beyond[0].close()
        wires[0].sendall(self.get('/v1/status'))
        self.assertEqual(Answer(self.read_all(wires[0])).status, 200)
        self.close_all()
        harness.wait_for('room', lambda: self.ask(daemon, self.get('/v1/status')).status == 200, alive=daemon)
        self.over(daemon)

    def test_followers_who_do_not_read(self):
        """A thousand followers stop reading while everything changes; one goes on; and all of them are told what is."""
        self.make_room(3000)
        daemon = self.begin('tcp', users=31)
        names = [f'user{i}@example.com' for i in range(30)]
        header = [f'Authorization: Bearer {self.token}']
        followers = [sse.Stream(self.place, headers=header, buffer=2048) for _ in range(1000)]
        self.open += followers
        quick = sse.Stream(self.place, headers=header)
        self.open.append(quick)
        quick.read_until('synced')
        for number in range(25):
            table = 'id,name\n' + ''.join(f'{name},{"y" * 300}{number}\n' for name in names)
            answer = self.ask(daemon, self.post('/v1/users/import', table, 'text/csv'), 'unix')
            self.assertEqual(answer.status, 200, answer.raw)
            for _ in names:
                quick.read()
        for follower in followers:
            self.read_until_all(follower.file, f'"{"y" * 300}{number}"'.encode(), len(names))
        self.over(daemon)

    def read_until_all(self, file, wanted, n):
        """Until so many different users were told to be what is `wanted`."""
        users = set()
        while len(users) < n:
            line = file.readline()
            self.assertNotEqual(line, b'', 'the stream has ended')
            if wanted in line:
                users.add(re.search(rb'"user":"([^"]*)"', line)[1])


class Wrong(AbuseCase):
    """What is too long, cut off, contradictory or nonsense has its answer, or none, and nothing else happens."""

    def oversized(self):
        deep = '{"status":"busy","text":' + '[' * 20000 + ']' * 20000 + '}'
        choose = f'/v1/presence/{ALICE}'
        rows = 'id,' + ','.join(f'a.b{i}' for i in range(300)) + '\n'
        chunks = b'%x\r\n%s\r\n' % (65536, b'x' * 65536) * 20 + b'0\r\n\r\n'
        huge = self.get('/v1/presence/' + ALICE, 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n',
                        'PUT')
        return (('request line', self.get('/v1/' + 'x' * 40000), 414),
                ('one header', self.get('/v1/status', f'X: {"x" * 40000}\r\n'), 431),
                ('many headers', self.get('/v1/status', ''.join(f'X{i}: x\r\n' for i in range(120))), 431),
                ('body by length', self.post(choose, '{"text":"' + 'x' * (2 << 20) + '"}', method='PUT'), 413),
                ('body by chunks', huge + chunks, 413),
                ('a length that nobody has', self.get(choose, 'Content-Type: application/json\r\n'
                                                      'Content-Length: 999999999999999999\r\n'
                                                      'Expect: 100-continue\r\n', 'PUT'), 413),
                ('depth', self.post(choose, deep, method='PUT'), 400),
                ('a member', self.post(choose, '{"' + 'x' * 500000 + '":1}', method='PUT'), 400),
                ('parameters', self.get('/v1/presence?' + '&'.join(['user=a'] * 1001)), 400),
                ('segments', self.get('/v1/presence' + '/x' * 2000), 404),
                ('a segment', self.get('/v1/presence/' + 'x' * 5000), 400),
                ('columns', self.post('/v1/users/import', rows, 'text/csv'), 400),
                ('a field', self.post('/v1/users/import', 'id,name\na,' + 'x' * 600 + '\n', 'text/csv'), 400),
                ('a body of strangers', self.post('/v1/sign-in', '{"code":"' + 'x' * 5000 + '"}'), 413),
                ('a token', self.get('/v1/status').replace(self.token.encode(), b'x' * 20000), 401),
                ('followed users', self.get('/v1/events?users=' + ','.join(map(str, range(5001)))), 400))

    @each_door
    def test_oversized(self, door):
        daemon = self.begin(door)
        for name, raw, status in self.oversized():
            with self.subTest(name=name):
                answer = self.ask(daemon, raw)
                self.assertEqual(answer.status, status, answer.raw[:300])
                self.assertEqual(answer.headers['content-type'], 'application/problem+json')
                self.assertLess(len(answer.raw), 4000)
        self.over(daemon)

    @each_door
    def test_random_bytes(self, door):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        print(f'# seed {seed}')
        daemon = self.begin(door)
        begins = (b'', b'GET ', b'\x16\x03\x01', HELLO, self.get('/v1/status')[:40], b'\r\n', b'POST / HTTP/1.1\r\n')
        for _ in range(150):
            # Encrypted nonsense, and nonsense that was never encrypted.
            wire = self.connect(daemon) if dice.random() < 0.4 else self.wire(daemon)
            with contextlib.suppress(OSError, ssl.SSLError):
                wire.sendall(dice.choice(begins) + dice.randbytes(dice.choice((0, 1, 7, 100, 5000, 70000))))
            if dice.random() < 0.3:
                with contextlib.suppress(OSError, ssl.SSLError):
                    wire.shutdown(socket.SHUT_WR)
            if dice.random() < 0.3:
                # With what is left unread, and "linger" of nothing: the other side sees a reset.
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                wire.close()
        self.fine(daemon)
        self.over(daemon)

    def test_the_other_language(self):
        """Plain text where TLS is spoken is told so; a hello of TLS where it is not, is no request."""
        daemon = self.begin('tls')
        wire = self.wire(daemon)
        wire.sendall(self.get('/v1/status'))
        answer = Answer(self.read_all(wire))
        self.assertEqual(answer.status, 400)
        self.assertIn(b'https://', answer.rest)
        self.over(daemon)
        daemon = self.begin('tcp')
        wire = self.wire(daemon)
        context = ssl.create_default_context(cafile=self.certificate()[1])
        with self.assertRaises((ssl.SSLError, OSError)):
            context.wrap_socket(wire, server_hostname='127.0.0.1')
        self.over(daemon)

    def contradictions(self):
        get = 'GET /v1/status HTTP/1.1\r\n'
        host = 'Host: m\r\n'
        auth = f'Authorization: Bearer {self.token}\r\n'
        put = f'PUT /v1/presence/{ALICE} HTTP/1.1\r\n{host}{auth}Content-Type: application/json\r\n'
        chunked = put + 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
        body = '{"status":"busy"}'
        return (('no host', get + auth + '\r\n', 400), ('two hosts', get + host + host + auth + '\r\n', 400),
                ('two lengths', put + 'Content-Length: 17\r\nContent-Length: 18\r\n\r\n' + body, 400),
                ('two equal lengths', put + 'Content-Length: 17\r\nContent-Length: 17\r\n\r\n' + body, 400),
                ('length and chunks', put + 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n'
                 '0\r\n\r\nGET /v1/users HTTP/1.1\r\n\r\n', 400),
                ('chunks, but not at the end', put + 'Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n', 501),
                ('chunks by another name', put + 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 501),
                ('a blank before the colon', put + 'Content-Length : 17\r\n\r\n' + body, 400),
                ('a folded line', get + host + auth + 'X: a\r\n\tContent-Length: 5\r\n\r\n', 400),
                ('line ends without CR', (get + host + auth + '\r\n').replace('\r\n', '\n'), 400),
                ('the old protocol', f'GET /v1/status HTTP/1.0\r\n{auth}\r\n', 200),
                ('a newer protocol', f'GET /v1/status HTTP/2.0\r\n{host}{auth}\r\n', 505),
                ('a tunnel', f'CONNECT example.com:443 HTTP/1.1\r\n{host}{auth}\r\n', 400),
                ('chunks that are right', chunked + '8\r\n{"status\r\n9;x=y\r\n":"busy"}\r\n0\r\n\r\n', 200),
                ('a chunk of no number', chunked + 'zz\r\n' + body + '\r\n0\r\n\r\n', None),
                ('a chunk that is longer than it says', chunked + '4\r\n' + body + '\r\n0\r\n\r\n', None),
                ('a chunk of more than there is', chunked + 'ffffffffffffffff\r\n' + body, None),
                ('a chunk below nothing', chunked + '-1\r\n' + body + '\r\n0\r\n\r\n', None))

    @each_door
    def test_contradictions(self, door):
        """Read in one way only, or not at all: nothing that is hidden in a body is ever taken for a request."""
        daemon = self.begin(door)
        for name, raw, status in self.contradictions():
            if door == 'tls' and name == 'a chunk of more than there is':
                continue  # that would be waited for until its time is over
            with self.subTest(name=name):
                wire = self.connect(daemon)
                with contextlib.suppress(OSError, ssl.SSLError):
                    wire.sendall(raw.encode())
                    # Nothing more comes; TLS has no end of one direction.
                    if status is None and door != 'tls':
                        wire.shutdown(socket.SHUT_WR)
                answer = Answer(self.read_all(wire))
                wire.close()
                self.assertEqual(len(re.findall(rb'HTTP/1\.[01] \d{3} ', answer.raw)), answer.raw != b'', answer.raw)
                if status is None:
                    self.assertIn(answer.status, (None, 400))
                elif status == 200:
                    self.json(answer)
                else:
                    self.assertEqual(answer.status, status, answer.raw)
        self.assertEqual(daemon.json('show', ALICE)['status'], 'busy')
        self.over(daemon)

    @each_door
    def test_pipelined(self, door):
        """Asked all at once, answered in their order."""
        daemon = self.begin(door)
        keep = self.get('/v1/status').replace(b'Connection: close\r\n', b'')
        choose = self.post(f'/v1/presence/{ALICE}', '{"status":"busy"}', method='PUT').replace(
            b'Connection: close\r\n', b'')
        wire = self.connect(daemon)
        wire.sendall((keep + choose) * 40 + self.get('/v1/nothing'))
        raw = self.read_all(wire)
        self.assertEqual(raw.count(b'HTTP/1.1 200'), 80, raw[-500:])
        self.assertEqual(raw.count(b'HTTP/1.1 404'), 1)
        self.assertGreater(raw.index(b'HTTP/1.1 404'), raw.rindex(b'HTTP/1.1 200'))
        self.over(daemon)

    @each_door
    def test_half_and_gone(self, door):
        """Who has said all is answered; who is gone in the middle of an answer is nobody's trouble."""
        daemon = self.begin(door, users=3000)
        if door != 'tls':
            wire = self.connect(daemon)
            wire.sendall(self.get('/v1/users'))
            wire.shutdown(socket.SHUT_WR)
            self.assertEqual(Answer(self.read_all(wire)).status, 200)
        for _ in range(40):
            wire = self.connect(daemon, buffer=4096)
            wire.sendall(self.get('/v1/users'))
            wire.recv(10)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            wire.close()
        self.over(daemon)

    @each_door
    def test_token_revoked_in_mid_stream(self, door):
        """The stream ends at once, also that of one who does not read; and nobody else's."""
        daemon = self.begin(door)
        made = daemon.json('token', 'create', ALICE)
        wrap = self.wrap if door == 'tls' else None
        theirs, other = ([f'Authorization: Bearer {token}'] for token in (made['token'], self.token))
        streams = [sse.Stream(self.place, headers=theirs, wrap=wrap) for _ in range(3)]
        quiet = sse.Stream(self.place, headers=other, wrap=wrap)
        self.open += [*streams, quiet]
        for stream in (*streams[:2], quiet):
            stream.read_until('synced')
        daemon.ctl('token', 'revoke', made['id'])
        for stream in streams:
            while stream.read() is not None:
                pass
        daemon.ctl('set', ALICE, 'busy')
        self.assertEqual(quiet.read().data['status'], 'busy')
        self.assertEqual(self.ask(daemon, self.get('/v1/status').replace(self.token.encode(),
                                                                        made['token'].encode())).status, 401)
        self.over(daemon)


if __name__ == '__main__':
    harness.main()
