# SPDX-License-Identifier: LGPL-2.1-or-later
"""/sim/…: how a test looks into the server and changes it while it runs. JSON; no part of Exchange."""

import datetime
import json
import re
import urllib.parse

from . import model, stream
from .wire import Answer

GENERATED_STATUSES = ('Busy', 'Busy', 'Tentative', 'Free', 'OOF', 'WorkingElsewhere')


class NoSuch(Exception):
    """No such route."""


def state(exchange, _body, _query):
    exchange.subscriptions.expire()
    kinds = [one.kind for one in exchange.subscriptions.by_id.values()]
    operations = {}
    for entry in exchange.log:
        operations[entry['operation'] or '-'] = operations.get(entry['operation'] or '-', 0) + 1
    return {'mailboxes': len(exchange.organisation.mailboxes), 'requests': exchange.logged, 'operations': operations,
            'connections': len(exchange.connections) - 1, 'streams': [one.describe() for one in exchange.streams],
            'subscriptions': {kind: kinds.count(kind) for kind in ('streaming', 'pull', 'push')},
            'throttled': exchange.limits.throttled, 'without-anchor': exchange.without_anchor,
            'restarts': exchange.restarts, 'answers-checked': exchange.answers_checked,
            'violations': exchange.violations, 'now': model.show_time(exchange.now())}


def requests(exchange, _body, query):
    since = int(query.get('since', ['0'])[0])
    return {'next': exchange.logged, 'requests': [entry for entry in exchange.log if entry['number'] >= since]}


def subscriptions(exchange, _body, _query):
    exchange.subscriptions.expire()
    return {'subscriptions': [one.describe() for one in exchange.subscriptions.by_id.values()]}


def pushes(exchange, _body, _query):
    return {'pushes': list(exchange.pushes)}


def accounts(exchange, _body, _query):
    return {'accounts': [one.describe() for one in exchange.directory.accounts]}


def change_account(exchange, body, _query, name):
    account = next((one for one in exchange.directory.accounts if one.name == name), None)
    if account is None:
        raise NoSuch
    for field in ('password', 'token', 'impersonates', 'mailbox', 'locked'):
        if field in body:
            setattr(account, field, body[field])
    if not account.locked:
        account.failures = 0
    # NTLM has authenticated connections: what they were signed in with may be no more.
    for connection in exchange.connections:
        if connection.account is account:
            connection.account = None
    return account.describe()


def add_mailbox(exchange, body, _query):
    address = body.pop('address', '')
    return {'address': exchange.organisation.add(address, body).address}


def generate(exchange, body, _query):
    """count mailboxes NAME0001@domain, each with so many entries of half an hour, an hour apart, from start on."""
    start = model.read_time(body['start'])
    half, hour = datetime.timedelta(minutes=30), datetime.timedelta(hours=1)
    made = []
    for number in range(1, body['count'] + 1):
        entries = [{'key': f'{number}-{index}', 'subject': f'Meeting {index} of {number}',
                    'start': model.show_time(start + index * hour), 'end': model.show_time(start + index * hour + half),
                    'status': GENERATED_STATUSES[index % len(GENERATED_STATUSES)]}
                   for index in range(body.get('items', 0))]
        address = f'{body.get("prefix", "user")}{number:05}@{body.get("domain", "example.com")}'
        made.append(exchange.organisation.add(address, {'items': entries}).address)
    return {'mailboxes': made}


def show_item(item):
    return {**item.script, 'key': item.uid, 'id': item.id}


def mailbox(exchange, _body, _query, address):
    one = exchange.organisation.get(address)
    return {'address': one.address, 'server': one.server, 'error': one.error, 'oof': one.oof,
            'calendar-id': one.calendar_id, 'items': [show_item(item) for item in one.items.values()]}


def change_mailbox(exchange, body, _query, address):
    """error, error-form, redirect, oof; another server is a move, which loses what was subscribed to there."""
    one = exchange.organisation.get(address)
    unknown = set(body) - {'error', 'error-form', 'redirect', 'oof', 'server'}
    if unknown:
        raise model.ScriptError(f'unknown: {", ".join(sorted(unknown))}')
    one.error = body.get('error', one.error)
    one.error_form = body.get('error-form', one.error_form)
    one.redirect = body.get('redirect', one.redirect)
    if 'oof' in body:
        one.set_oof(body['oof'])
    if body.get('server', one.server) != one.server:
        if not 0 <= body['server'] < len(exchange.organisation.servers):
            raise model.ScriptError(f'there is no server {body["server"]}')
        one.server = body['server']
        lose(exchange, one, 'ErrorReadEventsFailed')
    return mailbox(exchange, {}, {}, address)


def lose(exchange, one, code):
    for subscription in exchange.subscriptions.of_mailbox(one):
        if code != 'ErrorMissedNotificationEvents':
            exchange.subscriptions.remove(subscription)
        if subscription.stream is not None:
            subscription.stream.lose(subscription, code)


