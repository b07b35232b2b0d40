# SPDX-License-Identifier: LGPL-2.1-or-later
"""CalendarItem elements: which properties a shape asks for, in the order of the schema."""

from . import model, soap

CALENDAR_CLASS = 'IPM.Appointment'


def recipient(address):
    return (f'<t:Mailbox>{soap.element("t:Name", address.partition("@")[0])}{soap.element("t:EmailAddress", address)}'
            '<t:RoutingType>SMTP</t:RoutingType></t:Mailbox>')


def attendees(one):
    listed = ''.join(f'<t:Attendee>{recipient(address)}<t:ResponseType>Unknown</t:ResponseType></t:Attendee>'
                     for address in one.get('attendees', ()))
    return f'<t:RequiredAttendees>{listed}</t:RequiredAttendees>' if listed else ''


def categories(one):
    listed = ''.join(soap.element('t:String', name) for name in one.get('categories', ()))
    return f'<t:Categories>{listed}</t:Categories>' if listed else ''


def optional(name, value):
    return '' if value is None else soap.element(name, value)


def appointment_state(one):
    """1 meeting, 2 received, 4 cancelled (docs: appointmentstate)."""
    meeting = one.get('meeting', one.get('response', 'Organizer') != 'Organizer')
    return (1 if meeting else 0) | (2 if meeting and one.get('response', 'Organizer') != 'Organizer' else 0) \
        | (4 if one.get('cancelled') else 0)


def original_start(one):
    return soap.element('t:OriginalStart', model.show_time(one.original)) if recurring(one) == 'instance' else ''


def recurrence_id(one):
    return soap.element('t:RecurrenceId', model.show_time(one.original)) if recurring(one) == 'instance' else ''


def recurring(one):
    if isinstance(one, model.Item):
        return 'master' if one.master else None
    return 'instance' if one.number else None


# (FieldURI, in the default shape, only GetItem has it, how): in the order of ItemType and CalendarItemType.
PROPERTIES = (
    ('item:ItemClass', False, False, lambda one: soap.element('t:ItemClass', CALENDAR_CLASS)),
    ('item:Subject', True, False, lambda one: optional('t:Subject', one.get('subject'))),
    ('item:Sensitivity', False, False, lambda one: soap.element('t:Sensitivity', one.get('sensitivity', 'Normal'))),
    ('item:Body', False, True, lambda one: soap.element('t:Body', one.get('body', ''), ' BodyType="Text"')),
    ('item:Categories', False, False, categories),
    ('item:Importance', False, False, lambda one: soap.element('t:Importance', 'Normal')),
    ('item:HasAttachments', True, False, lambda one: soap.element('t:HasAttachments', 'false')),
    ('calendar:UID', False, False, lambda one: soap.element('t:UID', item_of(one).uid)),
    ('calendar:RecurrenceId', False, False, recurrence_id),
    ('calendar:Start', True, False, lambda one: soap.element('t:Start', model.show_time(one.start))),
    ('calendar:End', True, False, lambda one: soap.element('t:End', model.show_time(one.end))),
    ('calendar:OriginalStart', False, False, original_start),
    ('calendar:IsAllDayEvent', False, False,
     lambda one: soap.element('t:IsAllDayEvent', soap.boolean(one.get('all-day')))),
    ('calendar:LegacyFreeBusyStatus', True, False,
     lambda one: soap.element('t:LegacyFreeBusyStatus', one.get('status', 'Busy'))),
    ('calendar:Location', True, False, lambda one: optional('t:Location', one.get('location'))),
    ('calendar:IsMeeting', False, False,
     lambda one: soap.element('t:IsMeeting', soap.boolean(appointment_state(one) & 1))),
    ('calendar:IsCancelled', False, False,
     lambda one: soap.element('t:IsCancelled', soap.boolean(one.get('cancelled')))),
    ('calendar:IsRecurring', False, False, lambda one: soap.element('t:IsRecurring', soap.boolean(recurring(one)))),
    ('calendar:CalendarItemType', True, False, lambda one: soap.element('t:CalendarItemType', one.type)),
    ('calendar:MyResponseType', False, False,
     lambda one: soap.element('t:MyResponseType', one.get('response', 'Organizer'))),
    ('calendar:Organizer', True, False,
     lambda one: f'<t:Organizer>{recipient(one.get("organizer"))}</t:Organizer>' if one.get('organizer') else ''),
    ('calendar:RequiredAttendees', False, True, attendees),
    ('calendar:AppointmentState', False, False,
     lambda one: soap.element('t:AppointmentState', appointment_state(one))),
)


def item_of(one):
    return one if isinstance(one, model.Item) else one.item


class Shape:
    """What an ItemShape asks for."""

    def __init__(self, request_shape, whole):
        base = request_shape.findtext(soap.T + 'BaseShape')
        asked = {uri.get('FieldURI') for uri in request_shape.iter(soap.T + 'FieldURI')}
        self.properties = [(uri.partition(':')[2], render) for uri, default, detail, render in PROPERTIES
                           if (uri in asked or base == 'AllProperties' or (base == 'Default' and default))
                           and (whole or not detail)]

    def render(self, one):
        item = item_of(one)
        omitted = one.get('omit', ())
        inner = ''.join(render(one) for name, render in self.properties if name not in omitted)
        return (f'<t:CalendarItem><t:ItemId Id="{one.id}" ChangeKey="{model.change_key(item.version)}" />{inner}'
                '</t:CalendarItem>')
