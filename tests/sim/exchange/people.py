# SPDX-License-Identifier: LGPL-2.1-or-later
"""GetUserOofSettings, GetMailTips, ResolveNames, GetUserAvailability and GetServerTimeZones."""

import datetime

from . import model, soap, zones
from .soap import ResponseError, SoapFault, T, M

MAX_AVAILABILITY = 100
MAX_AVAILABILITY_DAYS = 42
MAX_RESOLUTIONS = 100


def oof_window(mailbox, now):
    """There is always one, and it means something only where the state is Scheduled."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = model.read_time(mailbox.oof['start']) if 'start' in mailbox.oof else midnight
    end = model.read_time(mailbox.oof['end']) if 'end' in mailbox.oof else start + datetime.timedelta(days=1)
    return start, end


def duration(start, end):
    return (f'<t:Duration><t:StartTime>{model.show_time(start)}</t:StartTime>'
            f'<t:EndTime>{model.show_time(end)}</t:EndTime></t:Duration>')


def reply(name, text):
    return f'<t:{name}>{soap.element("t:Message", text)}</t:{name}>'


def get_user_oof_settings(call):
    operation = 'GetUserOofSettings'
    address = call.operation.findtext(f'{T}Mailbox/{T}Address')
    try:
        mailbox = call.exchange.organisation.find(address)
        if mailbox is None:
            raise ResponseError('ErrorMailRecipientNotFound')
        call.check(mailbox)
        if mailbox is not call.mailbox:
            raise soap.NotOwner()
    except ResponseError as error:
        return (f'<m:{operation}Response {soap.USED}><m:ResponseMessage ResponseClass="Error">'
                f'{soap.error_content(error)}</m:ResponseMessage></m:{operation}Response>')
    oof = mailbox.oof
    return (f'<m:{operation}Response {soap.USED}><m:ResponseMessage ResponseClass="Success">'
            '<m:ResponseCode>NoError</m:ResponseCode></m:ResponseMessage><t:OofSettings>'
            f'<t:OofState>{oof.get("state", "Disabled")}</t:OofState>'
            f'<t:ExternalAudience>{oof.get("audience", "All")}</t:ExternalAudience>'
            f'{duration(*oof_window(mailbox, call.exchange.now()))}{reply("InternalReply", oof.get("internal", ""))}'
            f'{reply("ExternalReply", oof.get("external", ""))}</t:OofSettings>'
            f'<m:AllowExternalOof>All</m:AllowExternalOof></m:{operation}Response>')


def get_mail_tips(call):
    listed = ''.join(call.answer(lambda one=one: mail_tips(call, one.findtext(T + 'EmailAddress') or ''),
                                 name='MailTips', suffix='ResponseMessageType')
                     for one in call.operation.find(M + 'Recipients'))
    return (f'<m:GetMailTipsResponse ResponseClass="Success" {soap.USED}><m:ResponseCode>NoError</m:ResponseCode>'
            f'<m:ResponseMessages>{listed}</m:ResponseMessages></m:GetMailTipsResponse>')


def mail_tips(call, address):
    mailbox = call.exchange.organisation.find(address)
    inner = (f'<t:RecipientAddress><t:Name />{soap.element("t:EmailAddress", address)}'
             '<t:RoutingType>SMTP</t:RoutingType></t:RecipientAddress><t:PendingMailTips />')
    if mailbox is None:
        inner += '<t:InvalidRecipient>true</t:InvalidRecipient>'
    else:
        now = call.exchange.now()
        state = mailbox.oof.get('state', 'Disabled')
        start, end = oof_window(mailbox, now)
        out = state == 'Enabled' or (state == 'Scheduled' and start <= now < end)
        inner += (f'<t:OutOfOffice>{reply("ReplyBody", mailbox.oof.get("internal", "") if out else "")}'
                  f'{duration(start, end) if out and state == "Scheduled" else ""}</t:OutOfOffice>')
    return soap.message('MailTips', f'<m:MailTips>{inner}</m:MailTips>', 'ResponseMessageType')


def resolve_names(call):
    return soap.response('ResolveNames', call.answer(lambda: resolve(call)))


def resolve(call):
    entry = call.operation.findtext(M + 'UnresolvedEntry').strip()
    organisation = call.exchange.organisation
    if entry.lower().startswith('smtp:'):
        one = organisation.find(entry[5:])
        found = [one] if one is not None else []
    else:
        found = [one for one in organisation.mailboxes.values()
                 if one.name.lower().startswith(entry.lower()) or one.address.startswith(entry.lower())]
    if not found:
        raise ResponseError('ErrorNameResolutionNoResults')
    full = call.operation.get('ReturnFullContactData') == 'true'
    listed = ''.join(f'<t:Resolution><t:Mailbox>{soap.element("t:Name", one.name)}'
                     f'<t:EmailAddress>{one.address}</t:EmailAddress><t:RoutingType>SMTP</t:RoutingType>'
                     f'<t:MailboxType>Mailbox</t:MailboxType></t:Mailbox>{contact(one) if full else ""}</t:Resolution>'
                     for one in found[:MAX_RESOLUTIONS])
    listed = (f'<m:ResolutionSet TotalItemsInView="{len(found)}" '
              f'IncludesLastItemInRange="{soap.boolean(len(found) <= MAX_RESOLUTIONS)}">{listed}</m:ResolutionSet>')
    if len(found) == 1:
        return soap.message('ResolveNames', listed)
    return soap.error_message('ResolveNames', ResponseError('ErrorNameResolutionMultipleResults'), listed,
                              response_class='Warning')


def contact(mailbox):
    return (f'<t:Contact>{soap.element("t:DisplayName", mailbox.name)}<t:EmailAddresses>'
            f'<t:Entry Key="EmailAddress1">SMTP:{mailbox.address}</t:Entry></t:EmailAddresses>'
            '<t:ContactSource>ActiveDirectory</t:ContactSource></t:Contact>')


def get_user_availability(call):
    operation = call.operation
    asked = operation.findall(f'{M}MailboxDataArray/{T}MailboxData')
    if len(asked) > MAX_AVAILABILITY:
        raise SoapFault('ErrorIndividualMailboxLimitReached')
    zone = operation.find(T + 'TimeZone')
    if zone is None:
        raise SoapFault('ErrorTimeZone', 'The time zone of the request is missing.')
    zone = zones.Requested(zone)
    options = operation.find(T + 'FreeBusyViewOptions')
    if options is None:
        raise SoapFault('ErrorInvalidFreeBusyViewType')
    start = zone.read(options.findtext(f'{T}TimeWindow/{T}StartTime'))
    end = zone.read(options.findtext(f'{T}TimeWindow/{T}EndTime'))
    if end <= start:
        raise SoapFault('ErrorInvalidTimeInterval')
    if end - start > datetime.timedelta(days=MAX_AVAILABILITY_DAYS):
        raise SoapFault('ErrorTimeIntervalTooBig')
    detailed = 'Detailed' in (options.findtext(T + 'RequestedView') or '')
    listed = ''.join(availability(call, one.findtext(f'{T}Email/{T}Address'), zone, start, end, detailed)
                     for one in asked)
    return (f'<m:GetUserAvailabilityResponse {soap.USED}><m:FreeBusyResponseArray>{listed}</m:FreeBusyResponseArray>'
            '</m:GetUserAvailabilityResponse>')


def availability(call, address, zone, start, end, detailed):
    mailbox = call.exchange.organisation.find(address)
    try:
        if mailbox is None:
            raise ResponseError('ErrorMailRecipientNotFound')
        call.check(mailbox)
    except ResponseError as error:
        return (f'<m:FreeBusyResponse><m:ResponseMessage ResponseClass="Error">{soap.error_content(error)}'
                '</m:ResponseMessage><m:FreeBusyView><t:FreeBusyViewType>None</t:FreeBusyViewType></m:FreeBusyView>'
                '</m:FreeBusyResponse>')
    # The default permission of a calendar shows no subject.
    detailed = detailed and (mailbox is call.mailbox or mailbox.address in call.account.full_access)
    events = ''.join(calendar_event(one, zone, detailed) for one in mailbox.instances(start, end))
    events = f'<t:CalendarEventArray>{events}</t:CalendarEventArray>' if events else ''
    return ('<m:FreeBusyResponse><m:ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'
            f'</m:ResponseMessage><m:FreeBusyView><t:FreeBusyViewType>{"Detailed" if detailed else "FreeBusy"}'
            f'</t:FreeBusyViewType>{events}</m:FreeBusyView></m:FreeBusyResponse>')


def calendar_event(one, zone, detailed):
    details = ''
    if detailed:
        details = (f'<t:CalendarEventDetails>{soap.element("t:ID", one.id)}'
                   f'{soap.element("t:Subject", one.get("subject", ""))}'
                   f'{soap.element("t:Location", one.get("location", ""))}'
                   f'<t:IsMeeting>{soap.boolean(one.get("response", "Organizer") != "Organizer")}</t:IsMeeting>'
                   f'<t:IsRecurring>{soap.boolean(one.number)}</t:IsRecurring>'
                   f'<t:IsException>{soap.boolean(one.type == "Exception")}</t:IsException>'
                   '<t:IsReminderSet>false</t:IsReminderSet>'
                   f'<t:IsPrivate>{soap.boolean(one.get("sensitivity") == "Private")}</t:IsPrivate>'
                   '</t:CalendarEventDetails>')
    return (f'<t:CalendarEvent><t:StartTime>{zone.show(one.start)}</t:StartTime>'
            f'<t:EndTime>{zone.show(one.end)}</t:EndTime>'
            f'<t:BusyType>{one.get("status", "Busy")}</t:BusyType>{details}</t:CalendarEvent>')


def get_server_time_zones(call):
    asked = [one.text for one in call.operation.iterfind(f'{M}Ids/{T}Id')]
    full = call.operation.get('ReturnFullTimeZoneData', 'true') != 'false'
    listed = ''.join(zones.definition(one, full) for one in zones.DEFINITIONS if not asked or one[0] in asked)
    listed = f'<m:TimeZoneDefinitions>{listed}</m:TimeZoneDefinitions>' if listed else '<m:TimeZoneDefinitions />'
    return soap.response('GetServerTimeZones', soap.message('GetServerTimeZones', listed))
