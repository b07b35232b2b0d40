# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who asks: Basic, Bearer and NTLM as the front end's virtual directory does it, with the counter that locks."""

import base64
import binascii
import hmac

from . import ntlm

LOCK_AFTER = 5


class Account:
    def __init__(self, name, script):
        domain, slash, user = name.rpartition('\\')
        self.name = name
        self.domain = domain if slash else ''
        self.user = user
        self.upn = script.get('upn', '')
        self.password = script.get('password', '')
        self.token = script.get('token')
        self.mailbox = script.get('mailbox')
        self.impersonates = script.get('impersonates', [])  # addresses, @domains, or *
        self.full_access = script.get('full-access', [])
        self.failures = 0  # since the last success
        self.failures_ever = 0
        self.locked = False

    def may_impersonate(self, address):
        return any(scope in ('*', address) or (scope.startswith('@') and address.endswith(scope))
                   for scope in self.impersonates)

    def answers_to(self, user, domain):
        """DOMAIN\\user, or the UPN with an empty domain, in any case of letters."""
        if domain:
            return self.user.lower() == user.lower() and self.domain.lower() == domain.lower()
        return user.lower() in (self.upn.lower(), self.user.lower()) and user != ''

    def describe(self):
        return {'name': self.name, 'failures': self.failures, 'failures-ever': self.failures_ever,
                'locked': self.locked}


class Denied(Exception):
    """401, with the challenges that lead on from here."""

    def __init__(self, challenges, why):
        super().__init__(why)
        self.challenges = challenges


class Directory:
    """The accounts, and the ways of signing in that the administrator has switched on."""

    def __init__(self, script, realm, clock):
        self.realm = realm
        self.clock = clock
        self.methods = script.get('auth', ['negotiate', 'ntlm', 'basic', 'bearer'])
        self.extended_protection = script.get('extended-protection', 'none')
        self.accounts = [Account(name, of) for name, of in script.get('accounts', {}).items()]
        self.lock_after = script.get('lock-after', LOCK_AFTER)

    def find(self, user, domain=''):
        return next((account for account in self.accounts if account.answers_to(user, domain)), None)

    def offers(self):
        words = {'negotiate': 'Negotiate', 'ntlm': 'NTLM', 'basic': f'Basic realm="{self.realm}"',
                 'bearer': 'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", '
                           'trusted_issuers="00000001-0000-0000-c000-000000000000@*"'}
        return [word for method, word in words.items() if method in self.methods]

    def authenticate(self, request, connection):
        """The account that asks, or Denied. NTLM's account is the connection's, and stays until it says otherwise."""
        scheme, _, rest = request.header('authorization').partition(' ')
        scheme = scheme.lower()
        if scheme == '' and connection.account is not None and not connection.account.locked:
            return connection.account
        if scheme == 'basic' and 'basic' in self.methods:
            return self.basic(rest)
        if scheme == 'bearer' and 'bearer' in self.methods:
            return self.bearer(rest)
        if scheme == 'ntlm' and 'ntlm' in self.methods:
            return self.ntlm(rest, connection)
        # No ticket can be right here: there is no KDC whose ticket could be.
        raise Denied(self.offers(), f'no credentials that are taken ({scheme or "none"})')

    def judge(self, account, right, why):
        """Counts as a domain controller does: a locked account is refused whatever it knows."""
        if account is None:
            raise Denied(self.offers(), 'unknown account')
        if account.locked:
            raise Denied(self.offers(), 'account locked')
        if right:
            account.failures = 0
            return account
        account.failures += 1
        account.failures_ever += 1
        account.locked = 0 < self.lock_after <= account.failures
        raise Denied(self.offers(), why)

    def basic(self, rest):
        try:
            name, _, password = base64.b64decode(rest, validate=True).decode('utf-8').partition(':')
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Denied(self.offers(), 'Basic credentials are not base64 of UTF-8') from error
        domain, slash, user = name.replace('/', '\\').rpartition('\\')
        account = self.find(user, domain if slash else '')
        right = account is not None and hmac.compare_digest(account.password.encode(), password.encode())
        return self.judge(account, right, 'wrong password')

    def bearer(self, rest):
        account = next((one for one in self.accounts if one.token is not None and one.token == rest.strip()), None)
        if account is None:
            raise Denied([word + ', error="invalid_token"' if word.startswith('Bearer') else word
                          for word in self.offers()], 'unknown token')
        return account

    def ntlm(self, rest, connection):
        try:
            message = base64.b64decode(rest, validate=True)
            kind = ntlm.kind(message)
            if kind == 1:
                domain = next((account.domain for account in self.accounts if account.domain), 'EXAMPLE')
                answer, connection.nonce = ntlm.challenge(domain, self.realm.split('.')[0].upper()[:15],
                                                          self.realm.partition('.')[2] or self.realm, self.clock())
                connection.account = None
                raise Denied(['NTLM ' + base64.b64encode(answer).decode()], 'challenge')
            nonce, connection.nonce = connection.nonce, None
            if kind != 3 or nonce is None:
                raise Denied(self.offers(), 'NTLM message out of turn')
            said = ntlm.Authenticate(message)
        except (binascii.Error, ntlm.NotNtlm) as error:
            raise Denied(self.offers(), f'not NTLM: {error}') from error
        if not said.user:
            raise Denied(self.offers(), 'anonymous')
        account = self.find(said.user, said.domain)
        if self.extended_protection == 'require' and not said.has_channel_binding():
            # Not a wrong password: the domain controller is never asked.
            raise Denied(self.offers(), 'Extended Protection: no channel binding')
        right = account is not None and said.is_version_2() and said.proves(account.password, nonce)
        connection.account = self.judge(account, right, 'wrong NTLMv2 response')
        return connection.account
