# SPDX-License-Identifier: LGPL-2.1-or-later
"""The API of the running daemon: who may what, what it refuses, and copies of the store."""

import contextlib
import grp
import json
import os
import pwd
import socket
import traceback
import unittest
import urllib.parse

import harness

ALICE = 'alice@example.com'
BOB = 'bob@example.com'


def request(daemon, method, path, body=None, kind='application/json', headers=None):
    """(status, answer): JSON understood, anything else as bytes."""
    connection = harness.Connection(daemon.socket)
    try:
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        headers = dict(headers or {})
        if body is not None and kind:
            headers['Content-Type'] = kind
        # Too long a body is refused before it is all sent; the answer is there all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, path, body, headers)
        response = connection.getresponse()
        data = response.read()
        if 'json' in (response.headers.get_content_type() or ''):
            data = json.loads(data)
        return response.status, data
    finally:
        connection.close()


def as_account(name, function):
    """What function() returns in a child that is another account of this machine."""
    account = pwd.getpwnam(name)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            os.write(writing, json.dumps(function()).encode())
        except BaseException:  # whatever it is, it ends here
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, 'rb') as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return json.loads(data)


class ApiCase(harness.TestCase):
    def begin(self, config=''):
        daemon = self.start(config)
        for user, name in ((ALICE, 'Alice'), (BOB, 'Bob')):
            self.ask(daemon, 'POST', '/v1/users', {'id': user, 'name': name}, status=201)
        return daemon

    def ask(self, daemon, method, path, body=None, status=200, **more):
        got, answer = request(daemon, method, path, body, **more)
        self.assertEqual(got, status, answer)
        if got >= 400:
            self.assertEqual(sorted(answer), ['code', 'detail', 'status', 'title', 'type'])
        return answer


