# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tokens and sign-in links of the running daemon: what they open, what ends them, and what is left of them on disk."""

import contextlib
import json
import re
import socket
import sqlite3
import threading

import harness
import sse

ALICE = 'alice@example.com'
BOB = 'bob@example.com'


class TokenCase(harness.TestCase):
    def begin(self):
        daemon = self.start()
        for user in (ALICE, BOB):
            daemon.ctl('user', 'add', user)
        return daemon

    def ask(self, daemon, method, path, token=None, body=None):
        """(status, answer) of whoever shows `token`; without one of this account, which administers."""
        headers = {'Authorization': f'Bearer {token}'} if token is not None else {}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        with contextlib.closing(harness.Connection(daemon.socket)) as connection:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            data = response.read()
            return response.status, json.loads(data) if data else None

    def status(self, daemon, token):
        return self.ask(daemon, 'GET', '/v1/status', token)[0]

    def create(self, daemon, *args):
        return daemon.json('token', 'create', *args)

    def code(self, daemon, *args):
        return daemon.json('token', 'link', *args)['code']

    def sign_in(self, daemon, code):
        return self.ask(daemon, 'POST', '/v1/sign-in', body={'code': code})

    def rows(self, daemon):
        """How many tokens the store has."""
        with contextlib.closing(sqlite3.connect(daemon.state_dir / 'muster.db')) as db:
            return db.execute('SELECT count (*) FROM tokens').fetchone()[0]

    def on_disk(self, daemon):
        """Every byte that the daemon has written anywhere, its log included."""
        files = [path for path in daemon.folder.rglob('*') if path.is_file()]
        self.assertTrue(any(path.name.startswith('muster.db') for path in files))
        return b''.join(path.read_bytes() for path in files)


