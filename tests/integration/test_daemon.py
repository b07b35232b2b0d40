# SPDX-License-Identifier: LGPL-2.1-or-later
"""musterd as a program: its command line, --check, start, reload, restart and end."""

import os
import pathlib
import signal
import stat

import harness

DATA = pathlib.Path(os.environ.get('MUSTER_DATA', '.'))


class CommandLine(harness.TestCase):
    def test_version(self):
        done = self.run_musterd('--version')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertRegex(done.stdout, r'^musterd \d+\.\d+')

    def test_wrong_use(self):
        for args in (['--frobnicate'], ['surplus'], ['--config'], ['--check', 'surplus']):
            with self.subTest(args=args):
                done = self.run_musterd(*args)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn('musterd --help', done.stderr)


class Check(harness.TestCase):
    def write(self, text, name='muster.conf'):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def test_samples(self):
        for name in ('muster.conf', 'default.conf', 'demo.conf'):
            with self.subTest(name=name):
                self.assertIn('configuration is valid: ', self.check(config=DATA / 'config' / name))

    def test_instances_are_counted(self):
        path = self.write('[a]\nEnabled=no\n[b:c]\nEnabled=no\n')
        self.assertEqual(self.check(config=path), 'configuration is valid: 0 instances, and 2 disabled\n')

    def test_starts_nothing(self):
        before = sorted(self.folder.iterdir())
        self.check('--state-dir', self.folder / 'state', '--socket', self.folder / 'socket',
                   config=DATA / 'config' / 'default.conf')
        after = [path for path in sorted(self.folder.iterdir()) if path.name != 'run']
        self.assertEqual(before, after)

    def test_bad_files(self):
        for text, *expected in (
                ('[daemon]\nloglevel=debug\n', ":2: [daemon] unknown key 'loglevel': did you mean log-level?"),
                ('[x]\nEnabled=maybe\nView=blocked\n', ':2: [x] Enabled: expected', ':3: [x] View: expected'),
                ('[x]\nEnabled=no\nEnabled=no\n', ':3: Enabled stands twice in [x], first in line 2'),
                ('[x]\nEnabled=no\n[x]\n', ':3: the group [x] stands twice'),
                ('password=hunter2\n', ':1: a key stands before the first [GROUP]'),
                ('[x\n', ":1: the group's name is not closed"),
                (b'[x]\nk=\xff\n', ':2: the line is not UTF-8'),
                (b'[x]\nk=\0\n', ':2: the line holds a zero byte'),
                (b'\xff\xfe[\0x\0]\0', ': the file is UTF-16'),
                ('[x]\nk=' + 'v' * 70000 + '\n', ':2: the line is longer than 64 KiB'),
                ('#' * 99 + '\n' + ('# ' + 'x' * 98 + '\n') * 12000, ': the file is larger than 1 MiB'),
                ('[x]\nIsolation=process\n', 'not built yet in this version: use auto or direct')):
            with self.subTest(text=text[:40]):
                path = self.write(text)
                said = self.check(config=path, code=1)
                for part in expected:
                    self.assertIn(part, said)
                self.assertTrue(all(line.startswith(str(path)) for line in said.splitlines()), said)
                self.assertNotIn('hunter2', said)

    def test_missing(self):
        self.assertIn('No such file', self.check(config=self.folder / 'nowhere.conf', code=1))

    def test_drop_ins(self):
        path = self.write('[a]\nEnabled=required\n')
        self.write('[a]\nEnabled=no\n', 'conf.d/50-off.conf')
        self.assertIn('0 instances, and 1 disabled', self.check(config=path))
        self.write('[a]\nEnabled=never\n', 'conf.d/60-bad.conf')
        self.assertIn('conf.d/60-bad.conf:2: [a] Enabled', self.check(config=path, code=1))

    def test_plugin_that_is_not_there(self):
        path = self.write('[no-such-plugin]\nEnabled=required\n')
        self.assertIn('no-such-plugin', self.check(config=path, code=1))
        path = self.write('[no-such-plugin]\nEnabled=optional\n')
        said = self.check(config=path)
        self.assertIn('warning: ', said)
        self.assertIn('no-such-plugin', said)


