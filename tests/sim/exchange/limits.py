# SPDX-License-Identifier: LGPL-2.1-or-later
"""Throttling: budgets per account and impersonated mailbox (docs: ews-throttling-in-exchange)."""

import collections

from .soap import ResponseError, SoapFault

DEFAULTS = {
    'concurrency': 27,
    'hanging': 10,
    'subscriptions': 5000,
    'find-count': 1000,
    'streaming-ids': 200,
    'sync-calls': 5,
    'rate': 0,  # requests per second and budget that are recharged; 0 is unlimited
    'burst': 100,
    'busy-form': 'fault',
    'queue': 0,  # requests at once before IIS answers 503; 0 is unlimited
}


def busy(milliseconds, form):
    """ErrorServerBusy in its three clothes (docs: ews-throttling-in-exchange, Table 4)."""
    if form == 'fault':
        return SoapFault('ErrorServerBusy', values=[('BackOffMilliseconds', milliseconds)])
    if form == 'inner':
        return ResponseError('ErrorInternalServerError', values=[
            ('InnerErrorMessageText', 'The server cannot service this request right now. Try again later.'),
            ('InnerErrorResponseCode', 'ErrorServerBusy'), ('InnerErrorDescriptiveLinkKey', 0),
            ('BackOffMilliseconds', milliseconds)])
    return ResponseError('ErrorServerBusy', values=[('BackOffMilliseconds', milliseconds)])


class Budget:
    def __init__(self):
        self.running = 0
        self.hanging = 0
        self.syncing = 0
        self.tokens = None
        self.filled = 0.0


class Limits:
    def __init__(self, script):
        self.values = dict(DEFAULTS)
        self.change(script)
        self.budgets = collections.defaultdict(Budget)
        self.running = 0
        self.throttled = 0

    def change(self, script):
        unknown = set(script) - set(DEFAULTS)
        if unknown:
            raise ValueError(f'unknown limit: {", ".join(sorted(unknown))}')
        self.values.update(script)

    def __getitem__(self, name):
        return self.values[name]

    def budget(self, account, mailbox):
        """With impersonation the account has a copy of each target mailbox's budget."""
        return self.budgets[account.name, mailbox.address if mailbox else '']

    def charge(self, budget, now):
        """One request more at this moment (of a clock that only moves on)."""
        if budget.running >= self['concurrency']:
            self.throttled += 1
            raise SoapFault('ErrorExceededConnectionCount')
        if self['rate']:
            if budget.tokens is None:
                budget.tokens, budget.filled = float(self['burst']), now
            budget.tokens = min(self['burst'], budget.tokens + (now - budget.filled) * self['rate'])
            budget.filled = now
            if budget.tokens < 1:
                self.throttled += 1
                raise busy(int((1 - budget.tokens) / self['rate'] * 1000) + 1, self['busy-form'])
            budget.tokens -= 1
