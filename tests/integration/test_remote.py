# SPDX-License-Identifier: LGPL-2.1-or-later
"""musterctl and a daemon on the network: whom it trusts, what it shows there, and what it never sends."""

import http.server
import ssl
import subprocess
import threading

import harness

TOKEN = 'muster_Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHJlYWwgb25lIQ'


class Server(http.server.ThreadingHTTPServer):
    """Answers everything with `answer` and remembers what was asked; not a daemon, but whoever may be in its place."""

    daemon_threads = True

    def __init__(self, answer=(200, {}, b'{}')):
        super().__init__(('127.0.0.1', 0), Handler)
        self.answer = answer
        self.seen = []
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass  # a client that trusts nobody hangs up

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get('Authorization')))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in {'Content-Length': str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


class Remote(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.there = self.daemon()  # never started: a folder, and an environment without the person's own
        self.token = self.folder / 'token'
        self.token.write_text(TOKEN + '\n', encoding='utf-8')
        self.token.chmod(0o600)

    def server(self, **more):
        server = Server(**more)
        self.addCleanup(server.close)
        server.url = f'http://127.0.0.1:{server.server_port}'
        return server

    def certificate(self):
        key, cert = self.folder / 'key.pem', self.folder / 'cert.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert,
                        '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
                       check=True, capture_output=True)
        return key, cert

    def refused(self, *args, code=1):
        done = self.there.ctl(*args, code=code)
        self.assertNotIn(TOKEN, done.stdout + done.stderr)
        return done.stderr

    def test_token_is_shown(self):
        server = self.server()
        self.there.ctl('--json', 'show', 'alice@example.com', '--url', server.url + '/', '--token-file', self.token)
        self.assertEqual(server.seen, [('/v1/presence/alice@example.com', f'Bearer {TOKEN}')])

    def test_environment(self):
        server = self.server()
        self.there.env.update(MUSTER_URL=server.url, MUSTER_TOKEN_FILE=str(self.token))
        self.there.ctl('--json', 'user', 'list')
        self.assertEqual(server.seen, [('/v1/users', f'Bearer {TOKEN}')])
        # Whoever names the socket means the socket.
        self.assertIn(str(self.there.socket), self.refused('--socket', self.there.socket, 'user', 'list'))
        self.assertEqual(len(server.seen), 1)

    def test_no_redirect(self):
        elsewhere = self.server()
        server = self.server(answer=(302, {'Location': elsewhere.url + '/v1/users'}, b''))
        self.assertIn('302', self.refused('user', 'list', '--url', server.url, '--token-file', self.token))
        self.assertEqual(elsewhere.seen, [])

    def test_token_file(self):
        server = self.server()
        for mode, content, word in [(0o640, TOKEN, 'chmod 600'), (0o604, TOKEN, 'chmod 600'), (0o600, '', 'no token'),
                                    (0o600, 'two words', 'no token'), (0o600, 'line\nline', 'no token'),
                                    (0o600, 'x' * 5000, 'no token')]:
            with self.subTest(mode=mode, content=content[:10]):
                self.token.write_text(content, encoding='utf-8')
                self.token.chmod(mode)
                self.assertIn(word, self.refused('user', 'list', '--url', server.url, '--token-file', self.token))
        missing = self.folder / 'missing'
        self.assertIn(str(missing), self.refused('user', 'list', '--url', server.url, '--token-file', missing))

    def test_wrong_use(self):
        urls = ['http://192.0.2.1', 'http://muster.example.com', 'ftp://localhost', 'localhost',
                'https://user:word@localhost', 'https://localhost/muster', 'https://localhost?x=y']
        for arguments in [*(['--url', url] for url in urls), ['--url', 'https://localhost', '--socket', '/x'],
                          ['--token-file', self.token]]:
            with self.subTest(arguments):
                self.refused('list', *arguments, code=2)

    def test_trust(self):
        key, cert = self.certificate()
        server = self.server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = server.url.replace('http:', 'https:')
        self.assertIn('--ca-file', self.refused('user', 'list', '--url', url, '--token-file', self.token))
        self.assertEqual(server.seen, [])
        self.there.ctl('--json', 'user', 'list', '--url', url, '--token-file', self.token, '--ca-file', cert)
        self.assertEqual(server.seen, [('/v1/users', f'Bearer {TOKEN}')])
        # The certificate is of 127.0.0.1, not of this name.
        named = url.replace('127.0.0.1', 'localhost')
        self.refused('user', 'list', '--url', named, '--token-file', self.token, '--ca-file', cert)
        self.assertEqual(len(server.seen), 1)

    def test_nobody_there(self):
        server = Server()
        url = f'http://127.0.0.1:{server.server_port}'
        server.close()
        self.assertIn('listen', self.refused('list', '--url', url))


if __name__ == '__main__':
    harness.main()
