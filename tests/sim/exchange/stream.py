# SPDX-License-Identifier: LGPL-2.1-or-later
"""GetStreamingEvents: one hanging answer of many envelopes, back to back."""

import asyncio
import contextlib
import random

from . import soap
from .soap import ResponseError, SoapFault, T, M
from .subscriptions import notification
from .wire import Answer, Cut

OPERATION = 'GetStreamingEvents'


def status(value):
    return f'<m:ConnectionStatus>{value}</m:ConnectionStatus>'


def failed_ids(ids):
    listed = ''.join(f'<t:SubscriptionId>{soap.text(one)}</t:SubscriptionId>' for one in ids)
    return f'<m:ErrorSubscriptionIds>{listed}</m:ErrorSubscriptionIds>' if listed else ''


class Stream:
    """The connection while it hangs."""

    def __init__(self, exchange, call, subscriptions, minutes):
        self.exchange = exchange
        self.call = call
        self.connection = call.connection
        self.subscriptions = {one.id: one for one in subscriptions}
        self.ends = exchange.monotonic() + exchange.seconds(minutes)
        self.woken = asyncio.Event()
        self.dirty = set()
        self.queue = []  # messages to send as they are
        self.closing = False
        self.mute = False
        self.endless = False
        self.heartbeats = 0

    def describe(self):
        return {'connection': self.connection.number, 'account': self.call.account.name, 'server': self.call.server,
                'subscriptions': len(self.subscriptions), 'anchor': self.call.request.header('x-anchormailbox')}

    def wake(self, subscription):
        self.dirty.add(subscription.id)
        self.woken.set()

    def say(self, message, closing=False):
        self.queue.append(message)
        self.closing = self.closing or closing
        self.woken.set()

    def lose(self, subscription, code):
        """Something is wrong with one of them; all but missed events end the connection."""
        ends = code != 'ErrorMissedNotificationEvents'
        if ends:
            self.subscriptions.pop(subscription.id, None)
            subscription.stream = None
        self.say(soap.error_message(OPERATION, ResponseError(code), failed_ids([subscription.id])
                                    + (status('Closed') if ends else status('OK'))), closing=ends)

    def beat(self):
        """Alternately in both forms that are known: ConnectionStatus alone, and a StatusEvent."""
        self.heartbeats += 1
        if self.heartbeats % 2 and self.subscriptions:
            subscription = next(iter(self.subscriptions.values()))
            element, _ = notification(subscription, prefix=self.exchange.options['notification-prefix'], status=True)
            return soap.message(OPERATION, f'<m:Notifications>{element}</m:Notifications>')
        return soap.message(OPERATION, status('OK'))

    def news(self):
        """One envelope's worth of what has happened: several notifications in one, as many as are due."""
        prefix = self.exchange.options['notification-prefix']
        elements = []
        for subscription_id in sorted(self.dirty):
            subscription = self.subscriptions.get(subscription_id)
            more = False
            if subscription is not None and subscription.missed():
                subscription.last = subscription.mailbox.events[0].number - 1
                self.lose(subscription, 'ErrorMissedNotificationEvents')
            elif subscription is not None:
                element, more = notification(subscription, prefix=prefix)
                if element:
                    elements.append(element)
            if not more:
                self.dirty.discard(subscription_id)
            if len(elements) == self.exchange.options['notifications-per-envelope']:
                break
        return soap.message(OPERATION, f'<m:Notifications>{"".join(elements)}</m:Notifications>') if elements else ''

    async def put(self, message):
        while self.mute:
            # Silence: nothing is said, and the connection stands.
            self.woken.clear()
            await self.woken.wait()
        data = soap.stream_envelope(message, self.exchange.options['version'], self.exchange.options['stream-prefix'])
        self.exchange.check_answer(data)
        await self.connection.chunk(data.encode())

    async def run(self):
        beat = self.exchange.options['heartbeat']
        await self.put(soap.message(OPERATION, status('OK')))
        self.dirty = set(self.subscriptions)
        while True:
            while self.queue:
                await self.put(self.queue.pop(0))
            if self.closing:
                return
            message = self.news()
            if message:
                await self.put(message)
                continue
            if self.queue:
                continue
            if self.endless:
                # A server was seen to drain events without end.
                await self.connection.chunk(b'<t:ModifiedEvent />' * 3000)
                continue
            left = self.ends - self.exchange.monotonic()
            if left <= 0:
                await self.put(soap.message(OPERATION, status('Closed')))
                return
            self.woken.clear()
            try:
                await asyncio.wait_for(self.woken.wait(), min(left, beat))
            except asyncio.TimeoutError:
                if self.ends > self.exchange.monotonic():
                    await self.put(self.beat())


