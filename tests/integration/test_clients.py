# SPDX-License-Identifier: LGPL-2.1-or-later
"""Desktops of the running daemon: what they bring about, what is left of them when they vanish, and when it does."""

import contextlib
import json
import signal
import sqlite3

import harness

ALICE = 'alice@example.com'
BOB = 'bob@example.com'


class Clients(harness.TestCase):
    def begin(self):
        daemon = self.start()
        for user in (ALICE, BOB):
            daemon.ctl('user', 'add', user)
        return daemon

    def ask(self, daemon, method, path, token, body=None):
        headers = {'Authorization': f'Bearer {token}'}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        with contextlib.closing(harness.Connection(daemon.socket)) as connection:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            data = response.read()
            return response.status, json.loads(data) if data else None

    def client(self, daemon, command, *args):
        return daemon.json('client', command, *args, '--user', ALICE)

    def become(self, daemon, status, kind):
        """Until alice is shown so."""
        def shown():
            presence = daemon.json('show', ALICE)
            return (presence['status'], presence['kind']) == (status, kind)
        harness.wait_for(f'{ALICE} being {status} by {kind}', shown, alive=daemon)

    def rows(self, daemon):
        with contextlib.closing(sqlite3.connect(daemon.state_dir / 'muster.db')) as db:
            return dict(db.execute('SELECT id, state FROM clients').fetchall())

    def test_vanishes(self):
        """A program that is killed says no goodbye: its lease runs out, ends no choice, and its return is no start."""
        daemon = self.begin()
        agent = daemon.json('token', 'create', ALICE, '--scope', 'agent')['token']
        status, made = self.ask(daemon, 'POST', '/v1/clients', agent, {'state': 'active', 'id': 'pc', 'lease': 2})
        self.assertEqual((status, made['user'], made['lease'], made['counts_as']), (201, ALICE, 2, 'active'))
        self.become(daemon, 'available', 'client')
        self.become(daemon, 'unavailable', 'client')
        self.assertEqual([(one['id'], one['counts_as']) for one in self.client(daemon, 'list')['clients']],
                         [('pc', 'ended')])
        daemon.ctl('set', ALICE, 'Busy')
        status, back = self.ask(daemon, 'PATCH', '/v1/clients/pc', agent, {'lease': 3600})
        self.assertEqual((status, back['counts_as']), (200, 'active'))
        self.become(daemon, 'busy', 'choice')
        # Somebody else's are none of an agent's business, whether there are any or not.
        daemon.ctl('client', 'start', 'pc-of-bob', '--user', BOB)
        for path in ('/v1/clients/pc-of-bob', f'/v1/clients/pc-of-bob?user={BOB}', '/v1/clients/none'):
            for method in ('GET', 'PATCH', 'DELETE'):
                with self.subTest(path=path, method=method):
                    self.assertEqual(self.ask(daemon, method, path, agent)[0], 404)
        self.assertEqual(daemon.json('client', 'list', '--user', BOB)['clients'][0]['counts_as'], 'active')

    def test_start(self):
        """A start ends a standing choice unless it stays; a second desktop is none; so does the end of the last."""
        daemon = self.begin()
        daemon.ctl('set', ALICE, 'Do not disturb')
        self.assertEqual(daemon.ctl('client', 'start', 'pc', '--user', ALICE).stdout, 'pc\n')
        self.become(daemon, 'available', 'client')
        daemon.ctl('set', ALICE, 'Busy')
        drawn = daemon.ctl('client', 'start', '--user', ALICE).stdout.strip()
        self.client(daemon, 'start', 'pc')
        self.client(daemon, 'end', drawn)
        self.become(daemon, 'busy', 'choice')
        self.client(daemon, 'end', 'pc')
        self.become(daemon, 'unavailable', 'client')
        self.assertIn("no client 'pc'", daemon.ctl('client', 'end', 'pc', '--user', ALICE, code=1).stderr)
        daemon.ctl('set', ALICE, 'On holiday')
        self.client(daemon, 'start', 'pc')
        self.become(daemon, 'unavailable', 'choice')

    def test_idle(self):
        """It counts ten minutes after the last input, whenever it is said; a lock counts at once."""
        daemon = self.begin()
        self.client(daemon, 'start', 'pc')
        idle = self.client(daemon, 'idle', 'pc', '--for', '2m')
        self.assertEqual((idle['state'], idle['counts_as'], idle['idle_after'], idle['on_lock']),
                         ('idle', 'active', 600, True))
        self.become(daemon, 'available', 'client')
        self.assertIsNotNone(daemon.json('show', ALICE)['until'])
        self.assertEqual(self.client(daemon, 'idle', 'pc', '--for', '10m')['counts_as'], 'idle')
        self.become(daemon, 'be-right-back', 'idle')
        self.client(daemon, 'start', 'pc')
        self.become(daemon, 'available', 'client')
        self.assertIn('This holds until', daemon.ctl('client', 'lock', 'pc', '--user', ALICE).stdout)
        self.become(daemon, 'be-right-back', 'idle')
        table = daemon.ctl('client', 'list', '--user', ALICE).stdout
        self.assertIn('locked', table)
        self.assertEqual(daemon.ctl('client', 'list', '--ids', '--user', ALICE).stdout, 'pc\n')
        self.assertIn('not a span', daemon.ctl('client', 'lock', 'pc', '--for', 'ages', code=2).stderr)

    def test_survives(self):
        """Desktops come from no instance: neither a start nor a reload of the daemon takes them away."""
        daemon = self.begin()
        self.client(daemon, 'start', 'pc', '--lease', '1h')
        self.client(daemon, 'start', 'laptop', '--lease', '1h')
        self.client(daemon, 'idle', 'laptop', '--for', '1h')
        harness.wait_for('their being on the disk', lambda: self.rows(daemon) == {'pc': 1, 'laptop': 2})
        daemon.ctl('set', ALICE, 'Busy')
        for end in (daemon.stop, daemon.kill):
            with self.subTest(end=end.__name__):
                end()
                daemon.start()
                self.client(daemon, 'start', 'pc', '--lease', '1h')
                self.become(daemon, 'busy', 'choice')
                self.assertEqual({one['id']: (one['source'], one['counts_as'])
                                  for one in self.client(daemon, 'list')['clients']},
                                 {'pc': ('clients', 'active'), 'laptop': ('clients', 'idle')})
        daemon.signal(signal.SIGHUP)
        daemon.wait_note('READY=1')
        self.assertEqual(len(self.client(daemon, 'list')['clients']), 2)
        self.assertNotIn('not configured any more', daemon.read_log())

    def test_name(self):
        """No instance takes their name."""
        config = self.folder / 'muster.conf'
        config.write_text('[clients]\n', encoding='utf-8')
        self.assertIn('[clients]: this is the name', self.check(config=config, code=1))


if __name__ == '__main__':
    harness.main()
