# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is subscribed to, and the events it is still owed. Subscriptions live in the memory of one mailbox server."""

import base64
import binascii
import datetime
import struct
import uuid

from . import model, soap
from .soap import ResponseError

TICKS = datetime.datetime(1, 1, 1, tzinfo=model.UTC)
EVENTS_AT_ONCE = 50


def make_subscription_id(server, guid, now):
    """As those of real servers decode: server, GUID, ticks, GUID of the mailbox (facts: docs samples)."""
    ticks = int((now - TICKS).total_seconds() * 10_000_000) | 1 << 63
    name = server.encode()
    return base64.b64encode(struct.pack('<H', len(name)) + name + struct.pack('<I', 16) + uuid.uuid4().bytes
                            + struct.pack('<Q', ticks) + struct.pack('<I', 16) + uuid.UUID(guid).bytes_le).decode()


def write_watermark(mailbox, number):
    return base64.b64encode(struct.pack('<I16sQB', 1, uuid.UUID(mailbox.guid).bytes_le, number, 1)).decode()


def read_watermark(mailbox, watermark):
    """The number of the event it stands for; of another database, or fallen out of the table, it is none."""
    try:
        version, guid, number, _ = struct.unpack('<I16sQB', base64.b64decode(watermark, validate=True))
    except (binascii.Error, struct.error) as error:
        raise ResponseError('ErrorInvalidWatermark') from error
    oldest = mailbox.events[0].number - 1 if mailbox.events else mailbox.last_event
    if version != 1 or guid != uuid.UUID(mailbox.guid).bytes_le or not oldest <= number <= mailbox.last_event:
        raise ResponseError('ErrorInvalidWatermark')
    return number


class Subscription:
    def __init__(self, call, kind, mailbox, kinds):
        self.id = make_subscription_id(call.exchange.organisation.servers[call.server], mailbox.guid,
                                       call.exchange.now())
        self.kind = kind
        self.owner = call.owner()
        self.mailbox = mailbox
        self.kinds = kinds
        self.server = call.server
        self.last = mailbox.last_event
        self.idle_since = call.exchange.monotonic()
        self.timeout = 0.0  # seconds without anybody asking; of pull and streaming
        self.stream = None  # of streaming: the connection that serves it
        self.wake = None  # of push: what its task waits for

    def describe(self):
        return {'id': self.id, 'kind': self.kind, 'mailbox': self.mailbox.address, 'owner': self.owner,
                'server': self.server, 'streaming': self.stream is not None}

    def pending(self, limit=EVENTS_AT_ONCE):
        """The next events, and whether there are more; what is beyond the table was missed."""
        found = [event for event in self.mailbox.events if event.number > self.last and event.kind in self.kinds]
        return found[:limit], len(found) > limit

    def missed(self):
        return bool(self.mailbox.events) and self.last < self.mailbox.events[0].number - 1

    def reached(self, events, more):
        """After the last of them; where there are no more, also after those that nobody subscribed to."""
        self.last = events[-1].number if more else self.mailbox.last_event


def event_element(mailbox, event, watermark):
    mark = f'<t:Watermark>{write_watermark(mailbox, event.number)}</t:Watermark>' if watermark else ''
    inner = f'{mark}<t:TimeStamp>{model.show_time(event.time)}</t:TimeStamp>'
    if event.item is None:
        inner += (f'<t:FolderId Id="{mailbox.calendar_id}" ChangeKey="{event.change}" />'
                  f'<t:ParentFolderId Id="{mailbox.root_id}" ChangeKey="AQAAAA==" />')
    else:
        inner += (f'<t:ItemId Id="{event.item}" ChangeKey="{event.change}" />'
                  f'<t:ParentFolderId Id="{event.folder}" ChangeKey="AQAAAA==" />')
        if event.old_item is not None:
            inner += (f'<t:OldItemId Id="{event.old_item}" ChangeKey="{event.change}" />'
                      f'<t:OldParentFolderId Id="{event.old_folder}" ChangeKey="AQAAAA==" />')
    return f'<t:{event.kind}>{inner}</t:{event.kind}>'


