# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at any moment, again and again, during mixed load: nothing that was acknowledged is lost, and nothing that
was taken back returns."""

import http.client
import json
import os
import random
import threading
import time
import urllib.parse

import harness

FAR = '2099-01-01T00:00:00Z'
CONFIG = '''
[good]
[both]
Enabled=optional
[floods]
n=300
'''
ROUNDS = int(os.environ.get('MUSTER_KILL_ROUNDS', '200'))


def get(daemon, path):
    connection = harness.Connection(daemon.socket)
    connection.request('GET', path)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise AssertionError(f'GET {path}: {answer.status} {text}')
    return json.loads(text)


class Worker:
    """Does one thing after the other and knows what must hold: `truth` after what was acknowledged, and `maybe`, the
    same after what was under way when the power went (None: nothing was)."""

    type = 'application/json'

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.truth = self.nothing()
        self.maybe = None
        self.done = 0
        self.refused = None
        self.begun = threading.Event()
        self.thread = None

    def nothing(self):
        return {}

    def start(self, daemon):
        self.maybe = None
        self.begun = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(harness.Connection(daemon.socket),), daemon=True)
        self.thread.start()

    def ask(self, connection, method, path, body=None):
        headers = {'Content-Type': self.type} if body is not None else {}
        connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            self.refused = f'{method} {path}: {answer.status} {text}'
        return text

    def prepare(self, connection):
        """Before the first step after a start."""

    def _run(self, connection):
        try:
            self.prepare(connection)
            while self.refused is None:
                method, path, body, after = self.step()
                self.maybe = after
                text = self.ask(connection, method, path, body)
                if self.refused is not None:
                    return
                self.truth = self.learn(after, text)
                self.maybe = None
                self.done += 1
                self.begun.set()
        except (OSError, http.client.HTTPException):
            pass  # killed
        finally:
            self.begun.set()

    def learn(self, after, _answer):
        """What holds now; the answer may say more than could be known before."""
        return after

    def check(self, daemon):
        """None, or what is wrong; whatever of the two holds is the truth from now on."""
        found = self.look(daemon)
        if found != self.truth and (self.maybe is None or found != self.maybe):
            return f'{type(self).__name__}: found {found}, acknowledged {self.truth}, under way {self.maybe}'
        self.truth = found
        self.maybe = None
        return None


def noon():
    """A zone in which it is about noon: a standing choice ends with the day, and no test lasts until there."""
    offset = 12 - time.gmtime().tm_hour
    return f'Etc/GMT{-offset:+d}' if offset else 'UTC'


def of_user(user):
    return '/v1/presence/' + urllib.parse.quote(user)


class Person(Worker):
    """Chooses, standing or until, and goes back to automatic."""

    def __init__(self, seed, user):
        super().__init__(seed)
        self.user = user
        self.count = 0

    def nothing(self):
        return ('available', None, None)

    def step(self):
        self.count += 1
        if self.dice.random() < 0.2:
            return 'DELETE', of_user(self.user), None, self.nothing()
        status = self.dice.choice(['busy', 'be-right-back', 'do-not-disturb'])
        # A choice for a time would lie over the standing one that is left from before: which one ends there is not
        # what is tested here, so each of them is for ever or until the same far day.
        until = FAR if self.dice.random() < 0.5 else None
        if until is None and self.truth[2] is not None:
            return 'DELETE', of_user(self.user), None, self.nothing()
        body = {'status': status, 'text': str(self.count)}
        return 'PUT', of_user(self.user), body if until is None else {**body, 'until': until}, (
            status, str(self.count), until)

    def look(self, daemon):
        shown = get(daemon, of_user(self.user))
        # A standing one ends with the day.
        return shown['status'], shown['text'], FAR if shown['until'] == FAR else None


class Directory(Worker):
    """Adds, changes and removes people."""

    names = [f'person{number}@example.com' for number in range(4)]

    def step(self):
        user = self.dice.choice(self.names)
        after = dict(self.truth)
        if user not in after:
            after[user] = str(self.done)
            return 'POST', '/v1/users', {'id': user, 'name': str(self.done)}, after
        if self.dice.random() < 0.4:
            del after[user]
            return 'DELETE', '/v1/users/' + urllib.parse.quote(user), None, after
        after[user] = str(self.done)
        return 'PATCH', '/v1/users/' + urllib.parse.quote(user), {'name': str(self.done)}, after

    def look(self, daemon):
        return {user['id']: user['name'] for user in get(daemon, '/v1/users')['users'] if user['id'] in self.names}


class Import(Worker):
    """Puts many people at once: all of them or none."""

    type = 'text/csv'
    names = [f'imported{number}@example.com' for number in range(25)]

    def step(self):
        after = {name: f'{self.done} {number}' for number, name in enumerate(self.names)}
        rows = ''.join(f'{user},{name}\n' for user, name in after.items())
        return 'POST', '/v1/users/import', f'id,name\n{rows}', after

    def look(self, daemon):
        return {user['id']: user['name'] for user in get(daemon, '/v1/users')['users'] if user['id'] in self.names}


class Pause(Worker):
    """Stops a sink and lets it go on."""

    def nothing(self):
        return False

    def step(self):
        return 'POST', '/v1/plugins/good/pause', {'paused': not self.truth}, not self.truth

    def look(self, daemon):
        # Known as soon as the sink is handed anything.
        return harness.wait_for('the sink', lambda: self.shown(daemon))['paused']

    def shown(self, daemon):
        shown = get(daemon, '/v1/plugins/good')
        return shown if shown['deliveries']['users'] > 0 else None


class Switch(Worker):
    """Enables and disables an instance."""

    def nothing(self):
        return 'optional'

    def step(self):
        after = 'no' if self.truth != 'no' else 'optional'
        return 'POST', f'/v1/plugins/both/{"disable" if after == "no" else "enable"}', {}, after

    def look(self, daemon):
        return get(daemon, '/v1/plugins/both')['enabled']


class Entries(Worker):
    """Ignores entries of a calendar, one after the other. The entries themselves are their source's to say again, and
    one that begins at another time is another entry."""

    user = 'dave@example.com'
    keys = [f'entry{number}' for number in range(50)]

    def __init__(self, seed):
        super().__init__(seed)
        self.first = 4070908800  # 2099
        self.connection = None

    def nothing(self):
        return 0

    def tell(self, connection):
        """The source says what is in the calendar, and it is known."""
        until = self.first + len(self.keys) * 3600
        command = f'replace {self.user} {self.first}000000 {until}000000 {" ".join(self.keys)}'
        first = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(self.first))
        while True:
            # Its one question comes with its start, and everything else after the user.
            connection.request('POST', '/v1/plugins/good/actions/command', json.dumps({'answer': command}),
                               {'Content-Type': self.type})
            connection.getresponse().read()
            found = {entry['key']: entry['from'] for entry in self.agenda(connection)}
            if len(found) == len(self.keys) and found[self.keys[0]] == first:
                return

    def agenda(self, connection):
        path = f'/v1/users/{urllib.parse.quote(self.user)}/appointments?all=true'
        return json.loads(self.ask(connection, 'GET', path))['appointments']

    def prepare(self, connection):
        self.connection = connection
        self.tell(connection)

    def step(self):
        if self.truth == len(self.keys):
            self.first += 7 * 86400
            self.truth = 0
            self.tell(self.connection)
        path = f'/v1/users/{urllib.parse.quote(self.user)}/appointments/{self.keys[self.truth]}/ignore'
        return 'POST', path, {}, self.truth + 1

    def look(self, daemon):
        connection = harness.Connection(daemon.socket)
        self.tell(connection)
        ignored = [entry['key'] for entry in self.agenda(connection) if entry['outcome'] == 'ignored']
        connection.close()
        # In their order, and none but these.
        return len(ignored) if set(ignored) == set(self.keys[:len(ignored)]) else ignored


class Tokens(Worker):
    """Makes tokens and revokes them, each known by its label."""

    def __init__(self, seed):
        super().__init__(seed)
        self.ids = {}

    def nothing(self):
        return frozenset()

    def step(self):
        if len(self.truth) > 3:
            label = self.dice.choice(sorted(self.truth))
            return 'DELETE', f'/v1/tokens/{self.ids[label]}', None, self.truth - {label}
        label = f'{self.done} {self.dice.random()}'
        return 'POST', '/v1/tokens', {'scope': 'monitor', 'label': label}, self.truth | {label}

    def learn(self, after, answer):
        if answer:
            made = json.loads(answer)
            self.ids[made['label']] = made['id']
        return after

    def look(self, daemon):
        self.ids = {token['label']: token['id'] for token in get(daemon, '/v1/tokens')['tokens']}
        return frozenset(self.ids)


class Secrets(Worker):
    """Puts secrets and takes them away."""

    names = [f'secret{number}' for number in range(4)]

    def nothing(self):
        return frozenset()

    def step(self):
        name = self.dice.choice(self.names)
        if name in self.truth:
            return 'DELETE', f'/v1/secrets/{name}', None, self.truth - {name}
        return 'PUT', f'/v1/secrets/{name}', {'value': str(self.done)}, self.truth | {name}

    def look(self, daemon):
        return frozenset(secret['name'] for secret in get(daemon, '/v1/secrets')['secrets'])


class Scopes(Worker):
    """Sets, takes back and resets, for a location and for one of its users, whom a policy lets or does not let."""

    user = 'grace@example.com'
    place = 'location:Kiel'
    option = 'idle-after'

    def nothing(self):
        """What the location says, what the user says, and whether they may."""
        return (None, None, True)

    def path(self, scope, rest=''):
        return '/v1/settings/' + urllib.parse.quote(scope, safe='') + rest

    def step(self):
        place, own, may = self.truth
        scope = f'user:{self.user}'
        value = f'{self.done % 1000 + 1}min'
        what = self.dice.choice(['place', 'own', 'policy', 'reset'])
        if what == 'policy' or (what == 'own' and not may):
            body = {'policies': {'activation': 'cannot-change' if may else 'may-change'}}
            return 'PATCH', self.path(self.place), body, (place, None if may else own, not may)
        if what == 'reset':
            return 'POST', self.path(self.place, '/reset'), {}, (place, None, may)
        if what == 'place':
            value = None if place is not None and self.dice.random() < 0.3 else value
            return 'PATCH', self.path(self.place), {'values': {'activation': {self.option: value}}}, (value, own, may)
        return 'PATCH', self.path(scope), {'values': {'activation': {self.option: value}}}, (place, value, may)

    def look(self, daemon):
        place = get(daemon, self.path(self.place))['blocks']['activation']
        user = get(daemon, self.path(f'user:{self.user}'))['blocks']['activation']
        shown = [block['options'][self.option]['own'] for block in (place, user)]
        return (*shown, user['policy']['value'] == 'may-change')


class Templates(Worker):
    """Makes a location's templates, names them anew, moves them to the front and removes them."""

    def __init__(self, seed):
        super().__init__(seed)
        self.ids = {}
        self.count = 0

    def nothing(self):
        return ()

    def step(self):
        self.count += 1
        name = f'T{self.count}'
        kept = list(self.truth)
        what = self.dice.random()
        if len(kept) > 4 or (kept and what < 0.2):
            gone = self.dice.choice(kept)
            kept.remove(gone)
            return 'DELETE', f'/v1/templates/{self.ids[gone]}', None, tuple(kept)
        if kept and what < 0.5:
            place = kept.index(self.dice.choice(kept))
            self.ids[name] = self.ids[kept[place]]
            path = f'/v1/templates/{self.ids[kept.pop(place)]}'
            return 'PATCH', path, {'name': name, 'position': 0}, (name, *kept)
        return 'POST', '/v1/templates', {'scope': 'location:Oslo', 'name': name, 'status': 'busy'}, (*kept, name)

    def learn(self, after, answer):
        if answer:
            made = json.loads(answer)
            self.ids[made['name']] = made['id']
        return after

    def look(self, daemon):
        shown = get(daemon, '/v1/templates?scope=location:Oslo')['templates']
        mine = [tmpl for tmpl in shown if tmpl['scope'] == 'location:Oslo']
        self.ids = {tmpl['name']: tmpl['id'] for tmpl in mine}
        return tuple(tmpl['name'] for tmpl in mine)


