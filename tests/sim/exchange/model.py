# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the organisation holds: mailboxes with their calendars, automatic replies, and what happened to them."""

import base64
import binascii
import collections
import datetime
import re
import struct
import uuid

UTC = datetime.timezone.utc
KEPT_EVENTS = 2000
ADDRESS = re.compile(r'[^@\s]+@[^@\s]+')
FREE_BUSY = ('Free', 'Tentative', 'Busy', 'OOF', 'WorkingElsewhere', 'NoData')
RESPONSES = ('Unknown', 'Organizer', 'Tentative', 'Accept', 'Decline', 'NoResponseReceived')
SENSITIVITIES = ('Normal', 'Personal', 'Private', 'Confidential')
OOF_STATES = ('Disabled', 'Enabled', 'Scheduled')

Event = collections.namedtuple('Event', 'number kind time item change folder old_item old_folder')


class ScriptError(Exception):
    """What a test asked for makes no sense."""


def read_time(value):
    """An xs:dateTime as an instant; without a zone it is UTC."""
    match = re.fullmatch(r'(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?', value.strip())
    if match is None:
        raise ScriptError(f'not a time: {value!r}')
    offset = (match.group(3) or 'Z').replace('Z', '+00:00')
    try:
        return datetime.datetime.fromisoformat(match.group(1) + offset).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ScriptError(f'not a time: {value!r}') from error


def show_time(value):
    return value.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def one_of(script, name, values, default):
    value = script.get(name, default)
    if value not in values:
        raise ScriptError(f'{name} is {value!r}, not one of {", ".join(values)}')
    return value


class Item:
    """An entry as a person made it: single, or a series with its instances given."""

    __slots__ = ('script', 'id', 'version', 'uid', 'start', 'end', 'master', 'instances')
    FIELDS = ('key', 'subject', 'location', 'body', 'start', 'end', 'status', 'response', 'sensitivity', 'all-day',
              'cancelled', 'meeting', 'categories', 'omit', 'instances', 'organizer', 'attendees')

    def __init__(self, script, item_id):
        unknown = set(script) - set(self.FIELDS)
        if unknown:
            raise ScriptError(f'unknown in an item: {", ".join(sorted(unknown))}')
        self.script = script
        self.id = item_id
        self.version = 1
        self.uid = script.get('key') or uuid.uuid4().hex
        try:
            self.start, self.end = read_time(script['start']), read_time(script['end'])
        except KeyError as error:
            raise ScriptError(f'an item without {error}') from error
        if self.end < self.start:
            raise ScriptError('an item ends before it starts')
        one_of(script, 'status', FREE_BUSY, 'Busy')
        one_of(script, 'response', RESPONSES, 'Organizer')
        one_of(script, 'sensitivity', SENSITIVITIES, 'Normal')
        self.master = 'instances' in script
        self.instances = sorted((Instance(self, number, one)
                                 for number, one in enumerate(script.get('instances', ()), 1)),
                                key=lambda one: one.start)
        if not self.master:
            self.instances = [Instance(self, 0, {})]

    @property
    def type(self):
        return 'RecurringMaster' if self.master else 'Single'

    def get(self, name, default=None):
        return self.script.get(name, default)


class Instance:
    """What a CalendarView shows of an item: the item itself, an occurrence, or an exception with fields of its own."""

    __slots__ = ('item', 'number', 'own', 'start', 'end', 'original', 'id')

    def __init__(self, item, number, own):
        self.item = item
        self.number = number
        self.own = own
        self.start = read_time(own['start']) if 'start' in own else item.start
        self.end = read_time(own['end']) if 'end' in own else self.start + (item.end - item.start)
        self.original = read_time(own['original']) if 'original' in own else self.start
        self.id = item.id if number == 0 else derive_id(item.id, number)

    @property
    def type(self):
        if self.number == 0:
            return 'Single'
        return 'Exception' if set(self.own) - {'start', 'end'} else 'Occurrence'

    def get(self, name, default=None):
        return self.own.get(name, self.item.get(name, default))


def make_id(prefix, guid, number, tail=b''):
    return base64.b64encode(prefix + guid.encode() + b'\x00F\x00' + struct.pack('>QQ', number, 0) + tail).decode()


def derive_id(item_id, number):
    """An occurrence's id goes with its series, and differs from it by the instance."""
    return base64.b64encode(b'\x01' + base64.b64decode(item_id)[1:] + struct.pack('>I', number)).decode()


def is_id(value):
    try:
        return len(base64.b64decode(value, validate=True)) > 40
    except binascii.Error:
        return False


def change_key(version):
    return base64.b64encode(b'\x0f\x00\x00\x00\x16\x00\x00\x00' + struct.pack('>Q', version)).decode()


