# SPDX-License-Identifier: LGPL-2.1-or-later
"""The translations: that they are whole, that nothing in them breaks what is printed, and that people see them."""

import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

import harness

ALICE = 'alice@example.com'
BOB = 'bob@example.com'

# What Meson's preset "glib" looks for.
MARKS = ['_', 'N_', 'C_:1c,2', 'NC_:1c,2', 'g_dcgettext:2', 'g_dngettext:2,3', 'g_dpgettext2:2c,3', 'ngettext:1,2']

# What a reader types, or looks for in a file, is the same in every language.
TYPED = re.compile(r'''--[a-z]+|musterctl(?:\ (?:help|appointments|user\ add))?|musterd|MUSTER_[A-Z]+|/run/[a-z/]+
                       |\[micsync\]|\+\d+[hm]|"tomorrow\ 9:00"|12:30|2026-[0-9T:+-]+|JSON|UTF-8''', re.VERBOSE)
# Of a time, or of printf: in a time they may change places.
DIRECTIVE = re.compile(r'%-?[a-zA-Z]')


def source():
    root = os.environ.get('MUSTER_SOURCE')
    if not root:
        raise unittest.SkipTest('MUSTER_SOURCE does not name the sources: run this test through meson')
    return pathlib.Path(root)


def listed(path):
    """The lines of LINGUAS or POTFILES."""
    lines = (line.split('#')[0].strip() for line in path.read_text(encoding='utf-8').splitlines())
    return [line for line in lines if line]


def tool(*args, code=0):
    """Runs one of gettext's tools; returns what it printed to both outputs."""
    if shutil.which(args[0]) is None:
        raise unittest.SkipTest(f'needs {args[0]} (Debian package gettext)')
    done = subprocess.run([*map(str, args)], cwd=source(), env={**os.environ, 'LC_ALL': 'C.UTF-8', 'LANGUAGE': ''},
                          stdin=subprocess.DEVNULL, capture_output=True, encoding='utf-8', timeout=harness.PATIENCE,
                          check=False)
    if done.returncode != code:
        raise AssertionError(f'{args[0]}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}')
    return done.stdout + done.stderr


def read_mo(path):
    """What stands in a compiled translation: {text: its translation}."""
    data = path.read_bytes()
    order = '<' if data.startswith(struct.pack('<I', 0x950412de)) else '>'
    count, texts, translations = struct.unpack_from(f'{order}3I', data, 8)

    def at(table, n):
        length, offset = struct.unpack_from(f'{order}2I', data, table + 8 * n)
        return data[offset:offset + length].decode('utf-8')

    return {at(texts, n): at(translations, n) for n in range(count)}


class Catalogues(harness.TestCase):
    def languages(self):
        return listed(source() / 'po' / 'LINGUAS')

    def extract(self, files):
        pot = self.folder / 'muster.pot'
        tool('xgettext', '--from-code=UTF-8', '--add-location=file', '--force-po',
             *(f'--keyword={mark}' for mark in MARKS), '-o', pot, *files)
        return pot

    def test_potfiles(self):
        """Every file with something to translate is listed, and no other."""
        root = source()
        files = [str(path.relative_to(root)) for folder in ('core', 'plugins', 'sdk')
                 for path in sorted((root / folder).rglob('*.[ch]'))]
        self.assertGreater(len(files), 50)
        pot = self.extract(files).read_text(encoding='utf-8')
        found = {name for line in pot.splitlines() if line.startswith('#:') for name in line[2:].split()}
        self.assertEqual(found, set(listed(root / 'po' / 'POTFILES')))

    def test_whole(self):
        """Every text is translated, none is a guess, and none is left over."""
        pot = self.extract(listed(source() / 'po' / 'POTFILES'))
        for language in self.languages():
            with self.subTest(language=language):
                po = source() / 'po' / f'{language}.po'
                said = tool('msgfmt', '--check', '--check-format', '--statistics', '-o', self.folder / 'mo', po)
                self.assertRegex(said, r'^\d+ translated messages?\.\n$')
                tool('msgcmp', po, pot)
                tool('msgcmp', '--use-untranslated', pot, po)
                self.assertNotIn('\n#~', po.read_text(encoding='utf-8'))

    def test_faithful(self):
        """What is printed with others, or typed, has in every language what it must have."""
        for language in self.languages():
            tool('msgfmt', '-o', self.folder / 'mo', source() / 'po' / f'{language}.po')
            for text, translation in read_mo(self.folder / 'mo').items():
                if text == '':
                    continue
                with self.subTest(language=language, text=text):
                    for pattern in (r'^\s*', r'\s*$', r':?\s*$'):
                        self.assertEqual(re.search(pattern, text)[0], re.search(pattern, translation)[0])
                    self.assertEqual(sorted(TYPED.findall(text)), sorted(TYPED.findall(translation)))
                    self.assertEqual(sorted(DIRECTIVE.findall(text)), sorted(DIRECTIVE.findall(translation)))

    def test_built(self):
        """What the build makes of them is what was translated."""
        build = pathlib.Path(harness.program('MUSTERCTL_UNINSTALLED')).parents[2]
        for language in self.languages():
            tool('msgfmt', '-o', self.folder / 'mo', source() / 'po' / f'{language}.po')
            self.assertEqual(read_mo(build / 'po' / language / 'LC_MESSAGES' / 'muster.mo'),
                             read_mo(self.folder / 'mo'))


