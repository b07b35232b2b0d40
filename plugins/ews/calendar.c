/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "calendar.h"

#include <string.h>

#define KEY_MAX 512
/* As far as a display list is sent whole. A longer one says little about how many it names. */
#define DISPLAY_MAX 250
#define APPOINTMENT_CANCELLED 4

typedef struct
{
  const char *name;
  int value;
} Word;

static const Word free_busy_words[] = {
  { "Free", MUSTER_FREE_BUSY_FREE },
  { "Tentative", MUSTER_FREE_BUSY_TENTATIVE },
  { "Busy", MUSTER_FREE_BUSY_BUSY },
  { "OOF", MUSTER_FREE_BUSY_OUT_OF_OFFICE },
  { "WorkingElsewhere", MUSTER_FREE_BUSY_ELSEWHERE },
  { "NoData", MUSTER_FREE_BUSY_NONE },
};

static const Word response_words[] = {
  { "Unknown", MUSTER_RESPONSE_NONE },        { "Organizer", MUSTER_RESPONSE_ORGANIZER },
  { "Tentative", MUSTER_RESPONSE_TENTATIVE }, { "Accept", MUSTER_RESPONSE_ACCEPTED },
  { "Decline", MUSTER_RESPONSE_DECLINED },    { "NoResponseReceived", MUSTER_RESPONSE_UNANSWERED },
};

/* What the child says; `missing` where it is not there, or says what is not known here. */
static int
read_word (const xmlNode *item, const char *child, const Word *words, gsize n_words, int missing)
{
  g_autofree char *text = ews_xml_dup_child (item, child);

  for (gsize i = 0; text != NULL && i < n_words; i++)
    if (strcmp (text, words[i].name) == 0)
      return words[i].value;
  return missing;
}

/* "Alice Adams; Bob Brown" names two. */
static guint
count_names (const char *list)
{
  guint n = 0;
  gboolean in_name = FALSE;

  for (const char *p = list; p != NULL && *p != '\0'; p++)
    {
      if (*p == ';')
        in_name = FALSE;
      else if (!g_ascii_isspace (*p) && !in_name)
        {
          in_name = TRUE;
          n++;
        }
    }
  return n;
}

/* Who organises is not named in the lists, and who was invited is: either way the number is that of the others. Rooms
 * stand in neither list. */
static guint
count_attendees (const xmlNode *item, gboolean *is_cut)
{
  g_autofree char *to = ews_xml_dup_child (item, "DisplayTo");
  g_autofree char *cc = ews_xml_dup_child (item, "DisplayCc");

  *is_cut =
      (to != NULL && g_utf8_strlen (to, -1) >= DISPLAY_MAX) || (cc != NULL && g_utf8_strlen (cc, -1) >= DISPLAY_MAX);
  return count_names (to) + count_names (cc);
}

static const char *
read_categories (const xmlNode *item, GStringChunk *strings)
{
  const xmlNode *list = ews_xml_child (item, "Categories");
  g_autoptr(GString) joined = g_string_new (NULL);

  for (xmlNode *node = ews_xml_child (list, "String"); node != NULL; node = ews_xml_next (node, "String"))
    {
      g_autofree char *word = ews_xml_dup_text (node);
      if (word != NULL)
        g_string_append_printf (joined, "%s%s", joined->len > 0 ? ";" : "", word);
    }
  return joined->len > 0 ? g_string_chunk_insert (strings, joined->str) : NULL;
}

static const char *
read_link (const xmlNode *item, const char *web, GStringChunk *strings)
{
  g_autofree char *link = ews_xml_dup_child (item, "WebClientReadFormQueryString");

  if (link == NULL)
    return NULL;
  if (g_ascii_strncasecmp (link, "https://", 8) == 0 || g_ascii_strncasecmp (link, "http://", 7) == 0)
    return g_string_chunk_insert (strings, link);
  if (web == NULL || *link != '?')
    return NULL;

  g_autofree char *whole = g_strconcat (web, link, NULL);
  return g_string_chunk_insert (strings, whole);
}

static gboolean
is_key (const char *text)
{
  const gsize length = strlen (text);

  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (text[i]))
      return FALSE;
  return length <= KEY_MAX && g_utf8_validate (text, (gssize) length, NULL);
}

/* The item's id. A server that gives one id to several entries, or one that is too long, gets them told apart by when
 * they begin; `seen` has the keys of before. */
static const char *
make_key (const char *id, gint64 from, GHashTable *seen, GStringChunk *strings)
{
  g_autofree char *key = g_strdup (id);

  if (!is_key (id) || g_hash_table_contains (seen, id))
    {
      g_autofree char *more = g_strdup_printf ("%s#%" G_GINT64_FORMAT, id, from);
      g_free (key);
      key = g_compute_checksum_for_string (G_CHECKSUM_SHA256, more, -1);
    }
  if (g_hash_table_contains (seen, key))
    return NULL;

  const char *kept = g_string_chunk_insert (strings, key);
  g_hash_table_add (seen, (gpointer) kept);
  return kept;
}

static gboolean
is_cancelled (const xmlNode *item)
{
  g_autofree char *state = ews_xml_dup_child (item, "AppointmentState");
  guint64 bits = 0;

  return ews_xml_get_flag (item, "IsCancelled")
         || (state != NULL && g_ascii_string_to_unsigned (state, 10, 0, G_MAXUINT32, &bits, NULL)
             && (bits & APPOINTMENT_CANCELLED) != 0);
}

