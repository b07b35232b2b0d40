# SPDX-License-Identifier: LGPL-2.1-or-later
"""Autodiscover by SOAP: GetUserSettings. POX is there to be refused."""

from . import schema, soap
from .wire import Answer

NS = 'http://schemas.microsoft.com/exchange/2010/Autodiscover'
WSA = 'http://www.w3.org/2005/08/addressing'
ACTION = NS + '/Autodiscover/GetUserSettings'
A = '{%s}' % NS
I = 'http://www.w3.org/2001/XMLSchema-instance'
MAX_USERS = 100
SCHEMAS = 'Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2, Exchange2013, ' \
          'Exchange2013_SP1, Exchange2016'


def envelope(exchange, content):
    version = exchange.options['version']
    numbers = ''.join(f'<h:{name}>{value}</h:{name}>' for name, value in (
        ('MajorVersion', version['major']), ('MinorVersion', version['minor']), ('MajorBuildNumber', version['build']),
        ('MinorBuildNumber', version['revision']), ('Version', 'Exchange2015')))
    return (f'<s:Envelope xmlns:s="{soap.SOAP}" xmlns:a="{WSA}"><s:Header>'
            f'<a:Action s:mustUnderstand="1">{ACTION}Response</a:Action>'
            f'<h:ServerVersionInfo xmlns:h="{NS}" xmlns:i="{I}">{numbers}</h:ServerVersionInfo></s:Header><s:Body>'
            f'<GetUserSettingsResponseMessage xmlns="{NS}"><Response xmlns:i="{I}">{content}</Response>'
            '</GetUserSettingsResponseMessage></s:Body></s:Envelope>')


def error(exchange, code, text):
    return Answer(200, envelope(exchange, f'<ErrorCode>{code}</ErrorCode><ErrorMessage>{text}</ErrorMessage>'))


def fault(code, text):
    return Answer(500, f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body><s:Fault><faultcode>{code}</faultcode>'
                       f'<faultstring xml:lang="en-US">{text}</faultstring></s:Fault></s:Body></s:Envelope>')


def answer(exchange, request):
    try:
        root = schema.parse(request.body)
    except schema.NotXml:
        return Answer(400, content_type='text/html')
    if root.findtext(f'{soap.S}Header/{{{WSA}}}Action', '').strip() != ACTION:
        return fault('a:ActionNotSupported', 'The message cannot be processed at the receiver, due to an '
                                             'ContractFilter mismatch: the Action is missing or not known.')
    if not root.findtext(f'{soap.S}Header/{A}RequestedServerVersion', '').strip():
        return error(exchange, 'InvalidRequest', 'A valid RequestedServerVersion is missing.')
    wanted = root.find(f'{soap.S}Body/{A}GetUserSettingsRequestMessage/{A}Request')
    users = [one.text or '' for one in wanted.iterfind(f'{A}Users/{A}User/{A}Mailbox')] if wanted is not None else []
    settings = [one.text or '' for one in wanted.iterfind(f'{A}RequestedSettings/{A}Setting')] if users else []
    if not users or not settings:
        return error(exchange, 'InvalidRequest', 'Users and settings are required.')
    if len(users) > MAX_USERS:
        return error(exchange, 'InvalidRequest', f'More than {MAX_USERS} users.')
    listed = ''.join(user_response(exchange, one.strip(), settings) for one in users)
    return Answer(200, envelope(exchange, '<ErrorCode>NoError</ErrorCode><ErrorMessage />'
                                          f'<UserResponses>{listed}</UserResponses>'))


def user_response(exchange, address, settings):
    mailbox = exchange.organisation.find(address)
    if mailbox is None:
        return ('<UserResponse><ErrorCode>InvalidUser</ErrorCode><ErrorMessage>Invalid user.</ErrorMessage>'
                '<RedirectTarget i:nil="true" /><UserSettingErrors /><UserSettings /></UserResponse>')
    if mailbox.redirect:
        kind = 'RedirectUrl' if mailbox.redirect.startswith('https://') else 'RedirectAddress'
        return (f'<UserResponse><ErrorCode>{kind}</ErrorCode><ErrorMessage>Redirection.</ErrorMessage>'
                f'<RedirectTarget>{soap.text(mailbox.redirect)}</RedirectTarget><UserSettingErrors /><UserSettings />'
                '</UserResponse>')
    version = exchange.options['version']
    values = {'UserDisplayName': mailbox.name, 'ExternalEwsUrl': exchange.url(), 'InternalEwsUrl': exchange.url(),
              'CasVersion': '{major}.{minor:02}.{build:04}.{revision:03}'.format(**version),
              'EwsSupportedSchemas': SCHEMAS, 'GroupingInformation': exchange.site(mailbox.server),
              'InternalMailboxServer': exchange.organisation.servers[mailbox.server]}
    found = ''.join(f'<UserSetting i:type="StringSetting"><Name>{soap.text(name)}</Name>'
                    f'<Value>{soap.text(values[name])}</Value></UserSetting>' for name in settings if name in values)
    wrong = ''.join(f'<UserSettingError><ErrorCode>SettingIsNotAvailable</ErrorCode><ErrorMessage>Not available.'
                    f'</ErrorMessage><SettingName>{soap.text(name)}</SettingName></UserSettingError>'
                    for name in settings if name not in values)
    return ('<UserResponse><ErrorCode>NoError</ErrorCode><ErrorMessage>No error.</ErrorMessage>'
            f'<RedirectTarget i:nil="true" /><UserSettingErrors>{wrong}</UserSettingErrors>'
            f'<UserSettings>{found}</UserSettings></UserResponse>')


def pox(exchange):
    """The older protocol, which no client of ours speaks: as a server answers that does not know it."""
    moment = exchange.now().strftime('%H:%M:%S.0000000')
    return Answer(200, f'{soap.DECLARATION}<Autodiscover '
                       'xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response>'
                       f'<Error Time="{moment}" Id="1"><ErrorCode>600</ErrorCode><Message>Invalid Request</Message>'
                       '<DebugData /></Error></Response></Autodiscover>')
