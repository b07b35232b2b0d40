# SPDX-License-Identifier: LGPL-2.1-or-later
"""Time zones as EWS writes them: the rule that a request brings along, and the definitions that a server knows."""

import datetime

from . import model, soap
from .soap import T

DAYS = ('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday')

# (id, name, minutes to add for UTC, (month, occurrence, day, minutes into the day) when summer begins and ends)
DEFINITIONS = (
    ('UTC', '(UTC) Coordinated Universal Time', 0, None),
    ('GMT Standard Time', '(UTC+00:00) Dublin, Edinburgh, Lisbon, London', 0,
     ((3, -1, 'Sunday', 60), (10, -1, 'Sunday', 120))),
    ('W. Europe Standard Time', '(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna', -60,
     ((3, -1, 'Sunday', 120), (10, -1, 'Sunday', 180))),
    ('Eastern Standard Time', '(UTC-05:00) Eastern Time (US &amp; Canada)', 300,
     ((3, 2, 'Sunday', 120), (11, 1, 'Sunday', 120))),
)


def minutes(value):
    return f'-PT{-value}M' if value < 0 else f'PT{value}M'


def definition(zone, full):
    """One t:TimeZoneDefinition, as in samples/ews/exchangelib/getservertimezones.xml."""
    name, title, bias, summer = zone
    if not full:
        return f'<t:TimeZoneDefinition Id="{name}" Name="{title}" />'
    periods = f'<t:Period Bias="{minutes(bias)}" Name="Standard" Id="std" />'
    group, target = '', '<t:To Kind="Period">std</t:To>'
    if summer is not None:
        periods += f'<t:Period Bias="{minutes(bias - 60)}" Name="Daylight" Id="dlt" />'
        rules = ''.join(f'<t:RecurringDayTransition><t:To Kind="Period">{to}</t:To><t:TimeOffset>{minutes(offset)}'
                        f'</t:TimeOffset><t:Month>{month}</t:Month><t:DayOfWeek>{day}</t:DayOfWeek>'
                        f'<t:Occurrence>{occurrence}</t:Occurrence></t:RecurringDayTransition>'
                        for to, (month, occurrence, day, offset) in (('std', summer[1]), ('dlt', summer[0])))
        group = f'<t:TransitionsGroups><t:TransitionsGroup Id="0">{rules}</t:TransitionsGroup></t:TransitionsGroups>'
        target = '<t:To Kind="Group">0</t:To>'
    return (f'<t:TimeZoneDefinition Id="{name}" Name="{title}"><t:Periods>{periods}</t:Periods>{group}'
            f'<t:Transitions><t:Transition>{target}</t:Transition></t:Transitions></t:TimeZoneDefinition>')


class Requested:
    """A t:TimeZone of a request: a bias, and when its two seasons begin."""

    def __init__(self, element):
        self.bias = int(element.findtext(T + 'Bias'))
        self.standard, self.daylight = (self.season(element.find(T + name))
                                        for name in ('StandardTime', 'DaylightTime'))

    @staticmethod
    def season(element):
        hour, minute = (int(part) for part in element.findtext(T + 'Time').split(':')[:2])
        day = element.findtext(T + 'DayOfWeek')
        if day not in DAYS:
            raise soap.SoapFault('ErrorInvalidRequest', 'The time zone of the request changes on no day of a week.')
        return (int(element.findtext(T + 'Bias')), int(element.findtext(T + 'Month')),
                int(element.findtext(T + 'DayOrder')), DAYS.index(day), datetime.timedelta(hours=hour, minutes=minute))

    @staticmethod
    def begins(year, season):
        """When a season begins in this year, by the clock on the wall; the 5th such day is the last one."""
        _, month, order, weekday, time = season
        first = datetime.datetime(year, month, 1)
        found = first + datetime.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (order - 1))
        while found.month != month:
            found -= datetime.timedelta(days=7)
        return found + time

    def offset(self, wall):
        """Minutes east of UTC at a time of the clock on the wall."""
        bias = self.standard[0]
        if self.standard[1] and self.daylight[1]:
            summer, winter = self.begins(wall.year, self.daylight), self.begins(wall.year, self.standard)
            within = summer <= wall < winter if summer < winter else not winter <= wall < summer
            bias = self.daylight[0] if within else bias
        return -(self.bias + bias)

    def read(self, value):
        """What has no zone is in this one."""
        time = model.read_time(value)
        if value.strip()[-1] == 'Z' or value.strip()[-6] in '+-':
            return time
        return time - datetime.timedelta(minutes=self.offset(time.replace(tzinfo=None)))

    def show(self, time):
        """In this zone and without saying so, which the request has said."""
        wall = time.replace(tzinfo=None) - datetime.timedelta(minutes=self.bias + self.standard[0])
        return (time.replace(tzinfo=None) + datetime.timedelta(minutes=self.offset(wall))).strftime('%Y-%m-%dT%H:%M:%S')
