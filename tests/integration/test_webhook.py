# SPDX-License-Identifier: LGPL-2.1-or-later
"""Presences that arrive at a receiver over HTTP, as the receiver sees them."""

import http.server
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import unittest

import harness

ALICE = 'alice@example.com'
BOB = 'bob@example.com'
README = pathlib.Path(__file__).resolve().parents[2] / 'plugins' / 'webhook' / 'README.md'


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.json = json.loads(body) if body else None

    @property
    def user(self):
        return self.json['user']['id']

    @property
    def presence(self):
        return self.json['presence']


class Receiver:
    """An HTTP server on a port that stays the same while it is down and up again."""

    def __init__(self, tls=None):
        self.tls = tls         # (certificate, key) or None
        self.status = 200
        self.latency = 0.0     # seconds before an answer
        self.requests = []     # in the order of their arrival
        self.overlaps = []     # users for whom a request came while another was not answered yet
        self._busy = set()
        self._lock = threading.Lock()
        self._server = None
        self.released = threading.Event()  # for status 0: never answers before
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]

    @property
    def url(self):
        return f'{"https" if self.tls else "http"}://127.0.0.1:{self.port}'

    def up(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                receiver.handle(self)

            do_HEAD = do_POST

            def log_message(self, *_args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_args):
                pass  # a daemon that ends in the middle of a request is no error of the receiver's

        self._server = Server(('127.0.0.1', self.port), Handler)
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.02}, daemon=True).start()
        return self

    def down(self):
        self.released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def handle(self, handler):
        body = handler.rfile.read(int(handler.headers.get('Content-Length') or 0))
        request = Request(handler.command, handler.path, dict(handler.headers), body)
        who = (request.path, request.user) if request.json else None
        with self._lock:
            if who in self._busy:
                self.overlaps.append(who)
            self._busy.add(who)
            self.requests.append(request)
        if self.status == 0:
            self.released.wait()
            return
        time.sleep(self.latency)
        with self._lock:
            self._busy.discard(who)
        handler.send_response(self.status)
        handler.send_header('Content-Length', '0')
        handler.end_headers()

    def posts(self, user=None, path=None):
        with self._lock:
            return [request for request in self.requests if request.method == 'POST'
                    and user in (None, request.user) and path in (None, request.path)]


def verifier():
    """The function that the README shows to receivers."""
    block, = re.findall(r'^```python\n(.*?)^```$', README.read_text(encoding='utf-8'), re.S | re.M)
    namespace = {}
    exec(compile(block, str(README), 'exec'), namespace)  # pylint: disable=exec-used
    return namespace['verify']


