# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sound servers with a microphone, for tests: PulseAudio, and PipeWire with its session manager and pulse server.

Each runs on private sockets below a folder of the test's own, and none of what was started outlives the test: every
process is the leader of a group that is killed, and dies with this one in any case.

    with audio.PulseAudio(folder) as server:
        recorder = server.record('zoom')
        ...                             # server.env: for programs that are to find it
        recorder.stop()
"""

import ctypes
import itertools
import json
import os
import shutil
import signal
import subprocess
import time

PATIENCE = 30  # seconds until something that takes milliseconds counts as not happening
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)
_started = []  # and not ended by stop()
_numbers = itertools.count()

# Which Debian package brings a program.
PACKAGES = {
    'pulseaudio': 'pulseaudio',
    'pactl': 'pulseaudio-utils',
    'parec': 'pulseaudio-utils',
    'pacat': 'pulseaudio-utils',
    'pipewire': 'pipewire',
    'wireplumber': 'wireplumber',
    'pipewire-pulse': 'pipewire-pulse',
    'pw-record': 'pipewire-bin',
    'pw-cat': 'pipewire-bin',
    'dbus-daemon': 'dbus-daemon',
}


class Missing(Exception):
    """A program that is not installed; the text says which package has it."""


def require(*programs):
    """The full paths, or Missing."""
    paths = []
    for program in programs:
        path = shutil.which(program)
        if path is None:
            raise Missing(f'{program} is not installed: it is in the Debian package {PACKAGES.get(program, program)}')
        paths.append(path)
    return paths


def wait_for(what, condition, patience=PATIENCE, alive=None):
    """Asks until `condition` returns something true, and returns that. `alive`: a process that must go on living."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if alive is not None and not alive.is_alive():
            raise AssertionError(f'waiting for {what}: {alive.name} ended with {alive.process.returncode}:\n'
                                 f'{alive.log()}')
        if time.monotonic() > deadline:
            raise AssertionError(f'waiting for {what}: not within {patience} s')
        time.sleep(0.02)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A program in a process group of its own, its output in a file of `folder`."""

    def __init__(self, name, argv, env, folder, stdin=subprocess.DEVNULL, stdout=None):
        self.name = name
        self.path = os.path.join(folder, f'{next(_numbers)}-{name}.log')
        with open(self.path, 'wb') as log:
            self.process = subprocess.Popen(argv, env=env, stdin=stdin, stdout=stdout if stdout is not None else log,
                                            stderr=log, cwd=folder, start_new_session=True,
                                            preexec_fn=_die_with_parent)
        self.group = self.process.pid
        _started.append(self)

    def is_alive(self):
        return self.process.poll() is None

    def log(self):
        with open(self.path, encoding='utf-8', errors='replace') as log:
            return log.read()[-4000:]

    def members(self):
        """The living processes of its group, by their numbers."""
        found = []
        for number in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open(f'/proc/{number}/stat', encoding='utf-8', errors='replace') as stat:
                    state, _parent, group = stat.read().rpartition(')')[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(group) == self.group and state not in 'ZX':
                found.append(int(number))
        return found

    def stop(self):
        """Ends it and everything it started, as a crash does. A second time: nothing, since the number of the group
        may be somebody else's by then."""
        if self not in _started:
            return
        try:
            os.killpg(self.group, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(PATIENCE)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        wait_for(f'the end of {self.name}', lambda: not self.members())
        _started.remove(self)


def stop_all():
    for process in reversed(list(_started)):
        process.stop()


def left_running():
    """Names of what was started here and still lives: to be asserted empty at the end of a test."""
    return [process.name for process in _started if process.members()]


class Server:
    """What both have in common: a source `mic`, which is the default, and a sink `nul` with its monitor."""

    name = None
    programs = ()

    def __init__(self, folder):
        require(*self.programs, 'pactl', 'parec', 'pacat')
        self.folder = folder
        self.run = os.path.join(folder, 'run')
        home = os.path.join(folder, 'home')
        for path in (folder, self.run, home):
            os.makedirs(path, mode=0o700, exist_ok=True)
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith(('PULSE_', 'PIPEWIRE_', 'XDG_', 'DBUS_', 'DISPLAY', 'WAYLAND_'))}
        self.env.update(XDG_RUNTIME_DIR=self.run, HOME=home, XDG_CONFIG_HOME=os.path.join(home, '.config'),
                        XDG_STATE_HOME=os.path.join(home, '.state'), LC_ALL='C.UTF-8')
        self.env['PULSE_SERVER'] = f'unix:{self.socket()}'
        self.processes = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def socket(self):
        raise NotImplementedError

    def start(self):
        raise NotImplementedError

    def stop(self):
        while self.processes:
            self.processes.pop().stop()

    def spawn(self, name, *argv, **kwargs):
        process = Process(name, [name, *argv], self.env, self.folder, **kwargs)
        self.processes.append(process)
        return process

    def pactl(self, *argv, check=True):
        result = subprocess.run(['pactl', *argv], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=PATIENCE, check=False, text=True)
        if check and result.returncode != 0:
            raise AssertionError(f'pactl {" ".join(argv)}: {result.stdout}')
        return result.stdout if result.returncode == 0 else ''

    def streams(self):
        """What the server itself says of those who record, as an independent witness."""
        return json.loads(self.pactl('-f', 'json', 'list', 'source-outputs'))

    def source_is_mic(self):
        lines = self.pactl('list', 'short', 'sources', check=False).splitlines()
        return any(line.split('\t')[1] == 'mic' for line in lines)

    def _wait_seen(self, recorder, before):
        wait_for(f'{recorder.name} to record on {self.name}', lambda: len(self.streams()) > before, alive=recorder)
        return recorder

    def record(self, binary, device='mic', client=None, properties=()):
        """parec under another name."""
        before = len(self.streams())
        argv = ['parec', '--raw', f'--device={device}', f'--property=application.process.binary={binary}']
        argv += [f'--client-name={client}'] if client is not None else []
        argv += [f'--property={each}' for each in properties]
        recorder = Process(f'parec-{binary}', argv, self.env, self.folder, stdout=subprocess.DEVNULL)
        return self._wait_seen(recorder, before)

    def record_copied(self, binary):
        """pacat as a file of that name: the server finds the name out by itself."""
        before = len(self.streams())
        path = os.path.join(self.folder, binary)
        shutil.copy(shutil.which('pacat'), path)
        return self._wait_seen(Process(binary, [path, '-r', '--raw', '--device=mic'], self.env, self.folder,
                                       stdout=subprocess.DEVNULL), before)

    def record_with(self, program, binary, mode):
        """The micsync-recorder of plugins/micsync/tests in one of its modes."""
        before = len(self.streams())
        env = dict(self.env, PULSE_PROP=f"application.process.binary='{binary}' application.name='{binary}'")
        recorder = Process(f'micsync-recorder-{mode}', [program, mode], env, self.folder, stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE)
        return self._wait_seen(recorder, before)


