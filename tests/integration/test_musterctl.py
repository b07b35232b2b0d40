# SPDX-License-Identifier: LGPL-2.1-or-later
"""musterctl against the running daemon: every command, its exit code, its words, and its JSON."""

import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess

import harness

ALICE = 'alice@example.com'
BOB = 'bob@example.com'


class CtlCase(harness.TestCase):
    def begin(self, config=''):
        daemon = self.start(config, env={'TZ': 'UTC', 'LC_ALL': 'C.UTF-8'})
        daemon.ctl('user', 'add', ALICE, '--name', 'Alice')
        return daemon

    def refused(self, daemon, *args, code=1):
        """What it says; nothing of it on standard output."""
        done = daemon.ctl(*args, code=code)
        self.assertEqual(done.stdout, '')
        self.assertTrue(done.stderr.startswith('musterctl: '), done.stderr)
        return done.stderr


class CommandLine(CtlCase):
    def test_without_daemon(self):
        daemon = self.daemon('')
        said = self.refused(daemon, 'list')
        self.assertIn(str(daemon.socket), said)
        self.assertIn('No such file', said)
        self.assertIn('is musterd running?', said)
        daemon.start()
        daemon.kill()
        self.assertIn('refused', self.refused(daemon, 'list'))

    def test_socket_by_option(self):
        daemon = self.begin()
        daemon.env['MUSTER_SOCKET'] = '/nowhere/socket'
        self.assertIn('/nowhere/socket', self.refused(daemon, 'list'))
        for args in (('--socket', daemon.socket, 'list'), ('list', '--socket', daemon.socket),
                     (f'--socket={daemon.socket}', 'list')):
            self.assertIn(ALICE, daemon.ctl(*args).stdout)

    def test_wrong_use(self):
        daemon = self.daemon('')
        for args in ((), ('frobnicate',), ('user',), ('user', 'frobnicate'), ('show',), ('show', 'a', 'b'),
                     ('list', 'x'),
                     ('--frobnicate',), ('-x',), ('show', 'a', '--text', 'x'), ('set', 'a', 'busy', '--until'),
                     ('set', 'a', 'busy', '--until', 'noon'), ('--json=x', 'list'), ('show', ''),
                     ('user', 'set', ALICE),
                     ('user', 'set', ALICE, '--attribute', 'x'), ('set', 'a', 'frob', '--status')):
            with self.subTest(args=args):
                self.refused(daemon, *args, code=2)

    def test_help(self):
        daemon = self.daemon('')
        everything = daemon.ctl('help').stdout
        self.assertEqual(daemon.ctl('--help').stdout, everything)
        self.assertEqual(daemon.ctl('-h').stdout, everything)
        commands = [re.split(r'  +| [A-Z\[]', line.strip())[0] for line in everything.splitlines()
                    if re.match(r'  [a-z]', line)]
        self.assertGreater(len(commands), 25)
        for command in commands:
            with self.subTest(command=command):
                self.assertIn(f'musterctl {command}', daemon.ctl('help', *command.split()).stdout)
                self.assertIn(f'musterctl {command}', daemon.ctl(*command.split(), '--help').stdout)
        self.assertRegex(daemon.ctl('--version').stdout, r'^musterctl \d')
        self.refused(daemon, 'help', 'frobnicate', code=2)
        self.refused(daemon, 'help', 'settings', 'frobnicate', code=2)

    def test_help_of_a_subject(self):
        said = self.daemon('').ctl('help', 'settings').stdout.splitlines()
        self.assertGreater(len(said), 5)
        for line in said:
            self.assertRegex(line, r'^settings [a-z]')