class Webhook(harness.TestCase):
    def receiver(self, **more):
        receiver = Receiver(**more)
        self.addCleanup(receiver.down)
        return receiver

    def group(self, receiver, *options, name='webhook', path='/hook'):
        return '\n'.join((f'[{name}]', 'Enabled=required', f'url={receiver.url}{path}', *options, ''))

    def with_users(self, config, users=(ALICE,), secret=None):
        daemon = self.daemon(config)
        if secret is not None:
            self.store_secret(daemon, secret)
        daemon.start()
        for user in users:
            daemon.ctl('user', 'add', user, '--name', user.split('@')[0].title())
        return daemon

    def store_secret(self, daemon, secret):
        folder = daemon.state_dir / 'secrets'
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        daemon.state_dir.chmod(0o700)
        path = folder / 'webhook'
        path.touch(mode=0o600)
        path.write_text(secret + '\n', encoding='utf-8')

    def wait_post(self, daemon, receiver, what, is_it, user=ALICE, path=None):
        def arrived():
            posts = receiver.posts(user, path)
            return posts[-1] if posts and is_it(posts[-1].presence) else None
        return harness.wait_for(f'a delivery: {what}', arrived, alive=daemon)

    def sink(self, daemon, user=ALICE, instance='webhook'):
        sinks = daemon.json('why', user)['sinks']
        return next(sink for sink in sinks if sink['instance'] == instance)

    def wait_sink(self, daemon, what, is_it, user=ALICE):
        def is_so():
            sink = self.sink(daemon, user)
            return sink if is_it(sink) else None
        return harness.wait_for(f'why: {what}', is_so, alive=daemon)

    def wait_health(self, daemon, state, text=''):
        def is_so():
            shown = daemon.json('plugin', 'show', 'webhook')
            return shown if shown['state'] == state and text in (shown['text'] or '') else None
        return harness.wait_for(f'webhook being {state}: {text}', is_so, alive=daemon)

    def lines(self, daemon):
        said = json.loads(daemon.ctl('--json', 'plugin', 'test', 'webhook', code=None).stdout)
        lines = said['lines'] if isinstance(said, dict) else said
        return {line['subject']: (line['result'], line['text']) for line in lines}

    def test_views(self):
        receiver = self.receiver().up()
        daemon = self.with_users(
            self.group(receiver, 'View=employee', name='webhook:door', path='/door')
            + self.group(receiver, 'View=team-colleague', name='webhook:team', path='/team'))
        daemon.ctl('set', ALICE, 'busy', '--text', 'Writing')

        door = self.wait_post(daemon, receiver, 'busy', lambda p: p['status'] == 'busy', path='/door')
        team = self.wait_post(daemon, receiver, 'busy', lambda p: p['status'] == 'busy', path='/team')
        self.assertEqual(door.json['event'], 'presence')
        self.assertEqual(door.json['instance'], 'webhook:door')
        self.assertEqual(door.json['user'], {'id': ALICE, 'name': 'Alice'})
        self.assertEqual(door.headers['Content-Type'], 'application/json')
        self.assertTrue(door.headers['User-Agent'].startswith('muster/'))
        self.assertNotIn('Muster-Signature', door.headers)
        self.assertIsNone(door.presence['text'])
        self.assertIsNone(door.presence['template'])
        self.assertIsNone(door.presence['kind'])
        self.assertEqual(team.presence['text'], 'Writing')
        self.assertEqual(team.presence['kind'], 'choice')

        # What is sent is what the API shows, field by field.
        shown = daemon.json('show', ALICE)
        for field in ('status', 'text', 'template', 'since', 'until', 'next_free', 'telephony', 'reach', 'kind',
                      'revision'):
            self.assertEqual(team.presence[field], shown[field], field)

    def test_every_user_once_after_each_start(self):
        receiver = self.receiver().up()
        daemon = self.with_users(self.group(receiver), users=(ALICE, BOB))
        for user in (ALICE, BOB):
            self.wait_post(daemon, receiver, 'the first', lambda p: True, user=user)
            self.wait_sink(daemon, 'applied', lambda s: not s['pending'] and not s['in_flight'], user=user)
        daemon.stop()
        before = len(receiver.posts())
        daemon.start()
        for user in (ALICE, BOB):
            self.wait_sink(daemon, 'applied again', lambda s: s['applied'] and not s['pending'], user=user)
        self.assertEqual(len(receiver.posts()), before + 2)

    def test_signature(self):
        verify = verifier()
        receiver = self.receiver().up()
        daemon = self.with_users(self.group(receiver, 'secret=secret:webhook', 'View=team-colleague'),
                                 secret='a long random secret')
        daemon.ctl('set', ALICE, 'busy', '--text', 'Ünïcode ✓')
        post = self.wait_post(daemon, receiver, 'the text', lambda p: p['text'] == 'Ünïcode ✓')
        for request in receiver.posts():
            signature = request.headers['Muster-Signature']
            self.assertTrue(verify(b'a long random secret', signature, request.body), signature)
            self.assertRegex(request.headers['Muster-Delivery'], r'^[0-9a-f]{32}$')

        signature = post.headers['Muster-Signature']
        self.assertFalse(verify(b'another secret', signature, post.body))
        self.assertFalse(verify(b'a long random secret', signature, post.body + b' '))
        self.assertFalse(verify(b'a long random secret', signature, post.body, tolerance=-1), 'too old')
        moved = re.sub(r't=(\d+)', lambda m: f't={int(m[1]) + 1}', signature)
        self.assertFalse(verify(b'a long random secret', moved, post.body))
        self.assertFalse(verify(b'a long random secret', '', post.body))
        self.assertNotIn('a long random secret', daemon.read_log())

    def test_secret_that_is_stored_later(self):
        receiver = self.receiver().up()
        daemon = self.with_users(self.group(receiver, 'secret=secret:webhook'))
        self.wait_health(daemon, 'degraded', "secret 'webhook'")
        sink = self.wait_sink(daemon, 'an error', lambda s: s['last_error'])
        self.assertIn("secret 'webhook'", sink['last_error'])
        self.assertIsNone(sink['applied'])
        self.assertEqual(receiver.posts(), [])

        self.store_secret(daemon, 'stored at last')
        # It would be looked for within 30 s; a test looks at once.
        self.assertEqual(self.lines(daemon)['secret'][0], 'ok')
        post = self.wait_post(daemon, receiver, 'the first', lambda p: True)
        self.assertTrue(verifier()(b'stored at last', post.headers['Muster-Signature'], post.body))
        self.wait_health(daemon, 'online')

    def test_secret_that_is_changed(self):
        receiver = self.receiver().up()
        daemon = self.with_users(self.group(receiver, 'secret=secret:webhook'), secret='old')
        self.wait_post(daemon, receiver, 'the first', lambda p: True)
        self.store_secret(daemon, 'new')
        receiver.status = 401
        daemon.ctl('set', ALICE, 'busy')
        self.wait_post(daemon, receiver, 'busy, not taken', lambda p: p['status'] == 'busy')
        receiver.status = 200
        self.wait_sink(daemon, 'applied', lambda s: s['applied'] and s['applied']['status'] == 'busy')
        last = receiver.posts()[-1]
        self.assertTrue(verifier()(b'new', last.headers['Muster-Signature'], last.body))

    def test_order_under_latency(self):
        receiver = self.receiver().up()
        receiver.latency = 0.05
        daemon = self.with_users(self.group(receiver, 'View=team-colleague'), users=(ALICE, BOB))
        for number in range(1, 13):
            daemon.ctl('set', ALICE, 'busy', '--text', f'{number}')
            daemon.ctl('set', BOB, 'busy', '--text', f'{number}')
        for user in (ALICE, BOB):
            self.wait_post(daemon, receiver, 'the last', lambda p: p['text'] == '12', user=user)
            revisions = [request.presence['revision'] for request in receiver.posts(user)]
            self.assertEqual(revisions, sorted(set(revisions)))
        self.assertEqual(receiver.overlaps, [])

    def test_receiver_down_and_up(self):
        receiver = self.receiver()
        daemon = self.with_users(self.group(receiver, 'View=team-colleague'))
        for text in ('one', 'two', 'three'):
            daemon.ctl('set', ALICE, 'busy', '--text', text)
        sink = self.wait_sink(daemon, 'an error and the next try',
                              lambda s: s['last_error'] and s['next_try'] and s['desired']['text'] == 'three')
        self.assertIn(f'asking http://127.0.0.1:{receiver.port}: ', sink['last_error'])
        self.assertIsNone(sink['applied'])
        self.wait_health(daemon, 'degraded', 'failed in a row')

        receiver.up()
        sink = self.wait_sink(daemon, 'applied', lambda s: s['applied'] and s['applied']['text'] == 'three')
        self.assertFalse(sink['pending'])
        self.assertEqual(sink['detail']['http-status'], '200')
        self.assertEqual([request.presence['text'] for request in receiver.posts()], ['three'])
        self.assertEqual(sink['detail']['delivery-id'], receiver.posts()[0].headers['Muster-Delivery'])
        self.wait_health(daemon, 'online')

    def test_same_delivery_id_at_each_try(self):
        receiver = self.receiver().up()
        receiver.status = 503
        daemon = self.with_users(self.group(receiver))
        harness.wait_for('a second try', lambda: len(receiver.posts()) >= 2, alive=daemon)
        tries = receiver.posts()
        self.assertEqual(tries[0].headers['Muster-Delivery'], tries[1].headers['Muster-Delivery'])
        self.assertEqual(tries[0].body, tries[1].body)

    def test_refused_is_not_repeated_until_asked(self):
        receiver = self.receiver().up()
        receiver.status = 404
        daemon = self.with_users(self.group(receiver))
        sink = self.wait_sink(daemon, 'refused', lambda s: s['result'] == 'refused')
        self.assertIn('answered 404', sink['last_error'])
        self.assertIsNone(sink['next_try'])
        receiver.status = 200
        daemon.ctl('plugin', 'sync', 'webhook')
        self.wait_sink(daemon, 'applied', lambda s: s['applied'])
        self.assertEqual(len(receiver.posts()), 2)

    def test_pause_and_resume(self):
        receiver = self.receiver().up()
        daemon = self.with_users(self.group(receiver, 'View=team-colleague'))
        self.wait_sink(daemon, 'applied', lambda s: s['applied'])
        daemon.ctl('plugin', 'pause', 'webhook')
        before = len(receiver.posts())
        for text in ('one', 'two'):
            daemon.ctl('set', ALICE, 'busy', '--text', text)
        self.wait_sink(daemon, 'paused with something to deliver', lambda s: s['paused'] and s['pending'])
        self.assertEqual(len(receiver.posts()), before)
        daemon.ctl('plugin', 'resume', 'webhook')
        self.wait_sink(daemon, 'applied', lambda s: s['applied'] and s['applied']['text'] == 'two')
        self.assertEqual([request.presence['text'] for request in receiver.posts()[before:]], ['two'])

    def test_tls(self):
        if shutil.which('openssl') is None:
            raise unittest.SkipTest('no openssl (package openssl)')
        cert, key = self.folder / 'cert.pem', self.folder / 'key.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert,
                        '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
                       check=True, capture_output=True)
        receiver = self.receiver(tls=(cert, key)).up()
        daemon = self.with_users(self.group(receiver))
        sink = self.wait_sink(daemon, 'refused', lambda s: s['result'] == 'refused')
        self.assertIn('ca-file', sink['last_error'])
        self.assertEqual(receiver.posts(), [])

        daemon.config.write_text(self.group(receiver, f'ca-file={cert}'), encoding='utf-8')
        daemon.signal(harness.signal.SIGHUP)
        self.wait_post(daemon, receiver, 'the first', lambda p: True)
        lines = self.lines(daemon)
        self.assertEqual(lines['certificate'][0], 'ok')
        self.assertIn('accepted (TLS', lines['certificate'][1])
        self.assertEqual(lines['secret'][0], 'note')

    def test_ends_in_time_while_a_receiver_is_silent(self):
        receiver = self.receiver().up()
        receiver.status = 0
        daemon = self.with_users(self.group(receiver), users=(ALICE, BOB))
        harness.wait_for('two requests', lambda: len(receiver.posts()) == 2, alive=daemon)
        daemon.ctl('set', ALICE, 'busy')
        daemon.stop()
        self.assertEqual(daemon.process.returncode, 0)

    def test_configuration_is_checked(self):
        for line, text in (('url=https://me:pw@example.com/', 'url'), ('url=ftp://example.com/', 'url'),
                           ('url=https://example.com/\nsecret=hunter2', 'secret'),
                           ('url=https://example.com/\ntimeout=2h', 'timeout'), ('timeout=1s', 'url')):
            with self.subTest(line=line):
                config = self.folder / 'wrong.conf'
                config.write_text(f'[webhook]\n{line}\n', encoding='utf-8')
                said = self.run_musterd('--check', '--config', config)
                self.assertNotEqual(said.returncode, 0)
                self.assertIn(text, said.stdout + said.stderr)
                self.assertNotIn('hunter2', said.stdout + said.stderr)
                self.assertNotIn('me:pw', said.stdout + said.stderr)


if __name__ == '__main__':
    harness.main()