def remove_mailbox(exchange, _body, _query, address):
    one = exchange.organisation.remove(address)
    lose(exchange, one, 'ErrorReadEventsFailed')
    return {}


def add_items(exchange, body, _query, address):
    one = exchange.organisation.get(address)
    made = [one.add(script, exchange.now()) for script in (body if isinstance(body, list) else [body])]
    exchange.subscriptions.happened(one)
    return {'items': [show_item(item) for item in made]}


def change_item(exchange, body, _query, address, key):
    one = exchange.organisation.get(address)
    item = one.change(key, body, exchange.now())
    exchange.subscriptions.happened(one)
    return show_item(item)


def delete_item(exchange, _body, _query, address, key):
    one = exchange.organisation.get(address)
    one.delete(key, exchange.now())
    exchange.subscriptions.happened(one)
    return {}


def lose_subscriptions(exchange, body, _query, address):
    lose(exchange, exchange.organisation.get(address), body.get('code', 'ErrorReadEventsFailed'))
    return {}


def add_fault(exchange, body, _query):
    return exchange.faults.add(body).describe()


def show_faults(exchange, _body, _query):
    return {'faults': [fault.describe() for fault in exchange.faults.list]}


def clear_faults(exchange, _body, _query):
    exchange.faults.clear()
    return {}


def change_limits(exchange, body, _query):
    exchange.limits.change(body)
    return exchange.limits.values


def change_options(exchange, body, _query):
    unknown = set(body) - set(exchange.options)
    if unknown:
        raise model.ScriptError(f'unknown option: {", ".join(sorted(unknown))}')
    if 'version' in body:
        body['version'] = {**exchange.options['version'], **body['version']}
    exchange.options.update(body)
    return exchange.options


def change_clock(exchange, body, _query):
    exchange.skew = float(body['skew'])
    return {'now': model.show_time(exchange.now())}


def restart(exchange, body, _query):
    exchange.restart(body.get('server'))
    return {}


def act_on_streams(exchange, body, _query):
    """One action for every stream that hangs, or for those that serve this mailbox."""
    wanted, action = body.get('mailbox'), body.get('action')
    if action not in stream.ACTIONS:
        raise model.ScriptError(f'a stream has no action {action!r}, only {", ".join(stream.ACTIONS)}')
    chosen = [one for one in exchange.streams if wanted is None
              or any(of.mailbox.address == wanted for of in one.subscriptions.values())]
    for one in chosen:
        stream.act(one, action, body)
    return {'streams': len(chosen)}


ONE = '([^/]+)'
ROUTES = [(method, re.compile(f'/sim/{path}'), function) for method, path, function in (
    ('GET', 'state', state),
    ('GET', 'requests', requests),
    ('GET', 'subscriptions', subscriptions),
    ('GET', 'pushes', pushes),
    ('GET', 'accounts', accounts),
    ('PATCH', f'accounts/{ONE}', change_account),
    ('POST', 'mailboxes', add_mailbox),
    ('POST', 'generate', generate),
    ('GET', f'mailboxes/{ONE}', mailbox),
    ('PATCH', f'mailboxes/{ONE}', change_mailbox),
    ('DELETE', f'mailboxes/{ONE}', remove_mailbox),
    ('POST', f'mailboxes/{ONE}/items', add_items),
    ('PATCH', f'mailboxes/{ONE}/items/{ONE}', change_item),
    ('DELETE', f'mailboxes/{ONE}/items/{ONE}', delete_item),
    ('POST', f'mailboxes/{ONE}/lose', lose_subscriptions),
    ('GET', 'faults', show_faults),
    ('POST', 'faults', add_fault),
    ('DELETE', 'faults', clear_faults),
    ('PATCH', 'limits', change_limits),
    ('PATCH', 'options', change_options),
    ('PATCH', 'clock', change_clock),
    ('POST', 'restart', restart),
    ('POST', 'streams', act_on_streams),
)]


def route(exchange, request):
    parts = urllib.parse.urlsplit(request.target)
    for method, pattern, function in ROUTES:
        match = pattern.fullmatch(parts.path)
        if method == request.method and match is not None:
            body = json.loads(request.body) if request.body else {}
            names = [urllib.parse.unquote(name) for name in match.groups()]
            return function(exchange, body, urllib.parse.parse_qs(parts.query), *names)
    raise NoSuch


def answer(exchange, request):
    try:
        return Answer(200, json.dumps(route(exchange, request)), content_type='application/json')
    except NoSuch:
        return Answer(404, json.dumps({'error': f'{request.method} {request.path} is not there'}),
                      content_type='application/json')
    except (model.ScriptError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Answer(400, json.dumps({'error': f'{type(error).__name__}: {error}'}), content_type='application/json')
