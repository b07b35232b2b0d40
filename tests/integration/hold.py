# SPDX-License-Identifier: LGPL-2.1-or-later
"""hold.py DOCUMENT PROGRAM ARGUMENTS…: runs a test program that speaks TAP and writes down its exchanges with the API
(tests/unit/api/record.h), and adds one test to it: that all of them are as the document says."""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import contract


def split_message(data):
    """(first line, headers with names in small letters, body) of an HTTP message, chunks put together."""
    head, _empty, body = data.partition(b'\r\n\r\n')
    first, *lines = head.decode('utf-8', 'replace').split('\r\n')
    headers = {}
    for line in lines:
        name, _colon, value = line.partition(':')
        headers[name.strip().lower()] = value.strip()
    if headers.get('transfer-encoding', '').lower() == 'chunked':
        rest, body = body, b''
        while rest:
            size, _end, rest = rest.partition(b'\r\n')
            length = int(size, 16)
            body += rest[:length]
            rest = rest[length + 2:] if length else b''
    elif 'content-length' in headers:
        body = body[:int(headers['content-length'])]
    return first, headers, body


def to_exchange(record):
    """The exchange of one line of the record."""
    asked, answered = (base64.b64decode(record[name]) for name in ('request', 'answer'))
    while re.match(rb'HTTP/1\.. 100 ', answered):
        answered = answered.partition(b'\r\n\r\n')[2]
    first, asked_headers, asked_body = split_message(asked)
    method, target = [*first.split(' '), ''][:2]  # what is not HTTP at all has perhaps no target
    line, headers, body = split_message(answered)
    return contract.Exchange(method, target, int(line.split(' ')[1]), headers, body,
                             asked_headers.get('content-type'), asked_body)


def broken(document, record):
    """What is wrong with what the record holds, one text each; a record of nothing is wrong."""
    lines = record.read_text(encoding='utf-8').splitlines() if record.exists() else []
    found = []
    for line in map(json.loads, lines):
        try:
            if 'schema' in line:
                document.hold_piece(line['schema'], base64.b64decode(line['piece']))
            else:
                document.hold(to_exchange(line))
        except contract.Broken as error:
            found.append(f'{line["test"]}: {error}')
    return found if lines else ['nothing of the API was recorded']


def main(path, command):
    with tempfile.TemporaryDirectory(prefix='muster-') as folder:
        record = pathlib.Path(folder) / 'record'
        tests = 0
        with subprocess.Popen(command, env={**os.environ, 'MUSTER_RECORD': str(record)}, stdout=subprocess.PIPE,
                              encoding='utf-8', errors='replace') as program:
            for line in program.stdout:
                plan = re.fullmatch(r'1\.\.(\d+)\s*', line)
                if plan is not None:
                    tests = int(plan[1]) + 1
                print(f'1..{tests}' if plan is not None else line.rstrip('\n'), flush=True)
        if program.returncode < 0:
            return 128 - program.returncode  # by a signal, as a shell tells it
        found = broken(contract.Contract(path), record)
    print(f'{"not ok" if found else "ok"} {tests} /every-answer-is-as-documented', flush=True)
    print(*found[:50], sep='\n', file=sys.stderr, flush=True)
    return program.returncode or (1 if found else 0)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]))
