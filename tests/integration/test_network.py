# SPDX-License-Identifier: LGPL-2.1-or-later
"""The API over TCP: where it listens and where not, encryption, and what connections may cost."""

import contextlib
import json
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import unittest

import contract
import harness
import sse

ALICE, BOB = 'alice@example.com', 'bob@example.com'


class NetworkCase(harness.TestCase):
    def certificate(self, name):
        """A certificate of our own: the paths of it and of its key."""
        if shutil.which('openssl') is None:
            raise unittest.SkipTest('needs openssl (Debian package openssl)')
        certificate, key = self.folder / f'{name}.pem', self.folder / f'{name}.key'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                        '-keyout', key, '-out', certificate, '-subj', f'/CN={name}', '-days', '2', '-addext',
                        'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True, capture_output=True,
                       timeout=harness.PATIENCE)
        return certificate, key

    def begin(self, config='', args=()):
        """A daemon that listens on a port of its own choice; returns it and the port."""
        daemon = self.start(f'[api]\nlisten=127.0.0.1:0\n{config}', args=args)
        for user in (ALICE, BOB):
            daemon.ctl('user', 'add', user)
        return daemon, self.port(daemon)

    def begin_encrypted(self):
        certificate, key = self.certificate('first')
        for source, target in ((certificate, 'current.pem'), (key, 'current.key')):
            shutil.copy(source, self.folder / target)
        return self.begin(f'certificate={self.folder}/current.pem\nkey={self.folder}/current.key\n')

    def port(self, daemon):
        daemon.wait_log('the API is at ')
        return int(re.search(r'the API is at https?://127\.0\.0\.1:(\d+)', daemon.read_log())[1])

    def token(self, daemon, *args):
        return daemon.json('token', 'create', *args)['token']

    def connect(self, port, wrap=None):
        wire = socket.create_connection(('127.0.0.1', port), timeout=harness.PATIENCE)
        self.addCleanup(wire.close)
        if wrap is not None:
            wire = wrap(wire)
            self.addCleanup(wire.close)
        return wire

    def ask(self, wire, method='GET', path='/v1/status', token=None, body=None, close=False):
        """One request on an open connection; returns status, headers and body."""
        lines = [f'{method} {path} HTTP/1.1', 'Host: muster']
        data = json.dumps(body).encode() if body is not None else b''
        if token is not None:
            lines.append(f'Authorization: Bearer {token}')
        if body is not None:
            lines += ['Content-Type: application/json', f'Content-Length: {len(data)}']
        if close:
            lines.append('Connection: close')
        wire.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode() + data)
        return self.answer(wire, (method, path, 'application/json', data))

    @staticmethod
    def answer(wire, asked):
        """Holds the answer against the document, too; `asked`: method, path, type and body."""
        method, path, kind, sent = asked
        with wire.makefile('rb') as file:
            status = int(file.readline().split()[1])
            headers = {}
            while (line := file.readline().strip()):
                name, value = line.decode().split(':', 1)
                headers[name.lower()] = value.strip()
            data = file.read(int(headers['content-length']))
        with harness.holding() as document:
            document.hold(contract.Exchange(method, path, status, headers, data, kind, sent))
        return status, headers, json.loads(data or b'null')