def notification(subscription, previous=None, prefix='m', status=False):
    """(element, more): the events that are owed. With a previous watermark it is for pull and push, which always say
    something; without, for a stream, which says nothing where there is nothing, or a StatusEvent."""
    mailbox = subscription.mailbox
    events, more = subscription.pending()
    marks = previous is not None
    if not events and not marks and not status:
        subscription.last = mailbox.last_event
        return '', False
    body = ''.join(event_element(mailbox, event, marks) for event in events)
    subscription.reached(events, more)
    if not events:
        mark = f'<t:Watermark>{write_watermark(mailbox, subscription.last)}</t:Watermark>' if marks else ''
        body = f'<t:StatusEvent>{mark}</t:StatusEvent>' if mark else '<t:StatusEvent />'
    head = f'<t:SubscriptionId>{subscription.id}</t:SubscriptionId>'
    if marks:
        head += (f'<t:PreviousWatermark>{soap.text(previous)}</t:PreviousWatermark>'
                 f'<t:MoreEvents>{soap.boolean(more)}</t:MoreEvents>')
    return f'<{prefix}:Notification>{head}{body}</{prefix}:Notification>', more


class Subscriptions:
    """Those of all mailbox servers; each is asked only for its own."""

    def __init__(self, monotonic):
        self.by_id = {}
        self.by_mailbox = {}  # address → its subscriptions
        self.monotonic = monotonic

    def add(self, subscription):
        self.by_id[subscription.id] = subscription
        self.by_mailbox.setdefault(subscription.mailbox.address, {})[subscription.id] = subscription

    def remove(self, subscription):
        if self.by_id.pop(subscription.id, None) is not None:
            self.by_mailbox[subscription.mailbox.address].pop(subscription.id)
            if subscription.wake is not None:
                subscription.wake.set()

    def of_mailbox(self, mailbox):
        mine = list(self.by_mailbox.get(mailbox.address, {}).values())
        for subscription in mine:
            if self.is_over(subscription):
                self.remove(subscription)
        return [one for one in mine if one.id in self.by_id]

    def is_over(self, subscription):
        return bool(subscription.timeout) and subscription.stream is None \
            and self.monotonic() - subscription.idle_since >= subscription.timeout

    def expire(self):
        """What nobody asked for within its time is deleted without a word."""
        for subscription in [one for one in self.by_id.values() if self.is_over(one)]:
            self.remove(subscription)

    def find(self, call, subscription_id, kinds):
        """The one with this id as this server and this account see it, or ResponseError."""
        subscription = self.by_id.get(subscription_id)
        if subscription is not None and self.is_over(subscription):
            self.remove(subscription)
            subscription = None
        if subscription is None:
            raise ResponseError('ErrorInvalidSubscription' if 'streaming' in kinds else 'ErrorSubscriptionNotFound')
        if subscription.server != call.server:
            raise ResponseError('ErrorSubscriptionNotFound')
        if subscription.owner != call.owner():
            raise ResponseError('ErrorSubscriptionAccessDenied')
        if subscription.kind not in kinds:
            raise ResponseError('ErrorInvalidPullSubscriptionId' if subscription.kind == 'push'
                                else 'ErrorInvalidSubscription')
        call.check(subscription.mailbox)
        return subscription

    def happened(self, mailbox):
        for subscription in self.of_mailbox(mailbox):
            if subscription.stream is not None:
                subscription.stream.wake(subscription)
            elif subscription.wake is not None:
                subscription.wake.set()

    def drop_all(self, server=None):
        """A mailbox server starts again."""
        gone = [one for one in self.by_id.values() if server is None or one.server == server]
        streams = {one.stream for one in gone if one.stream is not None}
        for one in gone:
            self.remove(one)
        return streams
