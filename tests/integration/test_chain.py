# SPDX-License-Identifier: LGPL-2.1-or-later
"""The whole way of a fact: a program opens the microphone, the webhook's receiver is told, and why says why."""

import unittest

import audio
import harness
from test_webhook import ALICE, Receiver


class Chain:
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

    def test_microphone_to_webhook(self):
        self.server.start()
        receiver = Receiver().up()
        self.addCleanup(receiver.down)
        daemon = self.daemon('[micsync]\nEnabled=required\nuser=alice@example.com\nopen-delay=50ms\n'
                             f'[webhook:door]\nView=team-colleague\nurl={receiver.url}/door\n',
                             env={name: self.server.env[name]
                                  for name in ('HOME', 'XDG_RUNTIME_DIR', 'PULSE_SERVER')})
        daemon.start()
        daemon.ctl('user', 'add', ALICE, '--name', 'Alice')

        def told(status, text):
            def is_so():
                # A copy: the receiver's threads go on.
                return [r for r in list(receiver.requests) if r.json
                        and (r.presence['status'], r.presence['text']) == (status, text)]
            return harness.wait_for(f'the receiver being told {status} ({text})', is_so, alive=daemon)

        told('available', None)
        zoom = self.server.record('zoom', client='Zoom Meetings')
        told('busy', 'Zoom')
        shown = daemon.json('show', ALICE)
        self.assertEqual((shown['status'], shown['text'], shown['kind'], shown['source']),
                         ('busy', 'Zoom', 'microphone', 'micsync'))

        def applied():
            why = daemon.json('why', ALICE)
            sink = why['sinks'][0]
            return why if sink['applied'] and sink['applied'] == sink['desired'] else None
        why = harness.wait_for('the webhook being applied', applied, alive=daemon)
        self.assertEqual([(claim['key'], claim['outcome']) for claim in why['claims']], [('mic:zoom', 'wins')])
        self.assertEqual((why['sinks'][0]['instance'], why['sinks'][0]['last_error']), ('webhook:door', None))
        self.assertEqual(why['sinks'][0]['applied']['text'], 'Zoom')

        zoom.stop()
        harness.wait_for('the receiver being told last that Alice is available',
                         lambda: receiver.requests[-1].presence['status'] == 'available', alive=daemon)


class PulseAudio(Chain, harness.TestCase):
    server_class = audio.PulseAudio


class PipeWire(Chain, harness.TestCase):
    server_class = audio.PipeWire


if __name__ == '__main__':
    harness.main()
