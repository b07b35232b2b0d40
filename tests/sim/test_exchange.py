# SPDX-License-Identifier: LGPL-2.1-or-later
"""muster-sim exchange: reading calendars, automatic replies and people, and what of it is refused."""

import time

import client
import simtest
from client import NAMES, calendar_view, codes, fault_code, found

DAY = ('2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z')
ITEM = './/t:CalendarItem/'


class Calendar(simtest.TestCase):
    def test_view_shows_fields(self):
        root = self.client(self.simulator()).call(calendar_view(*DAY), 'alice@example.com')
        self.assertEqual(codes(root), ['NoError'])
        self.assertEqual(found(root, ITEM + 't:Subject'), ['Planning'])
        self.assertEqual(found(root, ITEM + 't:Start'), ['2026-12-01T09:00:00Z'])
        self.assertEqual(found(root, ITEM + 't:MyResponseType'), ['Accept'])
        self.assertEqual(found(root, ITEM + 't:CalendarItemType'), ['Single'])
        self.assertEqual(root.find('.//m:RootFolder', NAMES).get('IncludesLastItemInRange'), 'true')
        self.assertEqual(root.find('.//t:ServerVersionInfo', NAMES).get('MinorVersion'), '2')

    def test_view_edges(self):
        """What ends at the start or begins at the end is out; what runs is in."""
        ask = self.client(self.simulator())
        for start, end, count in (('09:30', '09:40', 1), ('10:00', '11:00', 0), ('08:00', '09:00', 0),
                                  ('08:00', '09:01', 1)):
            with self.subTest(start=start, end=end):
                root = ask.call(calendar_view(f'2026-12-01T{start}:00Z', f'2026-12-01T{end}:00Z'), 'alice@example.com')
                self.assertEqual(len(root.findall('.//t:CalendarItem', NAMES)), count)

    def test_view_expands_series(self):
        simulator = self.simulator()
        simulator.control('POST', 'mailboxes/bob@example.com/items', {
            'key': 'series', 'subject': 'Weekly', 'start': '2026-12-01T09:00:00Z', 'end': '2026-12-01T09:30:00Z',
            'instances': [
                {'start': '2026-12-01T09:00:00Z'}, {'start': '2026-12-08T11:00:00Z', 'original': '2026-12-08T09:00:00Z',
                                                    'subject': 'Weekly, moved'}, {'start': '2026-12-15T09:00:00Z'}]})
        ask = self.client(simulator)
        root = ask.call(calendar_view('2026-12-01T00:00:00Z', '2026-12-15T00:00:00Z'), 'bob@example.com')
        self.assertEqual(found(root, ITEM + 't:CalendarItemType'), ['Occurrence', 'Exception'])
        self.assertEqual(found(root, ITEM + 't:Subject'), ['Weekly', 'Weekly, moved'])
        self.assertEqual(found(root, ITEM + 't:RecurrenceId'), ['2026-12-01T09:00:00Z', '2026-12-08T09:00:00Z'])
        self.assertEqual(found(root, ITEM + 't:End'), ['2026-12-01T09:30:00Z', '2026-12-08T11:30:00Z'])
        self.assertEqual(len(set(found(root, ITEM + 't:UID'))), 1)
        second = root.findall('.//t:ItemId', NAMES)[1].get('Id')
        root = ask.call(f'<m:GetItem>{client.shape()}<m:ItemIds><t:ItemId Id="{second}"/></m:ItemIds></m:GetItem>',
                        'bob@example.com')
        self.assertEqual(found(root, ITEM + 't:Subject'), ['Weekly, moved'])
        # Without a view, and in SyncFolderItems, there is only the master.
        root = ask.call(client.sync(), 'bob@example.com')
        master = root.find('.//t:ItemId', NAMES).get('Id')
        root = ask.call(f'<m:GetItem>{client.shape()}<m:ItemIds><t:ItemId Id="{master}"/><t:OccurrenceItemId '
                        f'RecurringMasterId="{master}" InstanceIndex="3"/></m:ItemIds></m:GetItem>', 'bob@example.com')
        self.assertEqual(found(root, ITEM + 't:CalendarItemType'), ['RecurringMaster', 'Occurrence'])

    def test_view_refusals(self):
        simulator = self.simulator(limits={'find-count': 3})
        ask = self.client(simulator)
        simulator.control('POST', 'mailboxes/alice@example.com/items', [
            {'start': f'2026-12-01T1{hour}:00:00Z', 'end': f'2026-12-01T1{hour}:30:00Z'} for hour in range(4)])
        for operation, code in (
                (calendar_view('2026-01-01T00:00:00Z', '2028-02-01T00:00:00Z'), 'ErrorCalendarViewRangeTooBig'),
                (calendar_view(DAY[1], DAY[0]), 'ErrorCalendarEndDateIsEarlierThanStartDate'),
                (calendar_view(*DAY), 'ErrorExceededFindCountLimit'),
                (calendar_view(*DAY, folders='<t:FolderId Id="AAA="/>'), 'ErrorInvalidIdMalformed')):
            with self.subTest(code=code):
                root = ask.call(operation, 'alice@example.com')
                self.assertEqual(codes(root), [code])
                if code == 'ErrorExceededFindCountLimit':
                    self.assertEqual(found(root, './/t:Value[@Name="PolicyLimit"]'), ['3'])
        root = ask.call(calendar_view(*DAY, maximum=2), 'alice@example.com')
        folder = root.find('.//m:RootFolder', NAMES)
        self.assertEqual((folder.get('TotalItemsInView'), folder.get('IncludesLastItemInRange')), ('5', 'false'))
        self.assertEqual(len(root.findall('.//t:CalendarItem', NAMES)), 2)

    def test_omitted_fields(self):
        simulator = self.simulator(mailboxes={'alice@example.com': {'items': [{**simtest.MEETING,
                                                                               'omit': ['IsCancelled']}]}})
        root = self.client(simulator).call(calendar_view(*DAY), 'alice@example.com')
        self.assertEqual(found(root, ITEM + 't:IsCancelled'), [])
        self.assertEqual(found(root, ITEM + 't:IsAllDayEvent'), ['false'])

    def test_text_survives(self):
        simulator = self.simulator()
        subject = 'Ärger & <Maß> "𝄞" \x01]]>'
        simulator.control('PATCH', 'mailboxes/alice@example.com/items/one', {'subject': subject})
        root = self.client(simulator).call(calendar_view(*DAY), 'alice@example.com')
        self.assertEqual(found(root, ITEM + 't:Subject'), [subject.replace('\x01', '')])

    def test_get_item_refusals(self):
        ask = self.client(self.simulator())
        root = ask.call(calendar_view(*DAY), 'alice@example.com')
        known = root.find('.//t:ItemId', NAMES).get('Id')
        unknown = known[:20] + ('B' if known[20] == 'A' else 'A') + known[21:]
        root = ask.call(f'<m:GetItem>{client.shape(("item:Body",))}<m:ItemIds><t:ItemId Id="{known}"/><t:ItemId '
                        f'Id="{unknown}"/><t:ItemId Id="x"/><t:OccurrenceItemId RecurringMasterId="{known}" '
                        'InstanceIndex="4"/></m:ItemIds></m:GetItem>', 'alice@example.com')
        self.assertEqual(codes(root), ['NoError', 'ErrorItemNotFound', 'ErrorInvalidIdMalformed',
                                       'ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange'])
        # Nobody reads from one mailbox what is in another.
        root = ask.call(f'<m:GetItem>{client.shape(())}<m:ItemIds><t:ItemId Id="{known}"/></m:ItemIds></m:GetItem>',
                        'bob@example.com')
        self.assertEqual(codes(root), ['ErrorItemNotFound'])