class German(harness.TestCase):
    """musterctl in German, as far as this machine knows German at all."""

    locale = None

    @classmethod
    def setUpClass(cls):
        cls.locale = cls.find_locale()

    @classmethod
    def find_locale(cls):
        """The environment of a German locale: one that is installed, else one made for this; None: there is neither.

        C.UTF-8 will not do: newer C libraries translate nothing there.
        """
        done = subprocess.run(['locale', '-a'], capture_output=True, encoding='utf-8', errors='replace',
                              timeout=harness.PATIENCE, check=False) if shutil.which('locale') else None
        if done is not None and 'de_DE.utf8' in done.stdout.replace('UTF-8', 'utf8').split():
            return {}
        if shutil.which('localedef') is None:
            return None
        folder = tempfile.mkdtemp(prefix='muster-locale-')
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        made = subprocess.run(['localedef', '-i', 'de_DE', '-f', 'UTF-8', f'{folder}/de_DE.UTF-8'],
                              capture_output=True, timeout=harness.PATIENCE, check=False)
        # The C library's newlocale(), which p11-kit calls, loses the path that it has read from LOCPATH.
        leaks = os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
        return {'LOCPATH': folder, 'ASAN_OPTIONS': leaks} if made.returncode == 0 else None

    def setUp(self):
        super().setUp()
        if self.locale is None:
            self.skipTest('no German locale, and nothing to make one of: Debian package locales-all has it')
        before = os.environ.get('MUSTERCTL', '')
        os.environ['MUSTERCTL'] = harness.program('MUSTERCTL_UNINSTALLED')
        self.addCleanup(os.environ.__setitem__, 'MUSTERCTL', before)

    def begin(self, config=''):
        """Also the daemon is told of German: what it says stays English."""
        env = {'LC_ALL': 'de_DE.UTF-8', 'LANGUAGE': 'de', 'TZ': 'UTC', **self.locale}
        daemon = self.start(config, env=env)
        daemon.ctl('user', 'add', ALICE, '--name', 'Alice')
        return daemon

    def english(self, daemon, *args, code=0):
        """What the same command says to somebody in the locale C.UTF-8."""
        german = daemon.env
        daemon.env = {**german, 'LC_ALL': 'C.UTF-8'}
        del daemon.env['LANGUAGE']
        try:
            return daemon.ctl(*args, code=code)
        finally:
            daemon.env = german

    def test_help(self):
        daemon = self.begin()
        said = daemon.ctl('help').stdout
        for part in ('Aufruf: musterctl [--socket PFAD | --url URL]', 'set BENUTZER PROFILVORLAGE|STATUS ', 'Optionen:',
                     'user import DATEI.csv '):
            self.assertIn(part, said)
        commands = [re.match(r'  ([a-z]+(?: [a-z]+)?)', line) for line in said.splitlines()]
        english = [re.match(r'  ([a-z]+(?: [a-z]+)?)', line)
                   for line in self.english(daemon, 'help').stdout.splitlines()]
        self.assertEqual([match[1] for match in commands if match], [match[1] for match in english if match])
        # Columns stand under one another, also with letters of two bytes.
        helps = [line for line in said.splitlines() if re.match(r'  [a-z]', line)]
        self.assertEqual(len({re.search(r'\S  +\S', line).end() for line in helps}), 1)

    def test_presence(self):
        daemon = self.begin()
        self.assertRegex(daemon.ctl('set', ALICE, 'busy', '--text', 'Übung', '--until', '+10m').stdout,
                         rf'^{ALICE} \(Alice\): \S+ "Übung", Profilvorlage Busy, '
                         r'seit \d\d:\d\d, bis (morgen )?\d\d:\d\d')
        text = daemon.ctl('why', ALICE).stdout
        for part in ('Herkunft', 'von Hand gewählt', 'Was die Quellen melden', 'Von Hand gewählt', 'auf Zeit: Busy',
                     'Rufumleitung', 'unverändert', 'Nächste Änderung'):
            self.assertIn(part, text)
        self.assertRegex(daemon.ctl('set', ALICE, 'busy', '--until', '+5d').stdout,
                         r'bis (Mo|Di|Mi|Do|Fr|Sa|So|\d+\.)\s?.*\d+\. \S+ (\d+ )?\d\d:\d\d')
        self.assertIn('Keine Termine.', daemon.ctl('appointments', ALICE).stdout)
        self.assertRegex(daemon.ctl('user', 'list').stdout, r'^ID +NAME +NEBENSTELLE')

    def test_errors(self):
        daemon = self.begin()
        for args, code, part in ((('frobnicate',), 2, 'den Befehl „frobnicate“ gibt es nicht'),
                                 (('show',), 2, 'Aufruf: musterctl show BENUTZER'),
                                 (('set', ALICE, 'busy', '--until', 'x'), 2, "keine Zeitangabe: 'x': Geben Sie 12:30"),
                                 (('ignore', ALICE, 'x'), 1, f'{ALICE} hat keinen Eintrag „x“'),
                                 (('backup', daemon.config), 1, 'existiert bereits')):
            with self.subTest(args=args):
                done = daemon.ctl(*args, code=code)
                self.assertEqual(done.stdout, '')
                self.assertTrue(done.stderr.startswith('musterctl: '), done.stderr)
                self.assertIn(part, done.stderr)
        daemon.stop()
        self.assertIn('läuft musterd? Starten Sie ihn', daemon.ctl('list', code=1).stderr)

    def test_stays_english(self):
        """What the daemon says, and what programs read."""
        daemon = self.begin('[webhook:lamp]\nEnabled=no\nurl=http://127.0.0.1:9/\n')
        daemon.ctl('set', ALICE, 'busy')
        for args in (('list',), ('show', ALICE), ('why', ALICE), ('appointments', ALICE), ('user', 'list'),
                     ('user', 'show', ALICE), ('plugin', 'list'), ('plugin', 'show', 'webhook:lamp')):
            with self.subTest(args=args):
                self.assertEqual(daemon.json(*args), json.loads(self.english(daemon, '--json', *args).stdout))
        for args in (('show', BOB), ('set', ALICE, 'frobnicate'), ('plugin', 'show', 'frobnicate'),
                     ('user', 'add', ALICE), ('restore', daemon.config)):
            with self.subTest(args=args):
                self.assertEqual(daemon.ctl(*args, code=1).stderr, self.english(daemon, *args, code=1).stderr)
        self.assertIn("no template 'frobnicate': there are", daemon.ctl('set', ALICE, 'frobnicate', code=1).stderr)
        self.assertEqual(daemon.ctl('list', '--ids').stdout, f'{ALICE}\n')

    def test_watch(self):
        daemon = self.begin()
        process = daemon.popen('watch')
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertIn(f'{ALICE} (Alice): ', process.stdout.readline())
        daemon.ctl('user', 'remove', ALICE)
        self.assertEqual(process.stdout.readline(), f'{ALICE}: entfernt\n')


if __name__ == '__main__':
    harness.main()
