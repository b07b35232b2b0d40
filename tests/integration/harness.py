# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the built musterd, musterctl and muster-inspect for tests, each test in a folder of its own.

    import harness

    class Choices(harness.TestCase):
        def test_set(self):
            daemon = self.start('[micsync]\\nEnabled=no\\n')
            daemon.ctl('user', 'add', 'alice@example.com')
            self.assertEqual(daemon.json('show', 'alice@example.com')['status'], 'available')

    if __name__ == '__main__':
        harness.main()

Nothing outlives a test: every daemon leads a process group that is killed, dies with this process in any case, and is
stopped by SIGTERM first, when it must end in time, with exit code 0 and without a word from a sanitizer. A test that
hangs fails by its name after WATCHDOG seconds. Results are written as TAP.

Every answer of a daemon's API, through a Connection or musterctl --json, is held against docs/api/openapi.yaml, and
whatever is not as it says fails the test.
"""

import contextlib
import ctypes
import faulthandler
import functools
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

import contract

WATCHDOG = 120  # seconds for one test; what it waits for takes milliseconds, or a second with sanitizers
PATIENCE = 60   # seconds until something that does not happen counts as not happening
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def program(variable):
    """The path of a built program, from the environment that the build gives a test."""
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise unittest.SkipTest(f'{variable} does not name a program: run this test through meson')
    return path


def wait_for(what, condition, patience=PATIENCE, alive=None):
    """Asks until `condition` returns something true, and returns that. `alive`: a Daemon that must go on living."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if alive is not None and alive.process.poll() is not None:
            raise AssertionError(f'musterd ended with {alive.process.returncode} before {what}')
        if time.monotonic() > deadline:
            raise AssertionError(f'{what}: did not happen within {patience} s')
        time.sleep(0.02)


