/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dynamic symbols and needed libraries of a shared object, from its section headers. Everything in the file may
 * be a lie: each offset and count is checked against its size before it is used. */
#define G_LOG_DOMAIN "muster-inspect"

#include "inspect.h"

#include <elf.h>
#include <string.h>

#define SECTIONS_MAX 65535
#define ENTRIES_MAX 1000000 /* symbols, or entries of the dynamic section */

typedef struct
{
  const char *bytes;
  gsize       length;
  gboolean    is_64;
  guint64     sections_at;
  guint       n_sections;
} File;

/* The same for both classes. */
typedef struct
{
  guint32 type, link;
  guint64 offset, size, entry_size;
} Section;

static gboolean
broken (GError **error, const char *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "reading it as a shared object: %s", what);
  return FALSE;
}

/* Copied, since nothing in the file need be aligned. */
static gboolean
get (const File *file, guint64 offset, gpointer to, gsize size)
{
  if (size > file->length || offset > file->length - size)
    return FALSE;
  memcpy (to, file->bytes + offset, size);
  return TRUE;
}

static gboolean
read_header (File *file, GError **error)
{
  unsigned char ident[EI_NIDENT];
  const unsigned char order = G_BYTE_ORDER == G_LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

  if (!get (file, 0, ident, sizeof ident) || memcmp (ident, ELFMAG, SELFMAG) != 0)
    return broken (error, "it is none (no ELF file)");
  if (ident[EI_DATA] != order)
    return broken (error, "it is for a machine of the other byte order");
  file->is_64 = ident[EI_CLASS] == ELFCLASS64;

  guint entry_size = 0, expected = 0, type = 0;
  if (file->is_64)
    {
      Elf64_Ehdr h;

      if (!get (file, 0, &h, sizeof h))
        return broken (error, "it is cut off");
      type = h.e_type;
      file->sections_at = h.e_shoff;
      file->n_sections = h.e_shnum;
      entry_size = h.e_shentsize;
      expected = sizeof (Elf64_Shdr);
    }
  else
    {
      Elf32_Ehdr h;

      if (ident[EI_CLASS] != ELFCLASS32 || !get (file, 0, &h, sizeof h))
        return broken (error, "it is cut off or of an unknown class");
      type = h.e_type;
      file->sections_at = h.e_shoff;
      file->n_sections = h.e_shnum;
      entry_size = h.e_shentsize;
      expected = sizeof (Elf32_Shdr);
    }
  if (type != ET_DYN)
    return broken (error, "it is no shared object");
  if (file->sections_at == 0 || file->n_sections == 0)
    return broken (error, "it has no section headers (stripped by other means than strip?)");
  if (entry_size != expected || file->n_sections > SECTIONS_MAX)
    return broken (error, "its section headers are not as they must be");
  return TRUE;
}

static gboolean
read_section (const File *file, guint i, Section *section)
{
  if (i >= file->n_sections)
    return FALSE;
  if (file->is_64)
    {
      Elf64_Shdr h;

      if (!get (file, file->sections_at + (guint64) i * sizeof h, &h, sizeof h))
        return FALSE;
      *section = (Section){ h.sh_type, h.sh_link, h.sh_offset, h.sh_size, h.sh_entsize };
    }
  else
    {
      Elf32_Shdr h;

      if (!get (file, file->sections_at + (guint64) i * sizeof h, &h, sizeof h))
        return FALSE;
      *section = (Section){ h.sh_type, h.sh_link, h.sh_offset, h.sh_size, h.sh_entsize };
    }
  /* Only sections that lie in the file are of use here. */
  return section->type == SHT_NOBITS
         || (section->size <= file->length && section->offset <= file->length - section->size);
}

/* The first section of that type and the strings that belong to it. */
static gboolean
find_section (const File *file, guint32 type, gsize entry_size, Section *section, Section *strings, GError **error)
{
  for (guint i = 0; i < file->n_sections; i++)
    {
      if (!read_section (file, i, section))
        return broken (error, "a section lies outside of it");
      if (section->type != type)
        continue;
      if (section->entry_size != entry_size || section->size / entry_size > ENTRIES_MAX)
        return broken (error, "the size of a section's entries is not as it must be");
      if (!read_section (file, section->link, strings) || strings->type != SHT_STRTAB)
        return broken (error, "a section's strings are missing");
      return TRUE;
    }
  return broken (error, "it has no dynamic section or symbols");
}