class Grants(Worker):
    """Grants others something, and takes it back."""

    owner = 'grace@example.com'
    viewers = ['bob@example.com', 'carol@example.com', 'group:Sales', 'location:Kiel']

    def step(self):
        viewer = self.dice.choice(self.viewers)
        after = dict(self.truth)
        path = f'/v1/relationships/{urllib.parse.quote(self.owner)}/{urllib.parse.quote(viewer)}'
        if viewer in after and self.dice.random() < 0.4:
            del after[viewer]
            return 'DELETE', path, None, after
        after[viewer] = self.dice.choice(['employee', 'team-colleague', 'assistant', 'blocked'])
        return 'PUT', path, {'level': after[viewer]}, after

    def look(self, daemon):
        shown = get(daemon, f'/v1/relationships?owner={urllib.parse.quote(self.owner)}')['relationships']
        return {row['viewer']: row['level'] for row in shown}


class Flood(Worker):
    """Claims as fast as a source can say them, of which nothing has to be found again."""

    def ask(self, connection, method, path, body=None):
        """Refused where the source is not there yet, which is nobody's loss."""
        connection.request(method, path, json.dumps(body), {'Content-Type': self.type})
        return connection.getresponse().read()

    def step(self):
        return 'POST', '/v1/plugins/floods/sync', {'user': 'erin@example.com'}, {}

    def look(self, daemon):
        return {}


