# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an administrator watches the daemon by: figures, readiness, logs, the service manager's watchdog."""

import contextlib
import json
import os
import pathlib
import queue
import re
import resource
import shlex
import signal
import socket
import subprocess
import sys
import threading
import unittest

import harness
from test_api import as_account, request

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
    from prometheus_client.parser import text_string_to_metric_families as parse_prometheus
except ImportError:
    parse_openmetrics = None

ALICE = 'alice@example.com'
SOURCE = pathlib.Path(__file__).resolve().parents[2]
OPERATIONS = SOURCE / 'docs/admin/operations.md'
OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'


class OperationsCase(harness.TestCase):
    def bad(self, config, **more):
        """A daemon that may open the plugins that misbehave."""
        folder = os.environ.get('MUSTER_BAD_PLUGINS')
        if not folder:
            self.skipTest('MUSTER_BAD_PLUGINS is not set: run this test through meson')
        daemon = self.start(config, args=['--plugin-dir', folder], **more)
        daemon.ctl('user', 'add', ALICE)
        return daemon

    def wait_state(self, daemon, instance, state):
        harness.wait_for(f'{instance} {state}', lambda: daemon.json('plugin', 'show', instance)['state'] == state,
                         alive=daemon)


def scrape(daemon, accept=None):
    """(type, text) of /metrics."""
    connection = harness.Connection(daemon.socket)
    try:
        connection.request('GET', '/metrics', headers={'Accept': accept} if accept else {})
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            raise AssertionError(f'{response.status}: {text}')
        return response.headers['Content-Type'], text
    finally:
        connection.close()


class Figures:
    """The samples of one scrape, by name and labels."""

    def __init__(self, families):
        self.types, self.samples = {}, {}
        for family in families:
            if not family.documentation.endswith('.'):
                raise AssertionError(f'{family.name} does not say what it means')
            self.types[family.name] = family.type
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                if key in self.samples:
                    raise AssertionError(f'twice: {key}')
                self.samples[key] = sample.value

    def get(self, name, **labels):
        return self.samples.get((name, frozenset(labels.items())))


