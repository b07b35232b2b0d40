/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/greeting.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#include "model/claim.h"

/* A page that nests deeper is nobody's greeting, and the parser looks through all of it at each end tag. */
#define DEPTH_MAX 256
#define LISTS_MAX 16
#define WORD_MAX 64 /* bytes: a longer one is cut inside */

static const char ellipsis[] = "…";

typedef struct
{
  xmlParserCtxt *parser;
  GString       *text;
  guint          depth;
  guint          hidden;   /* elements open from one on that is not shown */
  guint          pre;      /* open elements whose line breaks stand */
  guint          n_breaks; /* lines to end before the next word */
  gboolean       space;    /* to put before the next word, where it begins no line */
  gboolean       cell;     /* likewise, the mark between two cells */
  gboolean       in_line;  /* a word stands in this line */
  gboolean       in_cell;  /* no word was in this cell yet: its first paragraph begins no line */
  gsize          row;      /* where this row begins in the text */
  gboolean       cut;      /* what follows was not read */
  gboolean       blank;    /* white space that does not break stands in this line: it was meant to be empty */
  const char    *bullet;   /* to put before the next word; nullable */
  guint          n_lists;
  guint          numbers[LISTS_MAX]; /* of the next item; 0: the list has no numbers */
  char           number[16];
} Page;

typedef enum
{
  TAG_INLINE,
  TAG_BLOCK,
  TAG_PRE,
  TAG_BREAK,
  TAG_LIST,
  TAG_NUMBERED,
  TAG_ITEM,
  TAG_ROW,
  TAG_CELL,
  TAG_HIDDEN
} TagKind;

static const struct
{
  const char *name;
  TagKind     kind;
} tags[] = {
  { "address", TAG_BLOCK },    { "article", TAG_BLOCK },    { "aside", TAG_BLOCK },     { "blockquote", TAG_BLOCK },
  { "br", TAG_BREAK },         { "caption", TAG_BLOCK },    { "center", TAG_BLOCK },    { "dd", TAG_BLOCK },
  { "div", TAG_BLOCK },        { "dl", TAG_BLOCK },         { "dt", TAG_BLOCK },        { "fieldset", TAG_BLOCK },
  { "footer", TAG_BLOCK },     { "form", TAG_BLOCK },       { "h1", TAG_BLOCK },        { "h2", TAG_BLOCK },
  { "h3", TAG_BLOCK },         { "h4", TAG_BLOCK },         { "h5", TAG_BLOCK },        { "h6", TAG_BLOCK },
  { "head", TAG_HIDDEN },      { "header", TAG_BLOCK },     { "hr", TAG_BLOCK },        { "iframe", TAG_HIDDEN },
  { "li", TAG_ITEM },          { "main", TAG_BLOCK },       { "menu", TAG_LIST },       { "nav", TAG_BLOCK },
  { "noframes", TAG_HIDDEN },  { "noscript", TAG_HIDDEN },  { "object", TAG_HIDDEN },   { "ol", TAG_NUMBERED },
  { "p", TAG_BLOCK },          { "pre", TAG_PRE },          { "script", TAG_HIDDEN },   { "section", TAG_BLOCK },
  { "select", TAG_HIDDEN },    { "style", TAG_HIDDEN },     { "svg", TAG_HIDDEN },      { "table", TAG_BLOCK },
  { "td", TAG_CELL },          { "template", TAG_HIDDEN },  { "textarea", TAG_HIDDEN }, { "th", TAG_CELL },
  { "title", TAG_HIDDEN },     { "tr", TAG_ROW },           { "ul", TAG_LIST },         { "xml", TAG_HIDDEN },
};

static TagKind
tag_kind (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tags); i++)
    if (g_ascii_strcasecmp (name, tags[i].name) == 0)
      return tags[i].kind;
  return TAG_INLINE;
}

static void
stop (Page *page)
{
  page->cut = TRUE;
  xmlStopParser (page->parser);
}

/* The next word begins a line. */
static void
begin_line (Page *page)
{
  if (page->in_cell)
    return;
  if (page->blank && !page->in_line && page->n_breaks > 0)
    page->n_breaks++;
  page->n_breaks = MAX (page->n_breaks, 1);
  page->blank = page->in_line = page->cell = FALSE;
}

static void
break_line (Page *page)
{
  if (page->in_cell)
    return;
  page->n_breaks++;
  page->blank = page->in_line = page->cell = FALSE;
}