class Listening(NetworkCase):
    def test_who_asks_shows_a_token(self):
        daemon, port = self.begin()
        wire = self.connect(port)
        status, headers, body = self.ask(wire)
        self.assertEqual((status, headers['content-type']), (401, 'application/problem+json'))
        self.assertIn('Bearer', headers['www-authenticate'])
        self.assertEqual((body['status'], body['title']), (401, 'Unauthorized'))
        token = self.token(daemon, ALICE)
        status, _, body = self.ask(wire, token=token)
        self.assertEqual((status, body['you']), (200, {'user': ALICE, 'admin': False}))
        self.assertNotIn('listening', body)
        self.assertEqual(self.ask(wire, 'PUT', f'/v1/presence/{ALICE}', token, {'status': 'busy'})[0], 200)
        self.assertEqual(self.ask(wire, 'PUT', f'/v1/presence/{BOB}', token, {'status': 'busy'})[0], 403)
        self.assertEqual(self.ask(wire, token=token + 'x')[0], 401)
        self.assertEqual(daemon.json('status')['listening'], [f'http://127.0.0.1:{port}'])
        self.assertIn(f'  listens at http://127.0.0.1:{port}\n', daemon.ctl('status').stdout)

    def test_nowhere_unless_asked(self):
        daemon = self.start('')
        self.assertEqual(daemon.json('status')['listening'], [])

    def test_option_goes_first(self):
        daemon = self.start('[api]\nlisten=127.0.0.1:1\n', args=['--listen', '127.0.0.1:0'])
        self.assertRegex(daemon.json('status')['listening'][0], r'^http://127\.0\.0\.1:\d{4,5}$')

    def test_refused(self):
        config = self.folder / 'muster.conf'
        for text, message in (
                ('listen=0.0.0.0:8470', 'muster.conf:2: [api] listen: tokens and presences would go'),
                ('listen=127.0.0.1:0;[::]:8470', 'unencrypted'),
                ('listen=localhost:8470', 'with the address in digits'),
                ('listen=127.0.0.1:70000', 'expected ADDRESS:PORT'),
                ('listen=::1:8470', '[ADDRESS]:PORT for IPv6'),
                ('listen=', 'expected ADDRESS:PORT'),
                ('certificate=/x.pem', 'one is set without the other'),
                ('certificate=x.pem', 'expected an absolute path'),
                ('certificate=/no.pem\nkey=/no.key', 'reading /no.pem: No such file'),
                (f'certificate={config}\nkey={config}', 'certificate'),
                ('connections-per-peer=0', 'a number from 1')):
            with self.subTest(text=text):
                config.write_text(f'[api]\n{text}\n')
                self.assertIn(message, self.check(config=config, code=1))
        config.write_text('')
        self.assertIn('--listen 0.0.0.0:1', self.check('--listen', '0.0.0.0:1', config=config, code=1))
        self.assertIn('--listen: expected', self.check('--listen', 'here', config=config, code=1))

    def test_taken(self):
        _, port = self.begin()
        second = self.daemon('', name='second', args=['--listen', f'127.0.0.1:{port}'])
        second.start(ready=False)
        self.assertEqual(second.wait(), 1)
        self.assertIn(f'listening on 127.0.0.1:{port}: ', second.read_log())


class Encrypted(NetworkCase):
    def wrap(self, name='first'):
        context = ssl.create_default_context(cafile=self.folder / f'{name}.pem')
        return lambda wire: context.wrap_socket(wire, server_hostname='localhost')

    def test_requests_and_events(self):
        daemon, port = self.begin_encrypted()
        token = self.token(daemon, ALICE)
        wire = self.connect(port, self.wrap())
        for _ in range(3):
            self.assertEqual(self.ask(wire, token=token)[0], 200)
        stream = sse.Stream(('127.0.0.1', port), headers=[f'Authorization: Bearer {token}'], wrap=self.wrap())
        self.addCleanup(stream.close)
        stream.read_until('synced')
        for status in ('busy', 'available', 'busy'):
            daemon.ctl('set', ALICE, status)
            self.assertEqual(stream.read().data['status'], status)
        self.assertEqual(self.ask(wire, token=token, close=True)[1]['connection'], 'close')
        self.assertEqual(wire.recv(1), b'')

    def test_much_at_once(self):
        """More than one record, and more than a socket holds."""
        daemon, port = self.begin_encrypted()
        table = 'id;name\n' + ''.join(f'user{i}@example.com;{"x" * 100}\n' for i in range(5000))
        (self.folder / 'users.csv').write_text(table)
        daemon.ctl('user', 'import', self.folder / 'users.csv')
        stream = sse.Stream(('127.0.0.1', port), headers=[f'Authorization: Bearer {self.token(daemon, ALICE)}'],
                            wrap=self.wrap(), buffer=8192)
        self.addCleanup(stream.close)
        self.assertEqual(len(stream.read_until('synced')), 5000 + 2 + 2)

    def test_plain_words(self):
        daemon, port = self.begin_encrypted()
        status, headers, body = self.ask(self.connect(port))
        self.assertEqual((status, headers['content-type']), (400, 'application/problem+json'))
        self.assertIn('https://', body['detail'])
        wire = self.connect(port)
        wire.sendall(b'\0\1\2\3')
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(wire.recv(1), b'')
        self.assertEqual(self.ask(self.connect(port, self.wrap()), token=self.token(daemon, ALICE))[0], 200)

    def test_renewed(self):
        """A reload takes up the files as they are now; with wrong ones it keeps what it has. Nobody is cut off."""
        daemon, port = self.begin_encrypted()
        token = self.token(daemon, ALICE)
        old = self.connect(port, self.wrap())
        self.assertEqual(self.ask(old, token=token)[0], 200)
        certificate, key = self.certificate('second')
        shutil.copy(certificate, self.folder / 'current.pem')
        daemon.signal(signal.SIGHUP)
        daemon.wait_log('the one of before stays in force')
        self.assertEqual(self.ask(self.connect(port, self.wrap()), token=token)[0], 200)
        shutil.copy(key, self.folder / 'current.key')
        daemon.signal(signal.SIGHUP)
        daemon.wait_log('the configuration was read again')

        def renewed():
            try:
                return self.ask(self.connect(port, self.wrap('second')), token=token)[0] == 200
            except ssl.SSLError:
                return False
        harness.wait_for('the new certificate', renewed, alive=daemon)
        with self.assertRaises(ssl.SSLError):
            self.connect(port, self.wrap())
        self.assertEqual(self.ask(old, token=token)[0], 200)


