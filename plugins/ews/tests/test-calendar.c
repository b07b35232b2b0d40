/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries and automatic replies become claims. */
#include "calendar.h"
#include "samples.h"

#include <string.h>

#define ANSWER_BEGIN                                                                                                   \
  "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><R xmlns:t='t'><ResponseMessages>"          \
  "<X ResponseClass='Success'><ResponseCode>NoError</ResponseCode>"
#define ANSWER_END "</X></ResponseMessages></R></s:Body></s:Envelope>"

static EwsResponse *
read_text (const char *text)
{
  g_autoptr(GError) error = NULL;
  EwsResponse *response = ews_response_new (text, strlen (text), &error);

  g_assert_no_error (error);
  return response;
}

static EwsEntries *
read_items (const char *items, gint64 since)
{
  g_autofree char *text = g_strconcat (ANSWER_BEGIN "<t:RootFolder IncludesLastItemInRange='true'><t:Items>", items,
                                       "</t:Items></t:RootFolder>" ANSWER_END, NULL);
  g_autoptr(EwsResponse) response = read_text (text);

  return ews_entries_new (ews_response_first (response), "https://mail.example.com/owa/", since);
}

static const MusterClaim *
claim_at (EwsEntries *entries, guint i)
{
  g_assert_cmpuint (i, <, entries->claims->len);
  return &g_array_index (entries->claims, MusterClaim, i);
}

static gint64
moment (const char *text)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);

  return g_date_time_to_unix (time) * G_TIME_SPAN_SECOND;
}

#define TIMES "<t:Start>2026-03-02T10:00:00Z</t:Start><t:End>2026-03-02T11:00:00Z</t:End>"

static void
test_whole (void)
{
  g_autoptr(EwsEntries) entries = read_items (
      "<t:CalendarItem><t:ItemId Id='AAMk='/><t:Subject> Budget &amp; plan </t:Subject><t:Sensitivity>Normal"
      "</t:Sensitivity><t:Categories><t:String>Travel</t:String><t:String>Blue</t:String></t:Categories>"
      "<t:DisplayCc>Dora</t:DisplayCc><t:DisplayTo>Bob Brown; Carl</t:DisplayTo>"
      "<t:WebClientReadFormQueryString>?ae=Item&amp;id=1</t:WebClientReadFormQueryString>" TIMES
      "<t:IsAllDayEvent>false</t:IsAllDayEvent><t:LegacyFreeBusyStatus>Tentative</t:LegacyFreeBusyStatus>"
      "<t:IsCancelled>false</t:IsCancelled><t:CalendarItemType>Occurrence</t:CalendarItemType>"
      "<t:MyResponseType>Accept</t:MyResponseType></t:CalendarItem>",
      G_MININT64);
  const MusterClaim *claim = claim_at (entries, 0);

  g_assert_cmpuint (entries->claims->len, ==, 1);
  g_assert_false (entries->is_partial);
  g_assert_cmpuint (claim->struct_size, ==, sizeof *claim);
  g_assert_cmpstr (claim->key, ==, "AAMk=");
  g_assert_cmpint (claim->kind, ==, MUSTER_CLAIM_APPOINTMENT);
  g_assert_cmpint (claim->from, ==, moment ("2026-03-02T10:00:00Z"));
  g_assert_cmpint (claim->until, ==, moment ("2026-03-02T11:00:00Z"));
  g_assert_cmpint (claim->free_busy, ==, MUSTER_FREE_BUSY_TENTATIVE);
  g_assert_cmpint (claim->response, ==, MUSTER_RESPONSE_ACCEPTED);
  g_assert_cmpstr (claim->text, ==, "Budget & plan");
  g_assert_cmpstr (claim->categories, ==, "Travel;Blue");
  g_assert_cmpstr (claim->link, ==, "https://mail.example.com/owa/?ae=Item&id=1");
  g_assert_cmpuint (claim->n_attendees, ==, 3);
  g_assert_false (claim->all_day || claim->cancelled || claim->is_private);
  g_assert_null (g_ptr_array_index (entries->items, 0));
}

