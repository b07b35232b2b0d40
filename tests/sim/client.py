# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small EWS client for the simulator's own tests, on bare sockets. It shares nothing with the simulator but the
schemas, so that a mistake of one is not the other's truth; every answer it gets is held against them."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile

from lxml import etree

HERE = pathlib.Path(__file__).resolve().parent
SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages'
TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types'
NAMES = {'s': SOAP, 'm': MESSAGES, 't': TYPES, 'e': 'http://schemas.microsoft.com/exchange/services/2006/errors',
         'a': 'http://schemas.microsoft.com/exchange/2010/Autodiscover'}
PATIENCE = 60
EWS = '/EWS/Exchange.asmx'


class Ended(Exception):
    """The server closed the connection in the middle of something."""


class Simulator:
    """muster-sim exchange, as a process that ends with its standard input."""

    def __init__(self, script=None, arguments=()):
        self.script = tempfile.NamedTemporaryFile('w', suffix='.json', encoding='utf-8')
        json.dump(script or {}, self.script)
        self.script.flush()
        self.process = subprocess.Popen([sys.executable, str(HERE / 'muster-sim'), 'exchange', self.script.name,
                                         '--stop-on-eof', *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        if not line.startswith('port '):
            self.stop()
            raise AssertionError(f'muster-sim said {line!r} and {self.errors!r}')
        self.port = int(line.split()[1])
        self.errors = ''

    def stop(self):
        """Ends it; what it wrote to the standard error is a mistake of its own."""
        if self.process.stdin:
            self.process.stdin.close()
            self.process.stdin = None
        self.process.wait(PATIENCE)
        self.errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        self.script.close()
        return self.process.returncode

    def control(self, method, path, body=None, expected=200):
        with Wire(self.port) as wire:
            answer = wire.ask(method, '/sim/' + path, json.dumps(body) if body is not None else '',
                              {'Content-Type': 'application/json'})
        if answer.status != expected:
            raise AssertionError(f'{method} /sim/{path}: {answer.status} {answer.body!r}')
        return json.loads(answer.body)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # a list of (name in small letters, value)
        self.body = body

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def first(self, name):
        return next(iter(self.all(name)), '')

    def xml(self):
        return etree.fromstring(self.body)


class Wire:
    """One HTTP connection."""

    def __init__(self, port, tls=None):
        self.socket = socket.create_connection(('127.0.0.1', port), PATIENCE)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname='localhost')
        self.file = self.socket.makefile('rb')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, method, path, body='', headers=None):
        body = body.encode() if isinstance(body, str) else body
        lines = [f'{method} {path} HTTP/1.1', 'Host: mail.example.com', f'Content-Length: {len(body)}']
        lines += [f'{name}: {value}' for name, value in (headers or {}).items()]
        self.socket.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)

    def head(self):
        line = self.file.readline()
        if not line:
            raise Ended
        status = int(line.split()[1])
        headers = []
        while True:
            line = self.file.readline().strip()
            if not line:
                return Answer(status, headers, b'')
            name, _, value = line.decode().partition(':')
            headers.append((name.lower(), value.strip()))

    def chunk(self):
        """The next one; None after the last."""
        line = self.file.readline()
        if not line.strip():
            raise Ended
        size = int(line, 16)
        data = self.file.read(size)
        if len(data) < size or len(self.file.readline()) < 2:
            raise Ended
        return data if size else None

    def ask(self, method, path, body='', headers=None):
        self.send(method, path, body, headers)
        answer = self.head()
        if answer.first('transfer-encoding') == 'chunked':
            answer.body = b''.join(iter(self.chunk, None))
            return answer
        size = int(answer.first('content-length') or 0)
        answer.body = self.file.read(size)
        if len(answer.body) < size:
            raise Ended
        return answer


def basic(name, password):
    return 'Basic ' + base64.b64encode(f'{name}:{password}'.encode()).decode()


def ntlm_negotiate():
    return 'NTLM ' + base64.b64encode(b'NTLMSSP\0' + struct.pack('<II', 1, 0xA2088207) + bytes(16)).decode()


