# SPDX-License-Identifier: LGPL-2.1-or-later
"""The microphone from end to end: real programs record from real sound servers, PulseAudio and PipeWire both, and
musterctl shows what became of it."""

import contextlib
import json
import pathlib
import re
import signal
import socket
import threading
import unittest

import audio
import harness

ALICE = 'alice@example.com'


class Desktop:
    """The tests, for one sound server; the classes at the end say which."""

    server_class = None

    def setUp(self):
        super().setUp()
        try:
            self.server = self.server_class(str(self.folder / 'audio'))
        except audio.Missing as missing:
            raise unittest.SkipTest(str(missing)) from None
        self.addCleanup(self.nothing_is_left)

    def nothing_is_left(self):
        audio.stop_all()
        self.assertEqual(audio.left_running(), [])

    def recorder(self, mode, binary):
        return self.server.record_with(harness.program('MICSYNC_RECORDER'), binary, mode)

    def desk(self, *options, user=True):
        """A daemon at this desktop, with Alice sitting there."""
        config = '\n'.join(('[micsync]', 'Enabled=required', f'user={ALICE}', *options, ''))
        daemon = self.start(config, env={name: self.server.env[name]
                                         for name in ('HOME', 'XDG_RUNTIME_DIR', 'PULSE_SERVER')})
        if user:
            daemon.ctl('user', 'add', ALICE, '--name', 'Alice Adams')
        return daemon

    def wait_health(self, daemon, state, text):
        def is_so():
            shown = daemon.json('plugin', 'show', 'micsync')
            return shown if shown['state'] == state and text in (shown['text'] or '') else None
        return harness.wait_for(f'micsync being {state}: {text}', is_so, alive=daemon)

    def wait_connected(self, daemon):
        return self.wait_health(daemon, 'online', 'connected to ')

    def wait_presence(self, daemon, status, text):
        def is_so():
            shown = daemon.json('show', ALICE)
            return shown if (shown['status'], shown['text'] or None) == (status, text) else None
        return harness.wait_for(f'Alice being {status} ({text})', is_so, alive=daemon)

    def wait_free(self, daemon):
        return harness.wait_for('Alice being available', lambda: self.is_free(daemon), alive=daemon)

    def is_free(self, daemon):
        shown = daemon.json('show', ALICE)
        return shown['status'] == 'available' and shown['kind'] != 'microphone'

    def lines(self, daemon):
        """What `plugin test` reports: subject → (result, text), of the last with that subject."""
        said = json.loads(daemon.ctl('--json', 'plugin', 'test', 'micsync', code=None).stdout)
        lines = said['lines'] if isinstance(said, dict) else said
        return {line['subject']: (line['result'], line['text']) for line in lines}

    def wait_line(self, daemon, subject, text):
        def is_so():
            return text in self.lines(daemon).get(subject, ('', ''))[1]
        return harness.wait_for(f'"{subject}: {text}" in the report', is_so, alive=daemon)

    def claims(self, daemon):
        return {claim['key']: claim for claim in daemon.json('why', ALICE)['claims'] if claim['source'] == 'micsync'}

    # A meeting.

    def test_meeting(self):
        self.server.start()
        daemon = self.desk()
        shown = self.wait_connected(daemon)
        self.assertIn('PipeWire' if self.server.name == 'PipeWire' else 'pulseaudio', shown['text'])
        self.wait_free(daemon)

        zoom = self.server.record('zoom', client='Zoom Meetings')
        shown = self.wait_presence(daemon, 'busy', 'Zoom')
        self.assertEqual((shown['kind'], shown['source']), ('microphone', 'micsync'))
        self.assertIsNone(shown['until'])

        why = daemon.json('why', ALICE)
        claim = self.claims(daemon)['mic:zoom']
        self.assertEqual((claim['kind'], claim['text'], claim['outcome']), ('microphone', 'Zoom', 'wins'))
        self.assertEqual((why['presence']['status'], why['presence']['text']), ('busy', 'Zoom'))

        zoom.stop()
        self.wait_free(daemon)
        self.assertEqual(self.claims(daemon), {})

    def test_copied_program(self):
        """The server finds the name out by itself."""
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        slack = self.server.record_copied('slack')
        self.wait_presence(daemon, 'busy', 'Slack')
        slack.stop()
        self.wait_free(daemon)

    def test_two_programs(self):
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        zoom = self.server.record('zoom')
        self.wait_presence(daemon, 'busy', 'Zoom')
        slack = self.server.record('Slack')
        # Of two the later one shows, and the other again when it ends.
        self.wait_presence(daemon, 'busy', 'Slack')
        self.assertEqual(sorted(self.claims(daemon)), ['mic:slack', 'mic:zoom'])
        slack.stop()
        self.wait_presence(daemon, 'busy', 'Zoom')
        zoom.stop()
        self.wait_free(daemon)

    def test_muted_is_still_in_the_meeting(self):
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        self.server.record('zoom')
        before = self.wait_presence(daemon, 'busy', 'Zoom')
        self.server.pactl('set-source-mute', 'mic', '1')
        self.wait_line(daemon, 'recorder zoom', 'counts as "Zoom", from mic, muted')
        self.assertEqual(daemon.json('show', ALICE)['revision'], before['revision'])

    # What does not count.

    def test_what_does_not_count(self):
        self.server.start()
        daemon = self.desk('programs=firefox|Firefox|false')
        self.wait_connected(daemon)
        corked = self.recorder('corked', 'zoom')
        self.recorder('peaks', 'slack')
        self.server.record('discord', device='nul.monitor')
        self.server.record('firefox')
        self.server.record('chrome', properties=['application.id=org.PulseAudio.pavucontrol'])
        self.server.record('dictate')

        # Each was seen, and none of them counted ...
        self.wait_line(daemon, 'recorder zoom', 'does not count: paused')
        self.wait_line(daemon, 'recorder slack', 'does not count: only shows a level')
        self.wait_line(daemon, 'recorder discord', 'does not count: records what an output plays')
        self.wait_line(daemon, 'recorder firefox', 'does not count: switched off')
        self.wait_line(daemon, 'recorder chrome', 'does not count: a volume control')
        self.wait_line(daemon, 'recorder dictate', 'does not count: not in the table')
        # ... nor the one before: what follows has to wait for the same delay.
        corked.process.stdin.write(b'\n')
        corked.process.stdin.flush()
        self.wait_presence(daemon, 'busy', 'Zoom')
        self.assertEqual(list(self.claims(daemon)), ['mic:zoom'])
        corked.process.stdin.write(b'\n')
        corked.process.stdin.flush()
        self.wait_free(daemon)

    def test_blip(self):
        self.server.start()
        daemon = self.desk('open-delay=1min')
        self.wait_connected(daemon)
        zoom = self.server.record('zoom')
        self.wait_line(daemon, 'recorder zoom', 'counts as "Zoom"')
        self.assertTrue(self.is_free(daemon))
        zoom.stop()
        self.wait_line(daemon, 'recorders', 'nobody records now')
        self.assertEqual(self.claims(daemon), {})

    def test_unknown_program_is_listed(self):
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        self.server.record('dictate', client='Dictation')

        def noted():
            return {note['subject']: note for note in daemon.json('plugin', 'show', 'micsync')['notes']
                    if note['topic'] == 'unknown-program'}
        harness.wait_for('dictate being listed', lambda: 'dictate' in noted(), alive=daemon)
        self.assertIn('Dictation', noted()['dictate']['text'])
        self.assertTrue(self.is_free(daemon))
        daemon.config.write_text(daemon.config.read_text() + 'programs=Dictate.exe|Dictation\n')
        daemon.signal(signal.SIGHUP)
        self.wait_presence(daemon, 'busy', 'Dictation')

    def test_nothing_is_woken(self):
        """Looking leaves a suspended microphone asleep."""
        self.server.start()

        def asleep():
            return any(line.split('\t')[1] == 'mic' and line.endswith('SUSPENDED')
                       for line in self.server.pactl('list', 'short', 'sources').splitlines())
        self.server.record('dictate').stop()
        harness.wait_for('the microphone falling asleep', asleep)
        daemon = self.desk()
        self.wait_connected(daemon)
        daemon.ctl('plugin', 'sync', 'micsync')
        self.assertIn('suspended', self.lines(daemon)['source mic'][1])
        self.assertTrue(asleep())
        self.assertEqual(self.server.streams(), [])

    # What goes and comes back.

    def test_server_dies_and_returns(self):
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        self.server.record('zoom')
        self.wait_presence(daemon, 'busy', 'Zoom')

        self.server.stop()
        self.wait_health(daemon, 'offline', 'sound server')
        self.wait_free(daemon)
        self.assertEqual(self.claims(daemon), {})
        self.assertEqual(self.lines(daemon)['sound server'][0], 'problem')

        self.server.start()
        self.wait_connected(daemon)
        self.server.record('zoom')
        self.wait_presence(daemon, 'busy', 'Zoom')

    def test_no_server_at_start(self):
        daemon = self.desk()
        shown = self.wait_health(daemon, 'offline', 'connecting to the sound server')
        self.assertIn('trying again', shown['text'])
        self.assertTrue(self.is_free(daemon))
        self.server.start()
        self.wait_connected(daemon)
        self.server.record('zoom')
        self.wait_presence(daemon, 'busy', 'Zoom')

    def test_user_comes_later(self):
        self.server.start()
        daemon = self.desk(user=False)
        shown = self.wait_health(daemon, 'degraded', f'user {ALICE} is not known')
        self.assertIn(f'musterctl user add {ALICE}', shown['text'])
        self.server.record('zoom')
        daemon.ctl('user', 'add', ALICE)
        self.wait_presence(daemon, 'busy', 'Zoom')
        self.wait_connected(daemon)
        self.assertEqual(daemon.json('plugin', 'show', 'micsync')['refused'], 0)
        daemon.ctl('user', 'remove', ALICE)
        self.wait_health(daemon, 'degraded', f'user {ALICE} is not known')

    def test_renewing_changes_nothing(self):
        self.server.start()
        daemon = self.desk('lease=3s')
        self.wait_connected(daemon)
        self.server.record('zoom')
        before = self.wait_presence(daemon, 'busy', 'Zoom')
        first = self.claims(daemon)['mic:zoom']
        last = first['lease_until']
        for number in range(1, 5):  # a third of the lease each: beyond the end of the first one

            def is_renewed(last=last):
                return self.claims(daemon)['mic:zoom']['lease_until'] != last
            harness.wait_for(f'renewal {number}', is_renewed, alive=daemon)
            last = self.claims(daemon)['mic:zoom']['lease_until']
        after = daemon.json('show', ALICE)
        self.assertEqual((after['status'], after['text']), ('busy', 'Zoom'))
        self.assertEqual((after['since'], after['revision']), (before['since'], before['revision']))
        self.assertEqual(self.claims(daemon)['mic:zoom']['began'], first['began'])

    def test_daemon_restarts_in_a_meeting(self):
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        self.server.record('zoom')
        before = self.wait_presence(daemon, 'busy', 'Zoom')
        began = self.claims(daemon)['mic:zoom']['began']
        daemon.stop()
        daemon.start()
        self.wait_connected(daemon)
        after = self.wait_presence(daemon, 'busy', 'Zoom')
        self.assertEqual(after['since'], before['since'])
        self.assertEqual(self.claims(daemon)['mic:zoom']['began'], began)

    def test_meeting_ends_while_the_daemon_is_down(self):
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        zoom = self.server.record('zoom')
        self.wait_presence(daemon, 'busy', 'Zoom')
        daemon.stop()
        zoom.stop()
        daemon.start()
        self.wait_connected(daemon)
        self.wait_free(daemon)
        self.assertEqual(self.claims(daemon), {})


