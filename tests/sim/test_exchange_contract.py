# SPDX-License-Identifier: LGPL-2.1-or-later
"""muster-sim exchange beside what real servers said: the same elements in the same places as the recorded answers. And
what it does where the schemas are missing."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

from lxml import etree

import client
import simtest
from client import NAMES, found
from test_exchange_notify import Affinity, Autodiscover, Listener

ALICE = 'alice@example.com'
VIEW = client.calendar_view('2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z',
                            fields=('item:Subject', 'calendar:Start', 'calendar:End'))
PULL = client.subscribe('Pull', '<t:Timeout>5</t:Timeout>')
HEAD = {'Envelope', 'Envelope/Header', 'Envelope/Header/ServerVersionInfo'}


def elements(root):
    """The path of every element, by local names."""
    paths = set()
    for one in root.iter('*'):
        steps = [etree.QName(step).localname for step in one.iterancestors('*')][::-1]
        paths.add('/'.join(steps + [etree.QName(one).localname]))
    return paths


@unittest.skipIf(simtest.samples_folder() is None, 'the recorded answers are not here')
class Samples(simtest.TestCase):
    def sample(self, name):
        return etree.fromstring((simtest.samples_folder() / name).read_bytes())

    def compare(self, name, root, missing=(), extra=()):
        """missing and extra: the last steps of paths that may differ; whatever is below them may, too."""
        theirs, ours = elements(self.sample(name)), elements(root)
        def allowed(path, steps):
            return any(step in path.split('/') for step in steps)
        self.assertEqual(sorted(path for path in theirs - ours if not allowed(path, missing)), [], f'{name}: missing')
        self.assertEqual(sorted(path for path in ours - theirs if not allowed(path, extra)), [], f'{name}: not in it')

    def setUp(self):
        super().setUp()
        self.sim = self.simulator()
        self.ask = self.client(self.sim)

    def subscribed(self, operation=None):
        root = self.ask.call(operation or client.subscribe(), ALICE)
        marks = found(root, './/m:Watermark')
        return root, found(root, './/m:SubscriptionId')[0], marks[0] if marks else None

    def test_reading(self):
        self.compare('docs/finditem-calendarview.xml', self.ask.call(VIEW, ALICE))
        operation = VIEW.replace('<t:DistinguishedFolderId Id="calendar"/>', '<t:FolderId Id="AAA="/>')
        self.compare('docs/finditem-error-malformed-id.xml', self.ask.call(operation, ALICE))
        root = self.ask.call(client.sync('AAAA'), ALICE)
        self.compare('docs/syncfolderitems-error-state.xml', root)
        # There the change is an invitation, here an appointment.
        self.compare('docs/syncfolderitems-create.xml', self.ask.call(client.sync(), ALICE), ['MeetingRequest'],
                     ['CalendarItem'])
        item = self.ask.call(VIEW, ALICE).find('.//t:ItemId', NAMES).get('Id')
        get = f'<m:GetItem>%s<m:ItemIds><t:ItemId Id="{item}"/></m:ItemIds></m:GetItem>'
        self.compare('docs/getitem-idonly.xml', self.ask.call(get % client.shape(()), ALICE))
        # Sent by a server of 2007, whose default shape had more.
        self.compare('docs/getitem-calendaritem.xml', self.ask.call(get % client.shape((), 'Default'), ALICE),
                     ['ResponseObjects', 'Organizer', 'RequiredAttendees', 'Body', 'Sensitivity', 'MeetingTimeZone',
                      'ReminderIsSet', 'ReminderDueBy', 'ReminderMinutesBeforeStart', 'MyResponseType',
                      'IsResponseRequested',
                      'DateTimeReceived', 'IsAllDayEvent', 'OptionalAttendees', 'Resources'], ['HasAttachments',
                                                                                               'Subject', 'Location'])

    def test_people(self):
        self.compare('docs/getuseroofsettings-disabled.xml', self.ask.call(client.oof(ALICE), ALICE))
        root = self.ask.call(client.oof(ALICE), 'bob@example.com', status=500)
        self.compare('docs/getuseroofsettings-fault-not-owner.xml', root, HEAD | {'Header', 'faultactor'})
        resolve = ('<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>%s</m:UnresolvedEntry>'
                   '</m:ResolveNames>')
        self.compare('docs/resolvenames-one.xml', self.ask.call(resolve % 'alice'))
        self.compare('docs/resolvenames-none.xml', self.ask.call(resolve % 'zoe'))
        self.sim.control('POST', 'mailboxes', {'address': 'alicia@example.com'})
        self.compare('exchangelib/resolvenames-multiple.xml', self.ask.call(resolve % 'ali'), (), ['Header', 'Contact'])
        zones = '<m:GetServerTimeZones><m:Ids><t:Id>W. Europe Standard Time</t:Id></m:Ids></m:GetServerTimeZones>'
        self.compare('exchangelib/getservertimezones.xml', self.ask.call(zones))

    def test_subscriptions(self):
        root, streaming, _ = self.subscribed()
        self.compare('docs/subscribe-streaming-ok.xml', root)
        self.compare('docs/unsubscribe-ok.xml', self.ask.call(client.unsubscribe(streaming), ALICE))
        self.compare('docs/unsubscribe-error.xml', self.ask.call(client.unsubscribe(streaming), ALICE))
        root, pull, watermark = self.subscribed(PULL)
        self.compare('docs/subscribe-pull-ok.xml', root)
        self.sim.control('POST', f'mailboxes/{ALICE}/items', simtest.MEETING)
        self.compare('docs/getevents-two-events.xml', self.ask.call(client.get_events(pull, watermark), ALICE),
                     ['DeletedEvent', 'NewMailEvent'], ['CreatedEvent', 'ModifiedEvent'])
        stranger = self.client(self.sim, 'EXAMPLE\\other', 'also')
        self.compare('docs/getevents-access-denied.xml', stranger.call(client.get_events(pull, watermark), ALICE))

    def test_streaming(self):
        _, subscription, _ = self.subscribed()
        self.ask.open_stream(client.streaming_events([subscription]), ALICE)
        # The first envelope is the recorded one, byte for byte, bar the version.
        recorded = (simtest.samples_folder() / 'wire/streaming-exchange2013-first-envelope.xml').read_text().strip()
        numbers = re.compile(r'(MajorVersion|MinorVersion|MajorBuildNumber|MinorBuildNumber|Version)="[^"]*"')
        self.assertEqual(numbers.sub('', self.ask.wire.chunk().decode()), numbers.sub('', recorded))
        self.sim.control('POST', f'mailboxes/{ALICE}/items', simtest.MEETING)
        self.compare('docs/streaming-new-message.xml', self.ask.next_envelope(), ['NewMailEvent', 'UnreadCount'])
        self.sim.control('POST', 'streams', {'action': 'close'})
        self.compare('exchangelib/streaming-closed.xml', self.ask.next_envelope(), (), ['Header'])

    def test_push(self):
        listener = Listener()
        self.addCleanup(listener.server_close)
        self.addCleanup(listener.shutdown)
        root, _, _ = self.subscribed(client.subscribe('Push', '<t:StatusFrequency>1</t:StatusFrequency>'
                                                              f'<t:URL>{listener.url()}</t:URL>'))
        self.compare('docs/subscribe-push-ok.xml', root)
        _, body = listener.heard.get(timeout=simtest.WATCHDOG / 4)
        self.compare('exchangelib/push-sendnotification.xml', self.contracts.hold(body))
        head = (simtest.samples_folder() / 'wire/push-exchange2010sp2-sendnotification-head.txt').read_text()
        squeezed = re.sub(r'>\s+<', '><', head).replace('Exchange2010_SP2',
                                                        'Exchange2016').partition('<soap11:Body>')[0]
        attributes = re.compile(r'<([\w:]+) ([^>]*?)\s*(/?)>')
        def sort(text):
            return attributes.sub(lambda one: f'<{one[1]} {sorted(one[2].split())}{one[3]}>',
                                  text.partition('?>')[2].strip())
        self.assertEqual(sort(body.decode().partition('<soap11:Body>')[0]), sort(squeezed))

    def test_faults(self):
        narrow = self.client(self.sim, 'EXAMPLE\\narrow', 'narrow')
        narrow.call(VIEW, 'bob@example.com', status=500)
        self.assertEqual(etree.tostring(etree.fromstring(narrow.answer.body), method='c14n'),
                         etree.tostring(self.sample('wire/fault-impersonateuserdenied-http500.xml'), method='c14n'))
        self.compare('exchangelib/fault-schemavalidation.xml', self.ask.call('<m:Nonsense/>', status=500))
        self.sim.control('POST', 'faults', {'kind': 'busy'})
        self.compare('exchangelib/fault-serverbusy-backoff.xml', self.ask.call(VIEW, ALICE, status=500))
        self.sim.control('POST', 'faults', {'kind': 'error', 'code': 'ErrorTooManyObjectsOpened'})
        root = self.ask.call(f'<m:GetItem>{client.shape(())}<m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:GetItem>',
                             ALICE)
        self.assertEqual(client.codes(root), ['ErrorTooManyObjectsOpened'])
        self.assertLess({'Envelope/Body'},
                        elements(root) & elements(self.sample('exchangelib/error-toomanyobjectsopened.xml')))

    def test_autodiscover(self):
        simulator = self.simulator(servers=Affinity.SERVERS, mailboxes=Affinity.BOXES)
        helper = Autodiscover('test_settings')
        names = found(self.sample('docs/autodiscover-grouping.xml'), './/a:UserSetting/a:Name')
        _, root = helper.ask(self.client(simulator), [ALICE], [name for name in names if name in (
            'ExternalEwsUrl', 'GroupingInformation', 'CasVersion', 'EwsSupportedSchemas', 'UserDisplayName')])
        self.compare('docs/autodiscover-grouping.xml', root)

    def test_cookie(self):
        recorded = (simtest.samples_folder() / 'docs/subscribe-anchor-cookies.http.txt').read_text()
        shape = r'X-BackEndOverrideCookie=[\w.-]+~\d+; path=/; secure; HttpOnly'
        self.assertRegex(recorded, shape)
        self.ask.call(client.subscribe(), ALICE, headers=Affinity.GROUP)
        self.assertRegex(self.ask.answer.first('set-cookie'), f'^{shape}$')


class Codes(unittest.TestCase):
    def test_every_code_is_one(self):
        """Whatever error the simulator knows by name, the schema knows too."""
        known = set(re.findall(r'<xs:enumeration value="(Error\w+)"',
                               (simtest.contracts_folder() / 'ews/messages.xsd').read_text()))
        self.assertGreater(len(known), 300)
        for module in (client.HERE / 'exchange').glob('*.py'):
            named = set(re.findall(r"'(Error[A-Z]\w+)'", module.read_text()))
            self.assertLessEqual(named - {'ErrorSubscriptionIds'}, known, module.name)


class Absent(unittest.TestCase):
    """Where there are no schemas."""

    def run_without(self, words, **more):
        environment = {**os.environ, 'MUSTER_CONTRACTS': '/nonexistent', **more}
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run([sys.executable, '-B', *words], env=environment, capture_output=True, text=True,
                              timeout=60,
                              check=False)

    def test_tests_skip_or_fail(self):
        one = str(pathlib.Path(simtest.__file__).with_name('test_exchange.py'))
        done = self.run_without([one], MUSTER_CONTRACTS_REQUIRED=None)
        self.assertEqual(done.returncode, 77)
        self.assertIn('MUSTER_CONTRACTS', done.stderr)
        self.assertEqual(self.run_without([one], MUSTER_CONTRACTS_REQUIRED='1').returncode, 1)

    def test_simulator(self):
        program = str(client.HERE / 'muster-sim')
        done = self.run_without([program, 'exchange'])
        self.assertEqual(done.returncode, 77)
        self.assertIn('MUSTER_CONTRACTS', done.stderr)
        self.assertEqual(self.run_without([program, 'exchange', '/nonexistent.json', '--without-schemas']).returncode,
                         1)
        self.assertEqual(self.run_without([program]).returncode, 2)


if __name__ == '__main__':
    simtest.main()