class Bounds(NetworkCase):
    def test_connections_of_one_peer(self):
        daemon, port = self.begin('connections-per-peer=5\n')
        token = self.token(daemon, ALICE)
        wires = [self.connect(port) for _ in range(5)]
        self.assertEqual([self.ask(wire, token=token)[0] for wire in wires], [200] * 5)
        sixth = self.connect(port)
        sixth.settimeout(harness.PATIENCE)
        with sixth.makefile('rb') as file:
            self.assertEqual(file.read(), b'')
        daemon.wait_log('127.0.0.1 has 5 connections already')
        wires[0].close()
        harness.wait_for('a place', lambda: self.tries(port, token), alive=daemon)

    def tries(self, port, token):
        try:
            return self.ask(self.connect(port), token=token)[0] == 200
        except (OSError, IndexError):
            return False

    def test_requests_one_after_another(self):
        """Sent at once, they are answered in order."""
        daemon, port = self.begin()
        token = self.token(daemon, ALICE)
        wire = self.connect(port)
        request = f'GET /v1/presence/%s HTTP/1.1\r\nHost: m\r\nAuthorization: Bearer {token}\r\n\r\n'
        wire.sendall(''.join(request % user for user in (ALICE, BOB, 'nobody', ALICE)).encode())
        with wire.makefile('rb') as file:
            data = b''
            while data.count(b'HTTP/1.1 ') < 4 or not data.endswith(b'}'):
                data += file.read1(65536)
        self.assertEqual(re.findall(rb'HTTP/1\.1 (\d+)', data), [b'200', b'200', b'404', b'200'])

    def test_thousands_at_once(self):
        """Requests of nobody in particular, all in one go: each is answered, and none costs more than the first."""
        _, port = self.begin()
        wire = self.connect(port)
        count = 20000
        threading.Thread(target=wire.sendall, args=(b'GET /x HTTP/1.1\r\nHost: m\r\n\r\n' * count,), daemon=True).start()
        seen, rest = 0, b''
        while seen < count:
            data = wire.recv(1 << 20)
            self.assertTrue(data, f'after {seen} answers')
            rest += data
            seen += rest.count(b'HTTP/1.1 401 ')
            rest = rest[-12:]

    def test_bodies_that_do_not_come(self):
        """They take nobody's place, however many they are."""
        daemon, port = self.begin()
        token = self.token(daemon, ALICE)
        for length in (10, 1000000):
            for _ in range(300):
                self.connect(port).sendall(f'PUT /v1/presence/{ALICE} HTTP/1.1\r\nHost: m\r\nContent-Type: application/json'
                                           f'\r\nContent-Length: {length}\r\n\r\n'.encode())
            self.assertEqual(self.ask(self.connect(port), token=token)[0], 200)
        # Who has a long one to send has a place, though not where all these come from.
        wire = socket.create_connection(('127.0.0.1', port), harness.PATIENCE, ('127.0.0.2', 0))
        self.addCleanup(wire.close)
        body = {'status': 'busy', 'text': ' ' * 30000}
        self.assertEqual(self.ask(wire, 'PUT', f'/v1/presence/{ALICE}', token, body)[0], 400)

    def test_a_body_for_a_url(self):
        """A whole URL is a request like any other, with the same bounds."""
        daemon, port = self.begin()
        wire = self.connect(port)
        wire.sendall(b'POST https://m/v1/sign-in HTTP/1.1\r\nHost: m\r\nContent-Length: 100000000000\r\n\r\n')
        with contextlib.suppress(OSError):
            for _ in range(200):
                wire.sendall(b'x' * (1 << 20))
        usage = pathlib.Path(f'/proc/{daemon.process.pid}/status').read_text(encoding='ascii')
        self.assertLess(int(re.search(r'VmRSS:\s+(\d+) kB', usage)[1]), 1 << 20)

    def test_both_families(self):
        """What the documentation shows as an example."""
        certificate, key = self.certificate('first')
        try:
            with socket.create_server(('::', 0), family=socket.AF_INET6, dualstack_ipv6=True) as probe:
                port = probe.getsockname()[1]
        except OSError as error:
            raise unittest.SkipTest(f'no IPv6 here: {error}') from error
        daemon = self.start(f'[api]\nlisten=0.0.0.0:{port};[::]:{port}\ncertificate={certificate}\nkey={key}\n')
        self.assertEqual(daemon.json('status')['listening'], [f'https://0.0.0.0:{port}', f'https://[::]:{port}'])

    def test_a_reader_with_answers_to_take(self):
        """Who turns to the events with answers still on their way is told everything, too."""
        daemon, port = self.begin()
        token = self.token(daemon, ALICE)
        wire = socket.socket()
        self.addCleanup(wire.close)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect(('127.0.0.1', port))
        head = f'Host: m\r\nAuthorization: Bearer {token}\r\n\r\n'
        wire.sendall((f'GET /x HTTP/1.1\r\n{head}' * 200 + f'GET /v1/events HTTP/1.1\r\n{head}').encode())
        wire.settimeout(harness.PATIENCE)
        data = b''
        while b'event: synced' not in data:
            data = data[-20:] + wire.recv(4096)

    def test_a_revoked_token_ends_its_streams(self):
        daemon, port = self.begin()
        first, second = (daemon.json('token', 'create', ALICE) for _ in range(2))
        streams = [sse.Stream(('127.0.0.1', port), headers=[f'Authorization: Bearer {one["token"]}'])
                   for one in (first, second)]
        for stream in streams:
            self.addCleanup(stream.close)
            stream.read_until('synced')
        daemon.ctl('token', 'revoke', first['id'])
        self.assertIsNone(streams[0].read())
        daemon.ctl('set', ALICE, 'busy')
        self.assertEqual(streams[1].read().data['status'], 'busy')
        daemon.ctl('user', 'remove', ALICE)
        self.assertIsNone(streams[1].read())

    def test_what_a_colleague_follows(self):
        daemon, port = self.begin()
        daemon.ctl('set', BOB, 'busy', '--text', 'Writing')
        stream = sse.Stream(('127.0.0.1', port), headers=[f'Authorization: Bearer {self.token(daemon, ALICE)}'])
        self.addCleanup(stream.close)
        bob = [event for event in stream.read_until('synced') if event.data.get('user') == BOB][0].data
        self.assertEqual((bob['status'], bob['text'], bob['template'], bob['kind']), ('busy', None, None, None))
        # What a colleague may not know is no news for them.
        daemon.ctl('set', BOB, 'busy', '--text', 'Reading')
        daemon.ctl('set', BOB, 'available')
        self.assertEqual(stream.read().data['status'], 'available')


if __name__ == '__main__':
    harness.main()
