# SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings and templates with the real daemon: what musterctl and the API say of them, that they hold, also after a
restart, and that docs/admin/settings.md names exactly those that there are."""

import json
import os
import pathlib
import re
import signal
import urllib.parse

import harness

ALICE = 'alice@example.com'
BOB = 'bob@example.com'
BERLIN = 'location:Berlin'

# A plugin that has settings, where it is built.
HAS_MICSYNC = '/micsync' in os.environ.get('MUSTER_PLUGIN_DIR', '')
CONFIG = f'[micsync]\nEnabled=required\nuser={ALICE}\n' if HAS_MICSYNC else ''


class Settings(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.daemon_ = self.start()
        self.ctl = self.daemon_.ctl
        self.json = self.daemon_.json
        self.ctl('user', 'add', ALICE, '--location', 'Berlin', '--group', 'Vertrieb/Süd')
        self.ctl('user', 'add', BOB)

    def token(self, user):
        return self.json('token', 'create', user)['token']

    def ask(self, method, path, body=None, token=None, code=200):
        """What the API answers, as JSON; `token`: that user's."""
        connection = harness.Connection(self.daemon_.socket)
        headers = {'Authorization': f'Bearer {token}'} if token is not None else {}
        if body is not None:
            headers['Content-Type'] = 'application/json'
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        self.assertEqual(answer.status, code, data)
        return json.loads(data) if data else None

    def option(self, scope, name):
        block, option = name.split('.')
        return self.json('settings', 'show', scope)['blocks'][block]['options'][option]

    def test_a_named_place_is_meant(self):
        """What is not in the scope that is named is not looked for in another one, where its name is an id."""
        for args in (('remove', 'break'), ('move', 'break', '1'), ('set', 'break', 'busy')):
            with self.subTest(args=args):
                self.assertIn("no template 'break' there",
                              self.ctl('template', *args, '--scope', BERLIN, code=1).stderr)
        listed = self.ctl('template', 'list', '--ids').stdout.split()
        self.assertIn('break', listed[1:])
        self.ctl('template', 'move', 'break', '1')
        self.assertEqual(self.ctl('template', 'list', '--ids').stdout.split()[0], 'break')

    def test_rows_are_a_line_each(self):
        self.ctl('settings', 'set', 'all', 'calendar.rules=Lunch|||||lunch;On the road||||Travel|||Be Right Back')
        shown = self.ctl('settings', 'show', 'all').stdout
        self.assertRegex(shown, r'\n  rules +Lunch\|\|\|\|\|lunch\|\| +all\n'
                                r' +On the road\|\|\|\|Travel\|\|\|be-right-back\n')

    def test_layers(self):
        """A nearer scope counts, and who says so is told."""
        name = 'activation.idle-after'
        self.assertEqual(self.option(f'user:{ALICE}', name), {'value': '10min', 'from': 'built-in', 'own': None})
        for scope, value in (('all', '1min'), (BERLIN, '2min'), ('group:Vertrieb/Süd', '3min'), (f'user:{ALICE}', '4min')):
            self.ctl('settings', 'set', scope, f'{name}={value}')
            self.assertEqual(self.option(f'user:{ALICE}', name)['value'], value)
            self.assertEqual(self.option(f'user:{ALICE}', name)['from'], scope)
            self.assertEqual(self.option(scope, name), {'value': value, 'from': scope, 'own': value})
        self.assertEqual(self.option(f'user:{BOB}', name), {'value': '1min', 'from': 'all', 'own': None})
        self.ctl('settings', 'reset', 'all')
        self.assertEqual(self.option(f'user:{ALICE}', name)['from'], 'group:Vertrieb/Süd')
        self.ctl('settings', 'unset', 'group:Vertrieb/Süd', name)
        self.assertEqual(self.option(f'user:{ALICE}', name)['from'], BERLIN)
        scopes = {scope['scope']: scope['users'] for scope in self.json('settings', 'list')['scopes']}
        self.assertEqual(scopes, {'all': 2, BERLIN: 1, 'group:Vertrieb/Süd': 1})

    def test_flip(self):
        """What a user has set goes when the policy says that they cannot, and does not come back with it."""
        own = {'values': {'activation': {'idle-after': '42min'}}}
        path = '/v1/settings/' + urllib.parse.quote(f'user:{ALICE}', safe='')
        alice = self.token(ALICE)
        self.ask('PATCH', path, own, alice)
        self.ctl('settings', 'policy', BERLIN, 'activation', 'cannot-change')
        answer = self.ask('GET', path, token=alice)['blocks']['activation']
        self.assertEqual(answer['policy'], {'value': 'cannot-change', 'from': BERLIN, 'own': None})
        self.assertEqual(answer['options']['idle-after'], {'value': '10min', 'from': 'built-in', 'own': None})
        self.assertIn(BERLIN, self.ask('PATCH', path, own, alice, code=403)['detail'])
        self.ctl('settings', 'policy', BERLIN, 'activation', 'inherit')
        self.assertEqual(self.ask('GET', path, token=alice)['blocks']['activation']['options']['idle-after']['value'],
                         '10min')
        self.ask('PATCH', path, own, alice)
        self.assertEqual(self.option(f'user:{ALICE}', 'activation.idle-after')['value'], '42min')

    def test_others(self):
        """A user learns and changes nothing of any other scope, there or not."""
        alice = self.token(ALICE)
        for scope in ('all', BERLIN, 'group:Vertrieb/Süd', f'user:{BOB}', 'user:nobody', 'nonsense'):
            path = '/v1/settings/' + urllib.parse.quote(scope, safe='')
            told = {self.ask(method, target, body, alice, code=403)['detail']
                    for method, target, body in (('GET', path, None), ('PATCH', path, {'values': {}}),
                                                 ('POST', path + '/reset', {}))}
            self.assertEqual(len(told), 1)
            self.assertNotIn(scope, told.pop())
        for user in (BOB, 'nobody'):
            self.ask('GET', f'/v1/templates?user={user}', token=alice, code=403)
        self.assertEqual([scope['scope'] for scope in self.ask('GET', '/v1/settings', token=alice)['scopes']],
                         [f'user:{ALICE}'])

    def test_names(self):
        """A name that may be misspelt is remarked; one that is none is refused; nothing is changed by half."""
        done = self.ctl('settings', 'set', 'location:Berln', 'presence.use=false')
        self.assertIn('nobody in location:Berln', done.stderr)
        self.assertNotIn('nobody', self.ctl('settings', 'set', BERLIN, 'presence.zone=Europe/Berlin').stderr)
        self.assertIn('is no scope', self.ctl('settings', 'show', 'Berlin', code=1).stderr)
        self.assertIn('no instance mailbx', self.ctl('settings', 'set', 'all', 'calendar.sources=mailbx').stderr)
        self.assertNotIn('no instance', self.ctl('settings', 'set', 'all', 'calendar.days-ahead=7').stderr)
        self.ctl('settings', 'unset', 'all', 'calendar.sources', 'calendar.days-ahead')
        for wrong in ('presence.use', 'use=false', '.use=false', 'presence.=false'):
            self.ctl('settings', 'set', 'all', wrong, code=2)
        self.ctl('settings', 'unset', 'all', 'presence.use=false', code=2)
        self.assertIn('presence.zone', self.ctl('settings', 'set', 'all', 'presence.use=false', 'presence.zone=Berlin',
                                                code=1).stderr)
        self.assertEqual(self.option('all', 'presence.use')['own'], None)
        self.assertIn('may-change', self.ctl('settings', 'policy', 'all', 'calendar', 'perhaps', code=1).stderr)

    def test_words(self):
        """What people read."""
        self.ctl('settings', 'set', 'all', 'templates.statuses=busy;available', 'calendar.days-ahead=7')
        shown = self.ctl('settings', 'show', 'all').stdout
        self.assertRegex(shown, r'(?m)^  statuses +available;busy;logged-off +all$')
        self.assertRegex(shown, r'(?m)^  days-ahead +7 +all$')
        self.assertRegex(shown, r'(?m)^  use +true +built-in$')
        described = self.ctl('settings', 'describe', 'activation').stdout
        self.assertIn('activation.idle-after (duration)', described)
        self.assertIn('default: 10min', described)
        self.assertIn('activation.start', self.ctl('settings', 'describe', '--ids').stdout.splitlines())
        self.assertIn('no block', self.ctl('settings', 'describe', 'nonsense', code=1).stderr)

    def test_templates(self):
        """Made, found by name, moved, used, chosen, and removed only when nothing uses them any more."""
        made = self.json('template', 'add', BERLIN, 'Kantine', 'be-right-back', '--forward', 'external:mobile',
                         '--may-change')
        self.assertEqual((made['scope'], made['forwarding_word'], made['may_change']),
                         (BERLIN, 'external:mobile', True))
        self.ctl('template', 'set', 'kantine', '--scope', BERLIN, '--name', 'Mittag', '--text', 'Mahlzeit')
        self.ctl('settings', 'set', BERLIN, 'activation.idle=mittag')
        self.assertEqual(self.option(BERLIN, 'activation.idle')['own'], made['id'])
        for scope in (BERLIN, f'user:{ALICE}'):
            self.assertRegex(self.ctl('settings', 'show', scope).stdout,
                             rf'(?m)^  idle +{made["id"]} \(Mittag\) +location:Berlin$')
        for refused in (('template', 'remove', made['id']), ('template', 'set', made['id'], '--inactive')):
            self.assertIn('activation.idle of location:Berlin', self.ctl(*refused, code=1).stderr)
        names = [one['name'] for one in self.json('template', 'list', '--user', ALICE)['templates']]
        self.assertEqual((names[0], len(names)), ('Mittag', 13))
        self.assertEqual(len(self.json('template', 'list', '--user', BOB)['templates']), 12)
        self.ctl('set', ALICE, 'Mittag')
        shown = self.json('show', ALICE)
        self.assertEqual((shown['status'], shown['text'], shown['template']), ('be-right-back', 'Mahlzeit', 'Mittag'))
        self.ctl('auto', ALICE)
        self.ctl('settings', 'unset', BERLIN, 'activation.idle')
        self.ctl('template', 'remove', 'MITTAG', '--scope', BERLIN)
        self.ctl('template', 'move', 'Busy', '1')
        self.assertEqual(self.json('template', 'list')['templates'][0]['name'], 'Busy')
        self.ctl('template', 'move', 'Busy', '0', code=2)
        self.ctl('template', 'set', 'Busy', '--active', '--inactive', code=2)
        self.ctl('template', 'set', 'Busy', code=2)
        self.ctl('template', 'remove', 'Nonsense', code=1)

    def test_use(self):
        """Switched off for a location, presence is neither seen nor chosen there; on again, all is as before."""
        self.ctl('set', ALICE, 'Busy')
        self.ctl('settings', 'set', BERLIN, 'presence.use=false')
        self.assertEqual([one['user'] for one in self.json('list')['presences']], [BOB])
        self.assertIn('presence.use', self.ctl('set', ALICE, 'Available', code=1).stderr)
        self.assertEqual([one['user'] for one in self.ask('GET', '/v1/presence', token=self.token(BOB))['presences']],
                         [BOB])
        self.ctl('settings', 'unset', BERLIN, 'presence.use')
        self.assertEqual(self.json('show', ALICE)['status'], 'busy')

    def test_rules(self):
        """Rules of the calendar, row by row; the templates they name are in use."""
        rows = [{'name': 'Lunch', 'free-busy': 'busy', 'all-day': False, 'category': 'a;b|c', 'template': 'Break'},
                {'name': 'Board', 'attendees': 5}]
        path = '/v1/settings/' + urllib.parse.quote(BERLIN, safe='')
        told = self.ask('PATCH', path, {'values': {'calendar': {'rules': rows}}})['blocks']['calendar']['options']['rules']
        self.assertEqual(told['from'], BERLIN)
        self.assertEqual(told['value'], told['own'])
        wanted = [{**row, **({'template': 'break'} if 'template' in row else {})} for row in rows]
        self.assertEqual([{name: cell for name, cell in row.items() if cell is not None} for row in told['own']], wanted)
        # What was told can be said again.
        again = self.ask('PATCH', path, {'values': {'calendar': {'rules': told['own']}}})
        self.assertEqual(again['blocks']['calendar']['options']['rules'], told)
        self.assertIn('calendar.rules of location:Berlin', self.ctl('template', 'remove', 'Break', code=1).stderr)
        rows[1]['free-busy'] = 'sometimes'
        self.assertIn('sometimes', self.ask('PATCH', path, {'values': {'calendar': {'rules': rows}}}, code=400)['detail'])

    def test_whitelist(self):
        """Own templates only of statuses that are open."""
        alice = self.token(ALICE)
        self.ctl('settings', 'set', BERLIN, 'templates.statuses=busy')
        self.ask('POST', '/v1/templates', {'name': 'Werkstatt', 'status': 'busy'}, alice, code=201)
        self.ask('POST', '/v1/templates', {'name': 'Weg', 'status': 'unavailable'}, alice, code=403)
        self.ctl('settings', 'unset', BERLIN, 'templates.statuses')
        self.ctl('settings', 'set', BERLIN, 'templates.statuses=be-right-back')
        offered = {one['name']: one['offered'] for one in self.ask('GET', '/v1/templates', token=alice)['templates']}
        self.assertFalse(offered['Werkstatt'])
        self.ctl('settings', 'set', BERLIN, 'templates.own=false')
        self.ask('POST', '/v1/templates', {'name': 'Kurz', 'status': 'be-right-back'}, alice, code=403)

    def test_restart(self):
        """Everything is there again, also after a kill."""
        self.ctl('settings', 'set', BERLIN, 'activation.idle-after=7min')
        self.ctl('settings', 'policy', 'all', 'calendar', 'cannot-change')
        self.ctl('template', 'add', BERLIN, 'Kantine', 'busy', '--forward', 'all:number:+49 30 1', '--stays')
        before = [self.json('settings', 'show', f'user:{ALICE}'), self.json('template', 'list', '--user', ALICE),
                  self.json('settings', 'list')]
        self.daemon_.kill()
        self.daemon_.start()
        self.assertEqual(before, [self.json('settings', 'show', f'user:{ALICE}'),
                                  self.json('template', 'list', '--user', ALICE), self.json('settings', 'list')])


