# SPDX-License-Identifier: LGPL-2.1-or-later
"""Envelopes, faults and response messages, as text: an answer is written once and never changed."""

import re

from xml.sax.saxutils import escape, quoteattr

SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
MESSAGES = 'http://schemas.microsoft.com/exchange/services/2006/messages'
TYPES = 'http://schemas.microsoft.com/exchange/services/2006/types'
ERRORS = 'http://schemas.microsoft.com/exchange/services/2006/errors'
NAMESPACES = {'s': SOAP, 'm': MESSAGES, 't': TYPES, 'e': ERRORS}
M = '{%s}' % MESSAGES
T = '{%s}' % TYPES
S = '{%s}' % SOAP

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
# Streams have them the other way round.
XSD = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
USED = f'xmlns:m="{MESSAGES}" xmlns:t="{TYPES}"'
# What XML 1.0 cannot carry; Exchange does not send it either.
NOT_XML = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')

TEXTS = {
    'ErrorAccessDenied': 'Access is denied. Check credentials and try again.',
    'ErrorCalendarViewRangeTooBig': 'The specified view range exceeds the maximum range of two years.',
    'ErrorExceededConnectionCount': 'You have exceeded the available concurrent connections for your account. '
                                    'Try again once your other requests have completed.',
    'ErrorExceededFindCountLimit': 'You have exceeded the maximum number of objects that can be returned for the '
                                   'find operation. Use paging to reduce the result size and try your request again.',
    'ErrorExceededSubscriptionCount': 'You have exceeded the available subscriptions for your account.',
    'ErrorImpersonateUserDenied': 'The account does not have permission to impersonate the requested user.',
    'ErrorIncorrectSchemaVersion': 'The request is valid but does not specify the correct server version in the '
                                   'RequestServerVersion SOAP header.',
    'ErrorInternalServerError': 'An internal server error occurred. The operation failed.',
    'ErrorInvalidIdMalformed': 'Id is malformed.',
    'ErrorInvalidServerVersion': 'The specified server version is invalid.',
    'ErrorInvalidSubscription': 'The specified subscription is invalid.',
    'ErrorInvalidSyncStateData': 'Synchronization state data is corrupt or otherwise invalid.',
    'ErrorInvalidWatermark': 'The watermark used for creating this subscription was not found.',
    'ErrorItemNotFound': 'The specified object was not found in the store.',
    'ErrorFolderNotFound': 'The specified folder could not be found in the store.',
    'ErrorMailRecipientNotFound': 'The e-mail address could not be resolved to a mailbox.',
    'ErrorMissingEmailAddress': 'When making a request as an account that does not have a mailbox, you must specify '
                                'the mailbox primary SMTP address for any distinguished folder Ids.',
    'ErrorNameResolutionNoResults': 'No results were found.',
    'ErrorNameResolutionMultipleResults': 'Multiple results were found.',
    'ErrorNewEventStreamConnectionOpened': 'A new event stream connection was opened for the subscription.',
    'ErrorNonExistentMailbox': 'The SMTP address has no mailbox associated with it.',
    'ErrorSchemaValidation': 'The request failed schema validation.',
    'ErrorServerBusy': 'The server cannot service this request right now. Try again later.',
    'ErrorSubscriptionAccessDenied': 'Access is denied. Only the subscription owner may access the subscription.',
    'ErrorSubscriptionDelegateAccessNotSupported': 'Subscriptions are not supported for delegate user access.',
    'ErrorSubscriptionNotFound': 'The specified subscription was not found.',
}


class SoapFault(Exception):
    """The whole request fails, by HTTP 500."""

    def __init__(self, code, text=None, values=(), inner=''):
        super().__init__(code)
        self.code = code
        self.text = text or TEXTS.get(code, code)
        self.values = values
        self.inner = inner

    def body(self):
        xml = self.inner + ''.join(f'<t:Value Name={quoteattr(name)}>{escape(str(value))}</t:Value>'
                                   for name, value in self.values)
        if xml:
            xml = f'<t:MessageXml xmlns:t="{TYPES}">{xml}</t:MessageXml>'
        return (f'<s:Fault><faultcode xmlns:a="{TYPES}">a:{self.code}</faultcode>'
                f'<faultstring xml:lang="en-US">{text(self.text)}</faultstring><detail>'
                f'<e:ResponseCode xmlns:e="{ERRORS}">{self.code}</e:ResponseCode>'
                f'<e:Message xmlns:e="{ERRORS}">{text(self.text)}</e:Message>{xml}</detail></s:Fault>')


