# SPDX-License-Identifier: LGPL-2.1-or-later
"""Secrets of the running daemon: set, listed and removed by administrators, sealed, in a key ring, taken up by whoever
refers to them, and seen nowhere."""

import contextlib
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import termios

import harness
from test_api import as_account, request
from test_webhook import Receiver, verifier

ALICE = 'alice@example.com'
SECRET = 'hunter2-correct-horse'
KEY = b'0123456789abcdef0123456789abcdef'


class SecretCase(harness.TestCase):
    def list(self, daemon):
        answer = daemon.json('secret', 'list')
        return {secret['name']: secret for secret in answer['secrets']}

    def set(self, daemon, name, value, code=0, more=()):
        return daemon.ctl(*more, 'secret', 'set', name, text=value, code=code)

    def path(self, daemon, name):
        return daemon.state_dir / 'secrets' / name

    def credentials(self, **files):
        folder = self.folder / 'credentials'
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, data in files.items():
            path = folder / name.replace('_', '-')
            path.write_bytes(data)
            path.chmod(0o400)
        return folder


class Commands(SecretCase):
    def test_set_list_remove(self):
        daemon = self.start()
        self.assertIn('There are no secrets', daemon.ctl('secret', 'list').stdout)
        self.assertEqual(self.set(daemon, 'lamps', SECRET + '\n').stdout, 'Secret lamps is stored: plain file.\n')
        self.assertEqual(self.path(daemon, 'lamps').read_text(), SECRET)
        self.assertEqual(self.path(daemon, 'lamps').stat().st_mode & 0o777, 0o600)
        self.assertEqual(daemon.json('secret', 'list'), {
            'secrets': [{'name': 'lamps', 'where': 'file', 'sealed': False, 'state': 'ready', 'text': None,
                         'hides': False, 'used_by': []}],
            'key_ring': 'absent', 'sealing': 'off'})
        shown = daemon.ctl('secret', 'list').stdout
        self.assertRegex(shown, r'lamps +plain file +ready')
        self.assertIn('or a backup of them', shown)
        self.assertEqual(daemon.ctl('secret', 'list', '--ids').stdout, 'lamps\n')

        self.assertEqual(daemon.ctl('secret', 'remove', 'lamps').stdout, 'Secret lamps is removed.\n')
        self.assertFalse(self.path(daemon, 'lamps').exists())
        self.assertRegex(daemon.read_log(), "the secret 'lamps' was set by [a-z]+")
        self.assertRegex(daemon.read_log(), "the secret 'lamps' was removed by [a-z]+")
        self.assertIn("secret 'lamps' not found", daemon.ctl('secret', 'remove', 'lamps', code=1).stderr)

    def test_json(self):
        daemon = self.start()
        done = self.set(daemon, 'lamps', SECRET, more=['--json'])
        self.assertEqual(json.loads(done.stdout),
                         {'name': 'lamps', 'where': 'file', 'sealed': False, 'key_ring_locked': False,
                          'restarted': []})
        self.assertEqual(daemon.json('secret', 'remove', 'lamps')['where'], None)

    def test_standard_input(self):
        daemon = self.start()
        for value, kept in (('x', 'x'), ('x\n', 'x'), ('x\r\n', 'x'), ('x\n\n', 'x\n\n'), (' x ', ' x '),
                            ('two\nlines\n', 'two\nlines'), ('x' * 16384, 'x' * 16384)):
            self.set(daemon, 'key', value)
            self.assertEqual(self.path(daemon, 'key').read_text(), kept)
        for value, why in (('', 'it is empty'), ('\n', 'it is empty'), ('a\0b', 'zero byte'),
                           ('x' * 16385, 'more than 16384 bytes'), ('x' * 100000, 'more than 16384 bytes')):
            self.assertIn(why, self.set(daemon, 'key', value, code=1).stderr)
        raw = subprocess.run([harness.program('MUSTERCTL'), 'secret', 'set', 'key'], env=daemon.env, input=b'\xff\xfe',
                             capture_output=True, timeout=harness.PATIENCE, check=False)
        self.assertEqual((raw.returncode, b'not UTF-8' in raw.stderr), (1, True))
        self.assertEqual(self.path(daemon, 'key').read_text(), 'x' * 16384)
        # Not from the command line, where every account of the machine could read it.
        daemon.ctl('secret', 'set', 'key', SECRET, code=2)

    def test_names(self):
        daemon = self.start()
        for name in ('.hidden', 'a b', 'ü', 'x' * 129):
            self.assertIn('the name of a secret', self.set(daemon, name, 'x', code=1).stderr)
            self.assertIn('the name of a secret', daemon.ctl('secret', 'remove', name, code=1).stderr)
        self.assertIn("encoded '/'", self.set(daemon, '../muster', 'x', code=1).stderr)
        self.assertEqual(self.list(daemon), {})

    def test_administrators_only(self):
        if os.geteuid() != 0:
            self.skipTest('only root can become another account')
        daemon = self.start()
        self.set(daemon, 'lamps', SECRET)
        self.folder.chmod(0o755)
        daemon.folder.chmod(0o755)
        daemon.ctl('user', 'add', ALICE, '--unix-user', 'nobody')

        def ask():
            return [request(daemon, 'GET', '/v1/presence')[0],
                    *(request(daemon, method, path, body)[0] for method, path, body in (
                        ('GET', '/v1/secrets', None), ('PUT', '/v1/secrets/lamps', {'value': 'x'}),
                        ('DELETE', '/v1/secrets/lamps', None)))]
        self.assertEqual(as_account('nobody', ask), [200, 403, 403, 403])
        self.assertEqual(self.path(daemon, 'lamps').read_text(), SECRET)


