# SPDX-License-Identifier: LGPL-2.1-or-later
"""One request: for whom it is, and which mailbox server it reaches."""

import itertools

from . import soap
from .operations import OPERATIONS, UNNAMED, VERSIONS, plain_name, since
from .soap import ResponseError, SoapFault, S, T

OVERRIDE = 'X-BackEndOverrideCookie'
# These go to the server that the group has an affinity with.
OF_GROUPS = ('GetStreamingEvents', 'GetEvents', 'Unsubscribe')


class Call:
    cookie_numbers = itertools.count(1941996295)

    def __init__(self, exchange, connection, request, account):
        self.exchange = exchange
        self.connection = connection
        self.request = request
        self.account = account
        self.name = ''
        self.operation = None
        self.mailbox = None
        self.impersonated = False
        self.server = 0
        self.cookies = []

    def read(self, root):
        """Takes a valid envelope; SoapFault where it may not be served."""
        self.operation = next(root.find(S + 'Body').iterchildren('*'))
        self.name = self.operation.tag.rpartition('}')[2]
        if self.name not in OPERATIONS:
            raise SoapFault('ErrorInvalidRequest', f'The simulator does not do {self.name}.')
        header = root.find(S + 'Header')
        self.check_version(header, root)
        self.impersonate(header.find(T + 'ExchangeImpersonation') if header is not None else None)
        self.server = self.route()

    def check_version(self, header, root):
        named = header.find(T + 'RequestServerVersion') if header is not None else None
        version = UNNAMED if named is None else named.get('Version')
        if VERSIONS.index(version) > VERSIONS.index(self.exchange.options['version']['newest']):
            raise SoapFault('ErrorInvalidServerVersion')
        if VERSIONS.index(version) < VERSIONS.index(since(self.name, root)):
            raise SoapFault('ErrorIncorrectSchemaVersion')

    def impersonate(self, header):
        organisation = self.exchange.organisation
        if header is None:
            self.mailbox = organisation.find(self.account.mailbox) if self.account.mailbox else None
            return
        named = next(header.find(T + 'ConnectingSID').iterchildren('*'))
        kind, name = named.tag.rpartition('}')[2], (named.text or '').strip()
        mailbox = organisation.find(name)
        if kind == 'SID':
            raise SoapFault('ErrorInvalidUserSid')
        if mailbox is None or (kind == 'PrimarySmtpAddress' and name.lower() != mailbox.address):
            raise SoapFault('ErrorInvalidUserPrincipalName' if kind == 'PrincipalName' else 'ErrorNonExistentMailbox')
        if not self.account.may_impersonate(mailbox.address):
            raise SoapFault('ErrorImpersonateUserDenied')
        self.mailbox, self.impersonated = mailbox, True

    def prefers_affinity(self):
        return self.request.header('x-preferserveraffinity').strip().lower() == 'true'

    def cookie_server(self):
        """The server that the group's cookie names; None without one, or without the header that makes it count."""
        name = self.request.cookies().get(OVERRIDE, '').partition('~')[0]
        servers = self.exchange.organisation.servers
        return servers.index(name) if self.prefers_affinity() and name in servers else None

    def route(self):
        """As the front end does (docs: how-to-maintain-affinity): by the cookie, else the anchor, else who asks."""
        server = self.cookie_server()
        if server is not None:
            return server
        anchor = self.exchange.organisation.find(self.request.header('x-anchormailbox').strip())
        if self.request.header('x-anchormailbox') and anchor is None:
            raise SoapFault('ErrorNonExistentMailbox')
        if anchor is None:
            if self.impersonated and self.exchange.options['strict-anchor']:
                raise SoapFault('ErrorNoRespondingCASInDestinationSite')
            anchor = self.mailbox
            self.exchange.without_anchor += self.impersonated
        home = anchor.server if anchor is not None else 0
        if self.prefers_affinity() and self.name in OF_GROUPS:
            # A group that has lost its cookie is anybody's: the next server of the site, which knows nothing of it.
            site = self.exchange.servers_of_site(home)
            return site[(site.index(home) + 1) % len(site)]
        return home

    def owner(self):
        """Who owns what is subscribed to now: the account that signs in, unless the script says otherwise."""
        if self.exchange.options['subscription-owner'] == 'impersonated' and self.impersonated:
            return self.mailbox.address
        return self.account.name

    @staticmethod
    def check(mailbox):
        if mailbox.error:
            raise (SoapFault if mailbox.error_form == 'fault' else ResponseError)(mailbox.error)

    def answer(self, function, tail='', name=None, suffix='ResponseMessage'):
        """What the function says, or its failure as one response message."""
        try:
            return function()
        except ResponseError as error:
            return soap.error_message(name or plain_name(self.name), error, tail, suffix)

    def subscribed(self):
        """The first Subscribe of a group gets the cookie that holds it together."""
        if self.prefers_affinity() and self.cookie_server() is None:
            name = self.exchange.organisation.servers[self.server]
            self.cookies.append(f'{OVERRIDE}={name}~{next(self.cookie_numbers)}; path=/; secure; HttpOnly')

    def headers(self):
        return ([('Set-Cookie', cookie) for cookie in self.cookies]
                + [('X-FEServer', 'EX1'),
                   ('X-BEServer', self.exchange.organisation.servers[self.server].partition('.')[0])])