static void
test_missing (void)
{
  g_autoptr(EwsEntries) entries =
      read_items ("<t:CalendarItem><t:ItemId Id='a'/>" TIMES "</t:CalendarItem>", G_MININT64);
  const MusterClaim *claim = claim_at (entries, 0);

  g_assert_cmpint (claim->free_busy, ==, MUSTER_FREE_BUSY_BUSY);
  g_assert_cmpint (claim->response, ==, MUSTER_RESPONSE_NONE);
  g_assert_false (claim->all_day || claim->cancelled || claim->is_private);
  g_assert_null (claim->text);
  g_assert_null (claim->link);
  g_assert_null (claim->categories);
}

static void
test_words (void)
{
  static const struct
  {
    const char *free_busy, *response;
    MusterFreeBusy means;
    MusterResponse answer;
    MusterClaimKind kind;
  } cases[] = {
    { "Free", "Organizer", MUSTER_FREE_BUSY_FREE, MUSTER_RESPONSE_ORGANIZER, MUSTER_CLAIM_APPOINTMENT },
    { "Busy", "Decline", MUSTER_FREE_BUSY_BUSY, MUSTER_RESPONSE_DECLINED, MUSTER_CLAIM_APPOINTMENT },
    { "OOF", "Unknown", MUSTER_FREE_BUSY_OUT_OF_OFFICE, MUSTER_RESPONSE_NONE, MUSTER_CLAIM_ABSENCE },
    { "WorkingElsewhere", "Tentative", MUSTER_FREE_BUSY_ELSEWHERE, MUSTER_RESPONSE_TENTATIVE,
      MUSTER_CLAIM_APPOINTMENT },
    { "NoData", "NoResponseReceived", MUSTER_FREE_BUSY_NONE, MUSTER_RESPONSE_UNANSWERED, MUSTER_CLAIM_APPOINTMENT },
    { "SomethingNew", "SomethingNew", MUSTER_FREE_BUSY_BUSY, MUSTER_RESPONSE_NONE, MUSTER_CLAIM_APPOINTMENT },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("<t:CalendarItem><t:ItemId Id='a'/>" TIMES
                                               "<t:LegacyFreeBusyStatus>%s</t:LegacyFreeBusyStatus>"
                                               "<t:MyResponseType>%s</t:MyResponseType></t:CalendarItem>",
                                               cases[i].free_busy, cases[i].response);
      g_autoptr(EwsEntries) entries = read_items (text, G_MININT64);

      g_assert_cmpint (claim_at (entries, 0)->free_busy, ==, cases[i].means);
      g_assert_cmpint (claim_at (entries, 0)->response, ==, cases[i].answer);
      g_assert_cmpint (claim_at (entries, 0)->kind, ==, cases[i].kind);
    }
}

static void
test_private (void)
{
  static const char *const words[] = { "Private", "Confidential" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *text = g_strdup_printf (
          "<t:CalendarItem><t:ItemId Id='a'/><t:Subject>Doctor</t:Subject><t:Sensitivity>%s</t:Sensitivity>"
          "<t:Categories><t:String>Health</t:String></t:Categories>" TIMES "</t:CalendarItem>",
          words[i]);
      g_autoptr(EwsEntries) entries = read_items (text, G_MININT64);

      g_assert_true (claim_at (entries, 0)->is_private);
      g_assert_null (claim_at (entries, 0)->text);
      g_assert_null (claim_at (entries, 0)->categories);
    }
}

static void
test_cancelled (void)
{
  g_autoptr(EwsEntries) entries = read_items (
      "<t:CalendarItem><t:ItemId Id='a'/>" TIMES "<t:IsCancelled>true</t:IsCancelled></t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='b'/>" TIMES "<t:AppointmentState>7</t:AppointmentState></t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='c'/>" TIMES "<t:AppointmentState>3</t:AppointmentState></t:CalendarItem>",
      G_MININT64);

  g_assert_true (claim_at (entries, 0)->cancelled);
  g_assert_true (claim_at (entries, 1)->cancelled);
  g_assert_false (claim_at (entries, 2)->cancelled);
}

static void
test_all_day (void)
{
  /* Made in Paris on 13 June: midnight there, which is not that of UTC. */
  g_autoptr(EwsEntries) entries = read_items (
      "<t:CalendarItem><t:ItemId Id='a'/><t:Start>2026-06-12T22:00:00Z</t:Start><t:End>2026-06-13T22:00:00Z</t:End>"
      "<t:IsAllDayEvent>true</t:IsAllDayEvent></t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='b'/><t:Start>2026-06-13T00:00:00+02:00</t:Start>"
      "<t:End>2026-06-14T00:00:00.0000000+02:00</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent></t:CalendarItem>",
      G_MININT64);

  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (claim_at (entries, i)->all_day);
      g_assert_cmpint (claim_at (entries, i)->from, ==, moment ("2026-06-12T22:00:00Z"));
      g_assert_cmpint (claim_at (entries, i)->until, ==, moment ("2026-06-13T22:00:00Z"));
    }
}