@unittest.skipIf(parse_openmetrics is None, 'python3-prometheus-client is not installed')
class Metrics(OperationsCase):
    def figures(self, daemon):
        kind, text = scrape(daemon)
        self.assertEqual(kind, OPENMETRICS)
        self.assertTrue(text.endswith('\n# EOF\n'))
        self.assertNotIn('alice', text)
        return Figures(parse_openmetrics(text))

    def test_formats(self):
        daemon = self.bad('[floods:a]\n[floods:b]\nEnabled=no\n')
        self.wait_state(daemon, 'floods:a', 'online')
        figures = self.figures(daemon)
        self.assertEqual(figures.types['muster_changes'], 'counter')
        self.assertEqual(figures.types['muster_boundary_lateness_seconds'], 'histogram')
        self.assertEqual(figures.types['muster_instance_state'], 'stateset')
        self.assertEqual(figures.get('muster_instance_state', instance='floods:a', muster_instance_state='online'), 1)
        self.assertEqual(figures.get('muster_instance_state', instance='floods:b', muster_instance_state='disabled'), 1)
        self.assertEqual(figures.get('muster_instance_state', instance='floods:b', muster_instance_state='online'), 0)
        self.assertEqual(figures.get('muster_users'), 1)
        self.assertEqual(figures.get('muster_store_writable'), 1)
        self.assertGreaterEqual(figures.get('muster_store_commits_total'), 1)
        self.assertGreater(figures.get('process_start_time_seconds'), 1e9)
        self.assertGreater(figures.get('process_resident_memory_bytes'), 1e6)
        # The older format says the same.
        kind, text = scrape(daemon, 'text/plain')
        self.assertEqual(kind, PROMETHEUS)
        older = Figures(parse_prometheus(text))
        self.assertEqual(older.get('muster_users'), 1)
        self.assertEqual({name for name, _ in figures.samples}, {name for name, _ in older.samples})

    def test_counts(self):
        daemon = self.bad('[floods]\nn=1000\n')
        self.wait_state(daemon, 'floods', 'online')
        before = self.figures(daemon)
        self.assertEqual(before.get('muster_claims', kind='call', instance='floods'), 0)
        daemon.ctl('plugin', 'sync', 'floods')
        harness.wait_for('the flood to end', lambda: daemon.json('plugin', 'show', 'floods')['notes'], alive=daemon)
        after = self.figures(daemon)
        self.assertEqual(after.get('muster_claims', kind='call', instance='floods'), 10)
        self.assertGreaterEqual(after.get('muster_instance_messages_total', instance='floods'), 1001)
        self.assertEqual(after.get('muster_changes_total'), before.get('muster_changes_total') + 1)
        self.assertGreater(after.get('muster_api_requests_total', **{'class': '2xx'}),
                           before.get('muster_api_requests_total', **{'class': '2xx'}))
        request(daemon, 'GET', '/v1/nothing')
        self.assertEqual(self.figures(daemon).get('muster_api_requests_total', **{'class': '4xx'}),
                         after.get('muster_api_requests_total', **{'class': '4xx'}) + 1)
        # What was no request at all counts too.
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(daemon.socket))
            stranger.sendall(b'NONSENSE\r\n\r\n')
            self.assertTrue(stranger.recv(100).startswith(b'HTTP/1.1 400 '))
        self.assertEqual(self.figures(daemon).get('muster_api_requests_total', **{'class': '4xx'}),
                         after.get('muster_api_requests_total', **{'class': '4xx'}) + 2)
        # Counts begin anew with the daemon; and a source that is switched off has nothing to say any more.
        daemon.stop()
        daemon.config.write_text('[floods]\nEnabled=no\n', encoding='utf-8')
        daemon.start()
        again = self.figures(daemon)
        self.assertIsNone(again.get('muster_claims', kind='call', instance='floods'))
        self.assertEqual(again.get('muster_instance_messages_total', instance='floods'), 0)

    def test_deliveries(self):
        daemon = self.bad('[completes-twice]\n')
        harness.wait_for('a delivery', lambda: self.figures(daemon).get(
            'muster_sink_deliveries_total', instance='completes-twice', outcome='applied'), alive=daemon)
        figures = self.figures(daemon)
        for outcome in ('unreachable', 'refused', 'left-to-person'):
            with self.subTest(outcome=outcome):
                self.assertEqual(figures.get('muster_sink_deliveries_total', instance='completes-twice',
                                             outcome=outcome), 0)
        self.assertEqual(figures.get('muster_sink_users', instance='completes-twice'), 1)

    def test_documented(self):
        """The page for administrators has every family, with its type and its labels, and no other."""
        daemon = self.bad('[completes-twice]\n[floods]\n')
        daemon.ctl('plugin', 'sync', 'floods')
        harness.wait_for('claims', lambda: 'muster_claims{kind="call",instance="floods"} 10' in scrape(daemon)[1],
                         alive=daemon)
        seen = {}
        for family in parse_openmetrics(scrape(daemon)[1]):
            labels = set()
            for sample in family.samples:
                labels |= set(sample.labels)
            seen[family.name] = (family.type, labels - {'le', family.name})
        written = {}
        row = r'^\| `(\w+)` \| (\w+) \| [^|]* \| ([^|]*)\|$'
        for name, kind, labels in re.findall(row, OPERATIONS.read_text(encoding='utf-8'), re.M):
            written[name] = (kind, set(re.findall('`([a-z]+)`', labels)) & {label for _, labels in seen.values()
                                                                            for label in labels})
        self.assertEqual(written, seen)


