# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/api/openapi.yaml: that it is OpenAPI 3.1, that it tells of the daemon's routes and no others, and that an answer
which is not as it says is found."""

import base64
import copy
import http.server
import json
import os
import pathlib
import re
import socketserver
import subprocess
import sys
import threading

import jsonschema
import yaml

import contract
import harness
import hold

PROFILE = pathlib.Path(__file__).resolve().parent / 'openapi-3.1.yaml'
JSON = {'content-type': 'application/json'}
PROBLEM = {'content-type': 'application/problem+json'}
STATUS = {'version': '1', 'revision': 1, 'users': 0, 'instances': {}, 'you': {'user': None, 'admin': True}}
NOT_FOUND = {'type': 'about:blank', 'title': 'Not Found', 'status': 404, 'detail': 'x', 'code': 'not-found'}


def nodes(node, path=()):
    """Every node below this one, with its path."""
    yield path, node
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from nodes(child, (*path, key))


def schemas(document):
    """Every schema of the document that stands where OpenAPI has one, with its path."""
    for path, node in nodes(document):
        if path[-1:] == ('schema',) or path[-2:-1] == ('x-muster-events',) or \
                (len(path) == 3 and path[:2] == ('components', 'schemas')):
            yield path, node


class Document(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.contract = harness.the_contract()
        self.document = self.contract.document

    def test_openapi(self):
        with open(PROFILE, encoding='utf-8') as file:
            profile = yaml.safe_load(file)
        jsonschema.Draft202012Validator.check_schema(profile)
        errors = [f'{contract.pointer(error.absolute_path)}: {error.message[:300]}'
                  for error in jsonschema.Draft202012Validator(profile).iter_errors(self.document)]
        self.assertEqual(errors, [])

    def test_slips_are_found(self):
        with open(PROFILE, encoding='utf-8') as file:
            profile = jsonschema.Draft202012Validator(yaml.safe_load(file))
        for path, value in ((('openapi',), '3.0.3'), (('components', 'schemas', 'User', 'requierd'), []),
                            (('paths', 'v1'), {}), (('paths', '/v1/status', 'get', 'responses', '2000'), {}),
                            (('components', 'schemas', 'Field', 'type'), 'text')):
            with self.subTest(path):
                document = copy.deepcopy(self.document)
                node = document
                for part in path[:-1]:
                    node = node[part]
                node[path[-1]] = value
                self.assertFalse(profile.is_valid(document))

    def test_schemas(self):
        count = 0
        for path, schema in schemas(self.document):
            count += 1
            with self.subTest(contract.pointer(path)):
                jsonschema.Draft202012Validator.check_schema(schema)
        self.assertGreater(count, 50)

    def test_objects_are_closed(self):
        for path, node in nodes(self.document):
            if isinstance(node, dict) and node.get('type') in ('object', ['object', 'null']):
                with self.subTest(contract.pointer(path)):
                    self.assertIn('additionalProperties', node)
                    self.assertLessEqual(set(node.get('required', [])), set(node.get('properties', {})))

    def test_references(self):
        used = set()
        for path, node in nodes(self.document):
            if isinstance(node, dict) and isinstance(node.get('$ref'), str):
                with self.subTest(contract.pointer(path)):
                    self.assertIsInstance(self.contract.resolve(node), dict)
                used.add(node['$ref'])
        for kind, members in self.document['components'].items():
            if kind != 'securitySchemes':
                for name in members:
                    self.assertIn(f'#/components/{kind}/{name}', used, 'is used nowhere')

    def test_names_fit(self):
        ids, tags = [], {tag['name'] for tag in self.document['tags']}
        schemes = set(self.document['components']['securitySchemes'])
        for method, path, item, operation in self.contract.operations():
            with self.subTest(f'{method} {path}'):
                ids.append(operation['operationId'])
                self.assertLessEqual(set(operation['tags']), tags)
                parameters = [(one['in'], one['name']) for one in self.contract.parameters(item, operation)]
                self.assertEqual(len(parameters), len(set(parameters)))
                self.assertEqual([name for place, name in parameters if place == 'path'],
                                 re.findall(r'{(\w+)}', path), 'in the order of the path')
                for requirement in operation.get('security', self.document['security']):
                    self.assertLessEqual(set(requirement), schemes)
                self.assertTrue(any(status.startswith('2') for status in operation['responses']))
        self.assertEqual(len(ids), len(set(ids)))
        self.assertLessEqual({name for name in contract.COMMANDS.values() if name is not None}, set(ids))

    def test_examples(self):
        count = 0
        for path, schema in schemas(self.document):
            for example in schema.get('examples', []):
                count += 1
                with self.subTest(contract.pointer(path)):
                    self.contract.check(schema, example, 'example')
        self.assertGreater(count, 3)


class Routes(harness.TestCase):
    maxDiff = None  # which route it is, is the message

    def test_same(self):
        printed = subprocess.run([harness.program('PRINT_ROUTES')], stdout=subprocess.PIPE, encoding='utf-8',
                                 timeout=harness.PATIENCE, check=True).stdout
        routes = {}
        for line in printed.splitlines():
            method, path, may, body, query = line.split(' ', 4)
            routes[method, re.sub(r'{\w+}', '{}', path)] = (may, body, set(query.split()))
        self.assertGreater(len(routes), 20)
        document = harness.the_contract()
        told = {}
        for method, path, item, operation in document.operations():
            content = document.resolve(operation.get('requestBody', {})).get('content', {'-': None})
            query = {one['name'] for one in document.parameters(item, operation) if one['in'] == 'query'}
            told[method, re.sub(r'{\w+}', '{}', path)] = (operation['x-muster-may'], ' '.join(content), query)
        self.assertEqual(told, routes)


class Prose(harness.TestCase):
    """What docs/admin/api.md says to people is what the document says to programs."""

    WHO = {'anybody with a name': 'anybody', 'employees': 'employee', 'assistants': 'assistant',
           'assistants-plus': 'assistant-plus', 'the user': 'owner', 'administrators': 'administrators',
           'anybody with a name, and their agents': 'agent', 'whoever has a code': 'everybody',
           'administrators, and tokens of the scope `monitor`': 'monitor', 'everybody': 'everybody'}

    def setUp(self):
        super().setUp()
        self.text = (pathlib.Path(os.environ['MUSTER_OPENAPI']).parents[1] / 'admin/api.md').read_text(encoding='utf-8')

    def rows(self):
        """(METHOD, path, who) of every row; `…/disable` is beside the path before, "who: what" narrows."""
        for cell, who in re.findall(r'^\| (`[A-Z]+ /.*?) \|.*\| ([^|]+) \|$', self.text, re.M):
            method = path = None
            for span in re.findall(r'`([^`]+)`', cell):
                *verb, target = span.split(' ')
                method = verb[0] if verb else method
                path = target if target[0] == '/' else path.rpartition('/')[0] + target.removeprefix('…')
                yield method, path, self.WHO[who.partition(':')[0]]

    def test_table(self):
        table = list(self.rows())
        self.assertEqual(len(table), len(set(table)))
        self.assertEqual({(method, re.sub(r'{\w+}', '{}', path), who) for method, path, who in table},
                         {(method, re.sub(r'{\w+}', '{}', path), operation['x-muster-may'])
                          for method, path, _item, operation in harness.the_contract().operations()})

    def test_problems(self):
        document = harness.the_contract().document
        codes = set(document['components']['schemas']['ProblemCode']['enum'])
        errors = self.text[self.text.index('## Errors'):self.text.index('## Limits')]
        self.assertEqual(codes - set(re.findall(r'`([a-z-]+)`', errors)), set())
        statuses = {status for _method, _path, _item, operation in harness.the_contract().operations()
                    for status in operation['responses'] if status >= '400'}
        told = {status for row in re.findall(r'^\| (\d+(?:, \d+)*) \|', errors, re.M) for status in row.split(', ')}
        self.assertEqual(told, statuses | set(document['x-muster-any-request']))

    def test_version(self):
        self.assertEqual(self.start().json('status')['version'],
                         harness.the_contract().document['info']['version'])


class Answers(harness.TestCase):
    """What Contract.hold() lets pass, and what it does not."""

    def hold(self, method, target, status, headers, body, **asked):
        body = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        harness.the_contract().hold(contract.Exchange(method, target, status, headers, body, **asked))

    def broken(self, word, *args, **asked):
        with self.assertRaises(contract.Broken) as caught:
            self.hold(*args, **asked)
        self.assertIn(word, str(caught.exception))

    def test_good(self):
        self.hold('GET', '/v1/status', 200, JSON, STATUS)
        self.hold('HEAD', '/v1/status', 200, JSON, b'')
        self.hold('GET', '/v1/users/x', 404, PROBLEM, NOT_FOUND)
        self.hold('GET', '/nothing', 404, PROBLEM, NOT_FOUND)
        self.hold('PATCH', '/v1/status', 405, {**PROBLEM, 'allow': 'GET, HEAD'}, {**NOT_FOUND, 'status': 405})
        self.hold('DELETE', '/v1/users/x', 204, {}, b'')
        self.hold('POST', '/v1/plugins/x/pause', 204, {}, b'', asked_type='application/json', asked_body=b'{}')

    def test_answers(self):
        for word, change in (('/you/admin', {'you': {'user': None, 'admin': 1}}), ('/users', {'users': -1}),
                             ('more', {'more': 1}), ('/instances', {'instances': {'running': 1}}),
                             ('/you/user', {'you': {'user': 'a b', 'admin': True}})):
            with self.subTest(word):
                self.broken(f'GET /v1/status: 200: at "{word if word[0] == "/" else ""}', 'GET', '/v1/status', 200,
                            JSON, {**STATUS, **change})
        self.broken("'version' is a required property", 'GET', '/v1/status', 200, JSON, {})
        self.broken('no such operation', 'GET', '/v1/nothing', 200, JSON, STATUS)
        self.broken('not in the document', 'GET', '/v1/status', 201, JSON, STATUS)
        self.broken('text/plain', 'GET', '/v1/status', 200, {'content-type': 'text/plain'}, STATUS)
        self.broken('GET /v1/status: 200: ', 'GET', '/v1/status', 200, JSON, b'{')
        self.broken('twice', 'GET', '/v1/status', 200, JSON, b'{"you": 1, "you": 2}')
        self.broken('a body where none', 'DELETE', '/v1/users/x', 204, {}, b'x')
        self.broken('after HEAD', 'HEAD', '/v1/status', 200, JSON, b'{}')

    def test_problems(self):
        self.broken('another status', 'GET', '/v1/users/x', 404, PROBLEM, {**NOT_FOUND, 'status': 400})
        self.broken('/code', 'GET', '/v1/users/x', 404, PROBLEM, {**NOT_FOUND, 'code': 'x'})
        self.broken('application/json', 'GET', '/v1/users/x', 404, JSON, NOT_FOUND)
        self.broken('Allow names', 'PATCH', '/v1/status', 405, {**PROBLEM, 'allow': 'GET'},
                    {**NOT_FOUND, 'status': 405})
        self.broken('WWW-Authenticate is missing', 'GET', '/v1/status', 401, PROBLEM, {**NOT_FOUND, 'status': 401})

    def test_requests(self):
        choose = ('PUT', '/v1/presence/x', 204, {}, b'')
        for word, body in (('/until', b'{"status": "busy", "until": "12:30"}'), ('/status', b'{"status": "gone"}'),
                           ('is valid under each of', b'{"status": "busy", "template": "x"}'),
                           ('unexpected', b'{"status": "busy", "x": 1}'), ('without a body', b'')):
            with self.subTest(body):
                self.broken(word, *choose, asked_type='application/json', asked_body=body)
        self.broken('text/csv', *choose, asked_type='text/csv', asked_body=b'{}')
        self.broken('with a body', 'DELETE', '/v1/users/x', 204, {}, b'', asked_type='application/json',
                    asked_body=b'{}')
        for word, query in (('does not name: x', 'x=1'), ('parameter after', 'after=-1'),
                            ('parameter after', 'after=a'), ('parameter after', 'after=1&after=2')):
            with self.subTest(query):
                self.broken(word, 'GET', f'/v1/presence?{query}', 200, JSON,
                            {'presences': [], 'removed': [], 'complete': True, 'revision': 0})
        self.broken('parameter user', 'DELETE', '/v1/users/a%20b', 204, {}, b'')

    def test_events(self):
        def events(text, target='/v1/events?users=a,b&users=c'):
            self.hold('GET', target, 200, {'content-type': 'text/event-stream'}, text.encode())

        events('retry: 1000\n\n: hello\n\nid: 7\nevent: removed\ndata: {"user": "a"}\n\nevent: synced\ndata: {')
        for word, text in (('event removed: at "/user"', 'event: removed\ndata: {"user": ""}\n\n'),
                           ('no such event', 'event: added\ndata: {}\n\n'), ('no revision', 'id: x\n\n'),
                           ('that is none', 'dta: {}\n\n')):
            with self.subTest(text), self.assertRaises(contract.Broken) as caught:
                events(text)
            self.assertIn(word, str(caught.exception))
        with self.assertRaises(contract.Broken):
            events('', '/v1/events?users=a,,b')

    def test_times(self):
        for good in ('2026-11-22T06:50:12Z', '2026-11-22t06:50:12.5+01:00'):
            self.hold('PUT', '/v1/presence/x', 204, {}, b'', asked_type='application/json',
                      asked_body=json.dumps({'status': 'busy', 'until': good}).encode())
        for bad in ('2026-11-22T06:50:12', '2026-13-22T06:50:12Z', '2026-11-22', '2026-11-22T25:00:00Z'):
            with self.subTest(bad):
                self.broken('/until', 'PUT', '/v1/presence/x', 204, {}, b'', asked_type='application/json',
                            asked_body=json.dumps({'status': 'busy', 'until': bad}).encode())

    def test_output(self):
        document = harness.the_contract()
        document.hold_output(['status'], json.dumps(STATUS))
        document.hold_output(['plugin', 'pause', 'x'], '{}')
        for words, text in ((['status'], '{}'), (['plugin', 'pause', 'x'], '{"x": 1}'), (['status'], '{'),
                            (['dance'], '{}')):
            with self.subTest(words), self.assertRaises(contract.Broken):
                document.hold_output(words, text)


class Liar(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Lie(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({**STATUS, 'more': 1}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass

    def address_string(self):
        return 'liar'


class Watched(harness.TestCase):
    """That every way by which tests ask is watched."""

    def test_connection(self):
        server = Liar(str(self.folder / 'socket'), Lie)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(server.shutdown)
        connection = harness.Connection(self.folder / 'socket')
        self.addCleanup(connection.close)
        connection.request('GET', '/v1/status')
        with self.assertRaises(contract.Broken):
            connection.getresponse().read()
        self.assertEqual(len(harness.BROKEN), 1)
        with self.assertRaises(AssertionError):
            self._hold()
        harness.BROKEN.clear()

    def test_musterctl(self):
        daemon = self.start()
        commands = dict(contract.COMMANDS)
        self.addCleanup(contract.COMMANDS.update, commands)
        contract.COMMANDS['status'] = 'listUsers'
        with self.assertRaises(contract.Broken):
            daemon.json('status')
        self.assertEqual(len(harness.BROKEN), 1)
        harness.BROKEN.clear()

    def test_record(self):
        document = harness.the_contract()
        record = self.folder / 'record'
        self.assertEqual(hold.broken(document, record), ['nothing of the API was recorded'])

        def line(body, chunked=False):
            head = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
            body = json.dumps(body).encode()
            if chunked:
                middle = len(body) // 2
                body = b''.join(b'%x\r\n%s\r\n' % (len(part), part) for part in (body[:middle], body[middle:], b''))
                head += b'Transfer-Encoding: chunked\r\n'
            return json.dumps({'test': '/x', 'request': base64.b64encode(b'GET /v1/status HTTP/1.1\r\n\r\n').decode(),
                               'answer': base64.b64encode(head + b'\r\n' + body).decode()}) + '\n'

        record.write_text(line(STATUS) + line(STATUS, chunked=True), encoding='utf-8')
        self.assertEqual(hold.broken(document, record), [])
        piece = {'test': '/y', 'schema': 'Status', 'piece': base64.b64encode(b'{}').decode()}
        record.write_text(json.dumps(piece) + '\n', encoding='utf-8')
        self.assertRegex('\n'.join(hold.broken(document, record)), r'^/y: a Status: .*required')
        record.write_text(line(STATUS) + line({}, chunked=True), encoding='utf-8')
        self.assertRegex('\n'.join(hold.broken(document, record)), r'^/x: GET /v1/status: 200: .*required')

    def test_program(self):
        """The wrapper adds its test to the program's, and fails with it."""
        done = subprocess.run(
            [sys.executable, hold.__file__, os.environ['MUSTER_OPENAPI'], '/bin/sh', '-c', 'echo 1..1; echo ok 1 /one'],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8', timeout=harness.PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stdout),
                         (1, '1..2\nok 1 /one\nnot ok 2 /every-answer-is-as-documented\n'))
        self.assertIn('nothing of the API', done.stderr)


if __name__ == '__main__':
    harness.main()