class Mailbox:
    def __init__(self, address, script, server):
        if not ADDRESS.fullmatch(address):
            raise ScriptError(f'not an address: {address!r}')
        self.address = address
        self.guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, address))
        self.name = script.get('name', address.partition('@')[0])
        self.aliases = [alias.lower() for alias in script.get('aliases', ())]
        self.upn = script.get('upn', address).lower()
        self.server = script.get('server', server)
        self.error = script.get('error')  # a code that every request for this mailbox gets
        self.error_form = script.get('error-form', 'message')
        self.redirect = script.get('redirect')  # Autodiscover: an address elsewhere
        self.calendar_id = make_id(b'\x01\x00-\x00', self.guid, 0x0d)
        self.root_id = make_id(b'\x01\x00-\x00', self.guid, 0x09)
        self.deleted_id = make_id(b'\x01\x00-\x00', self.guid, 0x0a)
        self.folder_version = 1
        self.deleted_total = 0
        self.items = {}  # id → item, in the order in which they were made
        self.created = 0
        self.oof = None
        self.events = collections.deque(maxlen=KEPT_EVENTS)
        self.last_event = 0
        # Item ids by the moment at which each last changed, for SyncFolderItems.
        self.changes = collections.OrderedDict()
        self.born = {}
        self.set_oof(script.get('oof', {}))
        for item in script.get('items', ()):
            self.add(item, None)

    def set_oof(self, script):
        one_of(script, 'state', OOF_STATES, 'Disabled')
        one_of(script, 'audience', ('None', 'Known', 'All'), 'All')
        for edge in ('start', 'end'):
            if edge in script:
                read_time(script[edge])
        self.oof = script

    def find_item(self, key):
        item = self.items.get(key)
        if item is None:
            item = next((one for one in self.items.values() if one.uid == key), None)
        if item is None:
            raise ScriptError(f'{self.address} has no item {key!r}')
        return item

    def add(self, script, now):
        self.created += 1
        item = Item(script, make_id(b'\x00\x03$\x00', self.guid, self.created))
        self.items[item.id] = item
        self.touched(item.id)
        if now is not None:
            self.note('CreatedEvent', now, item)
            self.note_folder(now)
        return item

    def change(self, key, script, now):
        old = self.find_item(key)
        item = Item({**old.script, **script}, old.id)
        item.uid, item.version = old.uid, old.version + 1
        self.items[item.id] = item
        self.touched(item.id)
        # One saving is more than one event (docs: notification-subscriptions; exchangelib test_sync.py).
        self.note('ModifiedEvent', now, item)
        self.note('ModifiedEvent', now, item)
        self.note_folder(now)
        return item

    def delete(self, key, now):
        """A person's deletion is a move to the deleted items."""
        item = self.find_item(key)
        del self.items[item.id]
        self.deleted_total += 1
        self.touched(item.id)
        moved = make_id(b'\x00\x03$\x00', self.guid, self.created + 1_000_000 * self.deleted_total)
        self.note('MovedEvent', now, item, moved)
        self.note_folder(now)
        self.note_folder(now)

    def touched(self, item_id):
        self.changes.pop(item_id, None)
        self.folder_version += 1
        self.changes[item_id] = self.folder_version
        self.born.setdefault(item_id, self.folder_version)

    def note(self, kind, now, item, moved=None):
        self.last_event += 1
        self.events.append(Event(self.last_event, kind, now, moved or item.id, change_key(item.version),
                                 self.deleted_id if moved else self.calendar_id,
                                 item.id if moved else None, self.calendar_id if moved else None))

    def note_folder(self, now):
        self.last_event += 1
        self.events.append(Event(self.last_event, 'ModifiedEvent', now, None, change_key(self.folder_version),
                                 self.root_id, None, None))

    def instances(self, start, end):
        """What ends after the start and begins before the end; what begins and ends at once counts where it begins."""
        found = [instance for item in self.items.values() for instance in item.instances
                 if instance.start < end and (instance.end > start or instance.start == instance.end >= start)]
        return sorted(found, key=lambda instance: (instance.start, instance.id))


class Organisation:
    def __init__(self, servers):
        self.servers = servers
        self.mailboxes = {}
        self.by_name = {}  # every address, alias and UPN in small letters

    def add(self, address, script):
        address = address.lower()
        if address in self.mailboxes:
            raise ScriptError(f'{address} is there already')
        mailbox = Mailbox(address, script, len(self.mailboxes) % len(self.servers))
        if not 0 <= mailbox.server < len(self.servers):
            raise ScriptError(f'{address}: there is no server {mailbox.server}')
        self.mailboxes[address] = mailbox
        for name in (address, mailbox.upn, *mailbox.aliases):
            self.by_name[name] = mailbox
        return mailbox

    def remove(self, address):
        mailbox = self.get(address)
        del self.mailboxes[mailbox.address]
        self.by_name = {name: one for name, one in self.by_name.items() if one is not mailbox}
        return mailbox

    def get(self, address):
        mailbox = self.mailboxes.get(address.lower())
        if mailbox is None:
            raise ScriptError(f'there is no mailbox {address!r}')
        return mailbox

    def find(self, name):
        return self.by_name.get(name.lower())