static void
test_left_out (void)
{
  g_autoptr(EwsEntries) entries = read_items (
      "<t:CalendarItem>" TIMES "</t:CalendarItem>"          /* without an id */
      "<t:CalendarItem><t:ItemId Id='a'/></t:CalendarItem>" /* without times */
      "<t:CalendarItem><t:ItemId Id='b'/><t:Start>soon</t:Start><t:End>later</t:End></t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='c'/><t:Start>2026-03-02T10:00:00Z</t:Start><t:End>2026-03-02T10:00:00Z</t:End>"
      "</t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='d'/>" TIMES "<t:CalendarItemType>RecurringMaster</t:CalendarItemType>"
      "</t:CalendarItem>"
      "<t:Message><t:ItemId Id='e'/>" TIMES "</t:Message>"
      "<t:CalendarItem><t:ItemId Id='f'/>" TIMES "</t:CalendarItem>",
      G_MININT64);
  g_autoptr(EwsEntries) later =
      read_items ("<t:CalendarItem><t:ItemId Id='f'/>" TIMES "</t:CalendarItem>", moment ("2026-03-02T10:30:00Z"));

  g_assert_cmpuint (entries->claims->len, ==, 1);
  g_assert_cmpstr (claim_at (entries, 0)->key, ==, "f");
  g_assert_cmpuint (entries->n_masters, ==, 1);
  g_assert_cmpuint (later->claims->len, ==, 0);
}

static void
test_keys (void)
{
  g_autofree char *wide = g_strnfill (600, 'x');
  g_autofree char *text = g_strdup_printf (
      "<t:CalendarItem><t:ItemId Id='same'/>" TIMES "</t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='same'/><t:Start>2026-03-02T12:00:00Z</t:Start><t:End>2026-03-02T13:00:00Z</t:End>"
      "</t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='same'/><t:Start>2026-03-02T12:00:00Z</t:Start><t:End>2026-03-02T13:00:00Z</t:End>"
      "</t:CalendarItem>"
      "<t:CalendarItem><t:ItemId Id='%s'/>" TIMES "</t:CalendarItem>",
      wide);
  g_autoptr(EwsEntries) entries = read_items (text, G_MININT64);

  g_assert_cmpuint (entries->claims->len, ==, 3);
  g_assert_cmpstr (claim_at (entries, 0)->key, ==, "same");
  g_assert_cmpuint (strlen (claim_at (entries, 1)->key), ==, 64);
  g_assert_cmpuint (strlen (claim_at (entries, 2)->key), ==, 64);
}

static void
test_attendees (void)
{
  g_autoptr(GString) names = g_string_new (NULL);
  for (guint i = 0; i < 20; i++)
    g_string_append_printf (names, "Somebody Number %02u; ", i);
  g_autofree char *text = g_strdup_printf (
      "<t:CalendarItem><t:ItemId Id='many'/><t:DisplayTo>%s</t:DisplayTo>" TIMES "</t:CalendarItem>", names->str);
  g_autoptr(EwsEntries) entries = read_items (text, G_MININT64);
  g_autoptr(EwsResponse) asked =
      read_text (ANSWER_BEGIN
                 "<Items><CalendarItem><ItemId Id='many'/><RequiredAttendees><Attendee/><Attendee/></RequiredAttendees>"
                 "<OptionalAttendees><Attendee/></OptionalAttendees><Resources><Attendee/></Resources></CalendarItem>"
                 "</Items>" ANSWER_END);

  g_assert_cmpstr (g_ptr_array_index (entries->items, 0), ==, "many");
  g_assert_cmpuint (ews_attendees_count (ews_response_first (asked)), ==, 3);
}

