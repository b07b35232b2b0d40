# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server: takes connections, asks who is there, hands requests to operations, and lets faults happen."""

import asyncio
import collections
import contextlib
import datetime
import email.utils
import sys
import traceback

from . import autodiscover, control, faults, model, operations, schema, soap, stream
from .auth import Denied, Directory
from .call import Call
from .limits import Limits
from .subscriptions import Subscriptions
from .wire import Answer, BadRequest, Connection, Cut, Shape

KEPT_REQUESTS = 20000
KEPT_VIOLATIONS = 20
READ_LIMIT = 64 * 1024

DEFAULTS = {
    'version': {'major': 15, 'minor': 2, 'build': 1544, 'revision': 4, 'schema': 'V2017_07_11', 'name': 'Exchange2016',
                'newest': 'V2017_07_11'},
    'minute': 60.0,
    'heartbeat': 45.0,
    'streaming-lifetime': 5,
    'notification-prefix': 'm',
    'stream-prefix': '',
    'notifications-per-envelope': 50,
    'subscription-owner': 'account',
    'strict-anchor': False,
    'service-time': 0.0,
    'check-answers': True,
    'push-ca': None,
}


class Exchange:
    def __init__(self, script, schemas, url):
        self.options = {**DEFAULTS, **script.get('options', {})}
        unknown = set(self.options) - set(DEFAULTS)
        if unknown:
            raise model.ScriptError(f'unknown option: {", ".join(sorted(unknown))}')
        self.options['version'] = {**DEFAULTS['version'], **self.options['version']}
        servers = script.get('servers', ['mbx1.example.com'])
        self.sites = [one.get('site', 'SITE-1') if isinstance(one, dict) else 'SITE-1' for one in servers]
        self.organisation = model.Organisation([one['name'] if isinstance(one, dict) else one for one in servers])
        self.schemas = schemas
        self.url = url
        self.skew = 0.0
        self.started = self.now()
        self.directory = Directory(script, script.get('host', 'mail.example.com'), lambda: self.now().timestamp())
        self.limits = Limits(script.get('limits', {}))
        self.faults = faults.Faults()
        self.subscriptions = Subscriptions(self.monotonic)
        self.connections = set()
        self.streams = set()
        self.tasks = set()
        self.log = collections.deque(maxlen=KEPT_REQUESTS)
        self.logged = 0
        self.pushes = collections.deque(maxlen=KEPT_REQUESTS)
        self.violations = []
        self.answers_checked = 0
        self.without_anchor = 0
        self.restarts = 0
        for address, mailbox in script.get('mailboxes', {}).items():
            self.organisation.add(address, mailbox)

    def now(self):
        return datetime.datetime.now(model.UTC) + datetime.timedelta(seconds=self.skew)

    @staticmethod
    def monotonic():
        return asyncio.get_event_loop().time()

    def seconds(self, minutes):
        """A test's minute may be shorter."""
        return minutes * self.options['minute']

    def date(self):
        return email.utils.format_datetime(self.now().replace(microsecond=0), usegmt=True)

    def site(self, server):
        return self.sites[server]

    def same_site(self, one, other):
        return self.sites[one] == self.sites[other]

    def servers_of_site(self, server):
        return [number for number, site in enumerate(self.sites) if site == self.sites[server]]

    def start(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def note_push(self, subscription, outcome):
        self.pushes.append({'id': subscription.id, 'mailbox': subscription.mailbox.address, 'outcome': outcome})

    def check_answer(self, data):
        """Holds what goes out against the schema; what does not fit is there to be asked for."""
        if self.schemas is None or not self.options['check-answers']:
            return
        self.answers_checked += 1
        violation = self.schemas.check_answer(data.encode())
        if violation is not None and len(self.violations) < KEPT_VIOLATIONS:
            self.violations.append({'violation': violation[2], 'answer': data[:4000]})

    def restart(self, server=None):
        """What was subscribed to is gone, and so are the connections; watermarks and sync states live on."""
        self.restarts += 1
        for one in self.subscriptions.drop_all(server):
            one.connection.abort()
        if server is None:
            for connection in list(self.connections):
                if not connection.asks_sim:
                    connection.abort()

    async def take(self, reader, writer):
        """One connection, as long as it lives."""
        connection = Connection(reader, writer)
        self.connections.add(connection)
        try:
            while True:
                request = await connection.read_request()
                if request is None:
                    break
                if request.path.startswith('/sim/'):
                    connection.asks_sim = True
                    # Nobody's fault is in the way of the one who makes them.
                    await connection.send(control.answer(self, request), self.date())
                else:
                    await self.serve(connection, request)
                if request.wants_close():
                    break
        except BadRequest as error:
            with contextlib.suppress(Cut):
                await connection.send(Answer(error.status, content_type='text/html'), self.date(), close=True)
        except Cut:
            connection.abort()
        except Exception:  # pylint: disable=broad-except
            # A mistake of the simulator: seen by who runs it, and by the client as what a server does then.
            traceback.print_exc()
            sys.stderr.flush()
            connection.abort()
        finally:
            self.connections.discard(connection)
            writer.close()

    async def serve(self, connection, request):
        entry = {'number': self.logged, 'connection': connection.number, 'path': request.path, 'account': None,
                 'operation': None, 'mailbox': None, 'anchor': request.header('x-anchormailbox') or None,
                 'server': None,
                 'status': 200, 'code': None}
        self.logged += 1
        self.log.append(entry)
        path = request.path.lower()
        if path not in ('/ews/exchange.asmx', '/autodiscover/autodiscover.svc', '/autodiscover/autodiscover.xml'):
            await self.reply(connection, entry, Answer(404, content_type='text/html'))
            return
        if self.limits['queue'] and self.limits.running >= self.limits['queue']:
            await self.reply(connection, entry, Answer(503, headers=[('Retry-After', '1')], content_type='text/html'))
            return
        try:
            account = self.directory.authenticate(request, connection)
        except Denied as denied:
            entry['code'] = str(denied)
            await self.reply(connection, entry, Answer(401, content_type='text/html', headers=[
                ('WWW-Authenticate', challenge) for challenge in denied.challenges]))
            return
        entry['account'] = account.name
        self.limits.running += 1
        try:
            if path == '/ews/exchange.asmx':
                await self.ews(connection, request, account, entry)
            else:
                await self.discover(connection, request, account, entry, path)
        finally:
            self.limits.running -= 1
            connection.shape = Shape()

    async def discover(self, connection, request, account, entry, path):
        entry['operation'] = 'Autodiscover'
        fault = self.faults.take('Autodiscover', None, account.name)
        if fault is not None and fault.kind == 'status':
            await self.reply(connection, entry, faults.instead(fault))
        elif path.endswith('.xml'):
            await self.reply(connection, entry, autodiscover.pox(self))
        elif request.method != 'POST':
            await self.reply(connection, entry, Answer(405, headers=[('Allow', 'POST')], content_type='text/html'))
        else:
            await self.reply(connection, entry, autodiscover.answer(self, request))

    async def ews(self, connection, request, account, entry):
        if request.method != 'POST':
            await self.reply(connection, entry, Answer(405, headers=[('Allow', 'POST')], content_type='text/html'))
            return
        if request.header('content-type').split(';')[0].strip().lower() != 'text/xml':
            await self.reply(connection, entry, Answer(415, content_type='text/html'))
            return
        try:
            root = schema.parse(request.body)
        except schema.NotXml as error:
            entry['code'] = str(error)
            await self.reply(connection, entry, Answer(400, content_type='text/html'))
            return
        call = Call(self, connection, request, account)
        fault = None
        try:
            self.check_request(root)
            call.read(root)
            entry.update(operation=operations.plain_name(call.name), server=call.server,
                         mailbox=call.mailbox.address if call.mailbox else None)
            fault = self.faults.take(entry['operation'], entry['mailbox'], account.name)
            answer = await self.within_budget(call, fault)
        except soap.SoapFault as error:
            entry['code'] = error.code
            answer = Answer(500, soap.fault_envelope(error))
        except soap.ResponseError as error:
            entry['code'] = error.code
            answer = Answer(200, soap.envelope(operations.failed(call.name, error), self.options['version']))
        if answer is None:
            return
        self.check_answer_of(fault, answer)
        await self.send(connection, entry, call, fault, answer)

    def check_request(self, root):
        """As Exchange answers what is not valid (samples: fault-schemavalidation.xml)."""
        if root.tag != soap.S + 'Envelope':
            raise soap.SoapFault('ErrorSchemaValidation',
                                 inner=violation(root.sourceline, 1, 'Not a SOAP 1.1 envelope.'))
        wrong = self.schemas.check(root) if self.schemas is not None else None
        body = root.find(soap.S + 'Body')
        if wrong is None and (body is None or next(body.iterchildren('*'), None) is None):
            wrong = (root.sourceline, 1, 'The body is empty.')
        if wrong is not None:
            raise soap.SoapFault('ErrorSchemaValidation', f'The request failed schema validation: {wrong[2]}',
                                 inner=violation(*wrong))

    async def within_budget(self, call, fault):
        """The answer; None where it has gone out already."""
        if fault is not None:
            instead = faults.instead(fault)
            if instead is not None:
                return instead
            if fault.kind == 'slow':
                await asyncio.sleep(fault.get('delay', 1.0))
        budget = self.limits.budget(call.account, call.mailbox)
        self.limits.charge(budget, self.monotonic())
        if operations.OPERATIONS[call.name].hangs:
            # Hanging connections are counted by themselves.
            call.connection.shape = faults.shape_of(fault, 1400)
            await self.hold(call, fault)
            return None
        budget.running += 1
        sync = call.name == 'SyncFolderItems'
        try:
            if sync and budget.syncing >= self.limits['sync-calls']:
                raise soap.SoapFault('ErrorServerBusy', values=[('BackOffMilliseconds', 5000)])
            budget.syncing += sync
            try:
                if self.options['service-time']:
                    await asyncio.sleep(self.options['service-time'])
                body = operations.OPERATIONS[call.name].do(call)
            finally:
                budget.syncing -= sync
        finally:
            budget.running -= 1
        return Answer(200, soap.envelope(body, self.options['version']))

    async def hold(self, call, fault):
        if fault is not None and fault.kind == 'silence':
            await call.connection.reader.read(1)
            raise Cut
        await stream.get_streaming_events(call)

    def check_answer_of(self, fault, answer):
        if fault is None and answer.content_type.startswith('text/xml'):
            self.check_answer(answer.body.decode())

    async def send(self, connection, entry, call, fault, answer):
        answer.headers += call.headers()
        if fault is not None:
            if fault.kind == 'silence':
                await connection.reader.read(1)
                raise Cut
            if fault.kind == 'endless':
                await connection.begin_stream(answer, self.date())
                while True:
                    await connection.chunk(answer.body)
            faults.spoil(fault, answer)
            connection.shape = faults.shape_of(fault, len(answer.body))
        await self.reply(connection, entry, answer)

    async def reply(self, connection, entry, answer):
        entry['status'] = answer.status
        await connection.send(answer, self.date())


def violation(line, column, text):
    return (f'<t:LineNumber>{line}</t:LineNumber><t:LinePosition>{column}</t:LinePosition>'
            f'<t:Violation>{soap.text(text)}</t:Violation>')


async def listen(script, schemas, port, tls):
    """(exchange, server, port); the connections are taken from now on."""
    where = {}
    host = script.get('host', 'mail.example.com')
    exchange = Exchange(script, schemas, lambda: script.get(
        'url', f'{"https" if tls else "http"}://{host}:{where["port"]}/EWS/Exchange.asmx'))
    server = await asyncio.start_server(exchange.take, '127.0.0.1', port, ssl=tls, limit=READ_LIMIT, backlog=1024)
    where['port'] = server.sockets[0].getsockname()[1]
    return exchange, server, where['port']
