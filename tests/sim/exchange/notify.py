# SPDX-License-Identifier: LGPL-2.1-or-later
"""Subscribe, Unsubscribe and GetEvents."""

import asyncio
import urllib.parse

from . import push, soap
from .folders import resolve_folder
from .soap import ResponseError, T, M
from .subscriptions import Subscription, notification, read_watermark, write_watermark

KINDS = {M + 'StreamingSubscriptionRequest': 'streaming', M + 'PullSubscriptionRequest': 'pull',
         M + 'PushSubscriptionRequest': 'push'}
MAX_URL = 2082


def subscribe(call):
    return soap.response('Subscribe', call.answer(lambda: subscribe_one(call)))


def target_of(call, wanted):
    """The one mailbox whose folders are named."""
    folders = wanted.find(T + 'FolderIds')
    everything = wanted.get('SubscribeToAllFolders') in ('true', '1')
    if (folders is None) != everything:
        raise ResponseError('ErrorInvalidSubscriptionRequest')
    if everything:
        if call.mailbox is None:
            raise ResponseError('ErrorMissingEmailAddress')
        call.check(call.mailbox)
        return call.mailbox
    found = {}
    for folder in folders:
        mailbox, _ = resolve_folder(call, folder)
        found[mailbox.address] = mailbox
    if len(found) > 1:
        raise ResponseError('ErrorInvalidSubscriptionRequest')
    mailbox = next(iter(found.values()))
    if mailbox is not call.mailbox:
        raise ResponseError('ErrorSubscriptionDelegateAccessNotSupported')
    return mailbox


def subscribe_one(call):
    exchange = call.exchange
    wanted = next(iter(call.operation))
    kind = KINDS[wanted.tag]
    mailbox = target_of(call, wanted)
    if not exchange.same_site(mailbox.server, call.server):
        raise ResponseError('ErrorProxyRequestNotAllowed')
    if len(exchange.subscriptions.of_mailbox(mailbox)) >= exchange.limits['subscriptions']:
        raise ResponseError('ErrorExceededSubscriptionCount')
    kinds = {one.text.strip() for one in wanted.find(T + 'EventTypes')}
    subscription = Subscription(call, kind, mailbox, kinds)
    watermark = wanted.findtext(T + 'Watermark')
    if watermark:
        subscription.last = read_watermark(mailbox, watermark)
    if kind == 'pull':
        subscription.timeout = exchange.seconds(int(wanted.findtext(T + 'Timeout')))
    elif kind == 'streaming':
        subscription.timeout = exchange.seconds(exchange.options['streaming-lifetime'])
    else:
        url = wanted.findtext(T + 'URL').strip()
        check_url(url)
        subscription.wake = asyncio.Event()
    exchange.subscriptions.add(subscription)
    if kind == 'push':
        exchange.start(push.deliver(exchange, subscription, url,
                                    exchange.seconds(int(wanted.findtext(T + 'StatusFrequency')))))
    call.subscribed()
    mark = '' if kind == 'streaming' else f'<m:Watermark>{write_watermark(mailbox, subscription.last)}</m:Watermark>'
    return soap.message('Subscribe', f'<m:SubscriptionId>{subscription.id}</m:SubscriptionId>{mark}')


def check_url(url):
    try:
        parts = urllib.parse.urlsplit(url)
        right = parts.scheme in ('http', 'https') and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        right = False
    if not 1 <= len(url) <= MAX_URL or not right:
        raise ResponseError('ErrorInvalidPushSubscriptionUrl')


def unsubscribe(call):
    def one():
        wanted = call.operation.findtext(M + 'SubscriptionId')
        try:
            subscription = call.exchange.subscriptions.find(call, wanted, ('pull', 'streaming'))
        except ResponseError as error:
            if error.code == 'ErrorInvalidSubscription':
                raise ResponseError('ErrorSubscriptionNotFound') from error
            raise
        call.exchange.subscriptions.remove(subscription)
        if subscription.stream is not None:
            subscription.stream.lose(subscription, 'ErrorInvalidSubscription')
        return soap.message('Unsubscribe')
    return soap.response('Unsubscribe', call.answer(one))


def get_events(call):
    def one():
        wanted = call.operation.findtext(M + 'SubscriptionId')
        watermark = call.operation.findtext(M + 'Watermark')
        subscription = call.exchange.subscriptions.find(call, wanted, ('pull',))
        if subscription.missed():
            # What it should tell is no longer in the table, and it goes with it.
            call.exchange.subscriptions.remove(subscription)
            raise ResponseError('ErrorReadEventsFailed')
        # An empty one is where the subscription stands.
        if watermark:
            subscription.last = read_watermark(subscription.mailbox, watermark)
        subscription.idle_since = call.exchange.monotonic()
        previous = watermark or write_watermark(subscription.mailbox, subscription.last)
        element, _ = notification(subscription, previous)
        return soap.message('GetEvents', element)
    return soap.response('GetEvents', call.answer(one))
