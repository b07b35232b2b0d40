# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what goes over the API against docs/api/openapi.yaml.

    contract = Contract(path)
    contract.hold(Exchange('GET', '/v1/status', 200, {'content-type': 'application/json'}, b'{...}'))
    contract.hold_output(['user', 'show', 'alice@example.com'], '{...}')

raise Broken where the document does not foresee such an answer, with the place in it as a JSON pointer. Requests that
were accepted are held against it, too.
"""

import dataclasses
import datetime
import functools
import json
import re
import typing
import urllib.parse

import jsonschema
import yaml

METHODS = ('get', 'put', 'post', 'patch', 'delete')
ANY_REQUEST = 'x-muster-any-request'

# What musterctl --json prints is the answer to this operation; None: something of its own.
COMMANDS = {
    'list': 'listPresences',
    'show': 'getPresence',
    'set': 'choosePresence',
    'auto': 'resetPresence',
    'why': 'explainPresence',
    'appointments': 'listAppointments',
    'delegations': 'listDelegations',
    'ignore': 'ignoreAppointment',
    'client start': 'startClient',
    'client idle': 'changeClient',
    'client lock': 'changeClient',
    'client end': 'endClient',
    'client list': 'listClients',
    'user list': 'listUsers',
    'user show': 'getUser',
    'user add': 'addUser',
    'user set': 'changeUser',
    'user remove': 'removeUser',
    'user import': 'importUsers',
    'relationship list': 'listRelationships',
    'relationship show': 'explainRelationship',
    'relationship set': 'setRelationship',
    'relationship remove': 'removeRelationship',
    'plugin list': 'listPlugins',
    'plugin show': 'getPlugin',
    'plugin log': 'getPluginLog',
    'plugin sync': 'syncPlugin',
    'plugin pause': 'pausePlugin',
    'plugin resume': 'pausePlugin',
    'plugin drain': 'drainPlugin',
    'plugin enable': 'enablePlugin',
    'plugin disable': 'disablePlugin',
    'plugin test': 'testPlugin',
    'plugin answer': 'answerPluginAction',
    'secret list': 'listSecrets',
    'secret set': 'setSecret',
    'secret remove': 'removeSecret',
    'settings show': 'getSettings',
    'settings set': 'changeSettings',
    'settings unset': 'changeSettings',
    'settings policy': 'changeSettings',
    'settings reset': 'resetSettings',
    'settings list': 'listSettings',
    'settings describe': 'listSettings',
    'template list': 'listTemplates',
    'template add': 'addTemplate',
    'template set': 'changeTemplate',
    'template remove': 'removeTemplate',
    'template move': 'changeTemplate',
    'status': 'getStatus',
    'token list': 'listTokens',
    'token create': 'createToken',
    'token revoke': 'revokeToken',
    'token link': 'createSignInLink',
    'restore': 'restoreBackup',
    'backup': None,
}


class Broken(AssertionError):
    """An answer that the document does not foresee."""


@dataclasses.dataclass
class Exchange:
    """`headers` with names in small letters; `asked_type` and `asked_body` are those of the request."""
    method: str
    target: str
    status: int
    headers: dict
    body: bytes
    asked_type: typing.Optional[str] = None
    asked_body: typing.Optional[bytes] = None


def _is_time(value):
    if not isinstance(value, str):
        return True
    match = re.fullmatch(r'(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)', value)
    if match is None:
        return False
    datetime.datetime.fromisoformat(f'{match[1]}T{match[2]}{"+00:00" if match[3] in "Zz" else match[3]}')
    return True


FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks('date-time', raises=ValueError)(_is_time)


def pointer(path):
    """The JSON pointer of a path."""
    return ''.join('/' + str(part).replace('~', '~0').replace('/', '~1') for part in path)


def _once(pairs):
    names = [name for name, _value in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f'a member stands twice among {", ".join(names)}')
    return dict(pairs)


def _no_constant(name):
    raise ValueError(f'{name} is no JSON')


def parse(data):
    """JSON and nothing more: no member twice, no NaN."""
    return json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)


def _media_type(value):
    return (value or '').split(';')[0].strip().lower()


class Contract:
    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            self.document = yaml.safe_load(file)
        self._resolver = jsonschema.RefResolver('', self.document)
        self._validators = {}
        self._paths = {template: re.compile(re.sub(r'\\{[^/]+?\\}', '([^/]+)', re.escape(template)))
                       for template in self.document['paths']}

    def resolve(self, node):
        """What a `$ref` of the document stands for."""
        while '$ref' in node:
            node = functools.reduce(lambda at, part: at[part], node['$ref'].removeprefix('#/').split('/'),
                                    self.document)
        return node

    def operations(self):
        """Every (METHOD, path, path item, operation)."""
        for path, item in self.document['paths'].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item, item[method]

    def parameters(self, item, operation):
        return [self.resolve(one) for one in item.get('parameters', []) + operation.get('parameters', [])]

    def check(self, schema, value, where):
        validator = self._validators.get(id(schema))
        if validator is None:
            validator = jsonschema.Draft202012Validator(schema, resolver=self._resolver, format_checker=FORMATS)
            self._validators[id(schema)] = validator
        errors = sorted(validator.iter_errors(value), key=lambda error: [str(part) for part in error.absolute_path])
        if errors:
            error = jsonschema.exceptions.best_match(errors)
            raise Broken(f'{where}: at "{pointer(error.absolute_path)}": {error.message[:1000]} '
                         f'(schema: {pointer(error.absolute_schema_path)}'
                         f'{f"; {len(errors)} in all" if len(errors) > 1 else ""})')

    def _match(self, path):
        """Every path of the document that this one is, those with fewer parameters first."""
        found = [(template, match.groups()) for template, pattern in self._paths.items()
                 if (match := pattern.fullmatch(path)) is not None]
        return sorted(found, key=lambda one: len(one[1]))

    def hold(self, exchange):
        """Raises Broken unless the answer, and the request if it was accepted, are as the document says."""
        where = f'{exchange.method} {exchange.target[:200]}: {exchange.status}'
        split = urllib.parse.urlsplit(exchange.target)
        method = 'get' if exchange.method == 'HEAD' else exchange.method.lower()
        found = self._match(split.path)
        item = operation = None
        for template, values in found:
            if method in self.document['paths'][template]:
                item = self.document['paths'][template]
                operation = item[method]
                break
        responses = operation['responses'] if operation is not None else {}
        response = responses.get(str(exchange.status), self.document[ANY_REQUEST].get(str(exchange.status)))
        if response is None:
            raise Broken(f'{where}: such an answer is not in the document, which names '
                         f'{", ".join(responses) if operation is not None else "no such operation"}: '
                         f'{exchange.body[:500]!r}')
        if exchange.status == 405:
            self._check_allow(exchange, found, where)
        self._check_answer(exchange, self.resolve(response), where)
        if exchange.status < 300:
            self._check_request(exchange, item, operation, values, split.query, where)

    def _check_allow(self, exchange, found, where):
        methods = {method.upper() for template, _values in found for method in METHODS
                   if method in self.document['paths'][template]}
        if 'GET' in methods:
            methods.add('HEAD')
        allowed = {word.strip() for word in exchange.headers.get('allow', '').split(',')}
        if not methods or methods != allowed:
            raise Broken(f'{where}: Allow names {sorted(allowed)}, the document {sorted(methods)}')

    def _check_answer(self, exchange, response, where):
        for name, header in response.get('headers', {}).items():
            header = self.resolve(header)
            value = exchange.headers.get(name.lower())
            if value is not None:
                self.check(header['schema'], value, f'{where}: header {name}')
            elif header.get('required', False):
                raise Broken(f'{where}: the header {name} is missing')
        content = response.get('content')
        kind = _media_type(exchange.headers.get('content-type'))
        if content is None:
            if exchange.body:
                raise Broken(f'{where}: a body where none is foreseen: {exchange.body[:500]!r}')
            return
        if kind not in content:
            raise Broken(f'{where}: the body is "{kind}", and the document names {", ".join(content)}')
        if exchange.method == 'HEAD':
            if exchange.body:
                raise Broken(f'{where}: a body after HEAD')
            return
        if kind.endswith('json'):
            self._check_json(content[kind]['schema'], exchange.body, where)
        if kind == 'text/event-stream':
            self._check_events(content[kind], exchange.body, where)
        if kind == 'application/problem+json' and parse(exchange.body)['status'] != exchange.status:
            raise Broken(f'{where}: the problem document tells of another status: {exchange.body[:500]!r}')

    def _check_json(self, schema, data, where):
        try:
            value = parse(data)
        except ValueError as error:
            raise Broken(f'{where}: {error}: {data[:500]!r}') from error
        self.check(schema, value, where)

    def _check_events(self, media, data, where):
        """Server-sent events; what comes after the last empty line is not whole yet."""
        for event in data.decode('utf-8').split('\n\n')[:-1]:
            fields = dict(line.partition(': ')[::2] for line in event.splitlines() if not line.startswith(':'))
            if set(fields) - {'id', 'event', 'data', 'retry'}:
                raise Broken(f'{where}: an event that is none: {event[:500]}')
            if not re.fullmatch('[0-9]+', fields.get('id', '0')):
                raise Broken(f'{where}: an event whose id is no revision: {event[:500]}')
            if 'data' in fields or 'event' in fields:
                self._check_event(media, fields.get('event'), fields.get('data', ''), where)

    def _check_event(self, media, name, data, where):
        if name not in media['x-muster-events']:
            raise Broken(f'{where}: the document names no such event: {name}: {data[:500]}')
        self._check_json(media['x-muster-events'][name], data, f'{where}: event {name}')

    def hold_event(self, path, name, data):
        """One event of a stream that is read as it comes."""
        operation = self.document['paths'][path]['get']
        self._check_event(operation['responses']['200']['content']['text/event-stream'], name, data, f'GET {path}')

    def _check_request(self, exchange, item, operation, values, query, where):
        parameters = self.parameters(item, operation)
        in_path = [one for one in parameters if one['in'] == 'path']
        for parameter, value in zip(in_path, values):
            self.check(parameter['schema'], urllib.parse.unquote(value), f'{where}: path parameter '
                                                                          f'{parameter["name"]}')
        asked = urllib.parse.parse_qs(query, keep_blank_values=True)
        for parameter in (one for one in parameters if one['in'] == 'query'):
            if parameter['name'] in asked:
                given = asked.pop(parameter['name'])
                self.check(parameter['schema'], _understand(parameter, given),
                            f'{where}: parameter {parameter["name"]}')
            elif parameter.get('required', False):
                raise Broken(f'{where}: was accepted without the parameter {parameter["name"]}')
        if asked:
            raise Broken(f'{where}: was accepted with parameters that the document does not name: {", ".join(asked)}')
        self._check_asked_body(exchange, operation, where)

    def _check_asked_body(self, exchange, operation, where):
        body = self.resolve(operation['requestBody']) if 'requestBody' in operation else None
        if not exchange.asked_body:
            if body is not None and body.get('required', False):
                raise Broken(f'{where}: was accepted without a body')
            return
        if body is None:
            raise Broken(f'{where}: was accepted with a body')
        kind = _media_type(exchange.asked_type)
        if kind not in body['content']:
            raise Broken(f'{where}: was accepted with a body that is "{kind}"')
        if kind.endswith('json'):
            self._check_json(body['content'][kind]['schema'], exchange.asked_body, f'{where}: the request')

    def hold_piece(self, name, data):
        """A piece of an answer, against the schema of this name."""
        self._check_json(self.document['components']['schemas'][name], data, f'a {name}')

    def hold_output(self, words, text):
        """What `musterctl --json` printed for this command line, without options of its own in front."""
        command = next((name for name in (' '.join(words[:2]), words[0] if words else '') if name in COMMANDS), None)
        if command is None:
            raise Broken(f'musterctl {" ".join(words)}: which operation this is does not stand in contract.COMMANDS')
        if COMMANDS[command] is None:
            return
        if command == 'token create' and '--file' in words:  # which has the secret, and the output has not
            self.hold_piece('Token', text)
            return
        where = f'musterctl --json {" ".join(words)}'
        for _method, _path, _item, operation in self.operations():
            if operation['operationId'] == COMMANDS[command]:
                break
        else:
            raise Broken(f'{where}: the document has no operation {COMMANDS[command]}')
        good = [self.resolve(one) for status, one in operation['responses'].items() if status < '300']
        schemas = [one['content']['application/json']['schema'] for one in good if 'content' in one]
        if text.strip() == '{}' and len(schemas) < len(good):
            return
        if not schemas:
            raise Broken(f'{where}: prints something where the daemon says nothing: {text[:500]}')
        self._check_json(schemas[0], text, where)


def _understand(parameter, given):
    """The value of a query parameter, from its texts."""
    kind = parameter['schema'].get('type')
    if kind == 'array':
        return given if parameter.get('explode', True) else [one for text in given for one in text.split(',')]
    if len(given) > 1:
        return given  # an array, which its schema refuses
    if kind == 'integer' and re.fullmatch(r'[0-9]+', given[0]):
        return int(given[0])
    if kind == 'boolean' and given[0] in ('true', 'false'):
        return given[0] == 'true'
    return given[0]
