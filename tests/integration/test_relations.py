# SPDX-License-Identifier: LGPL-2.1-or-later
"""Relationships: who sees what of whom in single reads, lists and streams, what a change of that tells those who are
there and those who come back, and who may change it."""

import contextlib
import json
import signal
import socket

import harness
import sse

ALICE, BOB, CAROL = 'alice@example.com', 'bob@example.com', 'carol@example.com'
LEVELS = ('blocked', 'employee', 'team-colleague', 'assistant', 'assistant-plus')


class RelationCase(harness.TestCase):
    def begin(self):
        daemon = self.start()
        self.tokens = {}
        for user in (ALICE, BOB, CAROL):
            daemon.ctl('user', 'add', user)
            self.tokens[user] = daemon.json('token', 'create', user)['token']
            daemon.ctl('set', user, 'busy', '--text', f'text of {user}')
        return daemon

    def ask(self, daemon, who, method, path, body=None, status=None):
        """(status, head, answer) of `who`; None administers. With `status` the answer alone."""
        headers = {'Authorization': f'Bearer {self.tokens[who]}'} if who is not None else {}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        with contextlib.closing(harness.Connection(daemon.socket)) as connection:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            data = response.read()
            answer = json.loads(data) if data else None
        if status is not None:
            self.assertEqual(response.status, status, answer)
            return answer
        head = {name.lower(): value for name, value in response.headers.items() if name.lower() != 'date'}
        return response.status, head, answer

    def grant(self, daemon, owner, viewer, level, who=None, **more):
        return self.ask(daemon, who, 'PUT', f'/v1/relationships/{owner}/{viewer}', {'level': level, **more}, 200)

    def listed(self, daemon, who, query=''):
        answer = self.ask(daemon, who, 'GET', f'/v1/presence{query}', status=200)
        return {presence['user']: presence for presence in answer['presences']}

    def follow(self, daemon, who, query='', **more):
        headers = [f'Authorization: Bearer {self.tokens[who]}'] if who is not None else []
        stream = sse.Stream(daemon.socket, query, headers=headers, **more)
        self.addCleanup(stream.close)
        self.assertEqual(stream.status, 200)
        return stream

    @staticmethod
    def users(events):
        return [(event.event, event.data.get('user')) for event in events]