class Completion(CtlCase):
    def complete(self, daemon, *words):
        """What bash offers for the last word."""
        data = os.environ.get('MUSTER_DATA')
        if not data or shutil.which('bash') is None:
            self.skipTest('needs MUSTER_DATA, as meson gives it, and bash')
        script = pathlib.Path(data) / 'completions' / 'musterctl'
        folder = pathlib.Path(harness.program('MUSTERCTL')).parent
        done = subprocess.run(
            ['bash', '--norc', '-c', 'source "$0"; COMP_WORDS=(musterctl "$@"); COMP_CWORD=$#; _musterctl; '
             'printf "%s\\n" "${COMPREPLY[@]}"', str(script), *words],
            env={**daemon.env, 'PATH': f'{folder}:{os.environ["PATH"]}'}, cwd=self.folder, capture_output=True,
            encoding='utf-8', timeout=harness.PATIENCE, check=False)
        self.assertEqual(done.stderr, '')
        return done.stdout.split()

    def test_commands(self):
        daemon = self.daemon('')
        commands = {}
        for line in daemon.ctl('help').stdout.splitlines():
            match = re.match(r'  ([a-z]+)(?: ([a-z]+))?', line)
            if match:
                commands.setdefault(match[1], set()).update(filter(None, [match[2]]))
        self.assertEqual(set(self.complete(daemon, '')), set(commands) | {'help'})
        self.assertEqual(set(self.complete(daemon, 'help', '')), set(commands) | {'help'})
        for first in ('user', 'token', 'plugin', 'secret', 'settings', 'template'):
            self.assertEqual(set(self.complete(daemon, first, '')), commands[first])
        self.assertEqual(self.complete(daemon, '--socket', 'x', 'sh'), ['show'])
        self.assertEqual(set(self.complete(daemon, 'set', '--')),
                         {'--socket', '--url', '--token-file', '--ca-file', '--json', '--help', '--text', '--until',
                          '--status'})

    def test_names(self):
        daemon = self.begin('[webhook:lamp]\nEnabled=no\n')
        self.assertEqual(self.complete(daemon, 'show', 'al'), [ALICE])
        self.assertEqual(self.complete(daemon, 'show', 'x'), [])
        self.assertEqual(self.complete(daemon, 'set', ALICE, 'do'), ['do-not-disturb'])
        self.assertEqual(self.complete(daemon, 'plugin', 'show', 'web'), ['webhook:lamp'])
        self.assertEqual(self.complete(daemon, 'settings', 'set', 'all', 'activation.idle'),
                         ['activation.idle', 'activation.idle-after'])
        self.assertEqual(self.complete(daemon, 'settings', 'policy', 'all', 'calendar', 'c'), ['cannot-change'])
        self.assertEqual(self.complete(daemon, 'template', 'set', 'on-'), ['on-holiday'])
        self.assertEqual(self.complete(daemon, 'template', 'add', 'all', 'Lunch', 'busy', '--forward', 'all:m'),
                         ['all:mobile'])
        self.assertEqual(self.complete(daemon, 'template', 'list', '--scope', 'a'), ['all'])

    def test_evil_name(self):
        daemon = self.begin()
        daemon.ctl('user', 'add', 'x$(touch${IFS}caught)')
        offered = self.complete(daemon, 'show', 'x')
        self.assertEqual(len(offered), 1)
        self.assertIn('\\$', offered[0])
        self.assertFalse((self.folder / 'caught').exists())


