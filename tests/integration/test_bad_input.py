# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every operation of docs/api/openapi.yaml, given what it must not take: bodies of other types, members of other types,
missing or unknown ones, ten megabytes, parameters and ids that are none, tokens that are not in force. Each is answered
with a problem document of the right status, and nothing has changed afterwards.

New operations come in by themselves; a new parameter of a path needs a value that is good, in GOOD."""

import contextlib
import json
import os
import re
import urllib.parse

import jsonschema

import harness

ALICE, BOB = 'alice@example.com', 'bob@example.com'
MEGABYTES = b' ' * (10 * 1024 * 1024)

# What stands in a path so that it is not the path that is wrong.
GOOD = {'user': ALICE, 'owner': ALICE, 'viewer': BOB, 'client': 'desk', 'scope': f'user:{ALICE}',
        'template': 'available', 'instance': 'tells:one', 'action': 'none', 'secret': 'lamps'}
# Ids that the test has to make first are looked up when it runs: claim, token.

BODIES = (
    ('nothing but a bracket', b'{'),
    ('a list', b'[]'),
    ('a string', b'"x"'),
    ('null', b'null'),
    ('two values', b'{} {}'),
    ('no UTF-8', b'{"\xff\xfe": 1}'),
    ('nine deep', b'{"x":' * 9 + b'1' + b'}' * 9),
    ('an unknown member', b'{"no-such-member": 1}'),
)
VALUES = (7, -1, 1.5, True, None, [], ['x'], {}, {'x': 1}, '')
NUMBERS = ('x', '-1', '1.5', '0x1', '99999999999999999999', '', '1 ')
WORDS = ('maybe', '', '1', 'TRUE')
# As they stand in a target. None of them names anything, and not all of them are text.
IDS = ('nobody@example.com', 'x' * 300, '%00', '%ff', '..%2f..', '%7f', "'%20OR%201=1--", '%F0%9F%92%A9')


class BadInput(harness.TestCase):
    watchdog = 600

    def begin(self):
        folder = os.environ.get('MUSTER_BAD_PLUGINS')
        if not folder:
            self.skipTest('MUSTER_BAD_PLUGINS is not set: run this test through meson')
        self.server = self.start('[tells:one]\n', args=['--plugin-dir', folder])
        for user in (ALICE, BOB):
            self.server.ctl('user', 'add', user)
        self.server.ctl('secret', 'set', 'lamps', text='x')
        self.server.ctl('plugin', 'sync', 'tells:one', ALICE)
        harness.wait_for('a call', lambda: self.server.json('show', ALICE)['kind'] == 'call', alive=self.server)
        self.good = {**GOOD, 'claim': self.server.json('appointments', ALICE)['appointments'][0]['id'],
                     'token': self.server.json('token', 'create', BOB)['id']}
        self.contract = harness.the_contract()
        self.before = self.state()

    def state(self):
        """All that can be seen from outside and that a request could have changed."""
        seen = {}
        for target in ('/v1/presence', '/v1/users', '/v1/secrets', '/v1/tokens', '/v1/delegations', '/v1/templates',
                       '/v1/settings', f'/v1/settings/user:{ALICE}', f'/v1/relationships?owner={ALICE}',
                       f'/v1/clients?user={ALICE}',
                       f'/v1/users/{ALICE}/appointments?all=true', f'/v1/presence/{ALICE}/why'):
            status, _, seen[target] = self.ask('GET', target)
            self.assertEqual(status, 200)
        status, _, plugins = self.ask('GET', '/v1/plugins')
        self.assertEqual(status, 200)
        seen['/v1/plugins'] = [(one['instance'], one['state'], one['enabled'])
                               for one in json.loads(plugins)['plugins']]
        return seen

    def ask(self, method, target, body=None, kind=None, token=None):
        headers = {'Content-Type': kind} if kind else {}
        if token is not None:
            headers['Authorization'] = f'Bearer {token}'
        with contextlib.closing(harness.Connection(self.server.socket)) as connection:
            # Too long a body is refused before it is all sent; the answer is there all the same.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def expect(self, what, statuses, method, target, body=None, kind=None, token=None):
        """The answer; its shape is held against the document by whoever reads it."""
        with self.subTest(f'{method} {target[:80]}: {what}'):
            status, headers, data = self.ask(method, target, body, kind, token)
            self.assertIn(status, statuses, data[:300])
            self.assertEqual(headers.get_content_type(), 'application/problem+json')
            self.assertNotIn(b'zq', data)
            if status == 401:
                self.assertEqual(headers['WWW-Authenticate'], 'Bearer realm="muster", error="invalid_token"')

    def target(self, path, **other):
        """The path with good values in it, or with `other` ones (as they stand in a target)."""
        def value(match):
            name = match[1]
            self.assertIn(name, self.good, 'say in GOOD what is a good one')
            return other.get(name, urllib.parse.quote(self.good[name], safe='@:'))
        return re.sub(r'{(\w+)}', value, path)

    def schema(self, operation):
        """(type of the body, its schema); (None, None) where there is none."""
        body = self.contract.resolve(operation.get('requestBody', {}))
        for kind, media in body.get('content', {}).items():
            return kind, self.contract.resolve(media.get('schema', {}))
        return None, None

    def accepts(self, schema, value):
        resolver = jsonschema.RefResolver('', self.contract.document)
        return jsonschema.Draft202012Validator(schema, resolver=resolver).is_valid(value)

    def give_bodies(self, method, target, operation):
        kind, schema = self.schema(operation)
        if kind is None:
            self.expect('ten megabytes where there is no body', {413}, method, target, MEGABYTES, 'application/json')
            return
        self.expect('another type', {415}, method, target, b'<x/>', 'text/xml')
        if kind != 'application/json':
            self.expect('ten megabytes of nothing', {400}, method, target, MEGABYTES, kind)
            self.expect('zeros', {400}, method, target, bytes(4096), kind)
            return
        self.expect('ten megabytes', {413}, method, target, MEGABYTES, kind)
        for what, body in BODIES:
            self.expect(what, {400}, method, target, body, kind)
        if schema.get('required'):
            self.expect('nothing that it needs', {400}, method, target, b'{}', kind)
        for name, member in schema.get('properties', {}).items():
            for value in VALUES:
                if not self.accepts(member, value):
                    # Nothing at all may be a user that there is not.
                    self.expect(f'{name} is {value!r}', {400, 404} if value == '' else {400}, method, target,
                                json.dumps({name: value}), kind)
            self.expect(f'{name} twice', {400}, method, target, f'{{"{name}": null, "{name}": null}}', kind)

    def give_parameters(self, method, target, item, operation):
        self.expect('a parameter that is none', {400}, method, f'{target}?no-such-parameter=1')
        for one in self.contract.parameters(item, operation):
            if one['in'] != 'query':
                continue
            for value in {'integer': NUMBERS, 'boolean': WORDS}.get(one['schema'].get('type'), ()):
                self.expect(f'{one["name"]} is {value!r}', {400}, method,
                            f'{target}?{one["name"]}={urllib.parse.quote(value)}')

    def give_ids(self, method, path, operation):
        kind, _ = self.schema(operation)
        for name in re.findall(r'{(\w+)}', path):
            for bad in IDS:
                if method == 'PUT' and name == 'secret':  # which may be new, but not called so
                    continue
                self.expect(f'{name} is nobody', {400, 404}, method, self.target(path, **{name: bad}),
                            b'{}' if kind == 'application/json' else None, kind)

    def test_everything(self):
        self.begin()
        n = 0
        for method, path, item, operation in self.contract.operations():
            target = self.target(path)
            self.give_bodies(method, target, operation)
            self.give_parameters(method, target, item, operation)
            self.give_ids(method, path, operation)
            after = self.state()
            for what, data in self.before.items():
                self.assertEqual(after[what], data, f'after {method} {path}')
            n += 1
        self.assertGreater(n, 30)

    def test_tokens(self):
        """Of tokens that are not in force, whatever the reason, there is one answer, and it is the same everywhere."""
        self.begin()
        create = lambda *args: self.server.json('token', 'create', *args)
        revoked, gone = create(BOB), create('--scope', 'admin', '--expires', '+1s')
        self.server.ctl('user', 'add', 'carol@example.com')
        orphan = create('carol@example.com')
        self.server.ctl('token', 'revoke', revoked['id'])
        self.server.ctl('user', 'remove', 'carol@example.com')
        harness.wait_for('the end of a token', lambda: self.ask('GET', '/v1/status', token=gone['token'])[0] == 401,
                         alive=self.server)
        self.before = self.state()
        tokens = {'revoked': revoked['token'], 'expired': gone['token'], 'of nobody': orphan['token'],
                  'made up': 'muster_0000000000', 'empty': '', 'long': 'x' * 4000}
        for method, path, _item, operation in self.contract.operations():
            if operation['x-muster-may'] == 'everybody':
                continue
            kind, _ = self.schema(operation)
            for what, token in tokens.items():
                self.expect(f'a token that is {what}', {401}, method, self.target(path),
                            b'{}' if kind == 'application/json' else None, kind, token)
            self.assertEqual(self.ask(method, self.target(path), token=revoked['token'])[2],
                             self.ask(method, self.target(path), token='muster_0000000000')[2])
        self.assertEqual(self.state(), self.before)

    def test_others(self):
        """With a token that is in force, of somebody who is nothing more than an employee to the user in the path."""
        self.begin()
        token = self.server.json('token', 'create', BOB)['token']
        self.before = self.state()
        for method, path, _item, operation in self.contract.operations():
            if operation['x-muster-may'] in ('everybody', 'anybody', 'agent', 'employee'):
                continue
            kind, _ = self.schema(operation)
            for body in (b'{}', b'{', MEGABYTES) if kind == 'application/json' else (None,):
                self.expect('somebody else', {403}, method, self.target(path), body, kind, token)
        self.assertEqual(self.state(), self.before)


if __name__ == '__main__':
    harness.main()