class Seeing(RelationCase):
    def assert_sees(self, daemon, viewer, owner, level):
        """In each way of looking, and with nothing of it where it is nothing."""
        unknown = self.ask(daemon, viewer, 'GET', '/v1/presence/nobody@example.com')
        single = self.ask(daemon, viewer, 'GET', f'/v1/presence/{owner}')
        named = self.listed(daemon, viewer, f'?user={owner}')
        events = self.follow(daemon, viewer, f'?users={owner}').read_until('synced')
        told = {event.data['user']: event.data for event in events if event.event == 'presence'}
        if level == 'blocked':
            text = json.dumps(single).replace(owner, 'nobody@example.com')
            length = str(int(unknown[1]['content-length']) + len(owner) - len('nobody@example.com'))
            unknown[1]['content-length'] = length
            self.assertEqual(json.loads(text), json.loads(json.dumps(unknown)))
            self.assertEqual((single[0], named, told), (404, {}, {}))
            self.assertNotIn(owner, self.listed(daemon, viewer))
            return
        presence = single[2]
        self.assertEqual(single[0], 200)
        self.assertEqual(named, {owner: presence})
        self.assertEqual(told, {owner: presence})
        self.assertEqual(self.listed(daemon, viewer)[owner], presence)
        self.assertEqual(presence['status'], 'busy')
        words = [presence[name] for name in ('text', 'kind')]
        self.assertEqual(words, [None, None] if level == 'employee' else [f'text of {owner}', 'choice'])

    def test_both_directions(self):
        """What one grants says nothing of what they are granted, at no level and by neither side."""
        daemon = self.begin()
        for who, more in ((ALICE, {}), (None, {'as': 'owner'})):
            for level in LEVELS:
                for back in LEVELS[::2]:
                    with self.subTest(level=level, back=back, who=who):
                        self.grant(daemon, ALICE, BOB, level, who, **more)
                        self.grant(daemon, BOB, ALICE, back, **{'as': 'owner'})
                        self.assert_sees(daemon, BOB, ALICE, level)
                        self.assert_sees(daemon, ALICE, BOB, back)
                        self.assert_sees(daemon, CAROL, ALICE, 'employee')

    def test_group_and_location(self):
        daemon = self.begin()
        daemon.ctl('user', 'set', BOB, '--group', 'Press', '--location', 'Bonn')
        self.grant(daemon, ALICE, 'group:Press', 'team-colleague')
        self.assert_sees(daemon, BOB, ALICE, 'team-colleague')
        self.assert_sees(daemon, CAROL, ALICE, 'employee')
        self.grant(daemon, ALICE, 'location:Bonn', 'blocked', ALICE)
        self.assert_sees(daemon, BOB, ALICE, 'blocked')
        daemon.ctl('user', 'set', BOB, '--location', '')
        self.assert_sees(daemon, BOB, ALICE, 'team-colleague')
        daemon.ctl('user', 'set', BOB, '--group', '')
        self.assert_sees(daemon, BOB, ALICE, 'employee')

    def test_administrators_and_oneself(self):
        daemon = self.begin()
        for viewer in (BOB, 'group:Press'):
            self.grant(daemon, ALICE, viewer, 'blocked', ALICE)
        self.assertEqual(self.ask(daemon, None, 'GET', f'/v1/presence/{ALICE}', status=200)['text'], f'text of {ALICE}')
        self.assertEqual(self.ask(daemon, ALICE, 'GET', f'/v1/presence/{ALICE}', status=200)['text'],
                         f'text of {ALICE}')

    def test_removed_users(self):
        """Of who is gone, only they hear who saw them."""
        daemon = self.begin()
        self.grant(daemon, ALICE, BOB, 'blocked', ALICE)
        after = {who: self.ask(daemon, who, 'GET', '/v1/presence', status=200)['revision'] for who in (BOB, CAROL)}
        streams = {who: self.follow(daemon, who) for who in (BOB, CAROL)}
        for stream in streams.values():
            stream.read_until('synced')
        daemon.ctl('user', 'remove', ALICE)
        daemon.ctl('set', CAROL, 'available')
        self.assertEqual(self.users([streams[CAROL].read()]), [('removed', ALICE)])
        self.assertEqual(self.users([streams[BOB].read()]), [('presence', CAROL)])
        for who, removed in ((BOB, []), (CAROL, [ALICE])):
            answer = self.ask(daemon, who, 'GET', f'/v1/presence?after={after[who]}', status=200)
            self.assertEqual((answer['complete'], answer['removed']), (False, removed))
            events = self.follow(daemon, who, f'?after={after[who]}').read_until('synced')
            self.assertEqual([user for event, user in self.users(events) if event == 'removed'], removed)

    def test_added_again(self):
        """Who saw somebody, and was away when another came under the same id, whom they do not see, does not keep the
        one before."""
        daemon = self.begin()
        daemon.ctl('settings', 'set', 'location:Lab', 'relationships.others=blocked')
        for level, location in (('employee', ''), ('team-colleague', 'Lab')):
            daemon.ctl('user', 'remove', ALICE)
            daemon.ctl('user', 'add', ALICE, *(['--location', location] if location else []))
            if location:
                self.grant(daemon, ALICE, BOB, level)
            after = self.ask(daemon, BOB, 'GET', '/v1/presence', status=200)['revision']
            self.assertIn(ALICE, self.listed(daemon, BOB))
            daemon.ctl('user', 'remove', ALICE)
            daemon.ctl('user', 'add', ALICE, '--location', 'Lab')
            answer = self.ask(daemon, BOB, 'GET', f'/v1/presence?after={after}', status=200)
            self.assertTrue(answer['complete'] or ALICE in answer['removed'], answer)
            self.assertNotIn(ALICE, [presence['user'] for presence in answer['presences']])
            events = self.follow(daemon, BOB, f'?after={after}').read_until('synced')
            self.assertTrue(('removed', ALICE) in self.users(events) or events[0].event == 'reset', events)

    def test_slow_reader(self):
        """Who is granted more while a list is on its way is not told what was before that."""
        daemon = self.begin()
        last = 'zoe@example.com'
        users = daemon.folder / 'users.csv'
        users.write_text('id,name\n' + ''.join(f'm{i:05}@example.com,{"Somebody " * 20}\n' for i in range(5000)))
        daemon.ctl('user', 'import', str(users))
        daemon.ctl('user', 'add', last)
        daemon.ctl('set', last, 'busy', '--text', 'the text before')
        self.grant(daemon, last, BOB, 'blocked')
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as wire:
            wire.settimeout(harness.PATIENCE)
            wire.connect(str(daemon.socket))
            wire.sendall(f'GET /v1/presence HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n'
                         f'Authorization: Bearer {self.tokens[BOB]}\r\n\r\n'.encode())
            answer = wire.recv(1)
            daemon.ctl('set', last, 'busy', '--text', 'the text after')
            self.grant(daemon, last, BOB, 'team-colleague')
            while (data := wire.recv(1 << 20)):
                answer += data
        self.assertIn(b'the text after', answer)
        self.assertNotIn(b'the text before', answer)

    def test_restart(self):
        daemon = self.begin()
        self.grant(daemon, ALICE, BOB, 'blocked', ALICE)
        self.grant(daemon, BOB, 'group:Press', 'assistant')
        before = [self.ask(daemon, None, 'GET', f'/v1/relationships?owner={user}', status=200) for user in (ALICE, BOB)]
        self.assertEqual([len(answer['relationships']) for answer in before], [1, 1])
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        daemon.start()
        after = [self.ask(daemon, None, 'GET', f'/v1/relationships?owner={user}', status=200) for user in (ALICE, BOB)]
        self.assertEqual(after, before)
        self.assert_sees(daemon, BOB, ALICE, 'blocked')


