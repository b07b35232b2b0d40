# SPDX-License-Identifier: LGPL-2.1-or-later
"""Faults on demand: what is to go wrong, for which requests, how often."""

import itertools
import random
import re

from . import soap
from .limits import busy
from .wire import Answer, Shape

KINDS = ('busy', 'error', 'status', 'cut', 'silence', 'slow', 'split', 'drip', 'garbage', 'endless', 'huge',
         'content-type', 'namespaces', 'malformed', 'without-version', 'empty')
FIELDS = ('id', 'kind', 'operation', 'mailbox', 'account', 'count', 'skip', 'code', 'form', 'milliseconds', 'status',
          'headers', 'after', 'piece', 'delay', 'size', 'value', 'text')


class Fault:
    numbers = itertools.count(1)

    def __init__(self, script):
        unknown = set(script) - set(FIELDS)
        if unknown or script.get('kind') not in KINDS:
            raise ValueError(f'a fault has a kind of {", ".join(KINDS)}' if not unknown
                             else f'unknown in a fault: {", ".join(sorted(unknown))}')
        self.id = next(self.numbers)
        self.script = script
        self.kind = script['kind']
        self.skip = script.get('skip', 0)
        self.left = script.get('count', 1)  # below zero: for ever
        self.hits = 0

    def get(self, name, default=None):
        return self.script.get(name, default)

    def meets(self, operation, mailbox, account):
        return all(wanted is None or wanted == is_ for wanted, is_ in (
            (self.get('operation'), operation), (self.get('mailbox'), mailbox), (self.get('account'), account)))

    def describe(self):
        return {**self.script, 'id': self.id, 'left': self.left, 'hits': self.hits}


class Faults:
    def __init__(self):
        self.list = []

    def add(self, script):
        self.list.append(Fault(script))
        return self.list[-1]

    def clear(self):
        self.list = []

    def take(self, operation, mailbox, account):
        """The fault that this request meets; each use is counted. None where all is well."""
        for fault in self.list:
            if fault.left != 0 and fault.meets(operation, mailbox, account):
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.left -= 1 if fault.left > 0 else 0
                fault.hits += 1
                return fault
        return None


def shape_of(fault, size):
    """How an answer of this size leaves under this fault."""
    if fault is None:
        return Shape()
    if fault.kind == 'cut':
        return Shape(piece=fault.get('piece', 0), cut=fault.get('after', size // 2))
    if fault.kind == 'split':
        return Shape(piece=fault.get('piece', 1))
    if fault.kind == 'drip':
        return Shape(piece=fault.get('piece', 1), delay=fault.get('delay', 0.05))
    return Shape()


def instead(fault):
    """What is said without looking at the request further: raises, answers, or None."""
    if fault.kind == 'busy':
        raise busy(fault.get('milliseconds', 1000), fault.get('form', 'fault'))
    if fault.kind == 'error':
        code, text = fault.get('code', 'ErrorInternalServerError'), fault.get('text')
        raise (soap.SoapFault if fault.get('form', 'message') == 'fault' else soap.ResponseError)(code, text)
    if fault.kind == 'status':
        body = b'' if fault.get('status', 503) == 401 else b'<html><body><h2>Service Unavailable</h2></body></html>'
        return Answer(fault.get('status', 503), body, [tuple(pair) for pair in fault.get('headers', ())], 'text/html')
    if fault.kind == 'garbage':
        # The same every time, so that what a test finds is found again.
        return Answer(200, random.Random(fault.id).randbytes(fault.get('size', 4096)))
    return None


def spoil(fault, answer):
    """What is said, but wrongly."""
    body = answer.body
    if fault.kind == 'content-type':
        answer.content_type = fault.get('value', 'text/html; charset=utf-8')
    elif fault.kind == 'malformed':
        answer.body = body.replace(b'</s:Body>', b'', 1)
    elif fault.kind == 'without-version':
        answer.body = re.sub(rb'<h:ServerVersionInfo [^>]*/>', b'', body)
    elif fault.kind == 'namespaces':
        answer.body = wrong_namespaces(body, fault.get('value', 'none'))
    elif fault.kind == 'empty':
        answer.body = re.sub(rb'(<m:ResponseMessages>).*(</m:ResponseMessages>)', rb'\1\2', body, flags=re.DOTALL)
    elif fault.kind == 'huge':
        # A comment is no element: whoever reads the answer element by element must bound the bytes all the same.
        answer.body = body.replace(b'</s:Header>', b'</s:Header><!--' + b'x' * fault.get('size', 1 << 24) + b'-->', 1)


def wrong_namespaces(body, how):
    """Without any namespace, or with the https:// that a bulk edit of the documentation once made of them."""
    if how == 'https':
        return body.replace(b'"http://schemas.microsoft.com/', b'"https://schemas.microsoft.com/')
    body = re.sub(rb'(</?)[A-Za-z0-9]+:', rb'\1', body)
    return re.sub(rb' xmlns(:[A-Za-z0-9]+)?="[^"]*"', b'', body)