class PulseAudio(Server):
    name = 'PulseAudio'
    programs = ('pulseaudio',)

    def socket(self):
        return os.path.join(self.run, 'pa.sock')

    def start(self):
        script = os.path.join(self.folder, 'pa.pa')
        with open(script, 'w', encoding='utf-8') as out:
            out.write(f'load-module module-native-protocol-unix auth-anonymous=1 socket={self.socket()}\n'
                      'load-module module-null-sink sink_name=nul\n'
                      'load-module module-null-source source_name=mic\n'
                      'load-module module-suspend-on-idle timeout=1\n'
                      'set-default-source mic\n')
        server = self.spawn('pulseaudio', '-n', '-F', script, '--daemonize=no', '--use-pid-file=no',
                            '--exit-idle-time=-1', '--disallow-exit=1')
        wait_for('PulseAudio to answer', self.source_is_mic, alive=server)


class PipeWire(Server):
    name = 'PipeWire'
    programs = ('pipewire', 'wireplumber', 'pipewire-pulse', 'pw-record', 'pw-cat', 'dbus-daemon')

    def __init__(self, folder):
        super().__init__(folder)
        self.env['DBUS_SESSION_BUS_ADDRESS'] = f'unix:path={self.run}/bus'

    def socket(self):
        return os.path.join(self.run, 'pulse', 'native')

    def start(self):
        bus = self.spawn('dbus-daemon', '--session', '--nofork', '--address=' + self.env['DBUS_SESSION_BUS_ADDRESS'])
        wait_for('the message bus', lambda: os.path.exists(os.path.join(self.run, 'bus')), alive=bus)
        server = self.spawn('pipewire')
        wait_for('PipeWire', lambda: os.path.exists(os.path.join(self.run, 'pipewire-0')), alive=server)
        self.spawn('wireplumber')
        pulse = self.spawn('pipewire-pulse')
        wait_for('PipeWire to answer', lambda: self.pactl('info', check=False), alive=pulse)
        self.pactl('load-module', 'module-null-sink', 'sink_name=nul')
        self.pactl('load-module', 'module-null-sink', 'media.class=Audio/Source/Virtual', 'sink_name=mic',
                   'channel_map=front-left,front-right')
        wait_for('the microphone', self.source_is_mic, alive=server)
        # The session manager must have seen it before it can be the default.
        wait_for('the microphone to be the default',
                 lambda: (self.pactl('set-default-source', 'mic', check=False),
                          'Default Source: mic\n' in self.pactl('info', check=False))[1], alive=server)

    def record_native(self, binary):
        """pw-cat as a file of that name: no word of the process on the stream, only on its client."""
        before = len(self.streams())
        path = os.path.join(self.folder, binary)
        shutil.copy(shutil.which('pw-cat'), path)
        return self._wait_seen(Process(binary, [path, '-r', '--target', 'mic', os.path.join(self.folder, 'x.wav')],
                                       self.env, self.folder), before)

    def stop(self):
        super().stop()
        for leftover in ('bus', 'pipewire-0', 'pipewire-0.lock'):
            try:
                os.unlink(os.path.join(self.run, leftover))
            except FileNotFoundError:
                pass


SERVERS = (PulseAudio, PipeWire)