class Presence(CtlCase):
    def test_list(self):
        daemon = self.start()
        self.assertIn('nobody yet', daemon.ctl('list').stdout)
        self.assertEqual(daemon.json('list')['presences'], [])
        daemon.ctl('user', 'add', ALICE, '--name', 'Alice')
        line = daemon.ctl('list').stdout
        self.assertRegex(line, rf'^●  {ALICE}  Alice  available')
        self.assertNotIn('\033', line)
        self.assertEqual(daemon.ctl('list', '--ids').stdout, f'{ALICE}\n')

    def test_set(self):
        daemon = self.begin()
        self.assertRegex(daemon.ctl('set', ALICE, 'busy', '--text', 'Deep work').stdout,
                         rf'^{ALICE} \(Alice\): busy "Deep work"')
        self.assertEqual(daemon.json('show', ALICE)['text'], 'Deep work')
        # Options stand where they like; a template's name is not a matter of case.
        shown = daemon.json('set', '--until', '+30m', ALICE, 'OUT OF OFFICE')
        self.assertEqual(shown['template'], 'Out of office')
        self.assertRegex(shown['until'], r'Z$')
        self.assertRegex(daemon.ctl('show', ALICE).stdout, r'until (tomorrow )?\d\d:\d\d')
        shown = daemon.json('set', ALICE, 'do-not-disturb', '--status')
        self.assertEqual((shown['status'], shown['template']), ('do-not-disturb', None))
        self.assertEqual(daemon.json('auto', ALICE)['kind'], 'default')

    def test_refused(self):
        daemon = self.begin()
        self.assertIn("no template 'frobnicate': there are Available", self.refused(daemon, 'set', ALICE, 'frobnicate'))
        self.assertIn('until', self.refused(daemon, 'set', ALICE, 'busy', '--until', '2001-01-01T00:00:00Z'))
        for args in (('show', BOB), ('why', BOB), ('set', BOB, 'busy'), ('auto', BOB), ('appointments', BOB),
                     ('ignore', BOB, 'x'), ('user', 'show', BOB), ('user', 'set', BOB, '--name', 'x'),
                     ('user', 'remove', BOB)):
            with self.subTest(args=args):
                self.assertIn(BOB, self.refused(daemon, *args))
                self.assertIn(BOB, self.refused(daemon, '--json', *args))

    def test_why_calendar(self):
        """Who has the mailbox, where the settings name sources in order."""
        daemon = self.begin()
        self.assertNotIn('Calendar', daemon.ctl('why', ALICE).stdout)
        daemon.ctl('settings', 'set', 'all', 'calendar.sources=ews-stream:hq;graph')
        order = daemon.json('why', ALICE)['calendar']
        self.assertEqual(order, {'sources': ['ews-stream:hq', 'graph'], 'holder': None, 'asked': None, 'not_here': []})
        self.assertIn('Calendar\n  no source has the mailbox\n', daemon.ctl('why', ALICE).stdout)
        daemon.ctl('settings', 'unset', 'all', 'calendar.sources')
        self.assertIsNone(daemon.json('why', ALICE)['calendar'])

    def test_why(self):
        daemon = self.begin()
        daemon.ctl('set', ALICE, 'busy', '--text', 'a\u202eb', '--until', '+10m')
        text = daemon.ctl('why', ALICE).stdout
        for part in ('comes from  chosen by hand', 'What sources say', 'Chosen by hand', 'for a time: Busy',
                     'Forwarding', 'not changed', 'Next change', '"a\ufffdb"'):
            self.assertIn(part, text)
        why = daemon.json('why', ALICE)
        self.assertEqual(why['presence']['text'], 'a\u202eb')
        self.assertEqual(why['choices']['timed']['until'], why['next_change'])

    def test_agenda(self):
        daemon = self.begin()
        self.assertEqual(daemon.json('appointments', ALICE), {'user': ALICE, 'appointments': []})
        self.assertIn('No appointments', daemon.ctl('appointments', ALICE, '--all').stdout)
        self.assertIn("no claim 'x/y'", self.refused(daemon, 'ignore', ALICE, 'x/y'))

    def test_watch(self):
        daemon = self.begin()
        daemon.ctl('user', 'add', BOB)
        people = daemon.popen('watch')
        programs = daemon.popen('--json', 'watch', ALICE)
        for process in (people, programs):
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        self.assertIn(f'{ALICE} (Alice): available', people.stdout.readline())
        self.assertIn(f'{BOB}: available', people.stdout.readline())
        self.assertEqual(daemon.next_news(programs)['status'], 'available')
        daemon.ctl('set', BOB, 'busy')
        self.assertIn(f'{BOB}: busy', people.stdout.readline())
        daemon.ctl('set', ALICE, 'busy')
        self.assertEqual(daemon.next_news(programs)['status'], 'busy')
        daemon.ctl('user', 'remove', ALICE)
        self.assertEqual(daemon.next_news(programs), {'removed': ALICE})

    def test_watch_interrupted(self):
        """A daemon that is started anew is found again, and only what is new is said."""
        daemon = self.begin()
        daemon.ctl('user', 'add', BOB)
        process = daemon.popen('--json', 'watch')
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual([daemon.next_news(process)['user'] for _ in range(2)], [ALICE, BOB])
        daemon.stop()
        self.assertIn('the connection to the daemon is lost', process.stdout.readline())
        daemon.start()
        daemon.ctl('set', BOB, 'busy')
        news = daemon.next_news(process)
        self.assertEqual((news['user'], news['status']), (BOB, 'busy'))
        daemon.ctl('user', 'remove', ALICE)
        self.assertEqual(daemon.next_news(process), {'removed': ALICE})

    def test_output_closed(self):
        daemon = self.begin()
        process = daemon.popen('watch')
        process.stdout.readline()
        process.stdout.close()
        daemon.ctl('set', ALICE, 'busy')
        self.assertEqual(process.wait(harness.PATIENCE), 1)


