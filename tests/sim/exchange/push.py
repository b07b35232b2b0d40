# SPDX-License-Identifier: LGPL-2.1-or-later
"""Push: SendNotification to the callback, with its retries, and what ends it."""

import asyncio
import re
import ssl
import urllib.parse

from lxml import etree

from . import schema, soap
from .subscriptions import notification, write_watermark
from .soap import M

ANSWER_TIMEOUT = 30
MAX_ANSWER = 64 * 1024
# Of a minute: the first of the retries, each of which waits twice as long as the one before (docs: statusfrequency).
FIRST_RETRY = 0.5


class Refused(Exception):
    """The callback did not take it."""


async def post(exchange, url, data):
    """The callback's SubscriptionStatus; Refused where it gives none."""
    parts = urllib.parse.urlsplit(url)
    context = None
    if parts.scheme == 'https':
        context = ssl.create_default_context(cafile=exchange.options.get('push-ca'))
    port = parts.port or (443 if context else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context, limit=MAX_ANSWER)
    try:
        target = (parts.path or '/') + (f'?{parts.query}' if parts.query else '')
        writer.write((f'POST {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition("@")[2]}\r\n'
                      'Content-Type: text/xml; charset=utf-8\r\n'
                      f'User-Agent: ExchangeServicesClient/15.02\r\nContent-Length: {len(data)}\r\n'
                      'Connection: close\r\n\r\n').encode() + data)
        await writer.drain()
        head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1')
        if not re.match(r'HTTP/1\.[01] 200 ', head):
            raise Refused(head.split('\r\n', 1)[0])
        length = re.search(r'(?im)^content-length: *(\d+)', head)
        if length is not None and int(length.group(1)) > MAX_ANSWER:
            raise Refused('the answer is too long')
        body = await (reader.readexactly(int(length.group(1))) if length else read_rest(reader, head))
    finally:
        writer.close()
    try:
        root = schema.parse(body)
    except schema.NotXml as error:
        raise Refused(f'the answer is not XML: {error}') from error
    if exchange.schemas is not None and exchange.schemas.check(root) is not None:
        raise Refused(f'the answer is not valid: {exchange.schemas.check(root)[2]}')
    said = root.findtext(f'.//{M}SendNotificationResult/{M}SubscriptionStatus')
    if said not in ('OK', 'Unsubscribe'):
        raise Refused(f'SubscriptionStatus is {said!r}')
    return said


async def read_rest(reader, head):
    if 'transfer-encoding: chunked' not in head.lower():
        return await reader.read(MAX_ANSWER)
    body = b''
    while len(body) <= MAX_ANSWER:
        size = int((await reader.readline()).split(b';')[0], 16)
        body += await reader.readexactly(size)
        await reader.readline()
        if size == 0:
            return body
    raise Refused('the answer is too long')


async def send(exchange, subscription, url, data, frequency):
    """Until it is taken or the status frequency is used up: None, or what the callback said."""
    wait, spent = exchange.seconds(FIRST_RETRY), 0.0
    while subscription.id in exchange.subscriptions.by_id:
        try:
            said = await asyncio.wait_for(post(exchange, url, data), exchange.seconds(ANSWER_TIMEOUT / 60))
            exchange.note_push(subscription, said)
            return said
        except (OSError, ValueError, Refused, asyncio.TimeoutError, asyncio.IncompleteReadError,
                asyncio.LimitOverrunError, etree.LxmlError) as error:
            exchange.note_push(subscription, f'failed: {error or type(error).__name__}')
        if spent + wait > frequency:
            return None
        await asyncio.sleep(wait)
        spent += wait
        wait *= 2
    return None


async def deliver(exchange, subscription, url, frequency):
    """The life of a push subscription: a status at once, then what happens in order, the next only after an answer."""
    subscriptions = exchange.subscriptions
    while subscription.id in subscriptions.by_id:
        subscription.wake.clear()
        element, more = notification(subscription, write_watermark(subscription.mailbox, subscription.last))
        data = soap.push_envelope(soap.message('SendNotification', element), exchange.options['version'])
        exchange.check_answer(data)
        if await send(exchange, subscription, url, data.encode(), frequency) != 'OK':
            # Nobody is told.
            subscriptions.remove(subscription)
            return
        if not more:
            try:
                await asyncio.wait_for(subscription.wake.wait(), frequency)
            except asyncio.TimeoutError:
                continue
