# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every route of the daemon, asked by everybody: what status, and which words are in what comes back. walk.py says what
each cell is to be; a route without a row fails."""

import contextlib
import json
import os
import re
import subprocess

import harness
import walk
from walk import GRANTED, LEVELS, OWNER, SPARE, UNKNOWN, WORDS

# A source, and a sink that is shown everything.
CONFIG = '''[api]
listen=127.0.0.1:0
[tells:zqsource]
[tells:zqsink]
View=owner
'''


NUMBER = walk.NUMBER.decode()


def routes():
    """{(method, path)} of the daemon's own table."""
    printed = subprocess.run([harness.program('PRINT_ROUTES')], stdout=subprocess.PIPE, encoding='utf-8',
                             timeout=harness.PATIENCE, check=True).stdout
    return {tuple(line.split(' ')[:2]) for line in printed.splitlines()}


class Walk(harness.TestCase):
    watchdog = 300

    def begin(self):
        folder = os.environ.get('MUSTER_BAD_PLUGINS')
        if not folder:
            self.skipTest('MUSTER_BAD_PLUGINS is not set: run this test through meson')
        daemon = self.start(CONFIG, args=['--plugin-dir', folder])
        daemon.ctl('user', 'add', OWNER, '--mobile', '+49305550001', '--email', 'zqmail@example.com')
        daemon.ctl('user', 'add', SPARE)
        with contextlib.closing(harness.Connection(daemon.socket)) as connection:
            connection.request('POST', '/v1/templates', json.dumps({
                'scope': f'user:{OWNER}', 'name': 'zqtemplate', 'status': 'be-right-back',
                'forwarding': {'action': 'forward', 'scope': 'all', 'target': 'number', 'number': NUMBER}}),
                {'Content-Type': 'application/json'})
            answer = connection.getresponse()
            self.template = json.loads(answer.read())['id']
        # First what a call is to hide: it stands, and is no part of the presence. Its template outlives the start of a
        # desktop.
        daemon.ctl('set', OWNER, 'Out of office', '--text', 'zqchoice')
        daemon.ctl('plugin', 'sync', 'tells:zqsource', OWNER)
        harness.wait_for('everything said', lambda: self.is_told(daemon), alive=daemon)
        return daemon

    def is_told(self, daemon):
        why = daemon.json('why', OWNER)
        sinks = {sink['instance']: sink['applied'] for sink in why['sinks']}
        return len(why['claims']) == 5 and why['presence']['kind'] == 'call' and len(why['devices']) == 1 \
            and why['client'] == 'active' and (sinks['tells:zqsink'] or {}).get('text') == 'On the phone (zqcall)'

    def admit(self, daemon):
        """The port, and {level: headers} of everybody."""
        daemon.wait_log('the API is at ')
        port = int(re.search(r'the API is at http://127\.0\.0\.1:(\d+)', daemon.read_log())[1])
        create = lambda *args: {'Authorization': f'Bearer {daemon.json("token", "create", *args)["token"]}'}
        callers = {'nobody': {}, 'monitor': create('--scope', 'monitor'), 'agent': create(OWNER, '--scope', 'agent'),
                   'owner': create(OWNER), 'administrator': create('--scope', 'admin')}
        for level in GRANTED:
            viewer = f'{level}@example.com'
            daemon.ctl('user', 'add', viewer)
            # By the owner's word: an administrator's would be one of several paths.
            status, _, body = self.ask(port, callers['administrator'], 'PUT', f'/v1/relationships/{OWNER}/{viewer}',
                                       {'level': level, 'as': 'owner'})
            self.assertEqual(status, 200, body)
            callers[level] = create(viewer)
        return port, {level: callers[level] for level in LEVELS}

    def ask(self, port, headers, method, target, body=None, kind='application/json'):
        """(status, headers, raw body); of a stream all up to what is now."""
        headers = dict(headers)
        if body is not None:
            headers['Content-Type'] = kind or 'application/json'
            body = json.dumps(body) if isinstance(body, dict) else body
        with contextlib.closing(harness.NetworkConnection('127.0.0.1', port, timeout=harness.PATIENCE)) as connection:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            if answer.headers.get_content_type() == 'text/event-stream':
                data = b''
                while b'event: synced' not in data:
                    data += answer.readline()
                return answer.status, dict(answer.headers), data
            return answer.status, dict(answer.headers), answer.read()

    def fill(self, value, owner, claim):
        if isinstance(value, dict):
            return {name: self.fill(one, owner, claim) for name, one in value.items()}
        return value.replace('{owner}', owner).replace('{spare}', SPARE).replace('{claim}', claim) \
            .replace('{template}', self.template) if value else value

    def go(self, port, headers, row, owner, claim):
        return self.ask(port, headers, row.method, self.fill(row.target, owner, claim),
                        self.fill(row.body, owner, claim) if row.body is not None else None, row.kind)

    def check_words(self, level, row, data):
        for word, first in {**WORDS, **walk.ELSEWHERE.get(row.path, {})}.items():
            if first is None or LEVELS.index(level) < LEVELS.index(first):
                self.assertNotIn(word, data, f'{level} sees it')
        if LEVELS.index(level) < LEVELS.index('team-colleague'):
            self.assertNotRegex(data, rb'"kind":"(call|microphone|absence|appointment|choice)"',
                                f'{level} sees where it comes from')
        if row.path == '/v1/presence/{}/why' and LEVELS.index(level) < LEVELS.index('owner'):
            self.assertLessEqual(data.count(b'zqsource'), 1, f'{level} sees the source of an entry')
        self.seen.setdefault(level, set()).update(word for word in WORDS if word in data)

    def test_rows(self):
        """There is a row for each route, and none for what is no route."""
        self.assertEqual({(row.method, row.path) for row in walk.ROWS}, routes())

    def test_walk(self):
        daemon = self.begin()
        port, callers = self.admit(daemon)
        claims = daemon.json('appointments', OWNER, '--all')['appointments']
        ids = [claim['id'].encode() for claim in claims]
        private = next(claim['id'] for claim in claims if claim['private'])
        self.seen = {}
        for row in walk.ROWS:
            for level, headers in callers.items():
                with self.subTest(f'{row.method} {row.target} {level}'):
                    status, _, data = self.go(port, headers, row, OWNER, private)
                    self.assertEqual(status, row.statuses[level], data[:500])
                    self.check_words(level, row, data)
                    if LEVELS.index(level) < LEVELS.index('assistant-plus'):
                        self.assertEqual([one for one in ids if one in data and private.encode() != one], [],
                                         f'{level} sees the id of an entry')
        # Each word was there to be seen by the first who may, or its absence elsewhere says nothing.
        for word, first in WORDS.items():
            if first is not None:
                self.assertIn(word, self.seen[first])
        self.assertNotIn('zq', re.sub(r'tells:zq\w+|(token|link) \w{10}', '', daemon.read_log()), 'a word in the log')
        self.check_log(daemon)

    def test_times(self):
        """Until when, and from when on again, is no text: who may see anything sees it."""
        daemon = self.begin()
        port, callers = self.admit(daemon)
        daemon.ctl('set', OWNER, '--status', 'busy', '--until', '+2h')
        seen = {}
        for level in callers:
            status, _, data = self.ask(port, callers[level], 'GET', f'/v1/presence/{OWNER}')
            if status == 200:
                presence = json.loads(data)
                seen[level] = [presence[name] for name in ('status', 'reach', 'since', 'until', 'next_free', 'stale')]
        self.assertIn('employee', seen)
        self.assertIsNotNone(seen['owner'][3])
        self.assertEqual(seen, dict.fromkeys(seen, seen['owner']))

    def test_forwarding(self):
        """A status leaves it as it would be without, whoever chooses; a template brings its own, if an assistant-plus
        chooses it."""
        daemon = self.begin()
        port, callers = self.admit(daemon)
        def choose(level, body):
            status, _, data = self.ask(port, callers[level], 'PUT', f'/v1/presence/{OWNER}', body)
            self.assertNotIn(walk.NUMBER, data)
            return status, daemon.json('why', OWNER)['forwarding']
        without = daemon.json('why', OWNER)['forwarding']
        self.assertEqual(choose('assistant', {'status': 'unavailable', 'text': 'x'}), (200, without))
        self.assertEqual(choose('assistant', {'template': 'zqtemplate'}), (403, without))
        status, forwarding = choose('assistant-plus', {'template': 'zqtemplate'})
        self.assertEqual((status, forwarding['action'], forwarding['target']), (200, 'forward', NUMBER))
        self.assertEqual(choose('assistant', {'status': 'busy'}), (200, without))

    def test_musterctl(self):
        """What people read of it."""
        daemon = self.begin()
        port, callers = self.admit(daemon)
        private = next(claim['id'] for claim in daemon.json('appointments', OWNER)['appointments'] if claim['private'])
        file = self.folder / 'token'
        def ctl(level, *args, code=0):
            file.write_text(callers[level]['Authorization'].removeprefix('Bearer '), encoding='utf-8')
            file.chmod(0o600)
            done = daemon.ctl('--url', f'http://127.0.0.1:{port}', '--token-file', file, *args, code=code)
            self.assertEqual([word for word, first in WORDS.items() if word in done.stdout.encode() and
                              (first is None or LEVELS.index(level) < LEVELS.index(first))], [])
            return done.stdout + done.stderr
        self.assertNotIn('Forwarding', ctl('employee', 'why', OWNER))
        self.assertIn('Forwarding', ctl('owner', 'why', OWNER))
        self.assertRegex(ctl('employee', 'appointments', OWNER), '(?m)tentative .*not yet: begins')
        self.assertIn("takes the relationship 'assistant'", ctl('employee', 'set', OWNER, '--status', 'busy', code=1))
        self.assertIn('only this user', ctl('employee', 'delegations', OWNER, code=1))
        self.assertIn('Nobody has done anything', ctl('employee', 'delegations'))
        self.assertNotIn(private, ctl('assistant', 'appointments', OWNER))
        self.assertIn(private, ctl('assistant-plus', 'appointments', OWNER))
        ctl('assistant-plus', 'ignore', OWNER, private)
        self.assertRegex(ctl('owner', 'delegations'), f'assistant-plus@example.com +ignore {private}')
        self.assertRegex(ctl('administrator', 'delegations'), f'{OWNER} +root +template Out of office')

    def check_log(self, daemon):
        """What was done in the owner's name by others, and nothing else, is kept."""
        done = [(one['by'].partition('@')[0], one['what'].partition(' ')[0])
                for one in daemon.json('delegations', OWNER)['delegations']]
        self.assertIn(('administrator', 'template'), done)
        # What the callers are granted, in the owner's name.
        self.assertEqual(done.count(('administrator', 'grant')), len(GRANTED))
        self.assertNotIn('alice', {by for by, _what in done})
        self.assertNotIn('employee', {by for by, _what in done})
        self.assertNotIn('zq', json.dumps(done))
        self.assertEqual([what for by, what in done if by == 'assistant'], ['status', 'automatic'])
        self.assertIn(('assistant-plus', 'ignore'), done)

    def test_blocked_is_unknown(self):
        """To whom the owner has blocked every answer is the one to a user who does not exist."""
        daemon = self.begin()
        port, callers = self.admit(daemon)
        for row in walk.ROWS:
            if '{owner}' not in f'{row.target}{row.body}':
                continue
            with self.subTest(f'{row.method} {row.target}'):
                answers = []
                for owner in (OWNER, UNKNOWN):
                    status, headers, data = self.go(port, callers['blocked'], row, owner, 'x')
                    headers = {name: value for name, value in headers.items() if name != 'Date'}
                    answers.append((status, headers, data.replace(owner.encode(), b'{owner}')))
                self.assertEqual(*answers)


if __name__ == '__main__':
    harness.main()
