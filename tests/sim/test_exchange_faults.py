# SPDX-License-Identifier: LGPL-2.1-or-later
"""muster-sim exchange: what goes wrong on demand, goes wrong as asked, as often as asked, and then no more."""

import socket

import client
import simtest
from client import NAMES, calendar_view, codes, fault_code, found, streaming_events, subscribe

ALICE, BOB = 'alice@example.com', 'bob@example.com'
VIEW = calendar_view('2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z')


class TestCase(simtest.TestCase):
    def fault(self, simulator, **script):
        return simulator.control('POST', 'faults', script)

    def view(self, ask, mailbox=ALICE):
        return ask.post(client.envelope(VIEW, mailbox), {'X-AnchorMailbox': mailbox})


class Answers(TestCase):
    def test_busy_in_three_clothes(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        for form, status in (('fault', 500), ('message', 200), ('inner', 200)):
            self.fault(simulator, kind='busy', form=form, milliseconds=297749)
            root = ask.call(VIEW, ALICE, status=status)
            self.assertEqual(found(root, './/t:Value[@Name="BackOffMilliseconds"]'), ['297749'])
            self.assertEqual(fault_code(root) if form == 'fault' else codes(root)[0],
                             'ErrorInternalServerError' if form == 'inner' else 'ErrorServerBusy')
            if form == 'inner':
                self.assertEqual(found(root, './/t:Value[@Name="InnerErrorResponseCode"]'), ['ErrorServerBusy'])
            self.assertEqual(codes(ask.call(VIEW, ALICE)), ['NoError'])

    def test_any_code_for_any_operation(self):
        """The failure of every operation is valid by the schema."""
        simulator = self.simulator()
        ask = self.client(simulator)
        zone = ''.join(f'<t:{name}><t:Bias>0</t:Bias><t:Time>00:00:00</t:Time><t:DayOrder>0</t:DayOrder>'
                       f'<t:Month>0</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:{name}>'
                       for name in ('StandardTime', 'DaylightTime'))
        operations = (
            VIEW, subscribe(), client.sync(), client.oof(ALICE), client.get_events('x', 'y'), client.unsubscribe('x'),
            streaming_events(['x']), '<m:GetServerTimeZones/>',
            f'<m:GetItem>{client.shape(())}<m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:GetItem>',
            f'<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>'
            f'{client.CALENDAR}</m:FolderIds></m:GetFolder>',
            '<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>x</m:UnresolvedEntry></m:ResolveNames>',
            '<m:GetMailTips><m:SendingAs/><m:Recipients/><m:MailTipsRequested>All</m:MailTipsRequested>'
            '</m:GetMailTips>',
            f'<m:GetUserAvailabilityRequest><t:TimeZone><t:Bias>0</t:Bias>{zone}</t:TimeZone><m:MailboxDataArray/>'
            '</m:GetUserAvailabilityRequest>')
        for operation in operations:
            with self.subTest(operation=operation[:30]):
                self.fault(simulator, kind='error', code='ErrorTimeoutExpired')
                self.assertEqual(codes(ask.call(operation, ALICE)), ['ErrorTimeoutExpired'])
                self.fault(simulator, kind='error', code='ErrorTimeoutExpired', form='fault')
                self.assertEqual(fault_code(ask.call(operation, ALICE, status=500)), 'ErrorTimeoutExpired')

    def test_whom_it_meets(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        made = self.fault(simulator, kind='status', operation='FindItem', mailbox=BOB, skip=1, count=2)
        ask.call(subscribe(), BOB)
        self.assertEqual([self.view(ask, one).status for one in (ALICE, BOB, BOB, ALICE, BOB, BOB)],
                         [200, 200, 503, 200, 503, 200])
        self.assertEqual([(one['id'], one['hits'], one['left'])
                          for one in simulator.control('GET', 'faults')['faults']],
                         [(made['id'], 2, 0)])
        self.fault(simulator, kind='status', count=-1)
        self.assertEqual([self.view(ask).status for _ in range(3)], [503] * 3)
        simulator.control('DELETE', 'faults')
        self.assertEqual(self.view(ask).status, 200)

    def test_status(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        self.fault(simulator, kind='status', status=503, headers=[['Retry-After', '7']])
        answer = self.view(ask)
        self.assertEqual((answer.status, answer.first('retry-after')), (503, '7'))
        self.fault(simulator, kind='status', status=302, headers=[['Location', '/ews/genericerrorpage.htm']])
        self.assertEqual(self.view(ask).first('location'), '/ews/genericerrorpage.htm')
        self.fault(simulator, kind='status', status=401)
        self.assertEqual(self.view(ask).status, 401)
        self.fault(simulator, kind='status', operation='Autodiscover')
        self.assertEqual(ask.post('', path='/autodiscover/autodiscover.svc').status, 503)

    def test_spoiled(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        right = self.view(ask).body
        self.fault(simulator, kind='content-type', value='text/plain')
        self.assertEqual(self.view(ask).first('content-type'), 'text/plain')
        self.fault(simulator, kind='garbage', size=1000)
        self.assertEqual(len(self.view(ask).body), 1000)
        self.fault(simulator, kind='malformed')
        self.assertRaises(client.etree.XMLSyntaxError, self.view(ask).xml)
        self.fault(simulator, kind='namespaces')
        root = self.view(ask).xml()
        self.assertTrue(all(one.tag.isidentifier() for one in root.iter('*')))
        self.assertEqual(root.findtext('.//Subject'), 'Planning')
        self.fault(simulator, kind='namespaces', value='https')
        wrong = client.TYPES.replace('http://', 'https://')
        self.assertEqual(self.view(ask).xml().findtext(f'.//{{{wrong}}}Subject'), 'Planning')
        self.fault(simulator, kind='without-version')
        self.assertNotIn(b'ServerVersionInfo', self.view(ask).body)
        self.fault(simulator, kind='empty')
        self.assertEqual(len(self.view(ask).xml().find('.//m:ResponseMessages', NAMES)), 0)
        self.fault(simulator, kind='huge', size=20_000_000)
        self.assertGreater(len(self.view(ask).body), 20_000_000)
        self.assertEqual(self.view(ask).body, right)

    def test_split_and_slow(self):
        simulator = self.simulator()
        simulator.control('PATCH', f'mailboxes/{ALICE}/items/one', {'subject': 'Ünïcödé 𝄞'})
        ask = self.client(simulator)
        right = self.view(ask).body
        for script in ({'kind': 'split'}, {'kind': 'split', 'piece': 7}, {'kind': 'drip', 'piece': 200, 'delay': 0.01},
                       {'kind': 'slow', 'delay': 0.05}):
            self.fault(simulator, **script)
            self.assertEqual(self.view(ask).body, right)

    def test_cut(self):
        simulator = self.simulator()
        for after in (0, 1, 500, None):
            self.fault(simulator, kind='cut', **({} if after is None else {'after': after}))
            ask = self.client(simulator)
            with self.assertRaises((client.Ended, ConnectionError)):
                self.view(ask)

    def test_silence_and_endless(self):
        simulator = self.simulator()
        self.fault(simulator, kind='silence')
        ask = self.client(simulator)
        ask.wire.send('POST', client.EWS, client.envelope(VIEW, ALICE), {**ask.headers, 'X-AnchorMailbox': ALICE})
        self.until('the fault', lambda: simulator.control('GET', 'faults')['faults'][0]['hits'])
        ask.wire.socket.settimeout(0.2)
        self.assertRaises(socket.timeout, ask.wire.socket.recv, 1)
        ask.close()
        self.fault(simulator, kind='endless')
        ask = self.client(simulator)
        ask.open_stream(VIEW, ALICE)
        size = 0
        while size < 3_000_000:
            size += len(ask.wire.chunk())
        ask.close()
        self.until('the end of both connections', lambda: simulator.control('GET', 'state')['connections'] == 0)


class Streams(TestCase):
    def stream(self, simulator, **fault):
        ask = self.client(simulator)
        subscription = found(ask.call(subscribe(), ALICE), './/m:SubscriptionId')[0]
        if fault:
            self.fault(simulator, operation='GetStreamingEvents', **fault)
        ask.open_stream(streaming_events([subscription], 30), ALICE)
        return ask

    def add(self, simulator):
        simulator.control('POST', f'mailboxes/{ALICE}/items', {**simtest.MEETING, 'subject': 'Ü'})

    def test_split_at_every_byte(self):
        simulator = self.simulator()
        ask = self.stream(simulator, kind='split')
        self.assertEqual(len(ask.wire.chunk()), 1)
        ask.buffer = b'<'
        ask.next_envelope()
        self.add(simulator)
        self.assertIsNotNone(ask.next_envelope().find('.//t:CreatedEvent', NAMES))

    def test_cut_in_an_envelope(self):
        simulator = self.simulator()
        ask = self.stream(simulator, kind='cut', after=1300)
        ask.next_envelope()
        self.add(simulator)
        with self.assertRaises((client.Ended, ConnectionError)):
            ask.next_envelope()

    def test_actions(self):
        simulator = self.simulator()
        for action in ('drop', 'half'):
            ask = self.stream(simulator)
            ask.next_envelope()
            self.assertEqual(simulator.control('POST', 'streams', {'action': action})['streams'], 1)
            with self.assertRaises((client.Ended, ConnectionError)):
                ask.next_envelope()
            self.until('its end', lambda: not simulator.control('GET', 'state')['streams'])
        ask = self.stream(simulator)
        ask.next_envelope()
        simulator.control('POST', 'streams', {'action': 'garbage'})
        self.assertEqual(len(ask.wire.chunk()), 0x400)
        simulator.control('POST', 'streams', {'action': 'error', 'mailbox': ALICE})
        self.assertEqual(codes(ask.next_envelope()), ['ErrorServerBusy'])
        self.assertIsNone(ask.next_envelope())

    def test_silence(self):
        simulator = self.simulator(options={'heartbeat': 0.05})
        ask = self.stream(simulator)
        ask.next_envelope()
        simulator.control('POST', 'streams', {'action': 'silence'})
        ask.wire.socket.settimeout(0.5)
        with self.assertRaises(socket.timeout):
            while True:
                ask.next_envelope()
        simulator.control('POST', 'streams', {'action': 'speak'})
        self.until('a word', lambda: simulator.control('GET', 'state')['streams'])

    def test_endless(self):
        simulator = self.simulator()
        ask = self.stream(simulator)
        ask.next_envelope()
        simulator.control('POST', 'streams', {'action': 'endless'})
        size = 0
        while size < 3_000_000:
            size += len(ask.wire.chunk())
        ask.close()
        self.until('its end', lambda: not simulator.control('GET', 'state')['streams'])

    def test_restart(self):
        simulator = self.simulator()
        ask = self.stream(simulator)
        ask.next_envelope()
        simulator.control('POST', 'restart')
        with self.assertRaises((client.Ended, ConnectionError)):
            ask.next_envelope()
        state = simulator.control('GET', 'state')
        self.assertEqual((state['subscriptions']['streaming'], state['restarts']), (0, 1))
        self.assertEqual(self.view(self.client(simulator)).status, 200)


class Limits(TestCase):
    def test_rate(self):
        simulator = self.simulator(limits={'rate': 0.001, 'burst': 2})
        ask = self.client(simulator)
        self.assertEqual([self.view(ask).status for _ in range(3)], [200, 200, 500])
        root = self.contracts.hold(self.view(ask).body)
        self.assertGreater(int(found(root, './/t:Value[@Name="BackOffMilliseconds"]')[0]), 100_000)
        # The budget is the impersonated mailbox's.
        self.assertEqual(self.view(ask, BOB).status, 200)
        self.assertEqual(simulator.control('GET', 'state')['throttled'], 2)

    def pile(self, simulator, count, operation=VIEW):
        """That many requests at once, answered while all of them wait."""
        many = [self.client(simulator) for _ in range(count)]
        for one in many:
            one.wire.send('POST', client.EWS, client.envelope(operation, ALICE),
                          {**one.headers, 'X-AnchorMailbox': ALICE})
        answers = []
        for one in many:
            head = one.wire.head()
            head.body = one.wire.file.read(int(head.first('content-length')))
            answers.append(head)
        return answers

    def test_concurrency(self):
        simulator = self.simulator(limits={'concurrency': 3, 'sync-calls': 1}, options={'service-time': 1.0})
        refused = [one for one in self.pile(simulator, 5) if one.status == 500]
        self.assertEqual([fault_code(self.contracts.hold(one.body)) for one in refused],
                         ['ErrorExceededConnectionCount'] * 2)
        refused = [one for one in self.pile(simulator, 2, client.sync()) if one.status == 500]
        self.assertEqual([fault_code(self.contracts.hold(one.body)) for one in refused], ['ErrorServerBusy'])

    def test_queue(self):
        simulator = self.simulator(limits={'queue': 2}, options={'service-time': 1.0})
        self.assertEqual(sorted(one.status for one in self.pile(simulator, 3)), [200, 200, 503])


class Control(TestCase):
    def test_clock(self):
        simulator = self.simulator()
        simulator.control('PATCH', 'clock', {'skew': -86400 * 365})
        answer = self.view(self.client(simulator))
        year = simulator.control('GET', 'state')['now'][:4]
        self.assertIn(f' {year} ', answer.first('date'))

    def test_log(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        self.view(ask, BOB)
        log = simulator.control('GET', 'requests')
        entry = log['requests'][-1]
        self.assertEqual((entry['operation'], entry['mailbox'], entry['anchor'], entry['account'], entry['status']),
                         ('FindItem', BOB, BOB, 'EXAMPLE\\svc', 200))
        self.assertEqual(simulator.control('GET', f'requests?since={log["next"]}')['requests'], [])

    def test_refusals(self):
        simulator = self.simulator()
        for method, path, body, status in (
                ('GET', 'nonsense', None, 404), ('POST', 'faults', {'kind': 'nonsense'}, 400),
                ('POST', 'faults', {'kind': 'cut', 'often': 3}, 400), ('PATCH', 'limits', {'nonsense': 1}, 400),
                ('PATCH', 'options', {'nonsense': 1}, 400), ('POST', 'mailboxes', {'address': ALICE}, 400),
                ('POST', 'mailboxes', {'address': 'nobody'}, 400), ('GET', 'mailboxes/nobody@example.com', None, 400),
                ('POST', f'mailboxes/{ALICE}/items', {'start': 'x', 'end': 'y'}, 400),
                ('POST', f'mailboxes/{ALICE}/items', {**simtest.MEETING, 'status': 'Bussy'}, 400),
                ('PATCH', f'mailboxes/{ALICE}/items/none', {}, 400), ('PATCH', 'accounts/nobody', {}, 404),
                ('POST', 'streams', {'action': 'nonsense'}, 400), ('PATCH', f'mailboxes/{ALICE}',
                                                                   {'oof': {'state': 'Maybe'}}, 400)):
            with self.subTest(path=path, body=body):
                self.assertIn('error', simulator.control(method, path, body, status))

    def test_mailbox_goes(self):
        simulator = self.simulator()
        simulator.control('DELETE', f'mailboxes/{BOB}')
        root = self.client(simulator).call(VIEW, BOB, status=500, headers={'X-AnchorMailbox': ''})
        self.assertEqual(fault_code(root), 'ErrorNonExistentMailbox')


class Http(TestCase):
    def test_bounds(self):
        simulator = self.simulator()
        for head, status in ((b'nonsense\r\n\r\n', 400), (b'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 413),
                             (b'POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n', 413),
                             (b'POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n', 400),
                             (b'POST / HTTP/1.1\r\nno colon\r\n\r\n', 400),
                             (b'GET / HTTP/1.1\r\nX: ' + b'x' * 100_000 + b'\r\n\r\n', 431)):
            with self.subTest(head=head[:40]):
                wire = client.Wire(simulator.port)
                wire.socket.sendall(head)
                self.assertEqual(wire.head().status, status)
                wire.close()

    def test_chunked_request_and_continue(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        body = client.envelope(VIEW, ALICE).encode()
        ask.wire.socket.sendall(f'POST {client.EWS} HTTP/1.1\r\nAuthorization: {ask.headers["Authorization"]}\r\n'
                                'Content-Type: text/xml\r\nExpect: 100-continue\r\n'
                                'Transfer-Encoding: chunked\r\n\r\n'.encode())
        self.assertEqual(ask.wire.head().status, 100)
        ask.wire.socket.sendall(b'%x\r\n%s\r\n0\r\n\r\n' % (len(body), body))
        self.assertEqual(ask.wire.head().status, 200)


if __name__ == '__main__':
    simtest.main()
