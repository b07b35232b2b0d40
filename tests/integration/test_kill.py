# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at any moment, again and again, during mixed load: nothing that was acknowledged is lost, and nothing that
was taken back returns."""

import http.client
import json
import os
import random
import socket
import threading
import time
import urllib.parse

import harness

FAR = '2099-01-01T00:00:00Z'
ROUNDS = int(os.environ.get('MUSTER_KILL_ROUNDS', '200'))


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=harness.PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Worker:
    """Does one thing after the other and knows what must hold: `truth` after what was acknowledged, and `maybe`, the
    same after what was under way when the power went (None: nothing was)."""

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
        self.thread = threading.Thread(target=self._run, args=(Connection(daemon.socket),), daemon=True)
        self.thread.start()

    def _run(self, connection):
        try:
            while self.refused is None:
                method, path, body, after = self.step()
                self.maybe = after
                headers = {'Content-Type': 'application/json'} if body is not None else {}
                connection.request(method, path, json.dumps(body) if body is not None else None, headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status >= 300:
                    self.refused = f'{method} {path}: {answer.status} {text}'
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
        shown = daemon.json('show', self.user)
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
        return {user['id']: user['name'] for user in daemon.json('user', 'list')['users'] if user['id'] in self.names}


class Kill(harness.TestCase):
    watchdog = 1700

    def test_mixed_load(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        print(f'# seed {seed}')
        daemon = self.start()
        people = ['alice@example.com', 'bob@example.com', 'carol@example.com']
        for user in people:
            daemon.ctl('user', 'add', user, '--zone', noon())
        workers = [*(Person(dice.random(), user) for user in people), Directory(dice.random())]
        for round_number in range(ROUNDS):
            for worker in workers:
                worker.start(daemon)
            for worker in workers:
                self.assertTrue(worker.begun.wait(harness.PATIENCE))
            # Not a wait for something: the moment of the power cut is what is random.
            threading.Event().wait(dice.uniform(0, 0.15))
            daemon.kill()
            for worker in workers:
                worker.thread.join(harness.PATIENCE)
                self.assertFalse(worker.thread.is_alive())
                self.assertIsNone(worker.refused)

            daemon.start()
            for worker in workers:
                self.assertIsNone(worker.check(daemon), f'round {round_number}')
        for worker in workers:
            self.assertGreater(worker.done, ROUNDS, type(worker).__name__)


if __name__ == '__main__':
    harness.main()