class OfPlugins(harness.TestCase):
    """A plugin's settings are there while an instance of it is enabled."""

    def setUp(self):
        super().setUp()
        if not HAS_MICSYNC:
            self.skipTest('needs the plugin micsync: it is not built')
        self.daemon_ = self.start()

    def reload(self, config):
        self.daemon_.config.write_text(config, encoding='utf-8')
        self.daemon_.signal(signal.SIGHUP)
        self.daemon_.wait_note('READY=1')

    def programs(self, scope='all'):
        return self.daemon_.json('settings', 'show', scope)['blocks']['micsync']['options'].get('programs')

    def test_reload(self):
        daemon = self.daemon_
        daemon.ctl('user', 'add', ALICE, '--location', 'Berlin')
        self.assertIsNone(self.programs())
        self.assertIn('micsync.programs', daemon.ctl('settings', 'set', BERLIN, 'micsync.programs=obs', code=1).stderr)
        self.reload(CONFIG)
        built_in = self.programs()
        self.assertEqual((built_in['from'], built_in['own']), ('built-in', None))
        self.assertGreater(len(built_in['value']), 1)
        self.assertEqual(daemon.ctl('settings', 'set', 'all', 'calendar.sources=micsync').stderr, '')
        daemon.ctl('settings', 'set', BERLIN, r'micsync.programs=obs|OBS\;Studio|false;jamulus|Jam\|ulus')
        own = [{'process': 'obs', 'alias': 'OBS;Studio', 'active': False},
               {'process': 'jamulus', 'alias': 'Jam|ulus', 'active': True}]
        self.assertEqual(self.programs(BERLIN)['own'], own)
        self.assertEqual(self.programs(f'user:{ALICE}')['value'][-2:], own)
        self.assertEqual(self.programs()['value'], built_in['value'])
        # What was said stays for when it comes back, and can be taken out meanwhile.
        self.reload('')
        self.assertIsNone(self.programs(BERLIN))
        self.reload(CONFIG)
        self.assertEqual(self.programs(BERLIN)['own'], own)
        self.reload('')
        daemon.ctl('settings', 'unset', BERLIN, 'micsync.programs')
        self.reload(CONFIG)
        self.assertEqual(self.programs(BERLIN), built_in)