def ntlm_authenticate(challenge, domain, user, key, bindings=b'', version=2):
    """AUTHENTICATE_MESSAGE of MS-NLMP 2.2.1.3, with the key NTOWFv2 that the caller has worked out."""
    message = base64.b64decode(challenge.partition(' ')[2])
    assert message.startswith(b'NTLMSSP\0\x02\0\0\0'), message
    nonce = message[24:32]
    size, _, offset = struct.unpack_from('<HHI', message, 40)
    info = message[offset:offset + size]
    if bindings:
        info = info[:-4] + struct.pack('<HH', 10, len(bindings)) + bindings + bytes(4)
    blob = b'\x01\x01' + bytes(6) + bytes(8) + os.urandom(8) + bytes(4) + info + bytes(4)
    proof = hmac.new(key, nonce + blob, hashlib.md5).digest()
    response = proof + blob if version == 2 else os.urandom(24)
    parts = [bytes(24), response, domain.encode('utf-16-le'), user.encode('utf-16-le'), 'PC'.encode('utf-16-le'), b'']
    head, offset, tail = b'', 64, b''
    for part in parts:
        head += struct.pack('<HHI', len(part), len(part), offset + len(tail))
        tail += part
    return 'NTLM ' + base64.b64encode(b'NTLMSSP\0' + struct.pack('<I', 3) + head + struct.pack('<I', 0xA2088205)
                                      + tail).decode()


class Contracts:
    """The schemas, and what was found not to fit."""

    def __init__(self, folder):
        self.schema = etree.XMLSchema(etree.parse(str(folder / 'ews' / 'soap.xsd')))
        self.held = 0

    def hold(self, data):
        root = etree.fromstring(data)
        self.held += 1
        for one in root.iter('{%s}Notification' % MESSAGES):
            # Of streams: the schema says t: there, servers say m:, and of the two the servers are right.
            if one.getparent().tag == '{%s}Notifications' % MESSAGES:
                one.tag = '{%s}Notification' % TYPES
        if not self.schema.validate(root):
            raise AssertionError(f'{self.schema.error_log[0]}\n{data.decode()[:3000]}')
        return root


def envelope(operation, impersonate=None, version='Exchange2013', kind='PrimarySmtpAddress', header=''):
    versioned = f'<t:RequestServerVersion Version="{version}"/>' if version else ''
    sid = ''
    if impersonate:
        sid = (f'<t:ExchangeImpersonation><t:ConnectingSID><t:{kind}>{impersonate}</t:{kind}></t:ConnectingSID>'
               '</t:ExchangeImpersonation>')
    return (f'<?xml version="1.0" encoding="utf-8"?>'
            f'<s:Envelope xmlns:s="{SOAP}" xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">'
            f'<s:Header>{versioned}{sid}{header}</s:Header><s:Body>{operation}</s:Body></s:Envelope>')


def event_types(kinds):
    return f'<t:EventTypes>{"".join(f"<t:EventType>{kind}</t:EventType>" for kind in kinds)}</t:EventTypes>'


ALL_EVENTS = ('CreatedEvent', 'ModifiedEvent', 'DeletedEvent', 'MovedEvent')
CALENDAR = '<t:DistinguishedFolderId Id="calendar"/>'


def subscribe(kind='Streaming', tail='', kinds=ALL_EVENTS, folders=CALENDAR):
    return (f'<m:Subscribe><m:{kind}SubscriptionRequest><t:FolderIds>{folders}</t:FolderIds>{event_types(kinds)}{tail}'
            f'</m:{kind}SubscriptionRequest></m:Subscribe>')


def streaming_events(ids, minutes=1):
    listed = ''.join(f'<t:SubscriptionId>{one}</t:SubscriptionId>' for one in ids)
    return (f'<m:GetStreamingEvents><m:SubscriptionIds>{listed}</m:SubscriptionIds>'
            f'<m:ConnectionTimeout>{minutes}</m:ConnectionTimeout></m:GetStreamingEvents>')


def get_events(subscription, watermark):
    return (f'<m:GetEvents><m:SubscriptionId>{subscription}</m:SubscriptionId><m:Watermark>{watermark}</m:Watermark>'
            '</m:GetEvents>')


def unsubscribe(subscription):
    return f'<m:Unsubscribe><m:SubscriptionId>{subscription}</m:SubscriptionId></m:Unsubscribe>'


