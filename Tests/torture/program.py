"""Runs the trainer as a process of its own: how it ended, what it printed, how much memory it took."""

import os
import resource
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

# Exit codes that `trainer --help` lists.
DONE, ERROR, DIVERGED, STOPPED, USAGE = 0, 1, 70, 75, 64
DOCUMENTED = {DONE, ERROR, USAGE, DIVERGED, STOPPED}
LONGEST_MESSAGE = 1024


@dataclass
class Ending:
    code: int  # the exit code; of a process that a signal ended, minus the signal's number
    output: str
    errors: bytes
    seconds: float
    memory: int  # the most that was resident, in bytes
    timed_out: bool = False

    def __str__(self):
        late = ", after the time limit" if self.timed_out else ""
        return (f"code {self.code}{late}, {self.seconds:.1f} s, {self.memory >> 20} MB, output "
                f"{self.output[-300:]!r}, errors {self.errors[:300]!r} ({len(self.errors)} bytes)")


class Program:
    """One process. Its outputs go into files, so that it never waits for a reader."""

    def __init__(self, arguments, folder, data=b"", before=None):
        self.arguments = [str(argument) for argument in arguments]
        self.outputs = [tempfile.TemporaryFile() for _ in range(2)]
        with tempfile.TemporaryFile() as source:
            source.write(data)
            source.seek(0)
            self.process = subprocess.Popen(
                self.arguments, cwd=folder, stdin=source, stdout=self.outputs[0], stderr=self.outputs[1],
                preexec_fn=before)
        self.start = time.monotonic()
        self.descriptor = os.pidfd_open(self.process.pid)
        self.ended = False

    def send(self, number):
        """Sends a signal; False where the process has ended already."""
        if self.wait_until(0):
            return False
        os.kill(self.process.pid, number)
        return True

    def wait_until(self, seconds):
        """Waits for so long at most; whether it has ended. It stays a zombie, so that its number is not used again."""
        if not self.ended:
            self.ended = bool(select.select([self.descriptor], [], [], max(0, seconds))[0])
        return self.ended

    def resident(self):
        """Bytes of memory at this moment."""
        try:
            with open(f"/proc/{self.process.pid}/statm") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        except (OSError, IndexError):
            return 0

    def processor_seconds(self):
        """Used so far; on a busy machine less than the time that has passed."""
        try:
            with open(f"/proc/{self.process.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError):
            return 0

    def finish(self, limit, processor=None, memory=None):
        """Waits for the end. Kills it after `limit` seconds, `processor` seconds of work or beyond `memory` bytes."""
        deadline = self.start + limit
        pause = 0.05 if processor or memory else limit
        killed = False
        while not self.wait_until(min(pause, deadline - time.monotonic())):
            killed = time.monotonic() >= deadline or bool(processor and self.processor_seconds() > processor)
            if killed or (memory and self.resident() > memory):
                os.kill(self.process.pid, signal.SIGKILL)
                self.wait_until(60)
                break
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - self.start
        os.close(self.descriptor)
        texts = []
        for file in self.outputs:
            file.seek(0)
            texts.append(file.read(1 << 20))
            file.close()
        return Ending(self.process.returncode, texts[0].decode(errors="replace"), texts[1], seconds,
                      usage.ru_maxrss * 1024, killed)


def run(arguments, folder, limit=60):
    return Program(arguments, folder).finish(limit)


def wait_for_others(folder, seconds):
    """Waits until no process names a folder in its command line; whether that came to be."""
    deadline = time.monotonic() + seconds
    while any(names(number, folder) for number in os.listdir("/proc") if number.isdigit()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def processes(folder):
    """Numbers of the processes that name a folder in their command line."""
    return [int(number) for number in os.listdir("/proc") if number.isdigit() and names(number, folder)]


def names(number, folder):
    try:
        with open(f"/proc/{number}/cmdline", "rb") as file:
            return os.fsencode(folder) in file.read() and int(number) != os.getpid()
    except OSError:
        return False
