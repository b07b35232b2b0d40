# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the walk goes by: who asks, what they may never see, and for each route what each of them is answered.

A row is what is asked of one route, and the status for each of LEVELS, in that order. A route may have several rows;
one that has none fails the test. `{owner}` in a path or body is the user whom everything is about, and who grants the
callers what they are called by. `{spare}` is somebody of whom nothing is known: what only administrators may do is done
to them.
"""

import collections

OWNER, SPARE, UNKNOWN = 'alice@example.com', 'spare@example.com', 'alixe@example.com'

GRANTED = ('blocked', 'employee', 'team-colleague', 'assistant', 'assistant-plus')
LEVELS = ('nobody', 'monitor', 'agent', *GRANTED, 'owner', 'administrator')

NUMBER = b'+49305550002'  # to which a template of the owner's forwards

# Every word that the plugin "tells" or the test itself says of the owner, and the first level that may see it: None is
# nobody at all, wherever they look.
WORDS = {
    b'zqprivate': None,
    b'zqcall': 'team-colleague',
    b'zqprogram': 'team-colleague',
    b'zqlabel': 'team-colleague',
    b'Appointment': 'team-colleague',
    b'zqsource': 'team-colleague',
    b'zqtemplate': 'team-colleague',
    b'zqwritten': 'team-colleague',
    b'zqchoice': 'assistant',
    b'zqlink': 'owner',
    b'zqkey': 'owner',
    b'zqdevice': 'owner',
    b'zqclient': 'owner',
    b'zqgreeting': 'owner',
    b'zqdetail': 'owner',
    b'zqsink': 'owner',
    b'+49305550001': 'owner',
    NUMBER: 'owner',
    b'zqmail': 'owner',
}

# Where it is otherwise. What colleagues see of a source is that of the presence, and not that of an entry. What is
# connected, and how it fares, is the monitor's business, and says nothing of anybody. A user's agents know of the
# user's desktops, and of nothing else. Whoever may choose a template sees what it does, and the central ones are
# everybody's.
ELSEWHERE = {'/v1/users/{}/appointments': {b'zqsource': 'owner'},
             '/v1/templates': {b'zqtemplate': 'assistant-plus', NUMBER: 'assistant-plus', b'Appointment': 'blocked'},
             '/v1/clients': {b'zqclient': 'agent', b'zqsource': 'agent'},
             '/metrics': {b'zqsource': 'monitor', b'zqsink': 'monitor'}}

Row = collections.namedtuple('Row', 'method path target body statuses kind', defaults=(None,))


def row(method, path, target, statuses, body=None, kind=None):
    numbers = [int(status) for status in statuses.split()]
    assert len(numbers) == len(LEVELS), (method, path)
    return Row(method, path, target, body, dict(zip(LEVELS, numbers)), kind)


#                       nobody monitor agent | blocked employee team assistant plus | owner administrator
ANYBODY = '401 403 403  200 200 200 200 200  200 200'
EMPLOYEES = '401 403 403  404 200 200 200 200  200 200'
ASSISTANTS = '401 403 403  404 403 403 200 200  200 200'
PLUS = '401 403 403  404 403 403 403 200  200 200'
THE_OWNER = '401 403 403  404 403 403 403 403  200 200'
THEIRS = '401 403 {0}  {1} {1} {1} {1} {1}  {0} {0}'
SELF = '401 403 403  403 403 403 403 403  {0} {0}'
ADMINISTRATORS = '401 403 403  403 403 403 403 403  403 {0}'

# Reading goes first: what is written changes what is read.
ROWS = [
    row('GET', '/v1/presence', '/v1/presence', ANYBODY),
    row('GET', '/v1/presence', '/v1/presence?user={owner}', ANYBODY),
    row('GET', '/v1/presence', '/v1/presence?user={owner}&after=1', ANYBODY),
    row('GET', '/v1/presence/{}', '/v1/presence/{owner}', EMPLOYEES),
    row('GET', '/v1/presence/{}/why', '/v1/presence/{owner}/why', EMPLOYEES),
    row('GET', '/v1/events', '/v1/events', ANYBODY),
    row('GET', '/v1/events', '/v1/events?users={owner}', ANYBODY),
    row('GET', '/v1/users/{}/appointments', '/v1/users/{owner}/appointments', EMPLOYEES),
    row('GET', '/v1/users/{}/appointments', '/v1/users/{owner}/appointments?all=true', EMPLOYEES),
    row('GET', '/v1/clients', '/v1/clients', '401 403 200  200 200 200 200 200  200 400'),
    row('GET', '/v1/clients', '/v1/clients?user={owner}', THEIRS.format(200, 403)),
    row('GET', '/v1/users/{}', '/v1/users/{owner}', THE_OWNER),
    row('GET', '/v1/relationships', '/v1/relationships?owner={owner}', SELF.format(200)),
    row('GET', '/v1/relationships', '/v1/relationships?viewer={owner}', ADMINISTRATORS.format(200)),
    row('GET', '/v1/relationships/{}/{name}', '/v1/relationships/{owner}/{spare}', THE_OWNER),
    row('GET', '/v1/settings', '/v1/settings', ANYBODY),
    row('GET', '/v1/settings/{name}', '/v1/settings/user:{owner}', SELF.format(200)),
    row('GET', '/v1/templates', '/v1/templates', ANYBODY),
    row('GET', '/v1/templates', '/v1/templates?scope=user:{owner}', SELF.format(200)),
    row('GET', '/v1/templates', '/v1/templates?user={owner}', '401 403 403  403 403 403 403 200  200 200'),
    row('GET', '/v1/users', '/v1/users', ADMINISTRATORS.format(200)),
    row('GET', '/v1/delegations', '/v1/delegations', ANYBODY),
    row('GET', '/v1/delegations', '/v1/delegations?user={owner}', THE_OWNER),
    row('GET', '/v1/plugins', '/v1/plugins', ADMINISTRATORS.format(200)),
    row('GET', '/v1/plugins/{}', '/v1/plugins/tells:zqsource', ADMINISTRATORS.format(200)),
    row('GET', '/v1/plugins/{}/log', '/v1/plugins/tells:zqsource/log', ADMINISTRATORS.format(200)),
    row('GET', '/v1/plugins/{}/actions', '/v1/plugins/tells:zqsource/actions', ADMINISTRATORS.format(200)),
    row('GET', '/v1/secrets', '/v1/secrets', ADMINISTRATORS.format(200)),
    row('GET', '/v1/backup', '/v1/backup', ADMINISTRATORS.format(200)),
    row('GET', '/v1/tokens', '/v1/tokens', ANYBODY),
    row('GET', '/v1/tokens', '/v1/tokens?user={owner}', SELF.format(200)),
    row('GET', '/v1/status', '/v1/status', '401 403 200  200 200 200 200 200  200 200'),
    row('GET', '/metrics', '/metrics', '401 200 403  403 403 403 403 403  403 200'),
    row('GET', '/healthz', '/healthz', '200 200 200  200 200 200 200 200  200 200'),

    row('POST', '/v1/clients', '/v1/clients', THEIRS.format(201, 403),
        {'user': '{owner}', 'id': 'walk', 'state': 'active'}),
    row('GET', '/v1/clients/{}', '/v1/clients/walk?user={owner}', THEIRS.format(200, 404)),
    row('PATCH', '/v1/clients/{}', '/v1/clients/walk?user={owner}', THEIRS.format(200, 404), {}),
    row('DELETE', '/v1/clients/{}', '/v1/clients/none?user={owner}', THEIRS.format(404, 404)),
    row('PUT', '/v1/relationships/{}/{name}', '/v1/relationships/{owner}/{spare}', THE_OWNER, {'level': 'employee'}),
    row('DELETE', '/v1/relationships/{}/{name}', '/v1/relationships/{owner}/{spare}',
        '401 403 403  404 403 403 403 403  204 204'),
    row('POST', '/v1/tokens', '/v1/tokens', SELF.format(201), {'user': '{owner}', 'label': 'walk'}),
    row('DELETE', '/v1/tokens/{}', '/v1/tokens/0000000000', '401 403 403  404 404 404 404 404  404 404'),
    row('POST', '/v1/sign-in-links', '/v1/sign-in-links', SELF.format(201), {'user': '{owner}'}),
    row('POST', '/v1/sign-in', '/v1/sign-in', '401 401 401  401 401 401 401 401  401 401', {'code': 'muster-once_x'}),
    row('POST', '/v1/users', '/v1/users', ADMINISTRATORS.format(409), {'id': '{owner}'}),
    row('POST', '/v1/users/import', '/v1/users/import', ADMINISTRATORS.format(200), 'id\n{owner}\n', 'text/csv'),
    row('PATCH', '/v1/users/{}', '/v1/users/{owner}', ADMINISTRATORS.format(200), {}),
    row('DELETE', '/v1/users/{}', '/v1/users/{spare}', ADMINISTRATORS.format(204)),
    row('POST', '/v1/plugins/{}/sync', '/v1/plugins/none/sync', ADMINISTRATORS.format(404), {}),
    row('POST', '/v1/plugins/{}/pause', '/v1/plugins/none/pause', ADMINISTRATORS.format(404), {}),
    row('POST', '/v1/plugins/{}/drain', '/v1/plugins/none/drain', ADMINISTRATORS.format(404), {}),
    row('POST', '/v1/plugins/{}/enable', '/v1/plugins/none/enable', ADMINISTRATORS.format(404), {}),
    row('POST', '/v1/plugins/{}/disable', '/v1/plugins/none/disable', ADMINISTRATORS.format(404), {}),
    row('POST', '/v1/plugins/{}/test', '/v1/plugins/none/test', ADMINISTRATORS.format(404), {}),
    row('POST', '/v1/plugins/{}/actions/{}', '/v1/plugins/none/actions/x', ADMINISTRATORS.format(404),
        {'answer': 'x'}),
    row('PUT', '/v1/secrets/{}', '/v1/secrets/walk', ADMINISTRATORS.format(400), {}),
    row('DELETE', '/v1/secrets/{}', '/v1/secrets/walk', ADMINISTRATORS.format(404)),
    row('PUT', '/v1/backup', '/v1/backup', ADMINISTRATORS.format(400), 'no store', 'application/octet-stream'),

    row('PATCH', '/v1/settings/{name}', '/v1/settings/user:{owner}', SELF.format(200), {}),
    row('POST', '/v1/settings/{name}/reset', '/v1/settings/user:{owner}/reset', SELF.format(200), {}),
    row('POST', '/v1/templates', '/v1/templates', '401 403 403  403 403 403 403 403  201 409',
        {'scope': 'user:{owner}', 'name': 'walk', 'status': 'busy'}),
    row('PATCH', '/v1/templates/{}', '/v1/templates/{template}', '401 403 403  404 404 404 404 404  200 200', {}),
    row('POST', '/v1/users/{}/appointments/{}/ignore', '/v1/users/{owner}/appointments/{claim}/ignore',
        PLUS.replace('200', '204'), {}),
    row('PUT', '/v1/presence/{}', '/v1/presence/{owner}', ASSISTANTS, {'status': 'busy', 'text': 'zqwritten'}),
    row('PUT', '/v1/presence/{}', '/v1/presence/{owner}', PLUS, {'template': 'zqtemplate', 'text': 'zqwritten'}),
    row('GET', '/v1/presence/{}/why', '/v1/presence/{owner}/why', EMPLOYEES),
    row('DELETE', '/v1/presence/{}', '/v1/presence/{owner}', ASSISTANTS),
    row('DELETE', '/v1/templates/{}', '/v1/templates/{template}', '401 403 403  404 404 404 404 404  204 404'),
]
