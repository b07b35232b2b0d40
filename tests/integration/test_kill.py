# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at any moment, again and again, while choices are acknowledged: not one of those is lost."""

import http.client
import json
import random
import socket
import threading
import urllib.parse

import harness

ROUNDS = 30
USERS = ['alice@example.com', 'bob@example.com', 'carol@example.com']


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=harness.PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Person(threading.Thread):
    """Chooses one thing after the other and remembers what was acknowledged."""

    def __init__(self, daemon, user, acknowledged):
        super().__init__(daemon=True)
        self.socket = daemon.socket
        self.user = user
        self.acknowledged = acknowledged
        self.tried = acknowledged
        self.refused = None
        self.begun = threading.Event()

    def run(self):
        connection = Connection(self.socket)
        path = '/v1/presence/' + urllib.parse.quote(self.user)
        try:
            while True:
                self.tried += 1
                status = 'busy' if self.tried % 2 else 'be-right-back'
                connection.request('PUT', path, json.dumps({'status': status, 'text': str(self.tried)}),
                                   {'Content-Type': 'application/json'})
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    self.refused = body
                    return
                self.acknowledged = self.tried
                self.begun.set()
        except (OSError, http.client.HTTPException):
            pass  # killed
        finally:
            self.begun.set()


class Kill(harness.TestCase):
    watchdog = 400

    def test_acknowledged_choices(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        print(f'# seed {seed}')
        daemon = self.start()
        for user in USERS:
            daemon.ctl('user', 'add', user)
        acknowledged = dict.fromkeys(USERS, 0)
        for round_number in range(ROUNDS):
            people = [Person(daemon, user, acknowledged[user]) for user in USERS]
            for person in people:
                person.start()
            for person in people:
                self.assertTrue(person.begun.wait(harness.PATIENCE))
            # Not a wait for something: the moment of the power cut is what is random.
            threading.Event().wait(dice.uniform(0, 0.15))
            daemon.kill()
            for person in people:
                person.join(harness.PATIENCE)
                self.assertFalse(person.is_alive())
                self.assertIsNone(person.refused)

            daemon.start()
            for person in people:
                shown = int(daemon.json('show', person.user)['text'])
                # What was under way when the power went may be there or not; what was answered is.
                self.assertIn(shown, range(person.acknowledged, person.tried + 1),
                              f'round {round_number}, {person.user}')
                acknowledged[person.user] = shown
        self.assertTrue(all(count > ROUNDS for count in acknowledged.values()), acknowledged)

    def test_users(self):
        daemon = self.start()
        for number in range(10):
            user = f'user{number}@example.com'
            daemon.ctl('user', 'add', user, '--name', f'Number {number}')
            daemon.kill()
            daemon.start()
            self.assertEqual(daemon.json('show', user)['name'], f'Number {number}')
            if number % 2:
                daemon.ctl('user', 'remove', user)
                daemon.kill()
                daemon.start()
                self.assertEqual(daemon.ctl('show', user, code=1).returncode, 1)
        self.assertEqual(len(daemon.json('user', 'list')['users']), 5)


if __name__ == '__main__':
    harness.main()