static void
add_char (Page *page, gunichar c)
{
  if (page->n_breaks > 0)
    {
      if (page->text->len > 0)
        g_string_append (page->text, page->n_breaks > 1 ? "\n\n" : "\n");
      page->n_breaks = 0;
    }
  else if (page->cell)
    g_string_append (page->text, " | ");
  else if (page->space && page->text->len > 0)
    g_string_append_c (page->text, ' ');
  page->space = page->cell = page->in_cell = page->blank = FALSE;
  page->in_line = TRUE;
  if (page->bullet != NULL)
    g_string_append (page->text, page->bullet);
  page->bullet = NULL;
  g_string_append_unichar (page->text, c);
}

static void
on_text (void *data, const xmlChar *chars, int length)
{
  Page *page = data;
  const char *end = (const char *) chars + length;

  if (page->hidden > 0)
    return;
  for (const char *p = (const char *) chars; p < end; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char_validated (p, end - p);

      if (c == (gunichar) -1 || c == (gunichar) -2)
        return;
      if (c == '\n' && page->pre > 0)
        break_line (page);
      else if (c == 0x00a0)
        page->space = page->blank = TRUE;
      else if (g_unichar_isspace (c) || c == 0x2028 || c == 0x2029)
        page->space = TRUE;
      /* Control characters, and what is only there to be invisible. */
      else if (!g_unichar_iscntrl (c) && c != 0x00ad && c != 0x200b && c != 0x2060 && c != 0xfeff)
        add_char (page, c);
    }
  if (page->text->len > MUSTERD_CLAIM_GREETING_MAX)
    stop (page);
}

static void
begin_item (Page *page)
{
  guint *number = page->n_lists > 0 ? &page->numbers[MIN (page->n_lists, LISTS_MAX) - 1] : NULL;

  begin_line (page);
  if (number == NULL || *number == 0)
    page->bullet = "- ";
  else
    {
      g_snprintf (page->number, sizeof page->number, "%u. ", (*number)++);
      page->bullet = page->number;
    }
}

static void
begin_list (Page *page, gboolean numbered)
{
  begin_line (page);
  page->bullet = NULL;
  if (page->n_lists++ < LISTS_MAX)
    page->numbers[page->n_lists - 1] = numbered ? 1 : 0;
}

/* Newsletters and word processors hide what only programs are to read. */
static gboolean
is_hidden (const xmlChar **attributes)
{
  for (gsize i = 0; attributes != NULL && attributes[i] != NULL; i += 2)
    {
      const char *value = (const char *) attributes[i + 1];

      if (g_ascii_strcasecmp ((const char *) attributes[i], "style") == 0 && value != NULL)
        {
          g_autofree char *style = g_ascii_strdown (value, -1);
          g_auto(GStrv) parts = g_strsplit (style, " ", -1);
          g_autofree char *joined = g_strjoinv ("", parts);

          return strstr (joined, "display:none") != NULL;
        }
    }
  return FALSE;
}

static void
on_element (void *data, const xmlChar *name, const xmlChar **attributes)
{
  Page *page = data;
  const TagKind kind = tag_kind ((const char *) name);

  if (++page->depth > DEPTH_MAX)
    {
      stop (page);
      return;
    }
  if (page->hidden > 0 || kind == TAG_HIDDEN || is_hidden (attributes))
    {
      page->hidden++;
      return;
    }
  switch (kind)
    {
    case TAG_BREAK:
      break_line (page);
      break;
    case TAG_LIST:
    case TAG_NUMBERED:
      begin_list (page, kind == TAG_NUMBERED);
      break;
    case TAG_ITEM:
      begin_item (page);
      break;
    case TAG_CELL:
      page->cell = page->text->len > page->row && page->n_breaks == 0;
      page->in_cell = TRUE;
      break;
    case TAG_ROW:
      page->in_cell = FALSE;
      begin_line (page);
      page->row = page->text->len;
      break;
    case TAG_PRE:
      page->pre++;
      begin_line (page);
      break;
    case TAG_BLOCK:
      begin_line (page);
      break;
    case TAG_INLINE:
    case TAG_HIDDEN:
      break;
    }
}

static void
on_element_end (void *data, const xmlChar *name)
{
  Page *page = data;
  const TagKind kind = tag_kind ((const char *) name);

  page->depth -= page->depth > 0 ? 1 : 0;
  if (page->hidden > 0)
    {
      page->hidden--;
      return;
    }
  switch (kind)
    {
    case TAG_LIST:
    case TAG_NUMBERED:
      page->n_lists -= page->n_lists > 0 ? 1 : 0;
      page->bullet = NULL;
      begin_line (page);
      break;
    case TAG_CELL:
      /* The cell's last paragraph ends no line. */
      if (page->text->len > page->row)
        page->n_breaks = 0;
      page->in_line = page->n_breaks == 0;
      page->in_cell = FALSE;
      break;
    case TAG_ROW:
      page->in_cell = FALSE;
      begin_line (page);
      break;
    case TAG_PRE:
      page->pre -= page->pre > 0 ? 1 : 0;
      begin_line (page);
      break;
    case TAG_BLOCK:
    case TAG_ITEM:
      begin_line (page);
      break;
    case TAG_BREAK:
    case TAG_INLINE:
    case TAG_HIDDEN:
      break;
    }
}

