# SPDX-License-Identifier: LGPL-2.1-or-later
"""The stream of events of the running daemon: what a follower is told, when it comes back, and when it does not read."""

import json
import signal
import socket

import harness
import sse

ALICE, BOB, CAROL = 'alice@example.com', 'bob@example.com', 'carol@example.com'


class EventCase(harness.TestCase):
    def begin(self, *users):
        daemon = self.start()
        for user in users or (ALICE, BOB):
            daemon.ctl('user', 'add', user)
        return daemon

    def follow(self, daemon, query='', **more):
        stream = sse.Stream(daemon.socket, query, **more)
        self.addCleanup(stream.close)
        self.assertEqual(stream.status, 200)
        self.assertEqual(stream.headers['content-type'], 'text/event-stream')
        return stream

    @staticmethod
    def users(events):
        return [(event.event, event.data.get('user')) for event in events]


class Following(EventCase):
    def test_from_the_beginning(self):
        daemon = self.begin()
        events = self.follow(daemon).read_until('synced')
        self.assertEqual(self.users(events),
                         [('reset', None), ('presence', ALICE), ('presence', BOB), ('synced', None)])
        self.assertEqual(events[1].data, daemon.json('show', ALICE))
        self.assertEqual([event.id for event in events[:3]], [None] * 3)
        self.assertEqual(events[3].id, str(events[3].data['revision']))

    def test_only_whom_one_asked_for(self):
        daemon = self.begin()
        stream = self.follow(daemon, f'?users={BOB},{CAROL}')
        self.assertEqual(self.users(stream.read_until('synced')), [('reset', None), ('presence', BOB), ('synced', None)])
        daemon.ctl('set', ALICE, 'busy')
        daemon.ctl('user', 'add', CAROL)
        daemon.ctl('set', BOB, 'busy', '--text', 'Writing')
        daemon.ctl('user', 'remove', ALICE)
        daemon.ctl('user', 'remove', BOB)
        events = stream.read_until('removed')
        self.assertEqual(self.users(events)[0], ('presence', CAROL))
        self.assertEqual((events[1].data['user'], events[1].data['text']), (BOB, 'Writing'))
        self.assertEqual(self.users(events)[-1], ('removed', BOB))
        self.assertNotIn(ALICE, json.dumps(events))

    def test_a_new_name_is_told(self):
        daemon = self.begin()
        stream = self.follow(daemon)
        stream.read_until('synced')
        daemon.ctl('user', 'set', ALICE, '--name', 'Alice Adams')
        self.assertEqual(stream.read().data['name'], 'Alice Adams')

    def test_lost_and_resumed(self):
        """With what it knew last, a reader gets what has happened since; with what it cannot know, everything."""
        daemon = self.begin()
        stream = self.follow(daemon)
        stream.read_until('synced')
        daemon.ctl('set', ALICE, 'busy')
        last = stream.read().id
        stream.close()
        daemon.ctl('set', BOB, 'busy')
        daemon.ctl('user', 'add', CAROL)
        daemon.ctl('user', 'remove', ALICE)
        events = self.follow(daemon, last_id=last).read_until('synced')
        self.assertEqual(sorted(self.users(events[:-1])),
                         [('presence', BOB), ('presence', CAROL), ('removed', ALICE)])
        events = self.follow(daemon, last_id=events[-1].id).read_until('synced')
        self.assertEqual(self.users(events), [('synced', None)])
        events = self.follow(daemon, last_id='999999999').read_until('synced')
        self.assertEqual(self.users(events)[0], ('reset', None))

    def test_across_a_restart(self):
        daemon = self.begin()
        stream = self.follow(daemon)
        last = stream.read_until('synced')[-1].id
        daemon.signal(signal.SIGTERM)
        self.assertIsNone(stream.read())
        daemon.wait()
        daemon.start()
        events = self.follow(daemon, last_id=last).read_until('synced')
        self.assertEqual({event.data.get('user') for event in events if event.event == 'presence'}, {ALICE, BOB})

    def test_refused(self):
        daemon = self.begin()
        for query, last_id in (('?users=' + ','.join(map(str, range(5001))), None), ('', 'x'), ('?after=-1', None),
                               ('?what=1', None)):
            with self.subTest(query=query[:20], last_id=last_id):
                stream = sse.Stream(daemon.socket, query, last_id)
                self.addCleanup(stream.close)
                self.assertEqual(stream.status, 400)
                self.assertEqual(stream.headers['content-type'], 'application/problem+json')


class Slow(EventCase):
    N_USERS = 300

    def begin(self, *_users):
        daemon = self.start()
        table = 'id;name\n' + ''.join(f'user{i}@example.com;{"x" * 100}\n' for i in range(self.N_USERS))
        (self.folder / 'users.csv').write_text(table)
        daemon.ctl('user', 'import', self.folder / 'users.csv')
        return daemon

    def rename_all(self, daemon, name):
        table = 'id;name\n' + ''.join(f'user{i}@example.com;{name}\n' for i in range(self.N_USERS))
        (self.folder / 'users.csv').write_text(table)
        daemon.ctl('user', 'import', self.folder / 'users.csv')

    def test_who_does_not_read_is_told_what_is(self):
        daemon = self.begin()
        slow, quick = self.follow(daemon, buffer=4096), self.follow(daemon)
        slow.read_until('synced')
        quick.read_until('synced')
        rounds = 40
        for i in range(rounds):
            self.rename_all(daemon, f'{"y" * 100}{i}')
            for _ in range(self.N_USERS):
                quick.read()
        # Far more has happened than fits on its way to the slow one.
        names, count = {}, 0
        while set(names.values()) != {f'{"y" * 100}{rounds - 1}'}:
            event = slow.read()
            count += 1
            if event.event == 'presence':
                names[event.data['user']] = event.data['name']
        self.assertEqual(len(names), self.N_USERS)
        self.assertLess(count, self.N_USERS * rounds)
        self.rename_all(daemon, 'end')
        while event.data.get('name') != 'end':
            event = slow.read()

    def test_many_who_do_not_read(self):
        """They cost the others nothing, and the daemon stops all the same."""
        daemon = self.begin()
        for _ in range(100):
            wire = socket.socket(socket.AF_UNIX)
            self.addCleanup(wire.close)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.connect(str(daemon.socket))
            wire.sendall(b'GET /v1/events HTTP/1.1\r\nHost: m\r\n\r\n')
        quick = self.follow(daemon)
        quick.read_until('synced')
        for i in range(5):
            self.rename_all(daemon, f'{"z" * 100}{i}')
            for _ in range(self.N_USERS):
                quick.read()
        self.assertLess(daemon.stop(), 30)


if __name__ == '__main__':
    harness.main()