/* NULL where it does not end within the strings. */
static char *
read_string (const File *file, const Section *strings, guint64 at)
{
  if (at >= strings->size)
    return NULL;

  const char *begin = file->bytes + strings->offset + at;
  const char *end = memchr (begin, '\0', strings->size - at);
  return end != NULL ? g_utf8_make_valid (begin, end - begin) : NULL;
}

static gboolean
is_exported (unsigned char info, unsigned char other, guint16 section)
{
  /* Binding, type and visibility are the same in both classes. */
  const unsigned bind = ELF64_ST_BIND (info);
  const unsigned visibility = ELF64_ST_VISIBILITY (other);

  return section != SHN_UNDEF && (bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE)
         && (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static gboolean
read_exports (const File *file, GPtrArray *exports, GError **error)
{
  const gsize entry = file->is_64 ? sizeof (Elf64_Sym) : sizeof (Elf32_Sym);
  Section symbols, strings;

  if (!find_section (file, SHT_DYNSYM, entry, &symbols, &strings, error))
    return FALSE;
  for (guint64 at = 0; at + entry <= symbols.size; at += entry)
    {
      Elf64_Sym s = { 0 };
      Elf32_Sym s32;

      if (file->is_64)
        get (file, symbols.offset + at, &s, sizeof s);
      else if (get (file, symbols.offset + at, &s32, sizeof s32))
        {
          s.st_name = s32.st_name;
          s.st_info = s32.st_info;
          s.st_other = s32.st_other;
          s.st_shndx = s32.st_shndx;
        }
      if (!is_exported (s.st_info, s.st_other, s.st_shndx))
        continue;

      char *name = read_string (file, &strings, s.st_name);
      if (name == NULL)
        return broken (error, "a symbol's name lies outside of its strings");
      g_ptr_array_add (exports, name);
    }
  return TRUE;
}

static gboolean
read_libraries (const File *file, GPtrArray *libraries, GError **error)
{
  const gsize entry = file->is_64 ? sizeof (Elf64_Dyn) : sizeof (Elf32_Dyn);
  Section dynamic, strings;

  if (!find_section (file, SHT_DYNAMIC, entry, &dynamic, &strings, error))
    return FALSE;
  for (guint64 at = 0; at + entry <= dynamic.size; at += entry)
    {
      Elf64_Dyn d = { 0 };
      Elf32_Dyn d32;

      if (file->is_64)
        get (file, dynamic.offset + at, &d, sizeof d);
      else if (get (file, dynamic.offset + at, &d32, sizeof d32))
        {
          d.d_tag = d32.d_tag;
          d.d_un.d_val = d32.d_un.d_val;
        }
      if (d.d_tag == DT_NULL)
        break;
      if (d.d_tag != DT_NEEDED)
        continue;

      char *name = read_string (file, &strings, d.d_un.d_val);
      if (name == NULL)
        return broken (error, "a library's name lies outside of its strings");
      g_ptr_array_add (libraries, name);
    }
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

InspectElf *
inspect_elf_read (const char *path, GError **error)
{
  g_autoptr(GMappedFile) mapped = g_mapped_file_new (path, FALSE, error);

  if (mapped == NULL)
    return NULL;

  g_autoptr(InspectElf) elf = g_new0 (InspectElf, 1);
  File file = { .bytes = g_mapped_file_get_contents (mapped), .length = g_mapped_file_get_length (mapped) };
  elf->exports = g_ptr_array_new_with_free_func (g_free);
  elf->libraries = g_ptr_array_new_with_free_func (g_free);
  if (file.length > INSPECT_FILE_MAX)
    {
      broken (error, "it is too large");
      return NULL;
    }
  if (!read_header (&file, error) || !read_exports (&file, elf->exports, error)
      || !read_libraries (&file, elf->libraries, error))
    return NULL;
  g_ptr_array_sort (elf->exports, compare_names);
  return g_steal_pointer (&elf);
}

void
inspect_elf_free (InspectElf *elf)
{
  g_ptr_array_unref (elf->exports);
  g_ptr_array_unref (elf->libraries);
  g_free (elf);
}