/* Ends behind a word, and says that there was more. */
static void
cut_text (GString *text)
{
  const gsize max = MUSTERD_CLAIM_GREETING_MAX - strlen (ellipsis);
  gsize end = MIN (text->len, max);

  if (text->len > max)
    {
      const gsize least = end - WORD_MAX;

      while (end > least && !g_ascii_isspace (text->str[end]))
        end--;
      if (end == least)
        end = (gsize) (g_utf8_find_prev_char (text->str, text->str + max + 1) - text->str);
    }
  while (end > 0 && g_ascii_isspace (text->str[end - 1]))
    end--;
  g_string_truncate (text, end);
  g_string_append (text, ellipsis);
}

/* A word processor asks its own reader questions, as in <![if !supportLists]>, that this parser takes for text. */
static GString *
without_conditions (const char *html)
{
  GString *text = g_string_sized_new (strlen (html));
  const char *begin;

  while ((begin = strstr (html, "<![")) != NULL)
    {
      const gsize length = strcspn (begin + 3, "]<>\n");

      g_string_append_len (text, html, begin - html);
      html = begin + 3;
      if (strncmp (html + length, "]>", 2) == 0)
        html += length + 2;
      else
        g_string_append (text, "<![");
    }
  g_string_append (text, html);
  return text;
}

static gboolean
read_page (Page *page, const char *greeting)
{
  static gsize ready;
  htmlSAXHandler handler = { .startElement = on_element,
                             .endElement = on_element_end,
                             .characters = on_text,
                             .ignorableWhitespace = on_text };
  g_autoptr(GString) html = without_conditions (greeting);

  if (g_once_init_enter (&ready))
    {
      xmlInitParser ();
      g_once_init_leave (&ready, 1);
    }
  page->parser = htmlCreateMemoryParserCtxt (html->str, (int) html->len);
  if (page->parser == NULL)
    return FALSE;
  /* No tree: what was read is forgotten at once. It is UTF-8 whatever the page says of itself. */
  *page->parser->sax = handler;
  page->parser->userData = page;
  htmlCtxtUseOptions (page->parser, HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING
                                        | HTML_PARSE_IGNORE_ENC);
  xmlSwitchEncoding (page->parser, XML_CHAR_ENCODING_UTF8);
  htmlParseDocument (page->parser);
  if (page->parser->myDoc != NULL)
    xmlFreeDoc (page->parser->myDoc);
  htmlFreeParserCtxt (page->parser);
  return TRUE;
}

/* What a page has and a sentence has not. A person may write "<3" or "<alice@example.com>". */
static gboolean
is_html (const char *text)
{
  static const char *const names[] = { "html", "head", "body", "meta", "div", "span", "font", "table", "ul", "ol",
                                       "br", "p", "!doctype" };

  for (const char *p = strchr (text, '<'); p != NULL; p = strchr (p + 1, '<'))
    for (gsize i = 0; i < G_N_ELEMENTS (names) && (g_ascii_isalpha (p[1]) || p[1] == '!'); i++)
      {
        const gsize length = strlen (names[i]);

        if (g_ascii_strncasecmp (p + 1, names[i], length) == 0 && p[1 + length] != '\0'
            && strchr (" \t\r\n/>", p[1 + length]) != NULL)
          return TRUE;
      }
  return FALSE;
}

char *
musterd_greeting_to_text (const char *greeting)
{
  g_autoptr(GString) text = NULL;

  if (greeting == NULL)
    return NULL;
  if (is_html (greeting))
    {
      Page page = { .text = text = g_string_new (NULL) };

      if (!read_page (&page, greeting))
        return NULL;
      if (page.cut || text->len > MUSTERD_CLAIM_GREETING_MAX)
        cut_text (text);
    }
  else
    {
      text = g_string_new (greeting);
      if (text->len > MUSTERD_CLAIM_GREETING_MAX)
        cut_text (text);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* By how much it is shorter now. */
static gsize
reduce (const char **greeting)
{
  g_autofree char *before = (char *) *greeting;
  const gsize length = before != NULL ? strlen (before) : 0;

  *greeting = musterd_greeting_to_text (before);
  return length - (*greeting != NULL ? strlen (*greeting) : 0);
}

void
musterd_greeting_reduce (MusterMessage *message)
{
  gsize less = 0;

  for (gsize i = 0; i < message->n_claims; i++)
    less += reduce (&message->claims[i].greeting_internal) + reduce (&message->claims[i].greeting_external);
  message->size -= MIN (less, message->size);
}