class Tokens(TokenCase):
    def test_life(self):
        daemon = self.begin()
        made = self.create(daemon, ALICE, '--label', 'laptop')
        self.assertEqual(list(made), ['id', 'token', 'kind', 'user', 'scope', 'label', 'made_by', 'created', 'expires'])
        self.assertEqual((made['user'], made['scope'], made['label']), (ALICE, 'user', 'laptop'))
        status, answer = self.ask(daemon, 'GET', '/v1/status', made['token'])
        # The token's rights, not those of the account at the other end of the socket.
        self.assertEqual((status, answer['you']), (200, {'user': ALICE, 'admin': False}))
        self.assertEqual(self.ask(daemon, 'GET', '/v1/users', made['token'])[0], 403)
        self.assertEqual(self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', made['token'], {'status': 'busy'})[0], 200)
        self.assertEqual(self.ask(daemon, 'PUT', f'/v1/presence/{BOB}', made['token'], {'status': 'busy'})[0], 403)

        listed = daemon.json('token', 'list')['tokens']
        self.assertEqual(listed, [{name: made[name] for name in made if name != 'token'}])
        daemon.ctl('token', 'revoke', made['id'])
        self.assertEqual(self.status(daemon, made['token']), 401)
        self.assertEqual(daemon.json('token', 'list')['tokens'], [])
        self.assertIn(f"no token '{made['id']}'", daemon.ctl('token', 'revoke', made['id'], code=1).stderr)

    def test_user_removed(self):
        daemon = self.begin()
        alice, bob = (self.create(daemon, user)['token'] for user in (ALICE, BOB))
        code = self.code(daemon, ALICE)
        daemon.ctl('user', 'remove', ALICE)
        daemon.ctl('user', 'add', ALICE)
        self.assertEqual(self.status(daemon, alice), 401)
        self.assertEqual(self.sign_in(daemon, code)[0], 401)
        self.assertEqual(self.status(daemon, bob), 200)
        daemon.stop()
        daemon.start()
        self.assertEqual(self.status(daemon, alice), 401)
        self.assertEqual(self.status(daemon, bob), 200)

    def test_expires(self):
        daemon = self.begin()
        made = self.create(daemon, ALICE, '--expires', '+2s')
        harness.wait_for('the end of the token', lambda: self.status(daemon, made['token']) == 401)
        self.assertEqual(daemon.json('token', 'list')['tokens'], [])
        harness.wait_for('its leaving the disk', lambda: self.rows(daemon) == 0)
        lasting = self.create(daemon, '--scope', 'admin', '--expires', 'never')
        self.assertIsNone(lasting['expires'])
        for word, code, said in (('2001-01-01T00:00:00Z', 1, 'future'), ('soon', 2, 'not a time')):
            self.assertIn(said, daemon.ctl('token', 'create', ALICE, '--expires', word, code=code).stderr)

    def test_survives(self):
        """What was made is good, and what was revoked or used is not, however the daemon ends."""
        daemon = self.begin()
        for end in (daemon.stop, daemon.kill):
            with self.subTest(end=end.__name__):
                kept = self.create(daemon, ALICE)['token']
                gone = self.create(daemon, ALICE)
                used, unused = self.code(daemon, ALICE), self.code(daemon, ALICE)
                status, session = self.sign_in(daemon, used)
                self.assertEqual(status, 201)
                daemon.ctl('token', 'revoke', gone['id'])
                end()
                daemon.start()
                self.assertEqual(self.status(daemon, kept), 200)
                self.assertEqual(self.status(daemon, session['token']), 200)
                self.assertEqual(self.status(daemon, gone['token']), 401)
                self.assertEqual(self.sign_in(daemon, used)[0], 401)
                self.assertEqual(self.sign_in(daemon, unused)[0], 201)

    def test_only_hash_on_disk(self):
        daemon = self.begin()
        made = self.create(daemon, ALICE)
        code = self.code(daemon, ALICE)
        spare = self.code(daemon, ALICE)
        session = self.sign_in(daemon, code)[1]
        wrong = 'muster_' + 'A' * 43
        self.assertEqual(self.status(daemon, made['token']), 200)
        self.assertEqual(self.status(daemon, wrong), 401)
        for stage in ('running', 'killed', 'stopped'):
            with self.subTest(stage=stage):
                if stage == 'killed':
                    daemon.kill()
                elif stage == 'stopped':
                    daemon.start()
                    daemon.stop()
                data = self.on_disk(daemon)
                self.assertIn(made['id'].encode(), data)
                for secret in (made['token'], session['token'], code, spare, wrong):
                    self.assertNotIn(secret.split('_', 1)[1].encode(), data)
        log = daemon.read_log()
        self.assertIn(f"token {made['id']} made for {ALICE}", log)
        self.assertNotIn(session['id'], log)  # when somebody signs in is not for the log

    def test_backup(self):
        """A copy brings back what was in force when it was made, what was revoked since included."""
        daemon = self.begin()
        made = self.create(daemon, ALICE)
        copy = self.folder / 'copy'
        daemon.ctl('backup', copy)
        daemon.ctl('token', 'revoke', made['id'])
        daemon.ctl('restore', copy)
        daemon.wait_note('READY=1')
        self.assertEqual(self.status(daemon, made['token']), 200)


class AtOnce(TokenCase):
    """What ends a token ends what is open with it."""

    def follow(self, daemon, token):
        stream = sse.Stream(daemon.socket, headers=[f'Authorization: Bearer {token}'])
        self.addCleanup(stream.close)
        self.assertEqual(stream.status, 200)
        stream.read_until('synced')
        return stream

    def assert_ends(self, stream):
        while stream.read() is not None:
            pass

    def test_revoked(self):
        daemon = self.begin()
        mine, other = (self.create(daemon, ALICE) for _n in range(2))
        streams = [self.follow(daemon, made['token']) for made in (mine, mine, other)]
        account = sse.Stream(daemon.socket)
        self.addCleanup(account.close)
        account.read_until('synced')
        daemon.ctl('token', 'revoke', mine['id'])
        self.assert_ends(streams[0])
        self.assert_ends(streams[1])
        daemon.ctl('set', ALICE, 'busy')
        for stream in (streams[2], account):
            self.assertEqual(stream.read_until('presence')[-1].data['status'], 'busy')

    def test_user_removed(self):
        daemon = self.begin()
        alice, bob = (self.follow(daemon, self.create(daemon, user)['token']) for user in (ALICE, BOB))
        daemon.ctl('user', 'remove', ALICE)
        self.assert_ends(alice)
        self.assertEqual(bob.read_until('removed')[-1].data['user'], ALICE)

    def test_expired(self):
        daemon = self.begin()
        self.assert_ends(self.follow(daemon, self.create(daemon, ALICE, '--expires', '+3s')['token']))

    def test_body_to_come(self):
        """A token that ends between the head of a request and its body."""
        daemon = self.begin()
        made = self.create(daemon, ALICE)
        body = b'{"status":"busy"}'
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as wire:
            wire.settimeout(harness.PATIENCE)
            wire.connect(str(daemon.socket))
            wire.sendall(f'PUT /v1/presence/{ALICE} HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\n'
                         f'Authorization: Bearer {made["token"]}\r\nExpect: 100-continue\r\n'
                         f'Content-Length: {len(body)}\r\n\r\n'.encode())
            answers = wire.makefile('rb')
            self.addCleanup(answers.close)
            self.assertIn(b' 100 ', answers.readline())
            while answers.readline().strip():
                pass
            daemon.ctl('token', 'revoke', made['id'])
            wire.sendall(body)
            self.assertIn(b' 401 ', answers.readline())
        self.assertEqual(daemon.json('show', ALICE)['status'], 'available')


class Network(TokenCase):
    def test_over_tcp(self):
        daemon = self.start('[api]\nlisten=127.0.0.1:0\n')
        daemon.ctl('user', 'add', ALICE)
        url = re.search(r'http://127\.0\.0\.1:\d+', daemon.read_log())[0]
        path = self.folder / 'token'
        daemon.ctl('token', 'create', ALICE, '--file', path)
        there = ('--url', url, '--token-file', path)
        self.assertEqual(daemon.json('status', *there)['you'], {'user': ALICE, 'admin': False})
        self.assertRegex(daemon.ctl('token', 'link', *there).stdout, rf'^{url}/#sign-in=muster-once_')
        daemon.ctl('token', 'revoke', 'current', *there)
        self.assertIn('not in force', daemon.ctl('status', *there, code=1).stderr)

        # Without any token: nothing but to sign in.
        host, port = url.removeprefix('http://').split(':')
        with contextlib.closing(harness.NetworkConnection(host, int(port), timeout=harness.PATIENCE)) as connection:
            right = json.dumps({'code': self.code(daemon, ALICE)})
            for method, path, body, status in (('GET', '/v1/status', None, 401), ('GET', '/v1/nothing', None, 401),
                                               ('POST', '/v1/sign-in', '{"code":"x"}', 401),
                                               ('POST', '/v1/sign-in', right, 201)):
                connection.request(method, path, body, {'Content-Type': 'application/json'} if body else {})
                response = connection.getresponse()
                response.read()
                self.assertEqual(response.status, status, (method, path))
                if status == 401:
                    self.assertEqual(response.headers['WWW-Authenticate'], 'Bearer realm="muster"')


class Figures(TokenCase):
    def test_monitor(self):
        """A token that sees the figures, and what they say of tokens."""
        daemon = self.begin()
        monitor = self.create(daemon, '--scope', 'monitor')['token']
        self.create(daemon, ALICE)
        self.assertEqual(self.status(daemon, 'muster_' + 'A' * 43), 401)
        self.assertEqual(self.sign_in(daemon, 'x')[0], 401)
        with contextlib.closing(harness.Connection(daemon.socket)) as connection:
            connection.request('GET', '/metrics', headers={'Authorization': f'Bearer {monitor}'})
            response = connection.getresponse()
            text = response.read().decode()
        self.assertEqual(response.status, 200)
        self.assertIn('\nmuster_api_tokens 2\n', text)
        self.assertIn('\nmuster_api_tokens_refused_total 2\n', text)
        self.assertEqual(self.status(daemon, monitor), 403)
        self.assertEqual(self.ask(daemon, 'GET', '/metrics', self.create(daemon, ALICE)['token'])[0], 403)


class Links(TokenCase):
    def test_race(self):
        daemon = self.begin()
        for _round in range(5):
            code = self.code(daemon, ALICE)
            start = threading.Barrier(8)
            answers = []

            def redeem():
                start.wait()
                answers.append(self.sign_in(daemon, code))

            threads = [threading.Thread(target=redeem) for _n in range(start.parties)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(status for status, _answer in answers), [201] + [401] * (start.parties - 1))
        sessions = [one for one in daemon.json('token', 'list', ALICE)['tokens'] if one['kind'] == 'token']
        self.assertEqual(len(sessions), 5)

    def test_link(self):
        daemon = self.begin()
        done = daemon.ctl('token', 'link', ALICE, '--base', 'https://muster.example.com/')
        match = re.fullmatch(r'https://muster\.example\.com/#sign-in=(muster-once_[\w-]{43})\n', done.stdout)
        self.assertIsNotNone(match, done.stdout)
        self.assertRegex(daemon.ctl('token', 'link', ALICE).stdout, r'^/#sign-in=muster-once_')
        self.assertIn('sign-in link', daemon.ctl('token', 'list').stdout)
        # The code is no token, and the token no code.
        self.assertEqual(self.status(daemon, match[1]), 401)
        status, session = self.sign_in(daemon, match[1])
        self.assertEqual((status, session['user'], session['scope']), (201, ALICE, 'user'))
        self.assertEqual(self.sign_in(daemon, session['token'])[0], 401)
        self.assertEqual(self.ask(daemon, 'DELETE', '/v1/tokens/current', session['token'])[0], 204)
        self.assertEqual(self.status(daemon, session['token']), 401)

    def test_revoked(self):
        daemon = self.begin()
        link = daemon.json('token', 'link', ALICE)
        daemon.ctl('token', 'revoke', link['id'])
        self.assertEqual(self.sign_in(daemon, link['code'])[0], 401)


class Musterctl(TokenCase):
    def test_shown_once(self):
        daemon = self.begin()
        done = daemon.ctl('token', 'create', ALICE)
        self.assertRegex(done.stdout, r'^muster_[\w-]{43}\n$')
        self.assertNotIn(done.stdout.strip(), done.stderr)
        self.assertIn(ALICE, done.stderr)
        self.assertEqual(self.status(daemon, done.stdout.strip()), 200)
        self.assertNotIn(done.stdout.strip(), daemon.ctl('token', 'list').stdout)

    def test_file(self):
        daemon = self.begin()
        path = self.folder / 'token'
        shown = daemon.json('token', 'create', ALICE, '--file', path)
        self.assertNotIn('token', shown)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        token = path.read_text(encoding='utf-8')
        self.assertEqual(self.status(daemon, token.strip()), 200)
        # What is there is kept, and no token is made that nobody would have.
        self.assertIn(str(path), daemon.ctl('token', 'create', ALICE, '--file', path, code=1).stderr)
        self.assertEqual(path.read_text(encoding='utf-8'), token)
        self.assertEqual(len(daemon.json('token', 'list')['tokens']), 1)
        # And where none is made, no file stays behind.
        other = self.folder / 'other'
        self.assertIn("no user 'carol'", daemon.ctl('token', 'create', 'carol', '--file', other, code=1).stderr)
        self.assertFalse(other.exists())

    def test_list(self):
        daemon = self.begin()
        self.assertIn('no tokens', daemon.ctl('token', 'list').stdout)
        made = [self.create(daemon, ALICE, '--label', 'desk'), self.create(daemon, BOB, '--scope', 'agent'),
                self.create(daemon, '--scope', 'monitor', '--expires', 'never')]
        text = daemon.ctl('token', 'list').stdout
        self.assertRegex(text, r'^ID +USER +SCOPE +LABEL +MADE +MADE BY +EXPIRES\n')
        self.assertRegex(text, rf"(?m)^{made[0]['id']}  {ALICE} +user +desk ")
        self.assertRegex(text, rf"(?m)^{made[2]['id']} +monitor .* never$")
        self.assertEqual(sorted(daemon.ctl('token', 'list', '--ids').stdout.split()), sorted(one['id'] for one in made))
        self.assertEqual([one['id'] for one in daemon.json('token', 'list', BOB)['tokens']], [made[1]['id']])

    def test_wrong_use(self):
        daemon = self.begin()
        self.assertIn('--base', daemon.ctl('token', 'link', ALICE, '--base', 'muster.example.com', code=2).stderr)
        self.assertIn("no scope 'root'", daemon.ctl('token', 'create', ALICE, '--scope', 'root', code=1).stderr)
        self.assertIn('create, list, revoke, link', daemon.ctl('token', code=2).stderr)


if __name__ == '__main__':
    harness.main()