class Streams(RelationCase):
    def test_as_it_changes(self):
        daemon = self.begin()
        bob, carol = self.follow(daemon, BOB), self.follow(daemon, CAROL)
        for stream in (bob, carol):
            stream.read_until('synced')
        seen = []
        for level in ('team-colleague', 'blocked', 'blocked', 'employee', 'assistant', 'assistant-plus', 'blocked'):
            self.grant(daemon, ALICE, BOB, level, ALICE)
        self.ask(daemon, ALICE, 'DELETE', f'/v1/relationships/{ALICE}/{BOB}', status=204)
        daemon.ctl('set', CAROL, 'available')
        while not seen or seen[-1][1] != CAROL:
            event = bob.read()
            seen.append((event.event, event.data['user'], event.data.get('text')))
        text = f'text of {ALICE}'
        self.assertEqual(seen, [('presence', ALICE, text), ('removed', ALICE, None), ('presence', ALICE, None),
                                ('presence', ALICE, text), ('removed', ALICE, None), ('presence', ALICE, None),
                                ('presence', CAROL, None)])
        # It is nobody else's business.
        self.assertEqual(self.users([carol.read()]), [('presence', CAROL)])

    def test_never_seen(self):
        """Who was blocked all the while hears nothing of it, whatever happens."""
        daemon = self.begin()
        self.grant(daemon, ALICE, BOB, 'blocked', ALICE)
        stream = self.follow(daemon, BOB)
        self.assertNotIn(ALICE, json.dumps(stream.read_until('synced')))
        last = stream.last_id
        daemon.ctl('set', ALICE, 'available')
        daemon.ctl('user', 'set', ALICE, '--name', 'Alice Adams')
        daemon.ctl('user', 'set', ALICE, '--group', 'Press')
        daemon.ctl('user', 'remove', ALICE)
        daemon.ctl('set', CAROL, 'available')
        self.assertEqual(self.users([stream.read()]), [('presence', CAROL)])
        events = self.follow(daemon, BOB, last_id=last).read_until('synced')
        self.assertNotIn(ALICE, json.dumps(events))

    def test_cursors_from_before(self):
        daemon = self.begin()
        stream = self.follow(daemon, BOB)
        last = stream.read_until('synced')[-1].id
        stream.close()
        self.grant(daemon, ALICE, BOB, 'blocked', ALICE)
        events = self.follow(daemon, BOB, last_id=last).read_until('synced')
        self.assertEqual(self.users(events)[0], ('reset', None))
        self.assertNotIn(ALICE, json.dumps(events))
        answer = self.ask(daemon, BOB, 'GET', f'/v1/presence?after={last}', status=200)
        self.assertTrue(answer['complete'])
        self.assertNotIn(ALICE, json.dumps(answer))
        # From afterwards on it is as ever, and so it is for everybody else.
        self.assertFalse(self.ask(daemon, BOB, 'GET', f'/v1/presence?after={answer["revision"]}', status=200)['complete'])
        self.assertFalse(self.ask(daemon, CAROL, 'GET', f'/v1/presence?after={last}', status=200)['complete'])
        self.assertFalse(self.ask(daemon, None, 'GET', f'/v1/presence?after={last}', status=200)['complete'])

    def test_viewer_moves(self):
        """Another group of the viewer may mean other owners: they are told everything."""
        daemon = self.begin()
        self.grant(daemon, ALICE, 'group:Press', 'blocked', ALICE)
        stream = self.follow(daemon, BOB)
        last = stream.read_until('synced')[-1].id
        daemon.ctl('user', 'set', BOB, '--group', 'Press')
        events = stream.read_until('synced')
        self.assertEqual(self.users(events)[0], ('reset', None))
        self.assertNotIn(ALICE, json.dumps(events))
        self.assertEqual(self.users(self.follow(daemon, BOB, last_id=last).read_until('synced'))[0], ('reset', None))
        daemon.ctl('user', 'set', BOB, '--group', '')
        self.assertIn(('presence', ALICE), self.users(stream.read_until('synced')))

    def test_group_of_viewers(self):
        daemon = self.begin()
        daemon.ctl('user', 'set', BOB, '--group', 'Press')
        bob, carol = self.follow(daemon, BOB, f'?users={ALICE}'), self.follow(daemon, CAROL, f'?users={ALICE}')
        for stream in (bob, carol):
            stream.read_until('synced')
        self.grant(daemon, ALICE, 'group:Press', 'blocked', ALICE)
        self.assertEqual(self.users([bob.read()]), [('removed', ALICE)])
        self.grant(daemon, ALICE, CAROL, 'team-colleague', ALICE)
        self.assertEqual(self.users([carol.read()]), [('presence', ALICE)])

    def test_same_id_again(self):
        """Who comes under the id of somebody who is gone has nothing of what that one was granted."""
        daemon = self.begin()
        self.grant(daemon, ALICE, BOB, 'assistant', ALICE)
        daemon.ctl('user', 'remove', BOB)
        daemon.ctl('user', 'add', BOB)
        self.tokens[BOB] = daemon.json('token', 'create', BOB)['token']
        self.assertIsNone(self.ask(daemon, BOB, 'GET', f'/v1/presence/{ALICE}', status=200)['text'])
        self.assertEqual(self.ask(daemon, ALICE, 'GET', f'/v1/relationships?owner={ALICE}', status=200),
                         {'relationships': []})