class Who(OperationsCase):
    def test_tokens(self):
        daemon = self.bad('')
        for scope, metrics in (('monitor', 200), ('admin', 200), ('user', 403), ('agent', 403)):
            with self.subTest(scope=scope):
                whose = [] if scope == 'monitor' else [ALICE]  # a machine is nobody
                token = daemon.json('token', 'create', *whose, '--scope', scope)['token']
                shown = {'Authorization': f'Bearer {token}'}
                self.assertEqual(request(daemon, 'GET', '/metrics', headers=shown)[0], metrics)
                self.assertEqual(request(daemon, 'GET', '/healthz', headers=shown)[0], 200)
        wrong = {'Authorization': 'Bearer muster_nobody'}
        self.assertEqual(request(daemon, 'GET', '/metrics', headers=wrong)[0], 401)
        self.assertEqual(request(daemon, 'GET', '/healthz', headers=wrong)[0], 200)

    @unittest.skipUnless(os.geteuid() == 0, 'only root can become another account')
    def test_accounts(self):
        daemon = self.bad('')
        self.folder.chmod(0o755)
        daemon.folder.chmod(0o755)
        self.assertEqual(as_account('nobody', lambda: request(daemon, 'GET', '/metrics')[0]), 403)
        self.assertEqual(as_account('nobody', lambda: request(daemon, 'GET', '/healthz')[0]), 200)


class Events(harness.TestCase):
    def test_documented(self):
        """Names and ids of events are a promise: the page and the code have the same ones."""
        code = re.findall(r'= \{ "([a-z-]+)", "([0-9a-f]{32})" \}', (SOURCE / 'core/model/event.c').read_text())
        page = re.findall(r'^\| `([a-z-]+)` \| `([0-9a-f]{32})` \|', OPERATIONS.read_text(), re.M)
        self.assertGreater(len(code), 5)
        self.assertEqual(page, code)


class Health(OperationsCase):
    def health(self, daemon):
        status, answer = request(daemon, 'GET', '/healthz')
        self.assertEqual(answer['ready'], status == 200)
        self.assertEqual(not answer['reasons'], status == 200)
        return status, answer['reasons']

    def test_ready(self):
        daemon = self.bad('[start-fails]\nEnabled=optional\nhow=unreachable\n')
        self.assertEqual(self.health(daemon), (200, []))  # what is optional may be down

    def test_required(self):
        daemon = self.bad('[start-fails:desk]\nEnabled=required\nhow=config\n')
        harness.wait_for('not being ready', lambda: self.health(daemon)[0] == 503, alive=daemon)
        harness.wait_for('why', lambda: self.health(daemon)[1] == ['the required instance start-fails:desk is failed'],
                         alive=daemon)

    def test_outside_unreachable(self):
        """The daemon can still tell what it knows."""
        daemon = self.bad('[start-fails:desk]\nEnabled=required\nhow=unreachable\n')
        harness.wait_for('being offline', lambda: daemon.json('plugin', 'show', 'start-fails:desk')['state'] == 'offline',
                         alive=daemon)
        harness.wait_for('being ready', lambda: self.health(daemon) == (200, []), alive=daemon)

    def test_store(self):
        daemon = self.bad('')
        self.assertEqual(self.health(daemon), (200, []))
        # A disk that takes nothing more, as far as this process can see.
        soft, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (100, hard))
        status, answer = request(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy'})
        self.assertEqual(status, 503, answer)
        # An answer is good for a second.
        harness.wait_for('not being ready', lambda: self.health(daemon)[0] == 503, alive=daemon)
        self.assertEqual(self.health(daemon), (503, ["the store cannot be written: the daemon's log says why"]))
        # Mended, and nobody has written anything since.
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
        harness.wait_for('being ready again', lambda: self.health(daemon)[0] == 200, alive=daemon)
        status, answer = request(daemon, 'PUT', f'/v1/presence/{ALICE}', {'status': 'busy'})
        self.assertEqual(status, 200, answer)


class Lines:
    """The lines of a musterctl that runs in the background."""

    def __init__(self, process):
        self.process = process
        self.lines = queue.Queue()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip('\n'))
        self.lines.put(None)

    def wait(self, part):
        """The next line that has `part`; the ones before it are forgotten."""
        while True:
            line = self.lines.get(timeout=harness.PATIENCE)
            if line is None:
                raise AssertionError(f'musterctl ended before "{part}"')
            if part in line:
                return line

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.thread.join(harness.PATIENCE)
        self.process.stdout.close()


