# SPDX-License-Identifier: LGPL-2.1-or-later
"""Users out of a directory: what ldapsearch printed, by way of a table, into the daemon."""

import os
import pathlib
import subprocess
import sys
import unittest

import harness

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE / 'ldap'
LDAP = pathlib.Path(os.environ.get('MUSTER_DATA', HERE.parents[1] / 'data')) / 'ldap'
COLUMNS = ('id=mail', 'name=displayName', 'email=mail', 'extension=telephoneNumber', 'mobile=mobile',
           'group=department', 'unix-user=sAMAccountName')
HEAD = 'dn: cn=x\nmail: x@example.com\n'

# Answers as a directory does that was asked as it ought to be; else, or when told so, breaks off after half of it.
SEARCH = '''#!/bin/sh
[ "$*" = "$EXPECTED" ] && [ "$(cat "$LDAP_PASSWORD_FILE")" = "correct horse" ] || { echo "asked: $*" >&2; exit 53; }
[ ! -e "$BROKEN" ] || { head -n 8 "$ANSWER"; exit 4; }
cat "$ANSWER"
'''


def to_csv(ldif, *columns, code=0):
    """The table, and what was said."""
    done = subprocess.run([sys.executable, LDAP / 'ldif-to-csv', *columns], input=ldif, capture_output=True,
                          timeout=harness.PATIENCE, check=False, env={**os.environ, 'LC_ALL': 'C'})
    if done.returncode != code:
        raise AssertionError(f'exit code {done.returncode}, not {code}: {done.stderr.decode()}')
    return done.stdout.decode('utf-8'), done.stderr.decode('utf-8')


class Table(unittest.TestCase):
    def test_active_directory(self):
        table, said = to_csv((RECORDED / 'active-directory.ldif').read_bytes(), *COLUMNS)
        self.assertEqual(table.splitlines(), [
            'id,name,email,extension,mobile,group,unix-user',
            'juergen.groesse@example.com,"Größe, Jürgen",Juergen.Groesse@Example.com,17,+49 (170) 123-456,Sales,'
            'jgroesse',
            'alice@example.com,"Alice Adams, who has so long a name that ldapsearch folds it over two lines of text",'
            'alice@example.com,,,,alice',
            'bob@example.com,"Bob ""the builder""; Brown",bob@example.com,,,Größe,'])
        self.assertIn("alice@example.com: extension '18 or ask the desk' is no telephone number", said)

    def test_openldap(self):
        table, said = to_csv((RECORDED / 'openldap.ldif').read_bytes(), 'id=mail', 'name=CN', 'mobile=mobile')
        self.assertEqual(table, 'id,name,mobile\ncarol@example.com,Carol,0170 1\ndave@example.com,Dave,0170 2\n')
        self.assertEqual(said, '')

    def test_wrong(self):
        cases = {
            'dn: cn=x\nname: x\n': 'line 1: no mail, so no id',
            'mail: x\n': 'an entry begins with dn',
            HEAD + 'nonsense\n': 'line 3: neither an attribute nor a continued line',
            HEAD + 'cn:: %%%\n': 'line 3: not base64',
            HEAD + 'cn:: /w==\n': 'cn is not UTF-8',
            HEAD + 'cn:< file:///etc/passwd\n': 'line 3: a value that is only named by a URL is not fetched',
            'dn: cn=x\nchangetype: delete\n': 'line 2: a change',
        }
        for ldif, expected in cases.items():
            with self.subTest(ldif):
                table, said = to_csv(ldif.encode(), 'id=mail', 'name=cn', code=1)
                self.assertEqual(table, '')
                self.assertIn(expected, said)
        self.assertIn('usage', to_csv(b'', 'name=cn', code=2)[1])

    def test_nothing(self):
        self.assertEqual(to_csv(b'', 'id=mail')[0], 'id\n')


class Sync(harness.TestCase):
    def test_sync(self):
        daemon = self.start('')
        folder = self.folder / 'ldap'
        folder.mkdir()
        (folder / 'ldapsearch').write_text(SEARCH, encoding='utf-8')
        (folder / 'ldapsearch').chmod(0o755)
        (folder / 'musterctl').symlink_to(os.environ['MUSTERCTL'])
        (folder / 'password').write_text('correct horse', encoding='utf-8')
        broken = folder / 'broken'
        env = {**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}', 'MUSTER_SOCKET': str(daemon.socket),
               'LC_ALL': 'C.UTF-8', 'TMPDIR': str(folder), 'BROKEN': str(broken),
               'ANSWER': str(RECORDED / 'active-directory.ldif'), 'LDAP_PASSWORD_FILE': str(folder / 'password'),
               'LDAP_URI': 'ldap://dc.example.com', 'LDAP_BIND': 'cn=muster,dc=example,dc=com',
               'LDAP_BASE': 'dc=example,dc=com', 'LDAP_FILTER': '(mail=*)', 'LDAP_COLUMNS': ' '.join(COLUMNS),
               'EXPECTED': f'-LLL -x -ZZ -H ldap://dc.example.com -D cn=muster,dc=example,dc=com -y {folder}/password'
                           ' -b dc=example,dc=com -s sub -E pr=500/noprompt (mail=*)'
                           ' mail displayName mail telephoneNumber mobile department sAMAccountName'}

        def sync(*args, code=0, **more):
            done = subprocess.run([LDAP / 'muster-ldap-sync', *args], env={**env, **more}, capture_output=True,
                                  encoding='utf-8', timeout=harness.PATIENCE, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            return done.stdout

        def everybody():
            return [one['id'] for one in daemon.json('user', 'list')['users']]

        people = ['alice@example.com', 'bob@example.com', 'juergen.groesse@example.com']
        sync('--dry-run')
        self.assertEqual(everybody(), [])
        self.assertIn('3 added, 0 changed, 0 removed', sync())
        self.assertEqual(everybody(), people)
        self.assertEqual(daemon.json('user', 'show', people[2])['name'], 'Größe, Jürgen')
        self.assertIn('0 added, 0 changed, 0 removed, 3 as before', sync())

        # A search that broke off, a directory that says no, or another one: nobody goes.
        broken.touch()
        sync('--force', code=4)
        broken.unlink()
        sync('--force', code=53, LDAP_URI='ldaps://dc.example.com')
        sync(code=1, ANSWER='/dev/null')
        sync(code=1, ANSWER=str(RECORDED / 'openldap.ldif'))
        self.assertEqual(everybody(), people)
        self.assertEqual(sorted(one.name for one in folder.iterdir()), ['ldapsearch', 'musterctl', 'password'])


if __name__ == '__main__':
    harness.main()