class Kill(harness.TestCase):
    watchdog = 1700

    def test_mixed_load(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        print(f'# seed {seed}')
        folder = os.environ.get('MUSTER_BAD_PLUGINS')
        if not folder:
            self.skipTest('MUSTER_BAD_PLUGINS is not set: run this test through meson')
        daemon = self.start(CONFIG, args=['--plugin-dir', folder])
        people = ['bob@example.com', 'carol@example.com', 'frank@example.com']
        # alice is the one of whom the plugin claims something at each start.
        for user in [*people, 'alice@example.com', Entries.user, 'erin@example.com', Scopes.user]:
            daemon.ctl('user', 'add', user, '--zone', noon(), '--location', 'Kiel')
        workers = [*(Person(dice.random(), user) for user in people),
                   *(kind(dice.random())
                     for kind in (Directory, Import, Pause, Switch, Entries, Tokens, Secrets, Scopes, Templates, Grants,
                                  Flood))]
        for round_number in range(ROUNDS):
            for worker in workers:
                worker.start(daemon)
            for worker in workers:
                self.assertTrue(worker.begun.wait(harness.PATIENCE))
            # Not a wait for something: the moment of the power cut is what is random.
            threading.Event().wait(dice.uniform(0, 0.15))
            for worker in workers:
                self.assertTrue(worker.thread.is_alive(), f'round {round_number}: {type(worker).__name__} has no '
                                f'connection any more: {worker.refused}')
            daemon.kill()
            for worker in workers:
                worker.thread.join(harness.PATIENCE)
                self.assertFalse(worker.thread.is_alive())
                self.assertIsNone(worker.refused)

            if dice.random() < 0.2:
                # Nor does it matter how far a start has come.
                daemon.start(ready=False)
                threading.Event().wait(dice.uniform(0, 0.3))
                daemon.kill()
            daemon.start()
            for worker in workers:
                self.assertIsNone(worker.check(daemon), f'round {round_number}')
        for worker in workers:
            self.assertGreater(worker.done, ROUNDS, type(worker).__name__)


if __name__ == '__main__':
    harness.main()