class Logs(OperationsCase):
    def follow(self, daemon, *args):
        lines = Lines(daemon.popen(*args))
        self.addCleanup(lines.end)
        return lines

    def test_follow(self):
        daemon = self.bad('[floods]\nwhat=logs\nn=2\n')
        self.wait_state(daemon, 'floods', 'online')
        people = self.follow(daemon, 'plugin', 'log', '-f', 'floods')
        programs = self.follow(daemon, '--json', 'plugin', 'log', 'floods', '--follow', '-n', '1')
        people.wait('online')
        self.assertEqual(json.loads(programs.wait('{'))['text'], 'online')
        daemon.ctl('plugin', 'sync', 'floods')
        people.wait('line 0')
        people.wait('line 1')
        first, second = json.loads(programs.wait('line 0')), json.loads(programs.wait('line 1'))
        self.assertEqual(second['serial'], first['serial'] + 1)
        self.assertEqual(list(first), ['serial', 'time', 'level', 'user', 'text'])
        # Over a restart.
        daemon.stop()
        people.wait('the daemon is away')
        daemon.start()
        people.wait('the daemon is back')
        self.wait_state(daemon, 'floods', 'online')
        daemon.ctl('plugin', 'sync', 'floods')
        people.wait('line 0')
        people.wait('line 1')
        # Until it is gone.
        daemon.config.write_text('', encoding='utf-8')
        daemon.signal(signal.SIGHUP)
        people.wait('-- the instance has gone: ')
        self.assertEqual(people.process.wait(harness.PATIENCE), 1)

    def test_lines(self):
        daemon = self.bad('[floods]\nwhat=logs\nn=20\n')
        self.wait_state(daemon, 'floods', 'online')
        daemon.ctl('plugin', 'sync', 'floods')
        harness.wait_for('twenty lines', lambda: 'line 19' in daemon.ctl('plugin', 'log', 'floods').stdout)
        shown = daemon.ctl('plugin', 'log', '-n', '3', 'floods').stdout.splitlines()
        self.assertEqual([line.split()[-1] for line in shown], ['17', '18', '19'])
        self.assertEqual(daemon.ctl('plugin', 'log', '--lines=0', 'floods').stdout, '')
        refused = daemon.ctl('plugin', 'log', '-n', 'x', 'floods', code=2).stderr
        self.assertIn("--lines needs a number, not 'x'", refused)
        self.assertIn('there is no option -x', daemon.ctl('plugin', 'log', '-x', 'floods', code=2).stderr)
        self.assertIn('-f, --follow', daemon.ctl('help', 'plugin', 'log').stdout)

    def test_flood(self):
        """A flood reaches the disk as a few lines, and one that says how many there were."""
        daemon = self.bad('[floods:a]\nwhat=warnings\nn=100000\n[floods:b]\nwhat=past-the-library\nn=100000\n')
        for instance in ('floods:a', 'floods:b'):
            with self.subTest(instance=instance):
                self.wait_state(daemon, instance, 'online')
                daemon.ctl('plugin', 'sync', instance)
                harness.wait_for('the flood to end', lambda: daemon.json('plugin', 'show', instance)['notes'],
                                 alive=daemon)
                wanted = f'[{instance}] '
                harness.wait_for('the sum', lambda: [line for line in daemon.read_log().splitlines()
                                                     if wanted in line and 'were not written' in line], alive=daemon)
                self.assertGreater(daemon.read_log().count(f'{wanted}line '), 100)
                self.assertLess(daemon.read_log().count(f'{wanted}line '), 2000)
        self.assertLess(daemon.log.stat().st_size, 1000000)

    def test_flapping(self):
        daemon = self.bad('[floods]\nwhat=health\nn=2000\n')
        self.wait_state(daemon, 'floods', 'online')
        daemon.ctl('plugin', 'sync', 'floods')
        daemon.wait_log('now it is degraded')
        log = daemon.read_log()
        self.assertLess(log.count('[floods] offline') + log.count('[floods] online'), 60)