class Documented(harness.TestCase):
    """docs/admin/settings.md."""

    def test_options(self):
        """Each block and option with what the daemon itself says of it."""
        text = (pathlib.Path(os.environ['MUSTER_OPENAPI']).parents[1] / 'admin/settings.md').read_text(encoding='utf-8')
        told = {}
        for part in re.split(r'(?m)^##+ ', text)[1:]:
            block = re.match(r'`([a-z-]+)`', part)
            if block is not None:
                told[block[1]] = re.findall(r'(?m)^(\| `[a-z-]+` \|.*)$', part)
        if not HAS_MICSYNC:
            told['micsync'] = [row for row in told['micsync'] if not row.startswith('| `programs` |')]
        there = {block['name']: [self.row(option) for option in block['options']]
                 for block in self.start(CONFIG).json('settings', 'list')['blocks']}
        self.maxDiff = None
        self.assertEqual(told, there)

    def row(self, option):
        value = option['default']
        words = option['doc'].replace('|', r'\|')
        if option['choices'] is not None:
            words += ' (' + ', '.join(f'`{choice}`' for choice in option['choices']) + ')'
        if option['columns'] is not None:
            value = None  # too long for a table
            words += ' (columns ' + ', '.join(f'`{column["name"]}`' for column in option['columns']) + ')'
        if isinstance(value, list):
            value = ';'.join(value)
        elif isinstance(value, bool):
            value = json.dumps(value)
        return ' | '.join((f'| `{option["name"]}`', option['type'], f'`{value}`' if value not in (None, '') else '',
                           'no' if option['central'] else 'yes', f'{words} |'))


if __name__ == '__main__':
    harness.main()
