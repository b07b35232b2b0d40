# SPDX-License-Identifier: LGPL-2.1-or-later
"""The operations that are known: who does them, since which version, and how a failure of the whole looks."""

import collections

from . import folders, notify, people, soap

Operation = collections.namedtuple('Operation', 'do since hangs', defaults=(False,))

# RequestServerVersion, in the order of ExchangeVersionType.
VERSIONS = ('Exchange2007', 'Exchange2007_SP1', 'Exchange2009', 'Exchange2010', 'Exchange2010_SP1', 'Exchange2010_SP2',
            'Exchange2012', 'Exchange2013', 'Exchange2013_SP1', 'Exchange2015', 'Exchange2016', 'V2015_10_05',
            'V2016_01_06', 'V2016_04_13', 'V2016_07_13', 'V2016_10_10', 'V2017_01_07', 'V2017_04_14', 'V2017_07_11')
# Of a request that names none (docs: requestserverversion).
UNNAMED = 'Exchange2007_SP1'

OPERATIONS = {
    'FindItem': Operation(folders.find_item, 'Exchange2007'),
    'GetItem': Operation(folders.get_item, 'Exchange2007'),
    'GetFolder': Operation(folders.get_folder, 'Exchange2007'),
    'SyncFolderItems': Operation(folders.sync_folder_items, 'Exchange2007'),
    'Subscribe': Operation(notify.subscribe, 'Exchange2007'),
    'Unsubscribe': Operation(notify.unsubscribe, 'Exchange2007'),
    'GetEvents': Operation(notify.get_events, 'Exchange2007'),
    'GetStreamingEvents': Operation(None, 'Exchange2010_SP1', hangs=True),
    'GetUserOofSettingsRequest': Operation(people.get_user_oof_settings, 'Exchange2007'),
    'GetUserAvailabilityRequest': Operation(people.get_user_availability, 'Exchange2007'),
    'GetMailTips': Operation(people.get_mail_tips, 'Exchange2010'),
    'ResolveNames': Operation(people.resolve_names, 'Exchange2007'),
    'GetServerTimeZones': Operation(people.get_server_time_zones, 'Exchange2010'),
}
# What the schema wants of a response message also where it failed.
TAILS = {'GetItem': '<m:Items />', 'GetFolder': '<m:Folders />', 'GetServerTimeZones': '<m:TimeZoneDefinitions />'}


def plain_name(name):
    return name[:-len('Request')] if name.endswith('Request') else name


def since(name, root):
    """The version that this request needs; a streaming subscription came later than the others."""
    if name == 'Subscribe' and root.find(f'.//{soap.M}StreamingSubscriptionRequest') is not None:
        return 'Exchange2010_SP1'
    return OPERATIONS[name].since


def failed(name, error):
    """The answer whose every message is this error."""
    plain = plain_name(name)
    content = soap.error_content(error)
    if plain == 'GetUserOofSettings':
        return (f'<m:{plain}Response {soap.USED}><m:ResponseMessage ResponseClass="Error">{content}</m:ResponseMessage>'
                f'</m:{plain}Response>')
    if plain == 'GetUserAvailability':
        return (f'<m:{plain}Response {soap.USED}><m:FreeBusyResponseArray><m:FreeBusyResponse>'
                f'<m:ResponseMessage ResponseClass="Error">{content}</m:ResponseMessage></m:FreeBusyResponse>'
                f'</m:FreeBusyResponseArray></m:{plain}Response>')
    if plain == 'GetMailTips':
        return f'<m:{plain}Response ResponseClass="Error" {soap.USED}>{content}</m:{plain}Response>'
    return soap.response(plain, soap.error_message(plain, error, TAILS.get(plain, '')))