class Sync(simtest.TestCase):
    def sync(self, ask, state='', most=512):
        root = ask.call(client.sync(state, most), 'alice@example.com')
        self.assertEqual(codes(root), ['NoError'])
        changes = [one.tag.rpartition('}')[2] for one in root.find('.//m:Changes', NAMES)]
        return found(root, './/m:SyncState')[0], changes, found(root, './/m:IncludesLastItemInRange')[0]

    def test_changes(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        state, changes, _ = self.sync(ask)
        self.assertEqual(changes, ['Create'])
        self.assertEqual(self.sync(ask, state)[1], [])
        simulator.control('PATCH', 'mailboxes/alice@example.com/items/one', {'subject': 'New'})
        simulator.control('POST', 'mailboxes/alice@example.com/items', {**simtest.MEETING, 'key': 'two'})
        self.assertEqual(self.sync(ask, state)[1], ['Create', 'Update'])
        simulator.control('DELETE', 'mailboxes/alice@example.com/items/one')
        simulator.control('DELETE', 'mailboxes/alice@example.com/items/two')
        # What came and went since is none of the reader's business.
        self.assertEqual(self.sync(ask, state)[1], ['Delete'])

    def test_pages(self):
        simulator = self.simulator()
        simulator.control('POST', 'mailboxes/alice@example.com/items',
                          [simtest.MEETING | {'key': str(n)} for n in range(4)])
        ask = self.client(simulator)
        state, counts, last = '', [], 'false'
        while last == 'false':
            state, changes, last = self.sync(ask, state, 2)
            counts.append(len(changes))
        self.assertEqual(counts, [2, 2, 1])

    def test_bad_state(self):
        ask = self.client(self.simulator())
        for state in ('nonsense', 'AAAA', self.sync(ask)[0][:-8] + '////////'):
            with self.subTest(state=state):
                self.assertEqual(codes(ask.call(client.sync(state), 'alice@example.com')),
                                 ['ErrorInvalidSyncStateData'])
        state = self.sync(ask)[0]
        self.assertEqual(codes(ask.call(client.sync(state), 'bob@example.com')), ['ErrorInvalidSyncStateData'])

    def test_folder_tells_whether_anything_changed(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        operation = (f'<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>'
                     '<t:ExtendedFieldURI PropertyTag="0x670a" PropertyType="SystemTime"/>'
                     '<t:ExtendedFieldURI PropertyTag="0x670b" PropertyType="Integer"/></t:AdditionalProperties>'
                     f'</m:FolderShape><m:FolderIds>{client.CALENDAR}</m:FolderIds></m:GetFolder>')
        before = found(ask.call(operation, 'alice@example.com'), './/t:Value')
        simulator.control('DELETE', 'mailboxes/alice@example.com/items/one')
        after = found(ask.call(operation, 'alice@example.com'), './/t:Value')
        self.assertEqual((before[1], after[1]), ('0', '1'))


class People(simtest.TestCase):
    def test_oof(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        root = ask.call(client.oof('alice@example.com'), 'alice@example.com')
        self.assertEqual(found(root, './/t:OofState'), ['Disabled'])
        self.assertEqual(len(found(root, './/t:Duration/t:StartTime')), 1)
        simulator.control('PATCH', 'mailboxes/alice@example.com', {'oof': {
            'state': 'Scheduled', 'start': '2026-12-24T00:00:00Z', 'end': '2027-01-02T00:00:00Z',
            'internal': '<html><body>Away &amp; gone</body></html>', 'external': 'Away'}})
        root = ask.call(client.oof('alice@example.com'), 'alice@example.com')
        self.assertEqual(found(root, './/t:OofState'), ['Scheduled'])
        self.assertEqual(found(root, './/t:EndTime'), ['2027-01-02T00:00:00Z'])
        self.assertEqual(found(root, './/t:InternalReply/t:Message'), ['<html><body>Away &amp; gone</body></html>'])

    def test_oof_is_the_owners(self):
        root = self.client(self.simulator()).call(client.oof('alice@example.com'), 'bob@example.com', status=500)
        self.assertIn('not mailbox owner', root.findtext('.//faultstring'))
        self.assertIsNone(root.find('.//e:ResponseCode', NAMES))

    def test_mail_tips(self):
        simulator = self.simulator()
        simulator.control('PATCH', 'mailboxes/bob@example.com', {'oof': {'state': 'Enabled', 'internal': 'Not here'}})
        people = ''.join(f'<t:Mailbox><t:EmailAddress>{one}@example.com</t:EmailAddress></t:Mailbox>'
                         for one in ('alice', 'bob', 'nobody'))
        root = self.client(simulator).call(
            '<m:GetMailTips><m:SendingAs><t:EmailAddress>alice@example.com</t:EmailAddress></m:SendingAs>'
            f'<m:Recipients>{people}</m:Recipients><m:MailTipsRequested>OutOfOfficeMessage</m:MailTipsRequested>'
            '</m:GetMailTips>', 'alice@example.com')
        self.assertEqual(found(root, './/t:OutOfOffice/t:ReplyBody/t:Message'), [None, 'Not here'])
        self.assertEqual(found(root, './/t:InvalidRecipient'), ['true'])

    def test_resolve_names(self):
        ask = self.client(self.simulator(mailboxes={
            'ann@example.com': {'name': 'Ann Adams', 'aliases': ['a@example.com']},
            'anna@example.com': {'name': 'Anna Berg'}}))
        for entry, classes, count in (('smtp:a@example.com', 'Success', 1), ('Ann', 'Warning', 2), ('zoe', 'Error', 0)):
            with self.subTest(entry=entry):
                root = ask.call(f'<m:ResolveNames ReturnFullContactData="true"><m:UnresolvedEntry>{entry}'
                                '</m:UnresolvedEntry></m:ResolveNames>')
                self.assertEqual(root.find('.//m:ResolveNamesResponseMessage', NAMES).get('ResponseClass'), classes)
                self.assertEqual(len(root.findall('.//t:Resolution', NAMES)), count)

    def availability(self, zone, boxes, window=('2026-12-01T00:00:00', '2026-12-02T00:00:00')):
        people = ''.join(f'<t:MailboxData><t:Email><t:Address>{one}</t:Address></t:Email><t:AttendeeType>Required'
                         '</t:AttendeeType></t:MailboxData>' for one in boxes)
        return (f'<m:GetUserAvailabilityRequest>{zone}<m:MailboxDataArray>{people}</m:MailboxDataArray>'
                f'<t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>{window[0]}</t:StartTime><t:EndTime>{window[1]}'
                '</t:EndTime></t:TimeWindow><t:RequestedView>Detailed</t:RequestedView></t:FreeBusyViewOptions>'
                '</m:GetUserAvailabilityRequest>')

    @staticmethod
    def zone(bias, standard, daylight):
        seasons = ''.join(f'<t:{name}><t:Bias>{extra}</t:Bias><t:Time>0{hour}:00:00</t:Time><t:DayOrder>5</t:DayOrder>'
                          f'<t:Month>{month}</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:{name}>'
                          for name, (extra, hour, month) in (('StandardTime', standard), ('DaylightTime', daylight)))
        return f'<t:TimeZone><t:Bias>{bias}</t:Bias>{seasons}</t:TimeZone>'

    def test_availability(self):
        ask = self.client(self.simulator())
        utc = self.zone(0, (0, 0, 0), (0, 0, 0))
        people = ('alice@example.com', 'nobody@example.com')
        root = ask.call(self.availability(utc, people), 'bob@example.com')
        self.assertEqual(codes(root), ['NoError', 'ErrorMailRecipientNotFound'])
        self.assertEqual(found(root, './/t:CalendarEvent/t:StartTime'), ['2026-12-01T09:00:00'])
        self.assertEqual(found(root, './/t:Subject'), [])
        root = ask.call(self.availability(utc, people[:1]), 'alice@example.com')
        self.assertEqual(found(root, './/t:Subject'), ['Planning'])

    def test_availability_in_zones(self):
        simulator = self.simulator()
        simulator.control('POST', 'mailboxes/alice@example.com/items', {
            'start': '2026-07-01T09:00:00Z', 'end': '2026-07-01T10:00:00Z'})
        ask = self.client(simulator)
        berlin = self.zone(-60, (0, 3, 10), (-60, 2, 3))
        for month, hour in (('12', '10'), ('07', '11')):
            window = (f'2026-{month}-01T{hour}:00:00', f'2026-{month}-01T{hour}:30:00')
            root = ask.call(self.availability(berlin, ['alice@example.com'], window), 'alice@example.com')
            self.assertEqual(found(root, './/t:StartTime'), [f'2026-{month}-01T{hour}:00:00'])

    def test_availability_refusals(self):
        ask = self.client(self.simulator())
        utc = self.zone(0, (0, 0, 0), (0, 0, 0))
        people = ['alice@example.com']
        for operation, code in ((self.availability('', people), 'ErrorTimeZone'),
                                (self.availability(utc, people * 101), 'ErrorIndividualMailboxLimitReached'),
                                (self.availability(utc, people, ('2026-12-02T00:00:00', '2026-12-01T00:00:00')),
                                 'ErrorInvalidTimeInterval'),
                                (self.availability(utc, people, ('2026-12-01T00:00:00', '2027-02-01T00:00:00')),
                                 'ErrorTimeIntervalTooBig')):
            with self.subTest(code=code):
                self.assertEqual(fault_code(ask.call(operation, 'alice@example.com', status=500)), code)

    def test_time_zones(self):
        ask = self.client(self.simulator())
        root = ask.call('<m:GetServerTimeZones><m:Ids><t:Id>W. Europe Standard Time</t:Id></m:Ids>'
                        '</m:GetServerTimeZones>')
        self.assertEqual([one.get('Bias') for one in root.iterfind('.//t:Period', NAMES)], ['-PT60M', '-PT120M'])
        root = ask.call('<m:GetServerTimeZones ReturnFullTimeZoneData="false"/>')
        self.assertEqual(root.findall('.//t:Period', NAMES), [])


class Rights(simtest.TestCase):
    def test_impersonation(self):
        simulator = self.simulator(mailboxes={'alice@example.com': {'aliases': ['a@example.com'],
                                                                    'upn': 'al@example.com'},
                                              'bob@example.com': {}})
        narrow = self.client(simulator, 'EXAMPLE\\narrow', 'narrow')
        view = calendar_view(*DAY)
        for mailbox, kind, code in (('alice@example.com', 'PrimarySmtpAddress', None),
                                    ('a@example.com', 'SmtpAddress', None),
                                    ('al@example.com', 'PrincipalName', None),
                                    ('a@example.com', 'PrimarySmtpAddress', 'ErrorNonExistentMailbox'),
                                    ('nobody@example.com', 'SmtpAddress', 'ErrorNonExistentMailbox'),
                                    ('nobody@example.com', 'PrincipalName', 'ErrorInvalidUserPrincipalName'),
                                    ('S-1-5-21-1', 'SID', 'ErrorInvalidUserSid'),
                                    ('bob@example.com', 'PrimarySmtpAddress', 'ErrorImpersonateUserDenied')):
            with self.subTest(mailbox=mailbox, kind=kind):
                root = narrow.call(view, mailbox, kind=kind, status=500 if code else 200,
                                   headers={'X-AnchorMailbox': ''})
                self.assertEqual(fault_code(root) if code else codes(root)[0], code or 'NoError')

    def test_without_impersonation(self):
        simulator = self.simulator()
        self.assertEqual(codes(self.client(simulator).call(calendar_view(*DAY))), ['ErrorMissingEmailAddress'])
        alice = self.client(simulator, 'EXAMPLE\\alice', 'mine')
        self.assertEqual(found(alice.call(calendar_view(*DAY)), ITEM + 't:Subject'), ['Planning'])
        other = calendar_view(*DAY, folders='<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>'
                                            'bob@example.com</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>')
        self.assertEqual(codes(alice.call(other)), ['ErrorFolderNotFound'])

    def test_mailbox_in_trouble(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        simulator.control('PATCH', 'mailboxes/bob@example.com', {'error': 'ErrorMailboxMoveInProgress'})
        for operation in (calendar_view(*DAY), client.sync(), client.subscribe(), client.oof('bob@example.com')):
            self.assertEqual(codes(ask.call(operation, 'bob@example.com')), ['ErrorMailboxMoveInProgress'])
        self.assertEqual(codes(ask.call(calendar_view(*DAY), 'alice@example.com')), ['NoError'])
        simulator.control('PATCH', 'mailboxes/bob@example.com',
                          {'error': 'ErrorNonExistentMailbox', 'error-form': 'fault'})
        self.assertEqual(fault_code(ask.call(calendar_view(*DAY), 'bob@example.com', status=500)),
                         'ErrorNonExistentMailbox')

    def test_versions(self):
        simulator = self.simulator()
        ask = self.client(simulator)
        for version in ('', 'Exchange2007', 'Exchange2016', 'V2017_07_11'):
            self.assertEqual(codes(ask.call(calendar_view(*DAY), 'alice@example.com', version=version)), ['NoError'])
        for version in ('', 'Exchange2010'):
            root = ask.call(client.subscribe(), 'alice@example.com', version=version, status=500)
            self.assertEqual(fault_code(root), 'ErrorIncorrectSchemaVersion')
        simulator.control('PATCH', 'options', {'version': {'newest': 'Exchange2013_SP1'}})
        root = ask.call(calendar_view(*DAY), 'alice@example.com', version='Exchange2016', status=500)
        self.assertEqual(fault_code(root), 'ErrorInvalidServerVersion')

    def test_schema(self):
        """What does not fit is refused with where and why; what is not XML does not get that far."""
        ask = self.client(self.simulator())
        view = calendar_view(*DAY)
        wrong = (client.envelope(view.replace('Shallow', 'Flat'), 'alice@example.com'),
                 client.envelope(view.replace('<m:CalendarView', '<m:View'), 'alice@example.com'),
                 client.envelope(client.subscribe().replace('EventTypes', 'Events'), 'alice@example.com'),
                 client.envelope(client.subscribe('Pull'), 'alice@example.com'),
                 client.envelope(client.subscribe('Pull', '<t:Timeout>1441</t:Timeout>'), 'alice@example.com'),
                 client.envelope(client.streaming_events(['x'], 31)), client.envelope(client.streaming_events([])),
                 client.envelope(client.streaming_events(['x']).replace('t:SubscriptionId', 'm:SubscriptionId')),
                 client.envelope('<m:Nonsense/>'), client.envelope(''), client.envelope(view, version='Exchange1999'),
                 client.envelope(view).replace('http://schemas.microsoft.com', 'https://schemas.microsoft.com'))
        for body in wrong:
            with self.subTest(body=body):
                answer = ask.post(body)
                self.assertEqual(answer.status, 500)
                root = self.contracts.hold(answer.body)
                self.assertEqual(fault_code(root), 'ErrorSchemaValidation')
                self.assertTrue(root.findtext('.//t:MessageXml/t:Violation', namespaces=NAMES))
                self.assertGreater(int(root.findtext('.//t:LineNumber', namespaces=NAMES)), 0)
        for body in ('', 'nonsense', '<a', '<!DOCTYPE s [<!ENTITY x "y">]>' + client.envelope(view).partition('?>')[2]):
            with self.subTest(body=body):
                self.assertEqual(ask.post(body).status, 400)
        self.assertEqual(ask.post(client.envelope(view), {'Content-Type': 'application/soap+xml'}).status, 415)
        self.assertEqual(ask.wire.ask('GET', client.EWS, headers=ask.headers).status, 405)
        self.assertEqual(ask.post(client.envelope(view), path='/EWS/Other.asmx').status, 404)

    def test_unknown_operation(self):
        root = self.client(self.simulator()).call('<m:GetRoomLists/>', status=500)
        self.assertEqual(fault_code(root), 'ErrorInvalidRequest')


class Scale(simtest.TestCase):
    def test_two_thousand_mailboxes(self):
        """2,000 mailboxes of 20 entries: made, each read once, and one group of 200 streamed."""
        simulator = self.simulator(options={'check-answers': False})
        begun = time.monotonic()
        boxes = simulator.control('POST', 'generate',
                                  {'count': 2000, 'items': 20, 'start': '2026-12-01T08:00:00Z'})['mailboxes']
        ask = self.client(simulator)
        view = calendar_view('2026-12-01T00:00:00Z', '2026-12-08T00:00:00Z')
        entries = 0
        for box in boxes:
            answer = ask.post(client.envelope(view, box), {'X-AnchorMailbox': box})
            self.assertEqual(answer.status, 200)
            entries += answer.body.count(b'<t:CalendarItem>')
        self.assertEqual(entries, 40000)
        ids = [found(ask.call(client.subscribe(), box), './/m:SubscriptionId')[0] for box in boxes[:200]]
        self.assertEqual(len(set(ids)), 200)
        stream = self.client(simulator)
        stream.open_stream(client.streaming_events(ids), boxes[0])
        stream.next_envelope()
        for box in boxes[:200]:
            simulator.control('POST', f'mailboxes/{box}/items', simtest.MEETING)
        heard = set()
        while len(heard) < 200:
            heard |= set(found(stream.next_envelope(), './/t:SubscriptionId'))
        self.assertEqual(heard, set(ids))
        print(f'2,000 mailboxes in {time.monotonic() - begun:.1f} s', end=' ')


if __name__ == '__main__':
    simtest.main()