async def watch(connection, task):
    """Ends the task when the client goes, which no write may notice for long."""
    with contextlib.suppress(ConnectionError, OSError):
        await connection.reader.read(1)
    task.cancel()


def refuse(call, wanted):
    """(subscriptions, None), or (None, message) where one of them is bad: then the whole request fails."""
    found, bad, code = [], [], None
    for subscription_id in wanted:
        try:
            found.append(call.exchange.subscriptions.find(call, subscription_id, ('streaming',)))
        except ResponseError as error:
            bad.append(subscription_id)
            code = code or error.code
    if bad:
        return None, soap.error_message(OPERATION, ResponseError(code), failed_ids(bad) + status('Closed'))
    return found, None


async def get_streaming_events(call):
    """Answers on the connection itself; returns when the answer has ended."""
    exchange = call.exchange
    wanted = list(dict.fromkeys(one.text.strip()
                                for one in call.operation.iterfind(f'{M}SubscriptionIds/{T}SubscriptionId')))
    if len(wanted) > exchange.limits['streaming-ids']:
        raise SoapFault('ErrorInvalidRequest', 'Too many subscriptions for one connection.')
    budget = exchange.limits.budget(call.account, call.mailbox)
    if budget.hanging >= exchange.limits['hanging']:
        raise ResponseError('ErrorExceededConnectionCount')
    found, refusal = refuse(call, wanted)
    await call.connection.begin_stream(Answer(headers=call.headers()), exchange.date())
    if refusal is not None:
        data = soap.stream_envelope(refusal, exchange.options['version'], exchange.options['stream-prefix'])
        exchange.check_answer(data)
        await call.connection.chunk(data.encode())
        await call.connection.end_stream()
        return
    await hang(exchange, call, found, budget)


async def hang(exchange, call, found, budget):
    stream = Stream(exchange, call, found, int(call.operation.findtext(M + 'ConnectionTimeout')))
    for subscription in found:
        if subscription.stream is not None:
            subscription.stream.lose(subscription, 'ErrorNewEventStreamConnectionOpened')
        subscription.stream = stream
    exchange.streams.add(stream)
    budget.hanging += 1
    running = asyncio.ensure_future(stream.run())
    watching = asyncio.ensure_future(watch(call.connection, running))
    stream.task = running
    try:
        await running
        await call.connection.end_stream()
    except asyncio.CancelledError as error:
        raise Cut from error
    finally:
        watching.cancel()
        # It must have let go of the reader before the next request is read.
        await asyncio.wait([watching])
        budget.hanging -= 1
        exchange.streams.discard(stream)
        for subscription in found:
            if subscription.stream is stream:
                subscription.stream = None
                subscription.idle_since = exchange.monotonic()


ACTIONS = ('drop', 'half', 'garbage', 'silence', 'speak', 'endless', 'beat', 'close', 'error')


def act(stream, action, script):
    """What a test asks of a stream that hangs."""
    if action == 'drop':
        stream.connection.abort()
    elif action == 'half':
        # An envelope begins and the connection ends in the middle of it.
        stream.connection.writer.write(b'40\r\n<Envelope xmlns="http://schemas.xmlsoap.org/soap/')
        stream.connection.writer.close()
    elif action == 'garbage':
        stream.connection.writer.write(b'400\r\n' + random.Random(1).randbytes(0x400) + b'\r\n')
    elif action == 'silence':
        stream.mute = True
    elif action == 'speak':
        stream.mute = False
        stream.woken.set()
    elif action == 'endless':
        stream.endless = True
        stream.woken.set()
    elif action == 'beat':
        stream.say(stream.beat())
    elif action == 'close':
        stream.say(soap.message(OPERATION, status('Closed')), closing=True)
    else:
        code = script.get('code', 'ErrorServerBusy')
        stream.say(soap.error_message(OPERATION, ResponseError(code), status('Closed')), closing=True)
