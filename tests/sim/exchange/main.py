# SPDX-License-Identifier: LGPL-2.1-or-later
"""muster-sim exchange: reads a script, listens on 127.0.0.1 and says where."""

import argparse
import asyncio
import json
import pathlib
import signal
import ssl
import sys

from . import model, schema, server


def arguments(words):
    parser = argparse.ArgumentParser(prog='muster-sim exchange', description='An Exchange server for tests.')
    parser.add_argument('script', nargs='?', type=pathlib.Path, help='JSON: mailboxes, accounts, limits (README.md)')
    parser.add_argument('--port', type=int, default=0, help='the port on 127.0.0.1; 0 is any that is free')
    parser.add_argument('--tls', nargs=2, metavar=('CERTIFICATE', 'KEY'), help='speak TLS with these PEM files')
    parser.add_argument('--stop-on-eof', action='store_true', help='end when the standard input does')
    parser.add_argument('--without-schemas', action='store_true', help='take requests that the schemas would refuse')
    return parser.parse_args(words)


async def serve(options, script, schemas):
    tls = None
    if options.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*options.tls)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    exchange, listening, port = await server.listen(script, schemas, options.port, tls)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if options.stop_on_eof:
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        exchange.start(end_at_eof(reader, ended))
    print(f'port {port}', flush=True)
    await ended.wait()
    listening.close()
    for connection in list(exchange.connections):
        connection.abort()
    for task in list(exchange.tasks):
        task.cancel()


async def end_at_eof(reader, ended):
    while await reader.read(4096):
        pass
    ended.set()


def main(words):
    options = arguments(words)
    schemas = None
    if not options.without_schemas:
        folder = schema.folder()
        if folder is None:
            print('muster-sim: the schemas are missing: name their folder in MUSTER_CONTRACTS, or say '
                  '--without-schemas',
                  file=sys.stderr)
            return 77
        schemas = schema.Schemas(folder)
    try:
        script = json.loads(options.script.read_text(encoding='utf-8')) if options.script else {}
        asyncio.run(serve(options, script, schemas))
    except (OSError, ValueError, model.ScriptError) as error:
        print(f'muster-sim: starting the server: {error}', file=sys.stderr)
        return 1
    return 0