class Users(CtlCase):
    def test_life(self):
        daemon = self.begin()
        self.assertIn('exists already', self.refused(daemon, 'user', 'add', ALICE))
        daemon.ctl('user', 'set', ALICE, '--mobile', '+49 170 1', '--attribute', 'micsync.host=pc',
                   '--attribute=a.b=c=d')
        user = daemon.json('user', 'show', ALICE)
        self.assertEqual((user['name'], user['mobile'], user['attributes']),
                         ('Alice', '+49 170 1', {'micsync.host': 'pc', 'a.b': 'c=d'}))
        daemon.ctl('user', 'set', ALICE, '--mobile', '', '--attribute', 'a.b=')
        user = daemon.json('user', 'show', ALICE)
        self.assertEqual((user['mobile'], user['attributes']), (None, {'micsync.host': 'pc'}))
        self.assertRegex(daemon.ctl('user', 'show', ALICE).stdout, r'name +Alice')
        self.assertRegex(daemon.ctl('user', 'list').stdout, rf'ID +NAME.*\n{ALICE} +Alice')
        self.assertIn('removed', daemon.ctl('user', 'remove', ALICE).stdout)
        self.assertEqual(daemon.json('user', 'list'), {'users': []})

    def test_every_field(self):
        daemon = self.begin()
        fields = {'name': 'B', 'email': 'b@x', 'extension': '17', 'home': '1', 'mobile': '2', 'voicemail': '3',
                  'zone': 'Europe/Berlin', 'language': 'de', 'location': 'Berlin', 'group': 'Sales', 'unix-user': 'bob'}
        daemon.ctl('user', 'add', BOB, *[part for name, value in fields.items() for part in (f'--{name}', value)])
        user = daemon.json('user', 'show', BOB)
        self.assertEqual({name: user[name] for name in fields}, fields)
        for args in (('--zone', 'Nowhere/Else'), ('--mobile', 'call me'), ('--name', 'x' * 600),
                     ('--attribute', 'A.B=c')):
            with self.subTest(args=args):
                self.refused(daemon, 'user', 'set', BOB, *args)
        self.refused(daemon, 'user', 'add', 'two words')

    def test_import(self):
        daemon = self.begin()
        table = self.folder / 'people.csv'
        table.write_text(f'id;name;micsync.host\n{ALICE};Alice;\n{BOB};"Bob; the builder";pc\n', encoding='utf-8-sig')
        self.assertEqual(daemon.ctl('user', 'import', table).stdout, '1 added, 0 changed, 1 as before\n')
        self.assertEqual(daemon.json('user', 'show', BOB)['name'], 'Bob; the builder')
        done = daemon.json('user', 'import', table)
        self.assertEqual((done['added'], done['changed'], done['removed'], done['unchanged']), ([], [], [], 2))
        table.write_text('id,nme\nx,y\n', encoding='utf-8')
        said = self.refused(daemon, 'user', 'import', table)
        self.assertIn(f'{table}: row 1, column 2: unknown column', said)
        self.assertIn('No such file', self.refused(daemon, 'user', 'import', self.folder / 'nothing.csv'))

    def test_sync(self):
        daemon = self.begin()
        table = self.folder / 'people.csv'

        def sync(*args):
            return daemon.ctl('user', 'import', '--sync', *args, table)

        def everybody():
            return [one['id'] for one in daemon.json('user', 'list')['users']]

        people = [f'user{i:02}@example.com' for i in range(20)]
        table.write_text('id,name\n' + ''.join(f'{one},X\n' for one in people), encoding='utf-8')
        self.assertIn('1 of the 1 users', self.refused(daemon, 'user', 'import', '--sync', '--dry-run', table))
        said = sync('--dry-run', '--force').stdout
        self.assertIn(f'+ {people[7]}\n', said)
        self.assertIn(f'- {ALICE}\n', said)
        self.assertIn('20 added, 0 changed, 1 removed, 0 as before\nNothing was changed', said)
        self.assertEqual(everybody(), [ALICE])
        self.assertEqual(sync('--force').stdout, said.split('Nothing was changed')[0])
        self.assertEqual(everybody(), people)

        # Two of twenty may go, three may not; a field without a column stays.
        daemon.ctl('user', 'set', people[0], '--mobile', '0170')
        table.write_text('id,name\n' + ''.join(f'{one},Y\n' for one in people[:17]), encoding='utf-8')
        self.assertIn('3 of the 20 users', self.refused(daemon, 'user', 'import', '--sync', table))
        self.assertEqual(everybody(), people)
        table.write_text('id,name\n' + ''.join(f'{one},Y\n' for one in people[:18]), encoding='utf-8')
        said = sync().stdout
        self.assertIn(f'- {people[18]}\n- {people[19]}\nno column in the table, so left as they are: email, ', said)
        self.assertIn('0 added, 18 changed, 2 removed, 0 as before\n', said)
        self.assertEqual(everybody(), people[:18])
        self.assertEqual(daemon.json('user', 'show', people[0])['mobile'], '0170')

        # Somebody is wrong, or nobody is there: nobody goes.
        table.write_text('id,zone\nnew,\nnewer,Nowhere\n', encoding='utf-8')
        self.assertIn('row 3', self.refused(daemon, 'user', 'import', '--sync', '--force', table))
        table.write_text('', encoding='utf-8')
        self.assertIn('the file is empty', self.refused(daemon, 'user', 'import', '--sync', '--force', table))
        table.write_text('id,name\n', encoding='utf-8')
        self.assertIn('names nobody', self.refused(daemon, 'user', 'import', '--sync', table))
        self.assertEqual(everybody(), people[:18])
        self.refused(daemon, 'user', 'import', '--force', table, code=2)
        daemon.kill()
        daemon.start()
        self.assertEqual(everybody(), people[:18])
        sync('--force')
        self.assertEqual(everybody(), [])

    def test_sync_warns(self):
        daemon = self.begin()
        table = self.folder / 'people.csv'
        table.write_text(f'id,unix-user\n{ALICE},al\n{ALICE.upper()},al\n', encoding='utf-8')
        said = daemon.ctl('user', 'import', '--sync', table).stderr
        self.assertIn(f"warning: ids '{ALICE}' and '{ALICE.upper()}' differ by case only", said)
        self.assertIn(f"warning: unix-user 'al' is that of '{ALICE}' and of '{ALICE.upper()}'", said)


