# SPDX-License-Identifier: LGPL-2.1-or-later
"""muster-sim exchange: streaming, pull and push, affinity, and Autodiscover."""

import contextlib
import http.server
import queue
import threading

import client
import simtest
from client import NAMES, codes, found, get_events, streaming_events, subscribe, unsubscribe

ALICE, BOB = 'alice@example.com', 'bob@example.com'
# A minute of half a second: connections and subscriptions end while somebody waits.
FAST = {'minute': 0.5}


def status(root):
    return found(root, './/m:ConnectionStatus')


def events(root):
    return [one.tag.rpartition('}')[2] for one in root.iterfind('.//{*}Notification/*')
            if one.tag.endswith('Event')]


class TestCase(simtest.TestCase):
    def subscribed(self, ask, mailbox, *arguments, headers=None, **more):
        root = ask.call(subscribe(*arguments, **more), mailbox, headers=headers)
        self.assertEqual(codes(root), ['NoError'])
        marks = found(root, './/m:Watermark')
        return found(root, './/m:SubscriptionId')[0], marks[0] if marks else None

    @staticmethod
    def add(simulator, mailbox=ALICE, **more):
        simulator.control('POST', f'mailboxes/{mailbox}/items', {**simtest.MEETING, **more})


class Streaming(TestCase):
    def stream(self, simulator, ids, minutes=1, mailbox=ALICE, headers=None):
        one = self.client(simulator)
        one.open_stream(streaming_events(ids, minutes), mailbox, headers)
        return one

    def test_envelopes(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        subscription, watermark = self.subscribed(ask, ALICE)
        self.assertIsNone(watermark)
        stream = self.stream(simulator, [subscription])
        self.assertEqual(stream.answer.first('transfer-encoding'), 'chunked')
        self.assertEqual(stream.answer.first('x-nobuffering'), '1')
        self.assertEqual(status(stream.next_envelope()), ['OK'])
        self.add(simulator, key='two')
        root = stream.next_envelope()
        self.assertEqual(events(root), ['CreatedEvent', 'ModifiedEvent'])
        self.assertEqual(found(root, './/t:SubscriptionId'), [subscription])
        simulator.control('PATCH', f'mailboxes/{ALICE}/items/two', {'subject': 'Changed'})
        self.assertEqual(events(stream.next_envelope()), ['ModifiedEvent'] * 3)
        simulator.control('DELETE', f'mailboxes/{ALICE}/items/two')
        root = stream.next_envelope()
        self.assertEqual(events(root), ['MovedEvent', 'ModifiedEvent', 'ModifiedEvent'])
        moved = root.find('.//t:MovedEvent', NAMES)
        self.assertNotEqual(moved.find('t:ParentFolderId', NAMES).get('Id'),
                            moved.find('t:OldParentFolderId', NAMES).get('Id'))
        simulator.control('POST', 'streams', {'action': 'close'})
        self.assertEqual(status(stream.next_envelope()), ['Closed'])
        self.assertIsNone(stream.next_envelope())
        # The connection is there for the next request.
        self.assertEqual(codes(stream.call(unsubscribe(subscription), ALICE)), ['NoError'])

    def test_heartbeats_and_timeout(self):
        simulator = self.simulator(options={'minute': 3.0, 'heartbeat': 0.5})
        subscription, _ = self.subscribed(self.client(simulator), ALICE)
        stream = self.stream(simulator, [subscription])
        seen = []
        while True:
            root = stream.next_envelope()
            if root is None:
                break
            seen.append((events(root) or status(root))[0])
        self.assertEqual((seen[0], seen[-1]), ('OK', 'Closed'))
        self.assertLessEqual({'StatusEvent', 'OK'}, set(seen[1:-1]))

    def test_reopened_without_a_gap(self):
        simulator = self.simulator()
        subscription, _ = self.subscribed(self.client(simulator), ALICE)
        stream = self.stream(simulator, [subscription])
        stream.next_envelope()
        simulator.control('POST', 'streams', {'action': 'close'})
        self.assertEqual(status(stream.next_envelope()), ['Closed'])
        self.add(simulator, key='meanwhile')
        stream = self.stream(simulator, [subscription])
        stream.next_envelope()
        self.assertEqual(events(stream.next_envelope())[0], 'CreatedEvent')

    def test_several_in_one(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        ids = [self.subscribed(ask, mailbox)[0] for mailbox in (ALICE, BOB)]
        for mailbox in (ALICE, BOB):
            self.add(simulator, mailbox)
        stream = self.stream(simulator, ids)
        stream.next_envelope()
        self.assertEqual(sorted(found(stream.next_envelope(), './/t:SubscriptionId')), sorted(ids))

    def test_only_what_was_asked_for(self):
        simulator = self.simulator()
        subscription, _ = self.subscribed(self.client(simulator), ALICE, kinds=('MovedEvent',))
        stream = self.stream(simulator, [subscription])
        stream.next_envelope()
        self.add(simulator, key='two')
        simulator.control('DELETE', f'mailboxes/{ALICE}/items/two')
        self.assertEqual(events(stream.next_envelope()), ['MovedEvent'])

    def test_bad_ids_fail_the_whole(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        subscription, _ = self.subscribed(ask, ALICE)
        pull, _ = self.subscribed(ask, ALICE, 'Pull', '<t:Timeout>5</t:Timeout>')
        for bad in ('unknown', pull):
            stream = self.stream(simulator, [subscription, bad])
            root = stream.next_envelope()
            self.assertEqual((codes(root), status(root)), (['ErrorInvalidSubscription'], ['Closed']))
            self.assertEqual(found(root, './/m:ErrorSubscriptionIds/t:SubscriptionId'), [bad])
            self.assertIsNone(stream.next_envelope())
        stranger = self.client(simulator, 'EXAMPLE\\other', 'also')
        stranger.open_stream(streaming_events([subscription]), ALICE)
        self.assertEqual(codes(stranger.next_envelope()), ['ErrorSubscriptionAccessDenied'])

    def test_twin_ends_the_first(self):
        simulator = self.simulator()
        subscription, _ = self.subscribed(self.client(simulator), ALICE)
        first = self.stream(simulator, [subscription])
        first.next_envelope()
        second = self.stream(simulator, [subscription])
        self.assertEqual(codes(first.next_envelope()), ['ErrorNewEventStreamConnectionOpened'])
        self.assertIsNone(first.next_envelope())
        second.next_envelope()
        self.add(simulator)
        self.assertEqual(events(second.next_envelope())[0], 'CreatedEvent')

    def test_lost_while_it_hangs(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        subscription, _ = self.subscribed(ask, ALICE)
        stream = self.stream(simulator, [subscription])
        stream.next_envelope()
        simulator.control('POST', f'mailboxes/{ALICE}/lose', {'code': 'ErrorMissedNotificationEvents'})
        root = stream.next_envelope()
        self.assertEqual((codes(root), status(root)), (['ErrorMissedNotificationEvents'], ['OK']))
        simulator.control('POST', f'mailboxes/{ALICE}/lose', {'code': 'ErrorReadEventsFailed'})
        root = stream.next_envelope()
        self.assertEqual((codes(root), status(root)), (['ErrorReadEventsFailed'], ['Closed']))
        self.assertIsNone(stream.next_envelope())
        self.assertEqual(codes(self.stream(simulator, [subscription]).next_envelope()), ['ErrorInvalidSubscription'])

    def test_limits(self):
        simulator = self.simulator(limits={'hanging': 2, 'streaming-ids': 2, 'subscriptions': 3})
        ask = self.client(simulator)
        ids = [self.subscribed(ask, ALICE)[0] for _ in range(3)]
        self.assertEqual(codes(ask.call(subscribe(), ALICE)), ['ErrorExceededSubscriptionCount'])
        self.subscribed(ask, BOB)
        self.assertEqual(client.fault_code(ask.call(streaming_events(ids), ALICE, status=500)), 'ErrorInvalidRequest')
        open_ones = [self.stream(simulator, [one]) for one in ids[:2]]
        for one in open_ones:
            one.next_envelope()
        self.assertEqual(codes(ask.call(streaming_events(ids[2:]), ALICE)), ['ErrorExceededConnectionCount'])
        # Another anchor is another budget.
        other = self.stream(simulator, ids[2:], mailbox=BOB)
        self.assertEqual(status(other.next_envelope()), ['OK'])
        open_ones[0].close()
        self.until('the place of a client that went', lambda: len(simulator.control('GET', 'state')['streams']) == 2)

    def test_unsubscribed(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        subscription, _ = self.subscribed(ask, ALICE)
        self.assertEqual(codes(ask.call(unsubscribe(subscription), ALICE)), ['NoError'])
        self.assertEqual(codes(ask.call(unsubscribe(subscription), ALICE)), ['ErrorSubscriptionNotFound'])
        self.assertEqual(simulator.control('GET', 'state')['subscriptions']['streaming'], 0)

    def test_refused_subscriptions(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        other = ('<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>alice@example.com</t:EmailAddress>'
                 '</t:Mailbox></t:DistinguishedFolderId>')
        simulator.control('PATCH', 'accounts/EXAMPLE%5Csvc', {'impersonates': ['*'], 'mailbox': BOB})
        self.assertEqual(codes(ask.call(subscribe(folders=other))), ['ErrorFolderNotFound'])
        nothing = f'<m:Subscribe><m:StreamingSubscriptionRequest>{client.event_types(client.ALL_EVENTS)}' \
                  '</m:StreamingSubscriptionRequest></m:Subscribe>'
        self.assertEqual(codes(ask.call(nothing, ALICE)), ['ErrorInvalidSubscriptionRequest'])
        everything = nothing.replace('Request><t:Ev', 'Request SubscribeToAllFolders="true"><t:Ev')
        self.assertEqual(codes(ask.call(everything, ALICE)), ['NoError'])

    def test_dialects(self):
        """Prefixes and namespaces that other servers use; both are valid XML, neither is Exchange."""
        simulator = self.simulator(options={'stream-prefix': 'soap', 'notification-prefix': 't'})
        subscription, _ = self.subscribed(self.client(simulator), ALICE)
        stream = self.stream(simulator, [subscription])
        self.assertTrue(stream.wire.chunk().startswith(b'<soap:Envelope '))
        self.add(simulator)
        self.assertIn(b'<t:Notification>', stream.wire.chunk())


class Affinity(TestCase):
    SERVERS = ['mbx1.example.com', 'mbx2.example.com', {'name': 'mbx3.example.com', 'site': 'SITE-2'}]
    BOXES = {ALICE: {'server': 0}, BOB: {'server': 1}, 'carol@example.com': {'server': 2}}
    GROUP = {'X-AnchorMailbox': ALICE, 'X-PreferServerAffinity': 'true'}

    def group(self):
        simulator = self.simulator(servers=self.SERVERS, mailboxes=self.BOXES)
        ask = self.client(simulator)
        first, _ = self.subscribed(ask, ALICE, headers=self.GROUP)
        cookies = [one for one in ask.answer.all('set-cookie') if one.startswith('X-BackEndOverrideCookie=')]
        self.assertEqual(len(cookies), 1)
        with_cookie = {**self.GROUP, 'Cookie': cookies[0].partition(';')[0]}
        second, _ = self.subscribed(ask, BOB, headers=with_cookie)
        self.assertEqual(ask.answer.all('set-cookie'), [])
        return simulator, ask, [first, second], with_cookie

    def test_group_with_its_cookie(self):
        simulator, ask, ids, with_cookie = self.group()
        self.assertEqual({one['server'] for one in simulator.control('GET', 'subscriptions')['subscriptions']}, {0})
        ask.open_stream(streaming_events(ids), ALICE, with_cookie)
        self.assertEqual(status(ask.next_envelope()), ['OK'])
        self.add(simulator, BOB)
        self.assertEqual(found(ask.next_envelope(), './/t:SubscriptionId'), [ids[1]])

    def test_group_without_its_cookie(self):
        _, ask, ids, with_cookie = self.group()
        ask.open_stream(streaming_events(ids), ALICE, self.GROUP)
        root = ask.next_envelope()
        self.assertEqual(codes(root), ['ErrorSubscriptionNotFound'])
        self.assertEqual(found(root, './/m:ErrorSubscriptionIds/t:SubscriptionId'), ids)
        self.assertIsNone(ask.next_envelope())
        self.assertEqual(codes(ask.call(unsubscribe(ids[0]), headers=self.GROUP)), ['ErrorSubscriptionNotFound'])
        # The cookie counts only together with the wish for affinity.
        alone = {'X-AnchorMailbox': BOB, 'Cookie': with_cookie['Cookie']}
        self.assertEqual(codes(ask.call(unsubscribe(ids[0]), headers=alone)), ['ErrorSubscriptionNotFound'])
        self.assertEqual(codes(ask.call(unsubscribe(ids[0]), headers=with_cookie)), ['NoError'])

    def test_other_site(self):
        _, ask, _, with_cookie = self.group()
        self.assertEqual(codes(ask.call(subscribe(), 'carol@example.com', headers=with_cookie)),
                         ['ErrorProxyRequestNotAllowed'])

    def test_anchor(self):
        simulator, ask, _, _ = self.group()
        ask.call(client.calendar_view('2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z'), BOB,
                 headers={'X-AnchorMailbox': ''})
        self.assertEqual(simulator.control('GET', 'state')['without-anchor'], 1)
        simulator.control('PATCH', 'options', {'strict-anchor': True})
        root = ask.call(client.calendar_view('2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z'), BOB, status=500,
                        headers={'X-AnchorMailbox': ''})
        self.assertEqual(client.fault_code(root), 'ErrorNoRespondingCASInDestinationSite')

    def test_move_and_restart(self):
        simulator, ask, ids, with_cookie = self.group()
        simulator.control('PATCH', f'mailboxes/{BOB}', {'server': 2})
        ask.open_stream(streaming_events(ids), ALICE, with_cookie)
        root = ask.next_envelope()
        self.assertEqual(found(root, './/m:ErrorSubscriptionIds/t:SubscriptionId'), [ids[1]])
        self.assertIsNone(ask.next_envelope())
        simulator.control('POST', 'restart', {'server': 1})
        self.assertEqual(simulator.control('GET', 'state')['subscriptions']['streaming'], 1)
        simulator.control('POST', 'restart', {'server': 0})
        self.assertEqual(simulator.control('GET', 'state')['subscriptions']['streaming'], 0)


class Pull(TestCase):
    def test_events(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        subscription, watermark = self.subscribed(ask, ALICE, 'Pull', '<t:Timeout>5</t:Timeout>')
        root = ask.call(get_events(subscription, watermark), ALICE)
        self.assertEqual((events(root), found(root, './/t:MoreEvents')), (['StatusEvent'], ['false']))
        self.assertEqual(found(root, './/t:PreviousWatermark'), [watermark])
        self.add(simulator)
        watermark = found(root, './/t:Watermark')[-1]
        root = ask.call(get_events(subscription, watermark), ALICE)
        self.assertEqual(events(root), ['CreatedEvent', 'ModifiedEvent'])
        # The same watermark gives the same events; the last one, none.
        self.assertEqual(events(ask.call(get_events(subscription, watermark), ALICE)),
                         ['CreatedEvent', 'ModifiedEvent'])
        watermark = found(root, './/t:Watermark')[-1]
        self.assertEqual(events(ask.call(get_events(subscription, watermark), ALICE)), ['StatusEvent'])

    def test_more_events(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        subscription, watermark = self.subscribed(ask, ALICE, 'Pull', '<t:Timeout>5</t:Timeout>')
        simulator.control('POST', f'mailboxes/{ALICE}/items',
                          [{**simtest.MEETING, 'key': str(number)} for number in range(60)])
        total, more = 0, 'true'
        while more == 'true':
            root = ask.call(get_events(subscription, watermark), ALICE)
            total += len(events(root))
            watermark, more = found(root, './/t:Watermark')[-1], found(root, './/t:MoreEvents')[0]
        self.assertEqual(total, 120)

    def test_refusals(self):
        simulator = self.simulator(options=FAST)
        ask = self.client(simulator)
        subscription, watermark = self.subscribed(ask, ALICE, 'Pull', '<t:Timeout>1440</t:Timeout>')
        _, elsewhere = self.subscribed(ask, BOB, 'Pull', '<t:Timeout>1440</t:Timeout>')
        for wrong in ('nonsense', elsewhere):
            self.assertEqual(codes(ask.call(get_events(subscription, wrong), ALICE)), ['ErrorInvalidWatermark'])
        self.assertEqual(codes(ask.call(get_events('unknown', watermark), ALICE)), ['ErrorSubscriptionNotFound'])
        stranger = self.client(simulator, 'EXAMPLE\\other', 'also')
        self.assertEqual(codes(stranger.call(get_events(subscription, watermark), ALICE)),
                         ['ErrorSubscriptionAccessDenied'])
        self.assertEqual(codes(ask.call(unsubscribe(subscription), ALICE)), ['NoError'])
        self.assertEqual(codes(ask.call(get_events(subscription, watermark), ALICE)), ['ErrorSubscriptionNotFound'])
        short, watermark = self.subscribed(ask, ALICE, 'Pull', '<t:Timeout>1</t:Timeout>')
        self.until('the end of a subscription that nobody asked for',
                   lambda: all(one['id'] != short
                               for one in simulator.control('GET', 'subscriptions')['subscriptions']))
        self.assertEqual(codes(ask.call(get_events(short, watermark), ALICE)), ['ErrorSubscriptionNotFound'])

    def test_table_of_events_ends(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        subscription, watermark = self.subscribed(ask, ALICE, 'Pull', '<t:Timeout>5</t:Timeout>')
        for _ in range(3):
            simulator.control('POST', f'mailboxes/{ALICE}/items', [simtest.MEETING] * 400)
        self.assertEqual(codes(ask.call(get_events(subscription, watermark), ALICE)), ['ErrorReadEventsFailed'])
        root = ask.call(subscribe('Pull', f'<t:Watermark>{watermark}</t:Watermark><t:Timeout>5</t:Timeout>'), ALICE)
        self.assertEqual(codes(root), ['ErrorInvalidWatermark'])


class Listener(http.server.ThreadingHTTPServer):
    """A callback: what arrives is in a queue, what it answers is the test's to say."""

    daemon_threads = True

    def __init__(self):
        self.heard = queue.Queue()
        self.answers = []
        self.says = 'OK'
        super().__init__(('127.0.0.1', 0), Callback)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f'http://127.0.0.1:{self.server_port}/notify/secret'


class Callback(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.server.heard.put((self.path, body))
        says = self.server.answers.pop(0) if self.server.answers else self.server.says
        data = (f'<s:Envelope xmlns:s="{client.SOAP}"><s:Body><m:SendNotificationResult xmlns:m="{client.MESSAGES}">'
                f'<m:SubscriptionStatus>{says}</m:SubscriptionStatus>'
                '</m:SendNotificationResult></s:Body></s:Envelope>').encode()
        self.send_response(200 if says in ('OK', 'Unsubscribe', 'Nonsense') else 500)
        self.send_header('Content-Type', 'text/xml')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)

    def log_message(self, *_):
        pass


class Push(TestCase):
    def setUp(self):
        super().setUp()
        self.listener = Listener()
        self.addCleanup(self.listener.server_close)
        self.addCleanup(self.listener.shutdown)

    def pushed(self, ask, frequency=1):
        return self.subscribed(ask, ALICE, 'Push', f'<t:StatusFrequency>{frequency}</t:StatusFrequency>'
                                                   f'<t:URL>{self.listener.url()}</t:URL>')

    def heard(self):
        path, body = self.listener.heard.get(timeout=simtest.WATCHDOG / 4)
        self.assertEqual(path, '/notify/secret')
        self.assertIn(b'RequestServerVersion', body)
        return self.contracts.hold(body)

    def gone(self, simulator):
        self.until('the end of the subscription',
                   lambda: simulator.control('GET', 'state')['subscriptions']['push'] == 0)

    def test_notifications(self):
        simulator = self.simulator(options={'minute': 2.0})
        ask = self.client(simulator)
        subscription, watermark = self.pushed(ask)
        root = self.heard()
        self.assertEqual((events(root), found(root, './/t:SubscriptionId')), (['StatusEvent'], [subscription]))
        self.assertEqual(found(root, './/t:PreviousWatermark'), [watermark])
        self.add(simulator)
        seen = []
        while 'CreatedEvent' not in seen:
            root = self.heard()
            seen = events(root)
        last = found(root, './/t:Watermark')[-1]
        # Where nothing happens there is a status, and it goes on from the last watermark.
        root = self.heard()
        self.assertEqual((events(root), found(root, './/t:PreviousWatermark')), (['StatusEvent'], [last]))
        self.listener.says = 'Unsubscribe'
        self.gone(simulator)

    def test_retries_and_end(self):
        simulator = self.simulator(options={'minute': 0.4})
        self.listener.says = 'Error'
        # 0.5 + 1 + 2 + 4 minutes of waiting fit into 10, the next does not.
        self.pushed(self.client(simulator), 10)
        bodies = [self.listener.heard.get(timeout=simtest.WATCHDOG / 4) for _ in range(5)]
        self.assertEqual(len(set(bodies)), 1)
        self.gone(simulator)
        self.assertTrue(self.listener.heard.empty())

    def test_retry_that_succeeds(self):
        simulator = self.simulator(options={'minute': 0.4})
        self.listener.answers = ['Error', 'Nonsense', 'OK']
        self.pushed(self.client(simulator), 60)
        for _ in range(3):
            self.heard()
        outcomes = self.until('three outcomes', lambda: len(simulator.control('GET', 'pushes')['pushes']) >= 3 and [
            one['outcome'] for one in simulator.control('GET', 'pushes')['pushes']])
        self.assertEqual(outcomes[2], 'OK')
        self.assertTrue(all(one.startswith('failed') for one in outcomes[:2]), outcomes)

    def test_nobody_there(self):
        simulator = self.simulator(options={'minute': 0.2})
        self.listener.server_close()
        self.pushed(self.client(simulator), 2)
        self.gone(simulator)

    def test_refusals(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        for url in ('ftp://127.0.0.1/x', 'nonsense', '', 'http://127.0.0.1/' + 'x' * 2082):
            root = ask.call(subscribe('Push', f'<t:StatusFrequency>1</t:StatusFrequency><t:URL>{url}</t:URL>'), ALICE)
            self.assertEqual(codes(root), ['ErrorInvalidPushSubscriptionUrl'])
        subscription, watermark = self.pushed(ask)
        for operation in (unsubscribe(subscription), get_events(subscription, watermark)):
            self.assertEqual(codes(ask.call(operation, ALICE)), ['ErrorInvalidPullSubscriptionId'])


class Autodiscover(TestCase):
    PATH = '/autodiscover/autodiscover.svc'

    def ask(self, ask, users, settings=('ExternalEwsUrl', 'GroupingInformation'), action=True, version=True):
        name = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'
        people = ''.join(f'<a:User><a:Mailbox>{one}</a:Mailbox></a:User>' for one in users)
        wanted = ''.join(f'<a:Setting>{one}</a:Setting>' for one in settings)
        headers = (('<a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion>' if version else '')
                   + (f'<w:Action>{name}/Autodiscover/GetUserSettings</w:Action>' if action else ''))
        answer = ask.post(f'<s:Envelope xmlns:s="{client.SOAP}" xmlns:a="{name}" '
                          'xmlns:w="http://www.w3.org/2005/08/addressing">'
                          f'<s:Header>{headers}</s:Header><s:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users>'
                          f'{people}</a:Users><a:RequestedSettings>{wanted}</a:RequestedSettings></a:Request>'
                          '</a:GetUserSettingsRequestMessage></s:Body></s:Envelope>', path=self.PATH)
        return answer.status, answer.xml()

    def test_settings(self):
        simulator = self.simulator(servers=Affinity.SERVERS, mailboxes={**Affinity.BOXES, 'gone@example.com': {
            'redirect': 'gone@cloud.example'}}, url='https://mail.example.com/EWS/Exchange.asmx')
        ask = self.client(simulator)
        status_code, root = self.ask(ask, [ALICE, 'carol@example.com', 'gone@example.com', 'nobody@example.com'])
        self.assertEqual(status_code, 200)
        self.assertEqual(found(root, './/a:UserResponse/a:ErrorCode'),
                         ['NoError', 'NoError', 'RedirectAddress', 'InvalidUser'])
        self.assertEqual(found(root, './/a:UserSetting/a:Value'), [
            'https://mail.example.com/EWS/Exchange.asmx', 'SITE-1',
            'https://mail.example.com/EWS/Exchange.asmx', 'SITE-2'])
        self.assertEqual(found(root, './/a:RedirectTarget')[2], 'gone@cloud.example')

    def test_refusals(self):
        ask = self.client(self.simulator())
        self.assertEqual(self.ask(ask, [ALICE], action=False)[0], 500)
        for more in ({'version': False}, {'settings': ()}):
            self.assertEqual(found(self.ask(ask, [ALICE], **more)[1], './/a:Response/a:ErrorCode'), ['InvalidRequest'])
        self.assertEqual(found(self.ask(ask, [])[1], './/a:ErrorCode'), ['InvalidRequest'])
        _, root = self.ask(ask, [ALICE], ['Nonsense'])
        self.assertEqual(found(root, './/a:UserSettingError/a:SettingName'), ['Nonsense'])
        answer = ask.post('<Autodiscover/>', path='/autodiscover/autodiscover.xml')
        self.assertIn(b'<ErrorCode>600</ErrorCode>', answer.body)
        nobody = self.client(self.simulator(), password=None)
        self.assertEqual(nobody.post('', path=self.PATH).status, 401)


if __name__ == '__main__':
    simtest.main()