class NotOwner(SoapFault):
    """What the mailbox of somebody else's automatic replies answers: a fault of another make."""

    def __init__(self):
        super().__init__('Client', 'Microsoft.Exchange.Data.Storage.AccessDeniedException: User is not mailbox owner.')

    def body(self):
        return (f'<s:Fault><faultcode>s:Client</faultcode><faultstring>{self.text}</faultstring>'
                f'<detail><ErrorCode xmlns="{MESSAGES}">-2146233088</ErrorCode></detail></s:Fault>')


class ResponseError(Exception):
    """One response message fails; the others of the request, and HTTP, are well."""

    def __init__(self, code, text=None, values=(), tail=''):
        super().__init__(code)
        self.code = code
        self.text = text or TEXTS.get(code, code)
        self.values = values
        self.tail = tail


def text(value):
    return escape(NOT_XML.sub('', str(value)))


def element(name, value, attributes=''):
    """One element with text: empty ones as Exchange writes them."""
    value = text(value)
    return f'<{name}{attributes}>{value}</{name}>' if value else f'<{name}{attributes} />'


def boolean(value):
    return 'true' if value else 'false'


def message(operation, content='', suffix='ResponseMessage'):
    return (f'<m:{operation}{suffix} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'
            f'{content}</m:{operation}{suffix}>')


def error_content(error):
    values = ''.join(f'<t:Value Name={quoteattr(name)}>{text(value)}</t:Value>' for name, value in error.values)
    return (f'{element("m:MessageText", error.text)}<m:ResponseCode>{error.code}</m:ResponseCode>'
            f'<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>'
            + (f'<m:MessageXml>{values}</m:MessageXml>' if values else ''))


def error_message(operation, error, tail='', suffix='ResponseMessage', response_class='Error'):
    return (f'<m:{operation}{suffix} ResponseClass="{response_class}">{error_content(error)}{error.tail or tail}'
            f'</m:{operation}{suffix}>')


def response(operation, messages):
    return (f'<m:{operation}Response {USED}><m:ResponseMessages>{messages}</m:ResponseMessages>'
            f'</m:{operation}Response>')


def version_attributes(version):
    return (f'MajorVersion="{version["major"]}" MinorVersion="{version["minor"]}" '
            f'MajorBuildNumber="{version["build"]}" MinorBuildNumber="{version["revision"]}"'
            + (f' Version="{version["schema"]}"' if version.get('schema') else ''))


def envelope(body, version):
    header = (f'<s:Header><h:ServerVersionInfo {version_attributes(version)} xmlns:h="{TYPES}" xmlns="{TYPES}" {XSI} />'
              '</s:Header>')
    return f'{DECLARATION}<s:Envelope xmlns:s="{SOAP}">{header}<s:Body {XSI}>{body}</s:Body></s:Envelope>'


def fault_envelope(fault):
    return f'{DECLARATION}<s:Envelope xmlns:s="{SOAP}"><s:Body>{fault.body()}</s:Body></s:Envelope>'


def stream_envelope(messages, version, prefix=''):
    """One of the many of a streaming answer. Exchange's own have no prefix at the root and soap11 below it
    (samples/ews/wire/streaming-exchange2013-first-envelope.xml); other servers have one."""
    body = (f'<m:GetStreamingEventsResponse {XSD} xmlns:t="{TYPES}" xmlns:m="{MESSAGES}"><m:ResponseMessages>'
            f'{messages}</m:ResponseMessages></m:GetStreamingEventsResponse>')
    info = f'<ServerVersionInfo {XSD} {version_attributes(version)} xmlns="{TYPES}" />'
    if prefix:
        return (f'<{prefix}:Envelope xmlns:{prefix}="{SOAP}"><{prefix}:Header>{info}</{prefix}:Header>'
                f'<{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>')
    return (f'<Envelope xmlns="{SOAP}"><soap11:Header xmlns:soap11="{SOAP}">{info}</soap11:Header>'
            f'<soap11:Body xmlns:soap11="{SOAP}">{body}</soap11:Body></Envelope>')


def push_envelope(messages, version):
    """What goes to the callback: RequestServerVersion in the header (exchangelib tests/test_items/test_sync.py)."""
    header = f'<t:RequestServerVersion xmlns:m="{MESSAGES}" Version="{version["name"]}" xmlns:t="{TYPES}" />'
    return (f'{DECLARATION}<soap11:Envelope xmlns:soap11="{SOAP}"><soap11:Header>{header}</soap11:Header><soap11:Body>'
            f'<m:SendNotification {USED}><m:ResponseMessages>{messages}</m:ResponseMessages></m:SendNotification>'
            f'</soap11:Body></soap11:Envelope>')