class Plugins(CtlCase):
    CONFIG = '[webhook:lamp]\nEnabled=no\nurl=http://127.0.0.1:9/\n'

    def test_disabled(self):
        daemon = self.begin(self.CONFIG)
        self.assertRegex(daemon.ctl('plugin', 'list').stdout, r'webhook:lamp +disabled')
        self.assertEqual(daemon.ctl('plugin', 'list', '--ids').stdout, 'webhook:lamp\n')
        self.assertIn('Enabled=no', daemon.ctl('plugin', 'show', 'webhook:lamp').stdout)
        self.assertEqual(daemon.json('plugin', 'show', 'webhook:lamp')['state'], 'disabled')
        self.assertEqual(daemon.json('plugin', 'log', 'webhook:lamp')['lines'], [])
        self.refused(daemon, 'plugin', 'sync', 'webhook:lamp')
        for verb in ('show', 'log', 'sync', 'pause', 'resume', 'drain', 'enable', 'disable', 'test'):
            with self.subTest(verb=verb):
                self.assertIn('frobnicate', self.refused(daemon, 'plugin', verb, 'frobnicate'))
        self.refused(daemon, 'plugin', 'answer', 'frobnicate', 'id', 'yes')
        self.assertIn('No instance', self.start(name='other').ctl('plugin', 'list').stdout)

    def test_life(self):
        daemon = self.begin(self.CONFIG)
        plugin_dirs = daemon.env.get('MUSTER_PLUGIN_DIR', '').split(':')
        if not any((pathlib.Path(folder) / 'webhook.so').exists() for folder in plugin_dirs):
            self.skipTest('the plugin webhook is not built')
        self.assertIn('enabled', daemon.ctl('plugin', 'enable', 'webhook:lamp').stdout)
        harness.wait_for('running', lambda: daemon.json('plugin', 'show', 'webhook:lamp')['sink'], alive=daemon)
        daemon.ctl('plugin', 'pause', 'webhook:lamp')
        self.assertTrue(daemon.json('plugin', 'show', 'webhook:lamp')['paused'])
        self.assertIn('paused', daemon.ctl('plugin', 'list').stdout)
        sinks = harness.wait_for('a slot', lambda: daemon.json('why', ALICE)['sinks'], alive=daemon)
        self.assertEqual((sinks[0]['instance'], sinks[0]['paused']), ('webhook:lamp', True))
        self.assertIn('webhook:lamp: paused', daemon.ctl('why', ALICE).stdout)
        daemon.ctl('plugin', 'resume', 'webhook:lamp')
        harness.wait_for('an error', lambda: daemon.json('why', ALICE)['sinks'][0]['last_error'], alive=daemon)
        self.assertIn('last error: ', daemon.ctl('why', ALICE).stdout)
        daemon.ctl('plugin', 'sync', 'webhook:lamp', ALICE)
        daemon.ctl('plugin', 'test', 'webhook:lamp', code=None)
        self.assertTrue(daemon.json('plugin', 'log', 'webhook:lamp')['lines'] is not None)
        daemon.ctl('plugin', 'disable', 'webhook:lamp')
        self.assertEqual(daemon.json('plugin', 'show', 'webhook:lamp')['enabled'], 'no')


