# SPDX-License-Identifier: LGPL-2.1-or-later
"""The frame of the simulator's tests: finds the contracts or skips, starts simulators and stops them, and sees to it
that neither a test hangs nor a simulator fails without a word.

MUSTER_CONTRACTS names the folder of the schemas; without it they are looked for in ../shared/contracts beside the
checkout. Where there are none the tests are skipped, or fail with MUSTER_CONTRACTS_REQUIRED=1."""

import faulthandler
import os
import pathlib
import sys
import time
import unittest

import client

WATCHDOG = 240
TOP = pathlib.Path(__file__).resolve().parents[2]
ACCOUNTS = {
    'EXAMPLE\\svc': {'password': 'right', 'upn': 'svc@example.com', 'token': 'token-of-svc', 'impersonates': ['*']},
    'EXAMPLE\\other': {'password': 'also', 'impersonates': ['@example.com']},
    'EXAMPLE\\narrow': {'password': 'narrow', 'impersonates': ['alice@example.com']},
    'EXAMPLE\\alice': {'password': 'mine', 'mailbox': 'alice@example.com'},
}
MEETING = {'key': 'one', 'subject': 'Planning', 'start': '2026-12-01T09:00:00Z', 'end': '2026-12-01T10:00:00Z',
           'status': 'Busy', 'response': 'Accept', 'location': 'Room 1'}


def contracts_folder():
    named = os.environ.get('MUSTER_CONTRACTS')
    folder = pathlib.Path(named) if named else TOP.parent / 'shared' / 'contracts'
    return folder if (folder / 'ews' / 'soap.xsd').is_file() else None


def samples_folder():
    folder = contracts_folder()
    return folder.parent / 'samples' / 'ews' if folder and (folder.parent / 'samples' / 'ews').is_dir() else None


def script(**more):
    return {'accounts': ACCOUNTS, 'mailboxes': {'alice@example.com': {'items': [MEETING]}, 'bob@example.com': {}},
            **more}


class TestCase(unittest.TestCase):
    contracts = None

    @classmethod
    def setUpClass(cls):
        TestCase.contracts = TestCase.contracts or client.Contracts(contracts_folder())

    def setUp(self):
        faulthandler.dump_traceback_later(WATCHDOG, exit=True)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)

    def simulator(self, arguments=(), **more):
        """One that ends with the test, and must do so without a complaint and with only valid answers."""
        simulator = client.Simulator(script(**more), arguments)
        self.addCleanup(self.stop, simulator)
        return simulator

    def stop(self, simulator):
        self.assertEqual(simulator.control('GET', 'state')['violations'], [])
        code = simulator.stop()
        self.assertEqual(simulator.errors, '')
        self.assertEqual(code, 0)

    def client(self, simulator, *arguments, **more):
        one = client.Client(simulator, self.contracts, *arguments, **more)
        self.addCleanup(one.close)
        return one

    def until(self, what, ask):
        """Asks until it is so."""
        end = time.monotonic() + WATCHDOG / 4
        while time.monotonic() < end:
            got = ask()
            if got:
                return got
            time.sleep(0.01)
        self.fail(f'{what} did not come about')
        return None


def main():
    if contracts_folder() is None:
        print('the EWS schemas are not here: name their folder in MUSTER_CONTRACTS', file=sys.stderr)
        sys.exit(1 if os.environ.get('MUSTER_CONTRACTS_REQUIRED') == '1' else 77)
    unittest.main(verbosity=2)
