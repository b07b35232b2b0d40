# SPDX-License-Identifier: LGPL-2.1-or-later
"""muster-sim exchange: signing in, and being refused as Exchange refuses."""

import hashlib
import hmac
import pathlib
import subprocess
import tempfile
import unittest

import client
import simtest
from client import calendar_view, codes
from exchange import ntlm
from exchange.md4 import md4

VIEW = client.envelope(calendar_view('2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z'), 'alice@example.com')


def key(user, domain, nt_hash):
    return hmac.new(nt_hash, (user.upper() + domain).encode('utf-16-le'), hashlib.md5).digest()


class Arithmetic(unittest.TestCase):
    """The simulator's own, against published numbers."""

    def test_md4(self):
        for text, digest in (('', '31d6cfe0d16ae931b73c59d7e0c089c0'), ('a', 'bde52cb31de33e46245e05fbdbd6fb24'),
                             ('abc', 'a448017aaf21d8525fc10ae87aa6729d'), 
                             ('message digest', 'd9130a8164549fe818874806e1c7014b'),
                             ('abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'),
                             ('1234567890' * 8, 'e33b4ddc9c38f2199c3e7b164fcc0536')):
            self.assertEqual(md4(text.encode()).hex(), digest)  # RFC 1320, A.5

    def test_ntlm(self):
        self.assertEqual(ntlm.nt_hash('Password').hex(), 'a4f49c406510bdcab6824ee7c30fd852')  # MS-NLMP 4.2.2.1.2
        self.assertEqual(ntlm.response_key('Password', 'User', 'Domain').hex(),
                         '0c868a403bfd7a93a3001ef22ef02e3f')  # 4.2.4.1.1


class TestCase(simtest.TestCase):
    @staticmethod
    def account(simulator, name='EXAMPLE\\svc'):
        return next(one for one in simulator.control('GET', 'accounts')['accounts'] if one['name'] == name)


class SignIn(TestCase):
    def ask(self, simulator, authorization):
        one = self.client(simulator, password=None)
        return one.post(VIEW, {'Authorization': authorization} if authorization else {})

    def test_basic(self):
        simulator = self.simulator()
        for name in ('EXAMPLE\\svc', 'example\\SVC', 'EXAMPLE/svc', 'svc@example.com'):
            self.assertEqual(self.ask(simulator, client.basic(name, 'right')).status, 200, name)
        for authorization in (client.basic('EXAMPLE\\svc', 'wrong'), client.basic('OTHER\\svc', 'right'),
                              client.basic('nobody', 'right'), 'Basic ???', 'Basic', None):
            answer = self.ask(simulator, authorization)
            self.assertEqual((answer.status, answer.body), (401, b''), authorization)
            self.assertEqual([one.split()[0] for one in answer.all('www-authenticate')],
                             ['Negotiate', 'NTLM', 'Basic', 'Bearer'])
        self.assertEqual(self.account(simulator)['failures-ever'], 1)

    def test_bearer(self):
        simulator = self.simulator()
        self.assertEqual(self.ask(simulator, 'Bearer token-of-svc').status, 200)
        answer = self.ask(simulator, 'Bearer old')
        self.assertEqual(answer.status, 401)
        self.assertIn('error="invalid_token"', answer.all('www-authenticate')[3])

    def test_what_is_switched_off(self):
        simulator = self.simulator(auth=['negotiate', 'ntlm'])
        answer = self.ask(simulator, client.basic('EXAMPLE\\svc', 'right'))
        self.assertEqual((answer.status, answer.all('www-authenticate')), (401, ['Negotiate', 'NTLM']))
        self.assertEqual(self.ask(simulator, 'Negotiate YIIJ').status, 401)
        self.assertEqual(self.account(simulator)['failures-ever'], 0)

    def test_lock_out(self):
        simulator = self.simulator(**{'lock-after': 3})
        for _ in range(3):
            self.assertEqual(self.ask(simulator, client.basic('EXAMPLE\\svc', 'wrong')).status, 401)
        self.assertTrue(self.account(simulator)['locked'])
        self.assertEqual(self.ask(simulator, client.basic('EXAMPLE\\svc', 'right')).status, 401)
        self.assertEqual(self.account(simulator)['failures-ever'], 3)
        simulator.control('PATCH', 'accounts/EXAMPLE%5Csvc', {'locked': False})
        self.assertEqual(self.ask(simulator, client.basic('EXAMPLE\\svc', 'right')).status, 200)
        # A success begins the count anew.
        for _ in range(2):
            self.ask(simulator, client.basic('EXAMPLE\\svc', 'wrong'))
        self.ask(simulator, client.basic('EXAMPLE\\svc', 'right'))
        self.assertEqual(self.account(simulator)['failures'], 0)

    def test_changed_password(self):
        simulator = self.simulator()
        simulator.control('PATCH', 'accounts/EXAMPLE%5Csvc', {'password': 'new'})
        self.assertEqual(self.ask(simulator, client.basic('EXAMPLE\\svc', 'right')).status, 401)
        self.assertEqual(self.ask(simulator, client.basic('EXAMPLE\\svc', 'new')).status, 200)

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, private = pathlib.Path(folder, 'cert.pem'), pathlib.Path(folder, 'key.pem')
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                            '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
                            '-out', certificate,
                            '-keyout', private], check=True, capture_output=True)
            simulator = client.Simulator(simtest.script(), ['--tls', str(certificate), str(private)])
            self.addCleanup(simulator.stop)
            one = self.client(simulator, tls=client.trusting(str(certificate)))
            self.assertEqual(codes(one.call(calendar_view('2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z'),
                                            'alice@example.com')), ['NoError'])