class Terminal(SecretCase):
    """musterctl at a terminal of its own."""

    def begin(self, daemon):
        child, fd = pty.fork()
        if child == 0:
            os.execve(harness.program('MUSTERCTL'), ['musterctl', 'secret', 'set', 'lamps'], daemon.env)
        self.addCleanup(os.close, fd)
        self.child = child
        self.fd = fd
        self.shown = b''

    def wait_shown(self, text):
        def is_shown():
            if select.select([self.fd], [], [], 0)[0]:
                with contextlib.suppress(OSError):
                    self.shown += os.read(self.fd, 4096)
            return text in self.shown
        harness.wait_for(f'{text} at the terminal', is_shown)

    def echo(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def end(self):
        self.wait_shown(b'')
        _, status = os.waitpid(self.child, 0)
        with contextlib.suppress(OSError):
            while select.select([self.fd], [], [], 0)[0]:
                self.shown += os.read(self.fd, 4096)
        return status

    def test_twice_without_echo(self):
        daemon = self.start()
        self.begin(daemon)
        self.wait_shown(b'Secret lamps: ')
        harness.wait_for('no echo', lambda: not self.echo())
        os.write(self.fd, SECRET.encode() + b'\n')
        self.wait_shown(b'The same again: ')
        os.write(self.fd, SECRET.encode() + b'\n')
        self.wait_shown(b'is stored')
        self.assertEqual(self.end(), 0)
        self.assertNotIn(SECRET.encode(), self.shown)
        self.assertEqual(self.path(daemon, 'lamps').read_text(), SECRET)

    def test_not_the_same(self):
        daemon = self.start()
        self.begin(daemon)
        self.wait_shown(b'Secret lamps: ')
        os.write(self.fd, SECRET.encode() + b'\n')
        self.wait_shown(b'The same again: ')
        os.write(self.fd, b'another\n')
        self.wait_shown(b'not the same')
        self.assertEqual(os.waitstatus_to_exitcode(self.end()), 1)
        self.assertFalse(self.path(daemon, 'lamps').exists())

    def test_too_long_for_a_line(self):
        """What the terminal's driver would cut off is refused, not stored without its end."""
        daemon = self.start()
        self.begin(daemon)
        self.wait_shown(b'Secret lamps: ')
        harness.wait_for('no echo', lambda: not self.echo())
        for _ in range(10):
            os.write(self.fd, b'x' * 500)
        os.write(self.fd, b'\n')
        self.wait_shown(b'by a pipe or from a file')
        self.assertEqual(os.waitstatus_to_exitcode(self.end()), 1)
        self.assertFalse(self.path(daemon, 'lamps').exists())

    def test_interrupted(self):
        daemon = self.start()
        self.begin(daemon)
        self.wait_shown(b'Secret lamps: ')
        harness.wait_for('no echo', lambda: not self.echo())
        # The terminal is asked while musterctl has it still: with its end it may be gone.
        os.write(self.fd, b'hunt\x03')
        status = self.end()
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertEqual(os.WTERMSIG(status), signal.SIGINT)
        self.assertTrue(self.echo())
        self.assertFalse(self.path(daemon, 'lamps').exists())


class Sealed(SecretCase):
    def test_sealed(self):
        credentials = self.credentials(muster_secret_key=KEY, given=b'by systemd\n')
        daemon = self.start(env={'CREDENTIALS_DIRECTORY': credentials})
        self.assertEqual(self.set(daemon, 'lamps', SECRET).stdout, 'Secret lamps is stored: sealed file.\n')
        self.assertNotIn(SECRET.encode(), self.path(daemon, 'lamps').read_bytes())
        self.assertEqual(daemon.json('secret', 'list')['sealing'], 'on')
        listed = self.list(daemon)
        self.assertEqual({name: (one['where'], one['sealed'], one['state']) for name, one in listed.items()},
                         {'given': ('credential', None, 'ready'), 'lamps': ('file', True, 'ready')})

        # The key is nobody's secret, and a credential is read-only.
        for args in (('set', 'muster-secret-key'), ('remove', 'muster-secret-key')):
            self.assertIn('seals', daemon.ctl('secret', *args, text='x' * 40, code=1).stderr)
        self.assertIn('LoadCredential=given', self.set(daemon, 'given', 'x', code=1).stderr)
        self.assertIn('LoadCredential=given', daemon.ctl('secret', 'remove', 'given', code=1).stderr)
        self.assertEqual((credentials / 'muster-secret-key').read_bytes(), KEY)

        # A service that lost its key: said, and nothing goes on in plain.
        daemon.stop()
        (credentials / 'muster-secret-key').unlink()
        daemon.start()
        lamps = self.list(daemon)['lamps']
        self.assertEqual((lamps['state'], lamps['sealed']), ('unusable', True))
        self.assertIn('LoadCredentialEncrypted=muster-secret-key', lamps['text'])
        self.assertIn('in plain', self.set(daemon, 'lamps', 'x', code=1).stderr)
        self.assertIn('in plain', self.set(daemon, 'doors', 'x', code=1).stderr)
        daemon.stop()

        # Another key, then the right one again.
        self.credentials(muster_secret_key=KEY[::-1])
        daemon.start()
        self.assertIn('another key', self.list(daemon)['lamps']['text'])
        daemon.stop()
        (credentials / 'muster-secret-key').unlink()
        self.credentials(muster_secret_key=KEY)
        daemon.start()
        self.assertEqual(self.list(daemon)['lamps']['state'], 'ready')

    def test_key_given_later(self):
        daemon = self.start()
        self.set(daemon, 'lamps', SECRET)
        daemon.stop()
        daemon.env['CREDENTIALS_DIRECTORY'] = str(self.credentials(muster_secret_key=KEY))
        daemon.start()
        daemon.wait_log("the secret 'lamps' was a plain file, and is sealed now")
        self.assertNotIn(SECRET.encode(), self.path(daemon, 'lamps').read_bytes())
        self.assertEqual(self.list(daemon)['lamps']['state'], 'ready')


class KeyRing(SecretCase):
    def setUp(self):
        super().setUp()
        if 'MUSTER_WITH_KEY_RING' not in os.environ:
            self.skipTest('built without the Secret Service')
        for program, package in (('dbus-daemon', 'dbus-daemon'), ('gnome-keyring-daemon', 'gnome-keyring')):
            if shutil.which(program) is None:
                self.skipTest(f'{program} is not there (Debian: {package})')
        self.run = self.folder / 'session'
        self.run.mkdir(mode=0o700)
        self.address = f'unix:path={self.run}/bus'
        # Not the one of a session, which starts services by itself.
        config = self.folder / 'bus.conf'
        config.write_text(f'<busconfig><type>session</type><listen>{self.address}</listen><auth>EXTERNAL</auth>'
                          '<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/>'
                          '<allow own="*"/></policy></busconfig>\n')
        self.spawn('dbus-daemon', f'--config-file={config}', '--nofork', '--nopidfile')
        harness.wait_for('a bus', (self.run / 'bus').exists)

    def spawn(self, *args, text=None):
        env = harness.environment(self.folder, XDG_RUNTIME_DIR=self.run, XDG_DATA_HOME=self.run, HOME=self.run,
                                  DBUS_SESSION_BUS_ADDRESS=self.address)
        process = subprocess.Popen(args, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, preexec_fn=harness._die_with_parent)

        def end():
            process.terminate()
            process.wait(harness.PATIENCE)
        self.addCleanup(end)
        if text is not None:
            process.stdin.write(text)
        process.stdin.close()
        return process

    def start_ring(self, daemon, unlocked, state):
        ring = self.spawn('gnome-keyring-daemon', '--foreground', '--components=secrets',
                          *(['--unlock'] if unlocked else []), text=b'pw')
        harness.wait_for(f'a key ring that is {state}', lambda: daemon.json('secret', 'list')['key_ring'] == state,
                         alive=daemon)
        return ring

    def test_key_ring(self):
        daemon = self.start('[webhook]\nEnabled=optional\nurl=http://127.0.0.1:1/\nsecret=secret:lamps\n',
                            env={'DBUS_SESSION_BUS_ADDRESS': self.address})
        self.assertEqual(daemon.json('secret', 'list')['key_ring'], 'absent')
        self.assertEqual(self.list(daemon)['lamps']['state'], 'missing')
        ring = self.start_ring(daemon, True, 'open')
        self.assertEqual(self.set(daemon, 'lamps', SECRET).stdout.splitlines()[0], 'Secret lamps is stored: key ring.')
        self.assertFalse(self.path(daemon, 'lamps').exists())
        lamps = self.list(daemon)['lamps']
        self.assertEqual((lamps['where'], lamps['state']), ('secret-service', 'ready'))
        self.assertEqual(lamps['used_by'], [{'instance': 'webhook', 'option': 'secret'}])

        ring.terminate()
        ring.wait(harness.PATIENCE)
        self.start_ring(daemon, False, 'locked')
        self.assertEqual(self.list(daemon)['lamps']['state'], 'locked')
        self.assertIn('locked', self.set(daemon, 'lamps', 'x', code=1).stderr)
        status, problem = request(daemon, 'PUT', '/v1/secrets/lamps', {'value': 'x'})
        self.assertEqual((status, problem['code']), (409, 'locked'))
        self.assertIn('key ring is locked', daemon.ctl('secret', 'list').stdout)
        # And whoever needs it says which of the two it is.
        daemon.stop()
        daemon.start()
        harness.wait_for('webhook missing a key ring', lambda: 'it is in a key ring that is locked' in (
            daemon.json('plugin', 'show', 'webhook')['text'] or ''), alive=daemon)


class TakenUp(SecretCase):
    """By a plugin that signs with it."""

    def setUp(self):
        super().setUp()
        if not any((pathlib.Path(folder) / 'webhook.so').exists()
                   for folder in os.environ.get('MUSTER_PLUGIN_DIR', '').split(':')):
            self.skipTest('built without the plugin webhook')
        self.receiver = Receiver().up()
        self.addCleanup(self.receiver.down)

    def config(self, more=''):
        return (f'{more}[webhook]\nEnabled=required\nurl={self.receiver.url}/hook\nView=team-colleague\n'
                'secret=secret:lamps\n')

    def wait_signed(self, daemon, secret, text):
        daemon.ctl('set', ALICE, 'busy', '--text', text)

        def is_signed():
            posts = [post for post in self.receiver.posts(ALICE) if post.presence['text'] == text]
            return any(verifier()(secret.encode(), post.headers['Muster-Signature'], post.body) for post in posts)
        harness.wait_for(f'a delivery signed with {secret}', is_signed, alive=daemon)

    def wait_state(self, daemon, state):
        harness.wait_for(f'webhook being {state}',
                         lambda: daemon.json('plugin', 'show', 'webhook')['state'] == state, alive=daemon)

    def test_taken_up(self):
        daemon = self.start(self.config())
        daemon.ctl('user', 'add', ALICE)
        self.wait_state(daemon, 'degraded')
        self.assertIn("'musterctl secret set lamps'", daemon.json('plugin', 'show', 'webhook')['text'])
        self.assertEqual(self.list(daemon)['lamps'],
                         {'name': 'lamps', 'where': None, 'sealed': None, 'state': 'missing', 'text': None,
                          'hides': False, 'used_by': [{'instance': 'webhook', 'option': 'secret'}]})

        done = self.set(daemon, 'lamps', 'first')
        self.assertIn('webhook is started anew.', done.stdout)
        self.wait_signed(daemon, 'first', 'one')
        # No receiver has to refuse something before the new one is used.
        self.set(daemon, 'lamps', 'second')
        self.wait_signed(daemon, 'second', 'two')
        self.wait_state(daemon, 'online')
        # One that nobody refers to concerns nobody.
        self.assertEqual(self.set(daemon, 'doors', 'x').stdout, 'Secret doors is stored: plain file.\n')
        daemon.ctl('secret', 'remove', 'lamps')
        self.wait_state(daemon, 'degraded')

    def test_seen_nowhere(self):
        credentials = self.credentials(given=SECRET.encode() + b'-given')
        daemon = self.start(self.config('[daemon]\nlog-level=debug\n')
                            + self.config().replace('[webhook]', '[webhook:two]').replace('secret:lamps',
                                                                                           'secret:given'),
                            env={'CREDENTIALS_DIRECTORY': credentials, 'G_MESSAGES_DEBUG': 'all'}, args=['--verbose'])
        daemon.ctl('user', 'add', ALICE)
        self.set(daemon, 'lamps', SECRET)
        self.wait_signed(daemon, SECRET, 'one')
        # Whatever is wrong with it, too.
        for body in ({'value': SECRET, 'more': SECRET}, {'valeu': SECRET}, {'value': [SECRET]}, [SECRET], SECRET,
                     '{"value": "' + SECRET, '{"value": "' + SECRET + '", "value": "' + SECRET + '"}',
                     {'value': SECRET * 1000}):
            status, answer = request(daemon, 'PUT', '/v1/secrets/lamps', body)
            self.assertEqual(status // 100, 4, answer)
            self.assertNotIn(SECRET, str(answer))
        self.assertEqual(request(daemon, 'PUT', '/v1/secrets/lamps', {'value': 'x' * 16385})[0], 413)
        self.assertEqual(request(daemon, 'PUT', '/v1/secrets/.x', {'value': SECRET})[0], 400)
        self.receiver.status = 401
        daemon.ctl('set', ALICE, 'busy', '--text', 'two')
        harness.wait_for('a refused delivery', lambda: daemon.json('why', ALICE)['sinks'][0]['last_error'],
                         alive=daemon)

        daemon.ctl('backup', self.folder / 'backup')
        seen = {
            'log': daemon.read_log(),
            'environment': pathlib.Path(f'/proc/{daemon.process.pid}/environ').read_bytes().decode(),
            'command line': pathlib.Path(f'/proc/{daemon.process.pid}/cmdline').read_bytes().decode(),
            'store': (self.folder / 'backup').read_bytes().decode('latin-1'),
        }
        for args in (('secret', 'list'), ('why', ALICE), ('plugin', 'list'), ('plugin', 'show', 'webhook'),
                     ('plugin', 'log', 'webhook'), ('plugin', 'show', 'webhook:two'), ('plugin', 'log', 'webhook:two'),
                     ('plugin', 'test', 'webhook'), ('status',)):
            seen[' '.join(args)] = daemon.ctl('--json', *args, code=None).stdout
        for where, text in seen.items():
            self.assertGreater(len(text), 10, where)
            self.assertNotIn(SECRET, text, where)
        self.assertIn('started anew', seen['log'])


class Keyfile(SecretCase):
    def test_literal_secret(self):
        config = self.folder / 'muster.conf'
        config.write_text(f'[webhook:lamps]\nEnabled=required\nurl=https://lamps.example.com/\nsecret={SECRET}\n')
        said = self.check(config=config, code=1)
        self.assertIn(f'{config}:4: [webhook:lamps] secret: ', said)
        self.assertIn("'musterctl secret set webhook-lamps'", said)
        self.assertIn('secret=secret:webhook-lamps', said)
        self.assertNotIn(SECRET, said)

        # The one that runs refuses it, too, and goes on with what it has.
        daemon = self.start()
        daemon.config.write_text(config.read_text())
        daemon.signal(signal.SIGHUP)
        daemon.wait_log("'musterctl secret set webhook-lamps'")
        self.assertNotIn(SECRET, daemon.read_log())


if __name__ == '__main__':
    harness.main()