static gboolean
is_private (const xmlNode *item)
{
  g_autofree char *sensitivity = ews_xml_dup_child (item, "Sensitivity");

  return g_strcmp0 (sensitivity, "Private") == 0 || g_strcmp0 (sensitivity, "Confidential") == 0;
}

static void
add_item (EwsEntries *self, const xmlNode *item, const char *web, gint64 since, GHashTable *seen)
{
  MusterClaim claim = { .struct_size = sizeof claim };
  g_autofree char *id = ews_xml_dup_attribute (ews_xml_child (item, "ItemId"), "Id");
  g_autofree char *type = ews_xml_dup_child (item, "CalendarItemType");
  gboolean is_cut;

  if (g_strcmp0 (type, "RecurringMaster") == 0)
    {
      self->n_masters++;
      return;
    }
  /* An entry without a duration is a note in the calendar: nobody is busy in it. */
  if (id == NULL || !ews_xml_get_time (item, "Start", &claim.from) || !ews_xml_get_time (item, "End", &claim.until)
      || claim.until <= claim.from || claim.from < since)
    return;

  claim.key = make_key (id, claim.from, seen, self->strings);
  if (claim.key == NULL)
    return;
  claim.free_busy = (MusterFreeBusy) read_word (item, "LegacyFreeBusyStatus", free_busy_words,
                                                G_N_ELEMENTS (free_busy_words), MUSTER_FREE_BUSY_BUSY);
  claim.kind = claim.free_busy == MUSTER_FREE_BUSY_OUT_OF_OFFICE ? MUSTER_CLAIM_ABSENCE : MUSTER_CLAIM_APPOINTMENT;
  claim.response = (MusterResponse) read_word (item, "MyResponseType", response_words, G_N_ELEMENTS (response_words),
                                               MUSTER_RESPONSE_NONE);
  claim.all_day = ews_xml_get_flag (item, "IsAllDayEvent");
  claim.cancelled = is_cancelled (item);
  claim.is_private = is_private (item);
  claim.link = read_link (item, web, self->strings);
  claim.n_attendees = count_attendees (item, &is_cut);
  /* The account may see what the owner has marked private; nothing keeps it. */
  if (!claim.is_private)
    {
      g_autofree char *subject = ews_xml_dup_child (item, "Subject");
      claim.text = subject != NULL ? g_string_chunk_insert (self->strings, subject) : NULL;
      claim.categories = read_categories (item, self->strings);
    }
  g_array_append_val (self->claims, claim);
  g_ptr_array_add (self->items, is_cut ? g_strdup (id) : NULL);
}

EwsEntries *
ews_entries_new (const EwsMessage *message, const char *web, gint64 since)
{
  const xmlNode *folder = ews_xml_child (message->node, "RootFolder");
  const xmlNode *items = ews_xml_child (folder, "Items");
  g_autofree char *is_last = ews_xml_dup_attribute (folder, "IncludesLastItemInRange");
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  EwsEntries *self = g_new0 (EwsEntries, 1);

  self->claims = g_array_new (FALSE, FALSE, sizeof (MusterClaim));
  self->items = g_ptr_array_new_with_free_func (g_free);
  self->strings = g_string_chunk_new (4096);
  self->is_partial = g_strcmp0 (is_last, "false") == 0;
  for (xmlNode *item = ews_xml_child (items, "CalendarItem"); item != NULL; item = ews_xml_next (item, "CalendarItem"))
    add_item (self, item, web, since, seen);
  return self;
}

void
ews_entries_free (EwsEntries *entries)
{
  if (entries == NULL)
    return;
  g_array_unref (entries->claims);
  g_ptr_array_unref (entries->items);
  g_string_chunk_free (entries->strings);
  g_free (entries);
}

guint
ews_attendees_count (const EwsMessage *message)
{
  const xmlNode *item = ews_xml_child (ews_xml_child (message->node, "Items"), "CalendarItem");
  guint n = 0;

  for (xmlNode *list = ews_xml_child (item, NULL); list != NULL; list = ews_xml_next (list, NULL))
    if (ews_xml_is (list, "RequiredAttendees") || ews_xml_is (list, "OptionalAttendees"))
      for (xmlNode *one = ews_xml_child (list, "Attendee"); one != NULL; one = ews_xml_next (one, "Attendee"))
        n++;
  return n;
}

void
ews_oof_read (const EwsMessage *message, EwsOof *oof)
{
  const xmlNode *settings = ews_xml_child (message->node, "OofSettings");
  const xmlNode *duration = ews_xml_child (settings, "Duration");
  g_autofree char *state = ews_xml_dup_child (settings, "OofState");
  g_autofree char *audience = ews_xml_dup_child (settings, "ExternalAudience");

  *oof = (EwsOof){ .from = MUSTER_NOW, .until = MUSTER_OPEN_ENDED };
  if (g_strcmp0 (state, "Enabled") == 0)
    oof->is_set = TRUE;
  else if (g_strcmp0 (state, "Scheduled") == 0) /* only then the times mean anything */
    oof->is_set = ews_xml_get_time (duration, "StartTime", &oof->from)
                  && ews_xml_get_time (duration, "EndTime", &oof->until) && oof->from < oof->until;
  if (!oof->is_set)
    return;
  oof->internal = ews_xml_dup_child (ews_xml_child (settings, "InternalReply"), "Message");
  if (g_strcmp0 (audience, "None") != 0)
    oof->external = ews_xml_dup_child (ews_xml_child (settings, "ExternalReply"), "Message");
}

void
ews_oof_clear (EwsOof *oof)
{
  g_clear_pointer (&oof->internal, g_free);
  g_clear_pointer (&oof->external, g_free);
}