class Changing(RelationCase):
    def test_explained(self):
        daemon = self.begin()
        answer = self.grant(daemon, ALICE, BOB, 'assistant')
        self.assertEqual(answer, {
            'owner': ALICE, 'viewer': BOB, 'level': 'assistant', 'decided_by': 'user',
            'users_may': 'extend-and-restrict', 'in_use': True,
            'paths': [{'path': 'others', 'level': 'employee'}, {'path': 'user', 'level': 'assistant'}]})
        answer = self.grant(daemon, ALICE, BOB, 'employee', ALICE)
        self.assertEqual((answer['level'], answer['decided_by'], answer['paths'][-1]),
                         ('employee', 'own-user', {'path': 'own-user', 'level': 'employee'}))
        self.assertEqual(self.ask(daemon, ALICE, 'GET', f'/v1/relationships/{ALICE}/{BOB}', status=200), answer)
        self.assertEqual(self.ask(daemon, None, 'GET', f'/v1/relationships/{ALICE}/{ALICE}', status=200)['level'],
                         'owner')
        rows = self.ask(daemon, ALICE, 'GET', f'/v1/relationships?owner={ALICE}', status=200)['relationships']
        self.assertEqual(rows, [{'owner': ALICE, 'viewer': BOB, 'level': 'assistant', 'by': 'administrator'},
                                {'owner': ALICE, 'viewer': BOB, 'level': 'employee', 'by': 'owner'}])
        self.assertEqual(self.ask(daemon, None, 'GET', f'/v1/relationships?viewer={BOB}', status=200)['relationships'],
                         rows)
        self.assertEqual(self.ask(daemon, None, 'GET', f'/v1/relationships?viewer={ALICE}', status=200),
                         {'relationships': []})

    def test_whose_word(self):
        daemon = self.begin()
        self.grant(daemon, ALICE, BOB, 'assistant', **{'as': 'owner'})
        self.grant(daemon, ALICE, BOB, 'team-colleague', **{'as': 'administrator'})
        path = f'/v1/relationships/{ALICE}/{BOB}'
        self.ask(daemon, ALICE, 'PUT', path, {'level': 'blocked', 'as': 'administrator'}, 403)
        self.ask(daemon, ALICE, 'DELETE', f'{path}?as=administrator', status=403)
        self.ask(daemon, ALICE, 'DELETE', path, status=204)
        self.ask(daemon, ALICE, 'DELETE', path, status=404)
        self.ask(daemon, None, 'DELETE', f'{path}?as=owner', status=404)
        self.ask(daemon, None, 'DELETE', path, status=204)
        self.assertEqual(self.ask(daemon, None, 'GET', f'/v1/relationships?owner={ALICE}', status=200),
                         {'relationships': []})

    def test_musterctl(self):
        daemon = self.begin()
        out = daemon.ctl('relationship', 'set', ALICE, BOB, 'assistant').stdout
        self.assertIn(f'To {ALICE}, {BOB} is: assistant', out)
        self.assertRegex(out, r'administrator, for this user +assistant +decides')
        done = daemon.ctl('relationship', 'set', ALICE, 'group:Press & PR', 'blocked', '--as', 'owner')
        self.assertIn('nobody in group:Press & PR yet', done.stderr)
        daemon.ctl('user', 'set', BOB, '--group', 'Press & PR')
        done = daemon.ctl('relationship', 'set', ALICE, 'group:Press & PR', 'blocked', '--as', 'owner')
        self.assertEqual(done.stderr, '')
        daemon.ctl('user', 'set', BOB, '--group', '')
        out = daemon.ctl('relationship', 'list', ALICE).stdout
        self.assertRegex(out, rf'{ALICE} +{BOB} +assistant +administrator\n{ALICE} +group:Press & PR +blocked +owner')
        self.assertEqual(daemon.json('relationship', 'list', '--viewer', BOB)['relationships'][0]['level'], 'assistant')
        self.assertEqual(daemon.json('relationship', 'show', ALICE, 'group:Press & PR')['decided_by'], 'own-group')
        self.assertIn('--as owner', daemon.ctl('relationship', 'remove', ALICE, 'group:Press & PR', code=1).stderr)
        daemon.ctl('relationship', 'remove', ALICE, 'group:Press & PR', '--as', 'owner')
        daemon.ctl('relationship', 'remove', ALICE, BOB)
        self.assertIn('Nothing is granted', daemon.ctl('relationship', 'list', ALICE).stdout)
        daemon.ctl('relationship', 'list', code=2)
        daemon.ctl('relationship', 'list', ALICE, '--viewer', BOB, code=2)
        daemon.ctl('relationship', 'set', ALICE, BOB, 'friend', code=1)

    def test_strangers(self):
        """Who has no rights to an owner is told so; whom they are nothing to, not even that there is one."""
        daemon = self.begin()
        self.grant(daemon, ALICE, CAROL, 'blocked', ALICE)
        for method, body in (('GET', None), ('PUT', {'level': 'employee'}), ('DELETE', None)):
            hidden, unknown, seen = [self.ask(daemon, CAROL, method, f'/v1/relationships/{owner}/{CAROL}', body)
                                     for owner in (ALICE, 'nobod@example.com', BOB)]
            self.assertEqual(json.dumps(hidden).replace(ALICE, 'nobod@example.com'), json.dumps(unknown))
            self.assertEqual((hidden[0], unknown[0], seen[0]), (404, 404, 403))
        answers = [self.ask(daemon, CAROL, 'GET', f'/v1/relationships?owner={owner}')
                   for owner in (ALICE, 'nobody@example.com')]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0][0], 403)
        self.ask(daemon, CAROL, 'GET', f'/v1/relationships?viewer={CAROL}', status=403)

    def test_hidden_viewers(self):
        """An owner cannot find out by their own list whether there is somebody who has blocked them."""
        daemon = self.begin()
        self.grant(daemon, BOB, ALICE, 'blocked', BOB)
        for method, body in (('GET', None), ('PUT', {'level': 'employee'}), ('DELETE', None)):
            answers = [self.ask(daemon, ALICE, method, f'/v1/relationships/{ALICE}/{viewer}', body)
                       for viewer in (BOB, 'abc@example.com')]
            self.assertEqual([answer[0] for answer in answers], [404, 404])
            self.assertEqual(json.dumps(answers[0]).replace(BOB, 'abc@example.com'), json.dumps(answers[1]))
        # What was said before may be said otherwise, and be taken back.
        self.grant(daemon, ALICE, CAROL, 'assistant', ALICE)
        self.grant(daemon, CAROL, ALICE, 'blocked', CAROL)
        self.assertEqual(self.grant(daemon, ALICE, CAROL, 'blocked', ALICE)['level'], 'blocked')
        self.ask(daemon, ALICE, 'DELETE', f'/v1/relationships/{ALICE}/{CAROL}', status=204)
        self.ask(daemon, ALICE, 'GET', f'/v1/relationships/{ALICE}/{CAROL}', status=404)

    def test_refused(self):
        daemon = self.begin()
        path = f'/v1/relationships/{ALICE}'
        for method, target, body, status in (
                ('GET', '/v1/relationships', None, 400),
                ('GET', f'/v1/relationships?owner={ALICE}&viewer={BOB}', None, 400),
                ('GET', '/v1/relationships?viewer=group:', None, 400),
                ('GET', '/v1/relationships?owner=nobody', None, 404),
                ('GET', f'{path}/nobody', None, 404),
                ('GET', f'{path}/group:', None, 400),
                ('PUT', f'{path}/{BOB}', {'level': 'owner'}, 400),
                ('PUT', f'{path}/{BOB}', {'level': 'friend'}, 400),
                ('PUT', f'{path}/{BOB}', {'level': 1}, 400),
                ('PUT', f'{path}/{BOB}', {}, 400),
                ('PUT', f'{path}/{BOB}', {'level': 'employee', 'as': 'somebody'}, 400),
                ('PUT', f'{path}/{ALICE}', {'level': 'employee'}, 400),
                ('PUT', f'{path}/nobody', {'level': 'employee'}, 404),
                ('PUT', f'/v1/relationships/nobody/{BOB}', {'level': 'employee'}, 404),
                ('DELETE', f'{path}/{BOB}?as=somebody', None, 400),
                ('DELETE', f'/v1/relationships/nobody/{BOB}', None, 404)):
            with self.subTest(method=method, target=target, body=body):
                self.ask(daemon, None, method, target, body, status)
        self.assertEqual(self.ask(daemon, None, 'GET', f'/v1/relationships?owner={ALICE}', status=200),
                         {'relationships': []})


if __name__ == '__main__':
    harness.main()