class Life(harness.TestCase):
    def test_start_and_stop(self):
        daemon = self.start('')
        self.assertTrue(stat.S_ISSOCK(daemon.socket.stat().st_mode))
        self.assertEqual(daemon.json('list')['presences'], [])
        took = daemon.stop()
        self.assertEqual(daemon.process.returncode, 0)
        self.assertLess(took, 10)
        self.assertFalse(daemon.socket.exists())
        self.assertIn('stopping', daemon.read_log())

    def test_says_what_it_does(self):
        daemon = self.start('')
        daemon.signal(signal.SIGHUP)
        daemon.wait_note('RELOADING=1')
        daemon.wait_note('READY=1')
        self.assertTrue(any('MONOTONIC_USEC=' in note for note in daemon.notes))
        daemon.signal(signal.SIGTERM)
        daemon.wait_note('STOPPING=1')
        self.assertEqual(daemon.wait(), 0)

    def test_interrupt(self):
        daemon = self.start('')
        daemon.signal(signal.SIGINT)
        self.assertEqual(daemon.wait(), 0)

    def test_state_survives(self):
        daemon = self.start('')
        daemon.ctl('user', 'add', 'alice@example.com', '--name', 'Alice Adams')
        daemon.ctl('set', 'alice@example.com', 'busy', '--text', 'Writing')
        for end in (daemon.stop, daemon.kill):
            end()
            daemon.start()
            alice = daemon.json('show', 'alice@example.com')
            self.assertEqual((alice['name'], alice['status'], alice['text']), ('Alice Adams', 'busy', 'Writing'))

    def test_places_of_a_service(self):
        daemon = self.daemon('')
        daemon.by_environment = True
        daemon.start()
        self.assertTrue((daemon.state_dir / 'muster.db').exists())
        self.assertEqual(daemon.json('list')['presences'], [])

    def test_nobody_else_reads_it(self):
        daemon = self.start('')
        daemon.ctl('user', 'add', 'alice@example.com')
        for path in [daemon.state_dir, *daemon.state_dir.rglob('*')]:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_two_daemons_never_share(self):
        first = self.start('')
        second = self.daemon('', name='second')
        second.state_dir = first.state_dir
        second.start(ready=False)
        self.assertEqual(second.wait(), 1)
        self.assertIn('musterd does not start', second.read_log())
        self.assertIn(str(first.state_dir), second.read_log())
        # Nor a socket that somebody answers on.
        third = self.daemon('', name='third')
        third.socket = first.socket
        third.start(ready=False)
        self.assertEqual(third.wait(), 1)
        self.assertEqual(first.json('list')['presences'], [])

    def test_bad_configuration(self):
        daemon = self.daemon('[daemon]\nloglevel=debug\nlog=1\n')
        daemon.start(ready=False)
        self.assertEqual(daemon.wait(), 1)
        self.assertIn(f"{daemon.config}:2: [daemon] unknown key 'loglevel'", daemon.read_log())
        self.assertIn(f"{daemon.config}:3: [daemon] unknown key 'log'", daemon.read_log())

    def test_bad_reload_changes_nothing(self):
        daemon = self.start('')
        daemon.config.write_text('[x]\nEnabled=perhaps\n[api]\nGroup=x\n', encoding='utf-8')
        daemon.signal(signal.SIGHUP)
        daemon.wait_log('the one of before stays in force')
        daemon.wait_note('READY=1')
        self.assertIn(f'{daemon.config}:2: [x] Enabled', daemon.read_log())
        self.assertIn(f"{daemon.config}:4: [api] unknown key 'Group': did you mean group?", daemon.read_log())
        self.assertEqual(daemon.json('list')['presences'], [])

    def test_reload_changes_the_log_level(self):
        daemon = self.start('[daemon]\nlog-level=warning\n')
        self.assertNotIn(' message ', daemon.read_log())
        daemon.config.write_text('[daemon]\nlog-level=message\nplugin-dir=/nowhere\n', encoding='utf-8')
        daemon.signal(signal.SIGHUP)
        daemon.wait_log('the configuration was read again')

    def test_log_lines(self):
        daemon = self.start('')
        daemon.stop()
        for line in daemon.read_log().splitlines():
            self.assertRegex(line, r'^\d\d:\d\d:\d\d (message|warning|info|debug) +\S')

    def test_restore_starts_anew(self):
        daemon = self.start('')
        daemon.ctl('user', 'add', 'alice@example.com')
        copy = daemon.folder / 'copy.db'
        daemon.ctl('backup', copy)
        daemon.ctl('user', 'add', 'bob@example.com')
        daemon.ctl('restore', copy)
        daemon.wait_note('READY=1')
        self.assertIsNone(daemon.process.poll())
        self.assertEqual([user['user'] for user in daemon.json('list')['presences']], ['alice@example.com'])