class Ntlm(TestCase):
    def shake(self, one, user='svc', domain='EXAMPLE', secret=None, **more):
        """(status of the first leg, the last answer). As some libraries do, the first leg carries no body."""
        first = one.post('', {'Authorization': client.ntlm_negotiate()})
        challenge = first.first('www-authenticate')
        return first, one.post(VIEW, {'Authorization': client.ntlm_authenticate(
            challenge, domain, user, key(user, domain, secret or self.right), **more)})

    def setUp(self):
        super().setUp()
        self.right = md4('right'.encode('utf-16-le'))  # its arithmetic is tested above

    def test_three_legs(self):
        simulator = self.simulator()
        one = self.client(simulator, password=None)
        first, last = self.shake(one)
        self.assertEqual((first.status, last.status), (401, 200))
        self.assertEqual(len(first.all('www-authenticate')), 1)
        self.contracts.hold(last.body)
        # The connection is signed in, and no other is.
        self.assertEqual(one.post(VIEW).status, 200)
        self.assertEqual(self.client(simulator, password=None).post(VIEW).status, 401)
        # A changed password, and the connection is anybody's again.
        simulator.control('PATCH', 'accounts/EXAMPLE%5Csvc', {'password': 'new'})
        self.assertEqual(one.post(VIEW).status, 401)

    def test_names(self):
        simulator = self.simulator()
        for user, domain, status in (('svc', 'example', 200), ('SVC', 'EXAMPLE', 200), ('svc@example.com', '', 200),
                                     ('svc', 'OTHER', 401), ('nobody', 'EXAMPLE', 401), ('', '', 401)):
            with self.subTest(user=user, domain=domain):
                _, last = self.shake(self.client(simulator, password=None), user, domain)
                self.assertEqual(last.status, status)
        self.assertEqual(self.account(simulator)['failures-ever'], 0)

    def test_refusals(self):
        simulator = self.simulator(**{'lock-after': 0})
        one = self.client(simulator, password=None)
        _, last = self.shake(one, secret=bytes(16))
        self.assertEqual((last.status, [word.split()[0] for word in last.all('www-authenticate')]),
                         (401, ['Negotiate', 'NTLM', 'Basic', 'Bearer']))
        self.assertEqual(self.shake(one, version=1)[1].status, 401)
        self.assertEqual(self.account(simulator)['failures-ever'], 2)
        # A challenge is good for one answer, and on its own connection.
        first = one.post('', {'Authorization': client.ntlm_negotiate()})
        answer = client.ntlm_authenticate(first.first('www-authenticate'), 'EXAMPLE', 'svc',
                                          key('svc', 'EXAMPLE', self.right))
        self.assertEqual(self.client(simulator, password=None).post(VIEW, {'Authorization': answer}).status, 401)
        self.assertEqual(one.post(VIEW, {'Authorization': answer}).status, 200)
        self.assertEqual(one.post(VIEW, {'Authorization': answer}).status, 401)
        for nonsense in ('NTLM', 'NTLM AAAA', 'NTLM ???', answer[:60], 'NTLM TlRMTVNTUAADAAAA'):
            self.assertEqual(one.post(VIEW, {'Authorization': nonsense}).status, 401)

    def test_empty_body_after_signing_in(self):
        """What comes of a library that forgets the body on the last leg."""
        simulator = self.simulator()
        one = self.client(simulator, password=None)
        self.shake(one)
        self.assertEqual(one.post('').status, 400)

    def test_extended_protection(self):
        simulator = self.simulator(**{'extended-protection': 'require'})
        one = self.client(simulator, password=None)
        self.assertEqual(self.shake(one)[1].status, 401)
        self.assertEqual(self.account(simulator)['failures-ever'], 0)
        self.assertEqual(self.shake(one, bindings=bytes(range(16)))[1].status, 200)


if __name__ == '__main__':
    simtest.main()