class Shapes(ApiCase):
    def test_presence(self):
        daemon = self.begin()
        self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy', 'text': 'Grüße "x"\\'})
        presence = self.ask(daemon, 'GET', f'/v1/presence/{ALICE}')
        self.assertEqual(list(presence), ['user', 'name', 'status', 'text', 'template', 'since', 'until', 'next_free',
                                          'telephony', 'reach', 'kind', 'source', 'stale', 'revision'])
        self.assertEqual((presence['user'], presence['name'], presence['status'], presence['text'], presence['kind']),
                         (ALICE, 'Alice', 'busy', 'Grüße "x"\\', 'choice'))
        self.assertEqual(presence['telephony'], {'state': 'none', 'label': None})
        self.assertIsNone(presence['template'])
        self.assertRegex(presence['since'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$')
        listed = self.ask(daemon, 'GET', '/v1/presence')
        self.assertEqual([one['user'] for one in listed['presences']], [ALICE, BOB])
        self.assertEqual(listed['presences'][0], presence)

    def test_why(self):
        daemon = self.begin()
        self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy'})
        why = self.ask(daemon, 'GET', f'/v1/presence/{ALICE}/why')
        self.assertEqual(list(why), ['presence', 'choices', 'claims', 'client', 'clients', 'devices', 'forwarding',
                                     'next_change', 'sinks', 'calendar'])
        self.assertIsNone(why['calendar'])
        self.assertEqual(why['choices']['standing']['status'], 'busy')
        self.assertIsNone(why['choices']['timed'])
        self.assertEqual(why['forwarding'], {'action': 'do-not-change', 'target': None, 'target_kind': None,
                                             'scope': None, 'from': None})
        self.assertEqual(why['sinks'], [])

    def test_status(self):
        status = self.ask(self.begin('[webhook]\nEnabled=no\n'), 'GET', '/v1/status')
        self.assertEqual(status['users'], 2)
        self.assertEqual(status['instances'], {'disabled': 1})
        self.assertEqual(status['you'], {'user': None, 'admin': True})


class Refusals(ApiCase):
    def test_bodies(self):
        daemon = self.begin()
        path = f'/v1/presence/{ALICE}'
        for body, status, detail in (
                ('{"status": 5}', 400, "'status' must be a string"),
                ('{"status": "busy", "stauts": "busy"}', 400, "unknown member 'stauts'"),
                ('{"status": "busy", "status": "available"}', 400, 'twice'),
                ('{"status": "busy", "until": "tomorrow"}', 400, 'RFC 3339'),
                ('{"status": "busy", "until": "2001-01-01T00:00:00Z"}', 400, 'until'),
                ('{"status": "busy", "text": "' + 'x' * 1025 + '"}', 400, 'text'),
                ('{"status": "busy", "text": "a\\u001bb"}', 400, 'control'),
                ('[' * 100000, 400, 'deeply'),
                ('', 400, 'either'),
                ('{"status":', 400, 'JSON'),
                (b'{"status": "\xff"}', 400, 'UTF-8'),
                (b'{"status": "busy\0"}', 400, 'U+0000'),
                (' ' * 10 * 1024 * 1024, 413, '1 MiB')):
            with self.subTest(body=body[:40]):
                self.assertIn(detail, self.ask(daemon, 'PUT', path, body, status)['detail'])
        self.ask(daemon, 'PUT', path, '{}', 415, kind='text/plain')
        self.assertEqual(self.ask(daemon, 'GET', path)['status'], 'available')

    def test_paths(self):
        daemon = self.begin()
        for path, status in (('/', 404), ('/v1', 404), ('/v2/presence', 404), ('/v1/presence/', 404),
                             ('/v1/presence/a%2fb', 400), ('/v1/presence/a%00', 400), ('/v1/presence/%ff', 400),
                             ('/v1/presence?x=1', 400), ('/v1/presence/%2e%2e', 404),
                             ('/v1/presence/' + 'x' * 5000, 400),
                             (f'/v1/presence/{urllib.parse.quote(ALICE, safe="")}', 200)):
            with self.subTest(path=path[:40]):
                self.ask(daemon, 'GET', path, status=status)

    def test_method(self):
        daemon = self.begin()
        connection = harness.Connection(daemon.socket)
        self.addCleanup(connection.close)
        connection.request('PATCH', f'/v1/presence/{ALICE}')
        response = connection.getresponse()
        response.read()
        self.assertEqual((response.status, response.headers['Allow']), (405, 'GET, HEAD, PUT, DELETE'))

    def test_one_connection(self):
        daemon = self.begin()
        connection = harness.Connection(daemon.socket)
        connection.connect()
        first = connection.sock
        for method, path, status in (('GET', '/v1/status', 200), ('HEAD', '/v1/status', 200),
                                     ('GET', '/v1/users', 200), ('GET', '/v1/nothing', 404),
                                     ('DELETE', f'/v1/users/{BOB}', 204), ('DELETE', f'/v1/presence/{ALICE}', 200),
                                     ('DELETE', f'/v1/users/{ALICE}', 204), ('GET', '/v1/status', 200)):
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status)
            self.assertIs(connection.sock, first, f'{method} {path}')
        connection.close()

    def test_codes(self):
        daemon = self.begin('[webhook:test]\nEnabled=no\nurl=nowhere\n')
        for method, path, body, status, code in (
                ('GET', '/v1/presence?x=1', None, 400, 'invalid'),
                ('GET', '/v1/users/nobody', None, 404, 'not-found'),
                ('DELETE', '/v1/status', None, 405, 'wrong-method'),
                ('POST', '/v1/users', {'id': ALICE}, 409, 'conflict'),
                ('POST', '/v1/plugins/webhook:test/sync', {}, 409, 'conflict'),
                ('POST', '/v1/plugins/webhook:test/enable', {}, 409, 'configuration'),
                ('GET', '/v1/status', {}, 413, 'too-long')):
            with self.subTest(method=method, path=path):
                self.assertEqual(self.ask(daemon, method, path, body, status)['code'], code)
        self.assertEqual(self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', '{}', 415, kind='text/csv')['code'],
                         'wrong-type')

    def test_unknown_caller(self):
        daemon = self.begin()
        connection = harness.Connection(daemon.socket)
        self.addCleanup(connection.close)
        connection.request('GET', '/v1/status', headers={'Authorization': 'Bearer nothing'})
        response = connection.getresponse()
        self.assertEqual((response.status, json.loads(response.read())['code']), (401, 'unknown-caller'))
        self.assertEqual(response.headers['WWW-Authenticate'], 'Bearer realm="muster", error="invalid_token"')

    def test_nonsense_on_the_wire(self):
        daemon = self.begin()
        for data in (b'\0' * 100000, b'GET\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n', b'x' * 1000000,
                     b'GET / HTTP/1.1\r\nHost: a\r\n' + b'A: b\r\n' * 100000 + b'\r\n',
                     # Not a negative Content-Length: libsoup 3.6 itself logs a CRITICAL for it, fatal in tests.
                     b'PUT /v1/presence/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'):
            with self.subTest(data=data[:40]), socket.socket(socket.AF_UNIX) as wire:
                wire.settimeout(5)
                wire.connect(str(daemon.socket))
                with contextlib.suppress(OSError):
                    wire.sendall(data)
                    wire.shutdown(socket.SHUT_WR)
                    while wire.recv(65536):
                        pass
        self.ask(daemon, 'GET', '/v1/status')

    def test_many_that_hang_up(self):
        daemon = self.begin()
        for _ in range(300):
            with socket.socket(socket.AF_UNIX) as wire:
                wire.connect(str(daemon.socket))
                wire.sendall(b'GET /v1/events HTTP/1.1\r\nHost: m\r\n\r\n')
        self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy'})
        self.ask(daemon, 'GET', '/v1/status')


class Users(ApiCase):
    def test_life(self):
        daemon = self.begin()
        user = self.ask(daemon, 'PATCH', f'/v1/users/{ALICE}', {'mobile': '+49 170 1', 'attributes': {'x.y': 'z'}})
        self.assertEqual((user['name'], user['mobile'], user['attributes']), ('Alice', '+49 170 1', {'x.y': 'z'}))
        user = self.ask(daemon, 'PATCH', f'/v1/users/{ALICE}', {'name': None, 'attributes': {'x.y': None}})
        self.assertEqual((user['name'], user['mobile'], user['attributes']), (None, '+49 170 1', {}))
        self.assertEqual(self.ask(daemon, 'GET', f'/v1/users/{ALICE}'), user)
        self.assertEqual([one['id'] for one in self.ask(daemon, 'GET', '/v1/users')['users']], [ALICE, BOB])
        self.ask(daemon, 'DELETE', f'/v1/users/{ALICE}', status=204)
        for method in ('GET', 'DELETE'):
            self.ask(daemon, method, f'/v1/users/{ALICE}', status=404)
        self.ask(daemon, 'GET', f'/v1/presence/{ALICE}', status=404)

    def test_import(self):
        daemon = self.begin()
        rows = ['id;name;zone'] + [f'user{i};"User ""{i}""; x";Europe/Berlin' for i in range(2000)]
        done = self.ask(daemon, 'POST', '/v1/users/import', '\ufeff' + '\r\n'.join(rows), kind='text/csv')
        self.assertEqual(done['counts'], {'added': 2000, 'changed': 0, 'removed': 0, 'unchanged': 0})
        self.assertEqual(done['added'], [f'user{i}' for i in range(1000)])
        self.assertEqual(self.ask(daemon, 'GET', '/v1/users/user7')['name'], 'User "7"; x')
        rows[5] = 'user4;Other;Europe/Berlin'
        done = self.ask(daemon, 'POST', '/v1/users/import', '\n'.join(rows), kind='text/csv')
        self.assertEqual((done['added'], done['changed'], done['unchanged']), ([], ['user4'], 1999))
        said = self.ask(daemon, 'POST', '/v1/users/import', 'id,zone\nnew,\nnewer,Nowhere\n', 400, kind='text/csv')
        self.assertIn('row 3', said['detail'])
        self.ask(daemon, 'GET', '/v1/users/new', status=404)

    def test_sync(self):
        daemon = self.begin()

        def post(query, rows, status=200):
            return self.ask(daemon, 'POST', f'/v1/users/import?{query}', f'id,mobile\n{rows}', status, kind='text/csv')

        self.assertIn('1 of the 2 users', post('sync=true', f'{ALICE},1\n', 409)['detail'])
        self.assertIn('1 of the 2 users', post('sync=true&dry-run=true', f'{ALICE},1\n', 409)['detail'])
        self.assertIn("'force' is for 'sync'", post('force=true', f'{ALICE},1\n', 400)['detail'])
        tried = post('sync=true&force=true&dry-run=true', f'{ALICE},1\ncarol,2\n')
        self.assertEqual((tried['added'], tried['changed'], tried['removed']), (['carol'], [ALICE], [BOB]))
        self.assertEqual([one['id'] for one in self.ask(daemon, 'GET', '/v1/users')['users']], [ALICE, BOB])
        done = post('sync=true&force=true', f'{ALICE},1\ncarol,2\n')
        self.assertEqual({**done, 'dry_run': True}, tried)
        self.assertNotIn('mobile', done['kept'])
        self.assertIn('home', done['kept'])
        self.ask(daemon, 'GET', f'/v1/presence/{BOB}', status=404)
        again = post('sync=true', f'{ALICE},1\ncarol,2\n')
        self.assertEqual(again['counts'], {'added': 0, 'changed': 0, 'removed': 0, 'unchanged': 2})

    def test_too_many_rows(self):
        daemon = self.begin()
        rows = 'id\n' + '\n'.join(map(str, range(1000001)))
        said = self.ask(daemon, 'POST', '/v1/users/import', rows, 413, kind='text/csv')
        self.assertIn('1000000 rows', said['detail'])
        self.assertEqual(self.ask(daemon, 'GET', '/v1/status')['users'], 2)

    def test_acknowledged_is_kept(self):
        daemon = self.begin()
        self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy', 'text': 'kept'})
        daemon.kill()
        daemon.start()
        self.assertEqual(self.ask(daemon, 'GET', f'/v1/presence/{ALICE}')['text'], 'kept')


class Changes(ApiCase):
    def test_after_a_restart(self):
        daemon = self.begin()
        revision = self.ask(daemon, 'GET', '/v1/presence')['revision']
        daemon.kill()
        daemon.start()
        answer = self.ask(daemon, 'GET', f'/v1/presence?after={revision}')
        self.assertTrue(answer['complete'])
        self.assertEqual(len(answer['presences']), 2)


class Copies(ApiCase):
    def test_backup_and_restore(self):
        daemon = self.begin()
        self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy'})
        copy = self.ask(daemon, 'GET', '/v1/backup')
        self.assertTrue(copy.startswith(b'SQLite format 3\0'))
        self.assertEqual([path.name for path in daemon.state_dir.glob('api-*')], [])
        self.ask(daemon, 'DELETE', f'/v1/users/{ALICE}', status=204)

        answer = self.ask(daemon, 'PUT', '/v1/backup', copy, 202, kind='application/octet-stream')
        self.assertEqual(answer, {'restarting': True})
        daemon.wait_note('READY=1')
        self.assertEqual(self.ask(daemon, 'GET', f'/v1/presence/{ALICE}')['status'], 'busy')
        self.assertEqual([path.name for path in daemon.state_dir.glob('api-*')], [])

    def test_not_a_backup(self):
        daemon = self.begin()
        for body in (b'', b'hello', b'SQLite format 3\0' + b'\0' * 100000, os.urandom(3 * 1024 * 1024)):
            with self.subTest(length=len(body)):
                got, answer = request(daemon, 'PUT', '/v1/backup', body, 'application/octet-stream')
                self.assertGreaterEqual(got, 400, answer)
                self.assertLess(got, 500, answer)
                self.assertNotIn('api-transfer', answer['detail'])
        self.assertEqual([path.name for path in daemon.state_dir.glob('api-*')], [])
        self.ask(daemon, 'GET', f'/v1/presence/{ALICE}')


@unittest.skipIf(os.geteuid() != 0, 'needs root, to become another account')
class Accounts(ApiCase):
    def begin(self, config=''):
        daemon = super().begin(config)
        self.folder.chmod(0o711)
        daemon.folder.chmod(0o711)
        return daemon

    def test_nobody(self):
        daemon = self.begin()
        for method, path in (('GET', '/v1/presence'), ('GET', '/v1/status'), ('GET', '/v1/nothing'),
                             ('GET', '/v1/backup')):
            status, answer = as_account('nobody', lambda: request(daemon, method, path))
            self.assertEqual(status, 403)
            self.assertIn('--unix-user nobody', answer['detail'])

    def test_employee(self):
        daemon = self.begin()
        self.ask(daemon, 'PATCH', f'/v1/users/{BOB}', {'unix-user': 'nobody'})
        self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy', 'text': 'secret'})

        def look():
            return [request(daemon, *args) for args in (
                ('GET', f'/v1/presence/{ALICE}'), ('GET', '/v1/presence'), ('GET', f'/v1/presence/{ALICE}/why'),
                ('PUT', f'/v1/presence/{ALICE}', {'status': 'available'}), ('DELETE', f'/v1/presence/{ALICE}'),
                ('GET', f'/v1/users/{ALICE}/appointments'), ('GET', f'/v1/users/{ALICE}'), ('GET', '/v1/users'),
                ('POST', '/v1/users', {'id': 'x'}), ('GET', '/v1/plugins'), ('GET', '/v1/backup'),
                ('PUT', f'/v1/presence/{BOB}', {'status': 'busy', 'text': 'mine'}),
                ('GET', f'/v1/presence/{BOB}/why'), ('GET', f'/v1/users/{BOB}'), ('GET', '/v1/presence/nobody'),
                ('GET', '/v1/status'), ('PATCH', f'/v1/users/{BOB}', {'unix-user': 'root'}))]

        answers = as_account('nobody', look)
        self.assertEqual([status for status, _ in answers],
                         [200, 200, 200, 403, 403, 200, 403, 403, 403, 403, 403, 200, 200, 200, 404, 200, 403])
        alice = answers[0][1]
        self.assertEqual((alice['status'], alice['text'], alice['template'], alice['kind'], alice['source']),
                         ('busy', None, None, None, None))
        self.assertEqual(answers[1][1]['presences'][0], alice)
        why = answers[2][1]
        self.assertEqual((why['presence'], why['choices']), (alice, {'standing': None, 'timed': None,
                                                                     'standing_ends': None}))
        self.assertEqual([why[name] for name in ('client', 'devices', 'forwarding', 'next_change', 'sinks')], [None] * 5)
        self.assertEqual(answers[11][1]['text'], 'mine')
        self.assertIsNone(answers[12][1]['choices']['standing']['by'])
        self.assertEqual(answers[15][1]['you'], {'user': BOB, 'admin': False})
        self.assertNotIn('secret', json.dumps(answers))

    def test_by_whom(self):
        daemon = self.begin()
        self.ask(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy'})
        why = self.ask(daemon, 'GET', f'/v1/presence/{ALICE}/why')
        self.assertEqual(why['choices']['standing']['by'], 'root')
        self.assertEqual([(one['user'], one['by'], one['what'])
                          for one in self.ask(daemon, 'GET', '/v1/delegations')['delegations']],
                         [(ALICE, 'root', 'status busy')])

    def test_account_of_two(self):
        daemon = self.begin()
        for user in (ALICE, BOB):
            self.ask(daemon, 'PATCH', f'/v1/users/{user}', {'unix-user': 'nobody'})
        status, _answer = as_account('nobody', lambda: request(daemon, 'GET', '/v1/presence'))
        self.assertEqual(status, 403)

    def test_group(self):
        group = grp.getgrgid(pwd.getpwnam('nobody').pw_gid).gr_name
        daemon = self.begin(f'[api]\ngroup={group}\n')
        status, answer = as_account('nobody', lambda: request(daemon, 'GET', '/v1/status'))
        self.assertEqual((status, answer['you']['admin']), (200, True))


if __name__ == '__main__':
    harness.main()