def environment(folder, **more):
    """That of this process without anything of the person's own desktop or Muster."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(('XDG_', 'PULSE_', 'PIPEWIRE_', 'DBUS_'))
           and name not in ('MUSTER_SOCKET', 'MUSTER_URL', 'MUSTER_TOKEN_FILE', 'MUSTER_CA_FILE',
                            'CREDENTIALS_DIRECTORY', 'STATE_DIRECTORY', 'RUNTIME_DIRECTORY',
                            'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'DISPLAY', 'WAYLAND_DISPLAY',
                            'G_MESSAGES_DEBUG')}
    run = pathlib.Path(folder) / 'run'
    run.mkdir(mode=0o700, exist_ok=True)
    # A sound server that is not there; a test that wants one names its own.
    env.update(HOME=str(folder), XDG_RUNTIME_DIR=str(run), PULSE_SERVER=f'unix:{run}/none')
    env.update({name: str(value) for name, value in more.items()})
    return env


@functools.lru_cache(maxsize=None)
def the_contract():
    """docs/api/openapi.yaml."""
    return contract.Contract(os.environ.get('MUSTER_OPENAPI') or
                             pathlib.Path(__file__).resolve().parents[2] / 'docs/api/openapi.yaml')


BROKEN = []  # what was not as the document says, whichever thread met it


@contextlib.contextmanager
def holding():
    """What breaks the contract within counts against the test even if nobody looks at the exception."""
    try:
        yield the_contract()
    except contract.Broken as broken:
        BROKEN.append(str(broken))
        raise


class Answer(http.client.HTTPResponse):
    """One that is held against the document as soon as it is read."""

    asked = None  # method, target, body and headers of the request

    def read(self, amt=None):
        data = super().read(amt)
        if amt is None and self.asked is not None:
            method, target, body, headers = self.asked
            self.asked = None
            with holding() as document:
                document.hold(contract.Exchange(
                    method, target, self.status, {name.lower(): value for name, value in self.headers.items()}, data,
                    next((value for name, value in headers.items() if name.lower() == 'content-type'), None), body))
        return data


class Checked:
    """Mixed into an HTTPConnection: holds every answer that is read whole against the document."""

    response_class = Answer
    asked = None

    def request(self, method, url, body=None, headers=None, **more):
        self.asked = (method, url, body.encode() if isinstance(body, str) else body, dict(headers or {}))
        super().request(method, url, body, headers or {}, **more)

    def getresponse(self):
        answer = super().getresponse()
        answer.asked = self.asked
        return answer


class NetworkConnection(Checked, http.client.HTTPConnection):
    """A connection to a host and port."""


class Connection(Checked, http.client.HTTPConnection):
    """A connection to the Unix socket of a daemon."""

    def __init__(self, path, timeout=PATIENCE):
        super().__init__('localhost', timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """One musterd with its own configuration, state and socket below a folder."""

    def __init__(self, folder, config=None, env=None, args=()):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / 'muster.conf'
        self.state_dir = self.folder / 'state'
        self.socket = self.folder / 'socket'
        self.log = self.folder / 'log'
        if config is not None:
            self.config.write_text(config, encoding='utf-8')
        self.env = environment(folder, **(env or {}))
        self.env['MUSTER_SOCKET'] = str(self.socket)
        self.args = list(args)
        self.by_environment = False  # state and socket as a service manager names them, instead of options
        self.process = None
        self.notes = []  # what it told the service manager, in order
        self._unread = 0
        self._notify = None

    # The life of the process.

    def start(self, ready=True):
        """`ready`: wait until it says so."""
        if self._notify is not None:
            self._notify.close()
        path = self.folder / 'notify'
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._notify.bind(str(path))
        self.notes = []
        self._unread = 0
        env = {**self.env, 'NOTIFY_SOCKET': str(path)}
        places = ['--state-dir', self.state_dir, '--socket', self.socket]
        if self.by_environment:
            env.update(STATE_DIRECTORY=f'{self.state_dir}:/nowhere', RUNTIME_DIRECTORY=str(self.socket.parent))
            places = []
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(
                [program('MUSTERD'), '--config', self.config, *places, *self.args], env=env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=_die_with_parent)
        if ready:
            self.wait_note('READY=1')
        return self

    def read_notes(self):
        """Takes in what it has told the service manager by now."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.notes.append(self._notify.recv(4096).decode())

    def wait_note(self, line):
        """Until the daemon has told the service manager `line`, since the last time this was asked."""
        def told():
            self.read_notes()
            while self._unread < len(self.notes):
                self._unread += 1
                if line in self.notes[self._unread - 1].splitlines():
                    return True
            return False
        return wait_for(f'saying {line}', told, alive=self)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """The exit code, once it has ended by itself."""
        return self.process.wait(patience)

    def stop(self):
        """As a service manager does; returns the seconds it took."""
        if self.process is None or self.process.poll() is not None:
            return 0.0
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        return time.monotonic() - began

    def kill(self):
        """As a power cut does."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)

    def close(self):
        self.kill()
        if self._notify is not None:
            self._notify.close()

    def read_log(self):
        return self.log.read_text(encoding='utf-8', errors='replace') if self.log.exists() else ''

    def wait_log(self, text):
        return wait_for(f'"{text}" in the log', lambda: text in self.read_log(), alive=self)

    # What people do.

    def ctl(self, *args, code=0, text=None):
        """Runs musterctl, which must end with `code` (None: any); `text` is its standard input."""
        done = subprocess.run([program('MUSTERCTL'), *map(str, args)], env=self.env, input=text, capture_output=True,
                              encoding='utf-8', errors='replace', timeout=PATIENCE, check=False)
        if code is not None and done.returncode != code:
            raise AssertionError(f'musterctl {" ".join(map(str, args))}: exit code {done.returncode}, not {code}\n'
                                 f'{done.stdout}{done.stderr}')
        # Where no daemon ever ran, whoever answers is not one.
        if '--json' in args and done.stdout and self.process is not None:
            with holding() as document:
                document.hold_output([str(word) for word in args if word != '--json'], done.stdout)
        return done

    def json(self, *args):
        """What musterctl --json says."""
        return json.loads(self.ctl('--json', *args).stdout)

    def next_news(self, process):
        """The next line of musterctl --json watch in the background: a presence, or who is gone."""
        line = process.stdout.readline()
        news = json.loads(line)
        if 'removed' not in news:
            with holding() as document:
                document.hold_piece('Presence', line)
        return news

    def popen(self, *args):
        """musterctl in the background, with its output as a pipe; the caller ends it."""
        return subprocess.Popen([program('MUSTERCTL'), *map(str, args)], env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', errors='replace',
                                start_new_session=True, preexec_fn=_die_with_parent)


class TestCase(unittest.TestCase):
    """A folder and daemons for each test, and a time within which it must be done."""

    watchdog = WATCHDOG

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='muster-'))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.daemons = []
        BROKEN.clear()
        self.addCleanup(self._hold)
        self._arm()

    def _arm(self):
        def on_alarm(_number, _frame):
            raise AssertionError(f'{self.id()}: not done after {self.watchdog} s')
        before = signal.signal(signal.SIGALRM, on_alarm)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.alarm, 0)
        self.addCleanup(faulthandler.cancel_dump_traceback_later)
        signal.alarm(self.watchdog)
        # Should even the exception get stuck: where everybody was, and out.
        faulthandler.dump_traceback_later(self.watchdog + 30, exit=True, file=sys.__stderr__)

    def _hold(self):
        self.assertEqual(BROKEN, [], 'what is not as docs/api/openapi.yaml says')

    def daemon(self, config=None, name='daemon', env=None, args=()):
        """A daemon that is not started yet, in a folder called `name`."""
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        daemon = Daemon(folder, config, env, args)
        self.daemons.append(daemon)
        self.addCleanup(self._finish, daemon)
        return daemon

    def start(self, config='', name='daemon', env=None, args=()):
        """A daemon that is ready."""
        return self.daemon(config, name, env, args).start()

    def _finish(self, daemon):
        """The last test of every daemon: that it ends as it should."""
        try:
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.stop()
                self.assertEqual(daemon.process.returncode, 0, 'exit code of musterd')
            log = daemon.read_log()
            self.assertNotIn('Sanitizer', log)
            self.assertNotIn('runtime error:', log)
            self.assertNotIn(' critical ', log)
        finally:
            daemon.close()

    def check(self, *args, config=None, code=0, env=None):
        """Runs musterd --check; returns what it printed to both outputs."""
        done = self.run_musterd('--check', *(['--config', config] if config is not None else []), *args, env=env)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def run_musterd(self, *args, env=None):
        return subprocess.run([program('MUSTERD'), *map(str, args)], env=environment(self.folder, **(env or {})),
                              stdin=subprocess.DEVNULL, capture_output=True, encoding='utf-8', errors='replace',
                              timeout=PATIENCE, check=False)


class _Tap(unittest.TestResult):
    """Writes each result as a line of TAP, and to standard error what went wrong."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.number = 0

    def _line(self, good, test, more=''):
        self.number += 1
        name = test.id().split('.', 1)[-1].replace('#', '')
        print(f'{"ok" if good else "not ok"} {self.number} - {name}{more}', file=self.out, flush=True)

    def _trouble(self, test, error):
        self._line(False, test)
        lines = ''.join(traceback.format_exception(*error)).splitlines()
        for daemon in getattr(test, 'daemons', []):
            lines += ['', f'log of {daemon.folder.name}:'] + daemon.read_log().splitlines()[-200:]
        # Meson shows only this one of a test that speaks TAP.
        print(f'--- {test.id()}', *lines, sep='\n', file=sys.stderr, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(True, test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(True, test, f' # SKIP {reason}')

    def addError(self, test, err):
        super().addError(test, err)
        self._trouble(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._trouble(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._trouble(subtest, err)


def main():
    """Runs the tests of the module that was started; arguments choose some by name."""
    loader = unittest.TestLoader()
    module = sys.modules['__main__']
    names = sys.argv[1:]
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    result = _Tap(sys.stdout)
    suite.run(result)
    print(f'1..{result.number}', flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)