class Plugins(harness.TestCase):
    """With the webhook's module as the plugin at hand; it stays disabled or has nobody to speak to."""

    CONFIG = '[webhook:test]\nEnabled=no\nurl=http://127.0.0.1:9/\n'

    def states(self, daemon):
        return {plugin['instance']: plugin['state'] for plugin in daemon.json('plugin', 'list')['plugins']}

    def test_enable_and_disable(self):
        daemon = self.start(self.CONFIG)
        dropin = daemon.folder / 'conf.d' / '90-webhook:test.conf'
        self.assertEqual(self.states(daemon), {'webhook:test': 'disabled'})

        daemon.ctl('plugin', 'enable', 'webhook:test')
        self.assertIn('[webhook:test]', dropin.read_text())
        self.assertNotEqual(self.states(daemon), {'webhook:test': 'disabled'})

        daemon.ctl('plugin', 'disable', 'webhook:test')
        self.assertIn('Enabled=no', dropin.read_text())
        harness.wait_for('it being disabled', lambda: self.states(daemon) == {'webhook:test': 'disabled'})

        # It is the configuration that changed, not the process.
        daemon.stop()
        daemon.start()
        self.assertEqual(self.states(daemon), {'webhook:test': 'disabled'})

    def test_enabling_what_cannot_run(self):
        daemon = self.start('[webhook:test]\nEnabled=no\nurl=nowhere\n')
        dropin = daemon.folder / 'conf.d' / '90-webhook:test.conf'
        said = daemon.ctl('plugin', 'enable', 'webhook:test', code=1)
        self.assertIn('url', said.stderr)
        self.assertFalse(dropin.exists())
        self.assertEqual(self.states(daemon), {'webhook:test': 'disabled'})

    def test_reload_restarts_only_what_changed(self):
        two = '[webhook:a]\nurl=http://127.0.0.1:9/a\n[webhook:b]\nurl=http://127.0.0.1:9/%s\n'
        daemon = self.start(two % 'b')

        def since():
            return {plugin['instance']: plugin['since'] for plugin in daemon.json('plugin', 'list')['plugins']}
        before = since()
        daemon.config.write_text(two % 'c', encoding='utf-8')
        daemon.signal(signal.SIGHUP)
        daemon.wait_note('RELOADING=1')
        daemon.wait_note('READY=1')
        harness.wait_for('b being started again', lambda: since()['webhook:b'] != before['webhook:b'])
        self.assertEqual(since()['webhook:a'], before['webhook:a'])


    def test_many_start_together(self):
        """GLib's classes are first used by all of them at once: nobody must wait for ever."""
        daemon = self.daemon(''.join(f'[webhook:{n}]\nurl=http://127.0.0.1:9/{n}\n' for n in range(12)))
        for _ in range(8):
            daemon.start()
            harness.wait_for('all being online', lambda: set(self.states(daemon).values()) == {'online'}, alive=daemon)
            daemon.stop()
            self.assertEqual(daemon.process.returncode, 0)


class BadPlugins(harness.TestCase):
    """The daemon ends when it is told to, whatever a plugin does."""

    CASES = {
        'never-stops': '[never-stops]\n',
        'hangs in start': '[hangs]\nwhere=start\n',
        'hangs in users': '[hangs]\nwhere=users\n',
        'hangs in stop': '[hangs]\nwhere=stop\n',
    }
    # Two seconds on a machine that has nothing else to do and without sanitizers.
    IN_TIME = 8

    def bad(self, config, name):
        folder = os.environ.get('MUSTER_BAD_PLUGINS')
        if not folder:
            self.skipTest('MUSTER_BAD_PLUGINS is not set: run this test through meson')
        daemon = self.start(config, name=name, args=['--plugin-dir', folder])
        daemon.ctl('user', 'add', 'alice@example.com')
        return daemon

    def test_stop(self):
        for name, config in self.CASES.items():
            with self.subTest(name=name):
                daemon = self.bad(config, name.replace(' ', '-'))
                self.assertLess(daemon.stop(), self.IN_TIME)
                self.assertEqual(daemon.process.returncode, 0)
                # What was acknowledged is there all the same.
                daemon.config.write_text('', encoding='utf-8')
                daemon.start()
                daemon.ctl('show', 'alice@example.com')

    def test_stop_at_once(self):
        daemon = self.bad(self.CASES['never-stops'], 'daemon')
        daemon.signal(signal.SIGTERM)
        daemon.wait_note('STOPPING=1')
        daemon.signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(), 0)
        self.assertIn('stopping at once', daemon.read_log())

    def test_restart(self):
        daemon = self.bad(self.CASES['never-stops'], 'daemon')
        copy = daemon.folder / 'copy.db'
        daemon.ctl('backup', copy)
        daemon.ctl('restore', copy)
        daemon.wait_note('READY=1')
        daemon.ctl('show', 'alice@example.com')


if __name__ == '__main__':
    harness.main()