class Sample(harness.TestCase):
    def test_sample(self):
        """The sample is a configuration as it stands, and with everything in it that is commented out."""
        sample = pathlib.Path(__file__).parents[2] / 'plugins' / 'micsync' / 'sample.conf'
        self.assertIn('configuration is valid: 1 instance', self.check(config=sample))
        full = self.folder / 'full.conf'
        full.write_text(re.sub(r'^#(?=[a-z-]+=)', '', sample.read_text(), flags=re.MULTILINE))
        self.assertIn('configuration is valid: 1 instance', self.check(config=full))

    def test_wrong_options(self):
        for line, expected in (('user=', 'user'), ('open-delay=2min', 'open-delay'), ('lease=1s', 'lease'),
                               ('programs=zoom|Zoom|perhaps', 'programs'), ('programs=a|b|true|c', 'programs')):
            with self.subTest(line=line):
                path = self.folder / 'wrong.conf'
                user = '' if line.startswith('user') else f'user={ALICE}\n'
                path.write_text(f'[micsync]\nEnabled=required\n{user}{line}\n')
                self.assertIn(expected, self.check(config=path, code=1))


class Stranger(harness.TestCase):
    """Something listens, but it is no sound server."""

    def stranger(self, answer):
        path = str(self.folder / 'stranger')
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        listener.listen()

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    connection.recv(1)
                    connection.sendall(answer)
                    while connection.recv(65536):  # until the other side has had enough
                        pass
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()

        def end():
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(harness.PATIENCE)
            self.assertFalse(thread.is_alive())
        self.addCleanup(end)
        return path

    def test_garbage(self):
        daemon = self.start(f'[micsync]\nEnabled=required\nuser={ALICE}\n'
                            f'server=unix:{self.stranger(bytes(range(256)) * 64)}\n')
        daemon.ctl('user', 'add', ALICE)

        def is_offline():
            shown = daemon.json('plugin', 'show', 'micsync')
            return shown['state'] == 'offline' and 'connecting to the sound server: ' in shown['text']
        harness.wait_for('micsync being offline', is_offline, alive=daemon)
        self.assertEqual(daemon.json('show', ALICE)['status'], 'available')

    def test_silence(self):
        """It never answers: nothing waits for it, least of all the end of the daemon."""
        daemon = self.start(f'[micsync]\nEnabled=required\nuser={ALICE}\nserver=unix:{self.stranger(b"")}\n')
        daemon.ctl('user', 'add', ALICE)
        self.assertEqual(daemon.json('show', ALICE)['status'], 'available')
        self.assertLess(daemon.stop(), 10)


class PulseAudio(Desktop, harness.TestCase):
    server_class = audio.PulseAudio


class PipeWire(Desktop, harness.TestCase):
    server_class = audio.PipeWire

    def test_native_program(self):
        """Without libpulse: only the client of the sound server says which process it is."""
        self.server.start()
        daemon = self.desk()
        self.wait_connected(daemon)
        webex = self.server.record_native('webex')
        self.wait_presence(daemon, 'busy', 'Cisco Webex')
        webex.stop()
        self.wait_free(daemon)


if __name__ == '__main__':
    harness.main()