class Daemon(CtlCase):
    def test_status(self):
        daemon = self.begin()
        self.assertRegex(daemon.ctl('status').stdout, r'^musterd \S+ at .*\n  users: 1\n  instances: none\n$')
        self.assertEqual(daemon.json('status')['users'], 1)

    def test_backup_and_restore(self):
        daemon = self.begin()
        daemon.ctl('set', ALICE, 'busy')
        copy = self.folder / 'copy'
        daemon.ctl('backup', copy)
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)
        before = copy.read_bytes()
        self.assertIn('--force', self.refused(daemon, 'backup', copy))
        self.assertEqual(copy.read_bytes(), before)
        daemon.ctl('backup', copy, '--force')
        self.assertIn('No such file', self.refused(daemon, 'backup', self.folder / 'no' / 'copy'))
        self.assertEqual([path.name for path in self.folder.glob('copy.*')], [])

        daemon.ctl('user', 'remove', ALICE)
        self.assertIn('is restored', daemon.ctl('restore', copy).stdout)
        self.assertEqual(daemon.json('show', ALICE)['status'], 'busy')
        bad = self.folder / 'bad'
        bad.write_bytes(b'hello' * 100000)
        self.assertIn(f'{bad}: ', self.refused(daemon, 'restore', bad))
        self.assertIn('No such file', self.refused(daemon, 'restore', self.folder / 'none'))
        self.assertEqual(daemon.json('show', ALICE)['status'], 'busy')
        self.assertIsNone(daemon.process.poll())

    def test_killed_while_asked(self):
        daemon = self.begin()


if __name__ == '__main__':
    harness.main()