FIELDS = ('item:Subject', 'item:Sensitivity', 'calendar:Start', 'calendar:End', 'calendar:LegacyFreeBusyStatus',
          'calendar:IsAllDayEvent', 'calendar:IsCancelled', 'calendar:MyResponseType', 'calendar:CalendarItemType',
          'calendar:UID', 'calendar:RecurrenceId', 'calendar:Location')


def shape(fields=FIELDS, base='IdOnly', name='ItemShape'):
    asked = ''.join(f'<t:FieldURI FieldURI="{field}"/>' for field in fields)
    asked = f'<t:AdditionalProperties>{asked}</t:AdditionalProperties>' if asked else ''
    return f'<m:{name}><t:BaseShape>{base}</t:BaseShape>{asked}</m:{name}>'


def calendar_view(start, end, maximum=None, fields=FIELDS, folders=CALENDAR):
    most = f'MaxEntriesReturned="{maximum}" ' if maximum else ''
    return (f'<m:FindItem Traversal="Shallow">{shape(fields)}'
            f'<m:CalendarView {most}StartDate="{start}" EndDate="{end}"/>'
            f'<m:ParentFolderIds>{folders}</m:ParentFolderIds></m:FindItem>')


def sync(state='', most=512):
    return (f'<m:SyncFolderItems>{shape(())}<m:SyncFolderId>{CALENDAR}</m:SyncFolderId>'
            f'<m:SyncState>{state}</m:SyncState>'
            f'<m:MaxChangesReturned>{most}</m:MaxChangesReturned><m:SyncScope>NormalItems</m:SyncScope>'
            '</m:SyncFolderItems>')


def oof(address):
    return (f'<m:GetUserOofSettingsRequest><t:Mailbox><t:Address>{address}</t:Address></t:Mailbox>'
            '</m:GetUserOofSettingsRequest>')


class Client:
    """Somebody with a connection, credentials and the contracts in hand."""

    def __init__(self, simulator, contracts, name='EXAMPLE\\svc', password='right', tls=None):
        self.contracts = contracts
        self.wire = Wire(simulator.port, tls)
        self.headers = {'Content-Type': 'text/xml; charset=utf-8'}
        if password is not None:
            self.headers['Authorization'] = basic(name, password)

    def close(self):
        self.wire.close()

    def post(self, body, headers=None, path=EWS):
        return self.wire.ask('POST', path, body, {**self.headers, **(headers or {})})

    def call(self, operation, mailbox=None, status=200, headers=None, **more):
        """The answer's root, valid by the schema."""
        more_headers = {'X-AnchorMailbox': mailbox, **(headers or {})} if mailbox else headers
        answer = self.post(envelope(operation, mailbox, **more), more_headers)
        if answer.status != status:
            raise AssertionError(f'{answer.status} where {status} was expected: {answer.body.decode()[:2000]}')
        self.answer = answer
        return self.contracts.hold(answer.body)

    def open_stream(self, operation, mailbox=None, headers=None):
        self.wire.send('POST', EWS, envelope(operation, mailbox),
                       {**self.headers, **({'X-AnchorMailbox': mailbox} if mailbox else {}), **(headers or {})})
        self.answer = self.wire.head()
        self.buffer = b''
        return self.answer

    def next_envelope(self):
        """The next one of the stream by its end tag, however it is cut; None when the stream has ended."""
        end = b'</Envelope>'
        while end not in self.buffer:
            piece = self.wire.chunk()
            if piece is None:
                assert self.buffer == b'', self.buffer
                return None
            self.buffer += piece
        data, _, self.buffer = self.buffer.partition(end)
        return self.contracts.hold(data + end)


def codes(root):
    return [one.text for one in root.iter('{%s}ResponseCode' % MESSAGES)]


def fault_code(root):
    """The one of the detail, which must be the faultcode's too."""
    detail = root.findtext('.//e:ResponseCode', namespaces=NAMES)
    assert root.findtext('.//faultcode') == f'a:{detail}', etree.tostring(root)
    return detail


def found(root, path):
    return [one.text for one in root.iterfind(path, NAMES)]


def trusting(certificate):
    return ssl.create_default_context(cafile=certificate)