class Journal(OperationsCase):
    UNSHARE = ['unshare', '--mount', '--map-root-user']

    def setUp(self):
        super().setUp()
        try:
            subprocess.run([*self.UNSHARE, 'mount', '-t', 'tmpfs', 'tmpfs', '/run'], check=True, capture_output=True)
        except (FileNotFoundError, subprocess.CalledProcessError):
            self.skipTest('this account may not have a /run of its own')
        self.out = self.folder / 'journal'
        wrapper = self.folder / 'musterd'
        script = pathlib.Path(__file__).with_name('journal.py')
        command = shlex.join([*self.UNSHARE, sys.executable, str(script), str(self.out), harness.program('MUSTERD')])
        wrapper.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding='utf-8')
        wrapper.chmod(0o755)
        before = os.environ['MUSTERD']
        os.environ['MUSTERD'] = str(wrapper)
        self.addCleanup(os.environ.__setitem__, 'MUSTERD', before)

    def wait_entry(self, daemon, **fields):
        def found():
            for line in self.out.read_text(encoding='utf-8').splitlines():
                with contextlib.suppress(json.JSONDecodeError):  # not whole yet
                    entry = json.loads(line)
                    if all(entry.get(name) == value for name, value in fields.items()):
                        return entry
            return None
        return harness.wait_for(f'an entry with {fields}', found, alive=daemon)

    def test_fields(self):
        daemon = self.bad('')
        self.wait_entry(daemon, MUSTER_EVENT='ready', MESSAGE_ID='29ffadfc878d4954a57eb26fb1087a81', PRIORITY='5')
        daemon.config.write_text('[talks-nonsense]\n[floods]\nwhat=past-the-library\nn=1\n[start-fails]\n',
                                 encoding='utf-8')
        daemon.signal(signal.SIGHUP)
        online = self.wait_entry(daemon, MUSTER_EVENT='instance-state', MUSTER_STATE='online', MUSTER_INSTANCE='floods')
        self.assertEqual(online['MESSAGE'], '[floods] online')
        self.assertEqual(online['MESSAGE_ID'], '6833a163280946debebe289c826c1ba4')
        self.assertNotIn('MUSTER_USER', online)
        offline = self.wait_entry(daemon, MUSTER_EVENT='instance-state', MUSTER_STATE='offline')
        self.assertEqual((offline['MUSTER_INSTANCE'], offline['PRIORITY']), ('start-fails', '4'))
        self.wait_entry(daemon, MUSTER_EVENT='reloaded')
        # About somebody, and about nobody whom we know.
        self.wait_entry(daemon, MUSTER_INSTANCE='talks-nonsense', MUSTER_USER=ALICE, PRIORITY='4')
        self.assertNotIn('"MUSTER_USER": "nobody', self.out.read_text(encoding='utf-8'))
        # What a plugin writes past its context has its instance's name all the same.
        daemon.ctl('plugin', 'sync', 'floods')
        self.wait_entry(daemon, MESSAGE='line 0', MUSTER_INSTANCE='floods', PRIORITY='4')
        daemon.config.write_text('[floods', encoding='utf-8')
        daemon.signal(signal.SIGHUP)
        self.wait_entry(daemon, MUSTER_EVENT='reload-failed', PRIORITY='4')
        self.assertEqual(daemon.read_log(), '')


class Watchdog(OperationsCase):
    def test_fed(self):
        daemon = self.start('', env={'WATCHDOG_USEC': '200000'})
        for _ in range(3):
            daemon.wait_note('WATCHDOG=1')

    def test_unasked(self):
        for env in ({}, {'WATCHDOG_USEC': '200000', 'WATCHDOG_PID': '1'}, {'WATCHDOG_USEC': 'soon'}):
            with self.subTest(env=env):
                daemon = self.start('', name=f'daemon-{len(env)}-{len(self.daemons)}', env=env)
                daemon.stop()
                daemon.read_notes()
                self.assertFalse([note for note in daemon.notes if 'WATCHDOG=' in note])


if __name__ == '__main__':
    harness.main()