static void
test_recorded (void)
{
  g_autofree char *path = beside_the_source ("MUSTER_SAMPLES", "samples", "docs/finditem-calendarview.xml");
  g_autofree char *other = beside_the_source ("MUSTER_SAMPLES", "samples", "docs/finditem-messages.xml");
  g_autofree char *text = NULL, *other_text = NULL;

  if (path == NULL || other == NULL)
    return;
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (g_file_get_contents (other, &other_text, NULL, NULL));
  g_autoptr(EwsResponse) response = read_text (text);
  g_autoptr(EwsResponse) messages = read_text (other_text);
  g_autoptr(EwsEntries) entries = ews_entries_new (ews_response_first (response), NULL, G_MININT64);
  g_autoptr(EwsEntries) none = ews_entries_new (ews_response_first (messages), NULL, G_MININT64);

  g_assert_cmpuint (entries->claims->len, ==, 5);
  g_assert_true (entries->is_partial);
  g_assert_cmpstr (claim_at (entries, 2)->text, ==, "Lunch with sales team");
  g_assert_cmpint (claim_at (entries, 4)->until, ==, moment ("2013-08-22T22:00:00Z"));
  g_assert_cmpuint (none->claims->len, ==, 0);
}

static void
read_oof (const char *settings, EwsOof *oof)
{
  g_autofree char *text = g_strconcat (
      "<Envelope><Body><GetUserOofSettingsResponse><ResponseMessage ResponseClass='Success'><ResponseCode>NoError"
      "</ResponseCode></ResponseMessage><OofSettings xmlns='t'>",
      settings, "</OofSettings></GetUserOofSettingsResponse></Body></Envelope>", NULL);
  g_autoptr(EwsResponse) response = read_text (text);

  ews_oof_read (ews_response_first (response), oof);
}

#define WINDOW "<Duration><StartTime>2026-03-06T17:00:00Z</StartTime><EndTime>2026-03-09T07:00:00</EndTime></Duration>"
#define REPLIES                                                                                                        \
  "<InternalReply><Message>&lt;p&gt;Back on Monday&lt;/p&gt;</Message></InternalReply>"                                \
  "<ExternalReply><Message>Away</Message></ExternalReply>"

static void
test_oof (void)
{
  g_auto(EwsOof) enabled = { 0 }, scheduled = { 0 }, disabled = { 0 }, known = { 0 }, broken = { 0 };

  read_oof ("<OofState>Enabled</OofState><ExternalAudience>All</ExternalAudience>" WINDOW REPLIES, &enabled);
  g_assert_true (enabled.is_set);
  g_assert_cmpint (enabled.from, ==, MUSTER_NOW);
  g_assert_cmpint (enabled.until, ==, MUSTER_OPEN_ENDED);
  g_assert_cmpstr (enabled.internal, ==, "<p>Back on Monday</p>");
  g_assert_cmpstr (enabled.external, ==, "Away");

  read_oof ("<OofState>Scheduled</OofState>" WINDOW REPLIES, &scheduled);
  g_assert_true (scheduled.is_set);
  g_assert_cmpint (scheduled.from, ==, moment ("2026-03-06T17:00:00Z"));
  g_assert_cmpint (scheduled.until, ==, moment ("2026-03-09T07:00:00Z"));

  read_oof ("<OofState>Disabled</OofState>" WINDOW REPLIES, &disabled);
  g_assert_false (disabled.is_set);
  g_assert_null (disabled.internal);

  read_oof ("<OofState>Enabled</OofState><ExternalAudience>None</ExternalAudience>" REPLIES, &known);
  g_assert_nonnull (known.internal);
  g_assert_null (known.external);

  read_oof ("<OofState>Scheduled</OofState>" REPLIES, &broken);
  g_assert_false (broken.is_set);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ews/calendar/whole", test_whole);
  g_test_add_func ("/ews/calendar/missing", test_missing);
  g_test_add_func ("/ews/calendar/words", test_words);
  g_test_add_func ("/ews/calendar/private", test_private);
  g_test_add_func ("/ews/calendar/cancelled", test_cancelled);
  g_test_add_func ("/ews/calendar/all-day", test_all_day);
  g_test_add_func ("/ews/calendar/left-out", test_left_out);
  g_test_add_func ("/ews/calendar/keys", test_keys);
  g_test_add_func ("/ews/calendar/attendees", test_attendees);
  g_test_add_func ("/ews/calendar/recorded", test_recorded);
  g_test_add_func ("/ews/calendar/oof", test_oof);
  return g_test_run ();
}
