"""Jobs of several ranks: how they are started, what they come to."""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "torture"))

import runs

# As root, and with more ranks than cores, whose waiting threads then give way.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMP_WAIT_POLICY": "passive"}
LIMIT = 90


class Ended:
    def __init__(self, code, text, seconds):
        self.code, self.text, self.seconds = code, text, seconds

    def __str__(self):
        return f"code {self.code}, {self.seconds:.1f} s:\n{self.text[-2500:]}"


def mpirun(count, *command):
    return ["mpirun", "--oversubscribe", "-n", str(count), *map(str, command)]


class Job:
    """A command in a process group of its own, whose output goes into a file."""

    def __init__(self, command, folder, name="output"):
        self.path = os.path.join(folder, f"{name}.txt")
        self.begin = time.monotonic()
        with open(self.path, "wb") as file:
            self.process = subprocess.Popen(
                [str(part) for part in command], cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.STDOUT, start_new_session=True)

    def text(self):
        with open(self.path, errors="replace") as file:
            return file.read()

    def finish(self, limit=LIMIT):
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            for number in processes(os.path.dirname(self.path)):
                kill(number)
            self.process.kill()
            self.process.wait()
            raise runs.Failure(f"{self.process.args}: hangs:\n{self.text()[-2500:]}") from None
        return Ended(code, self.text(), time.monotonic() - self.begin)

    def wait_for(self, path, limit=LIMIT):
        """Until a file is there."""
        deadline = time.monotonic() + limit
        while not os.path.exists(path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise runs.Failure(f"{path} does not appear:\n{self.text()[-2500:]}")
            time.sleep(0.02)


def run(command, folder, limit=LIMIT):
    return Job(command, folder).finish(limit)


def processes(folder, *names):
    """Numbers of the processes whose working folder is this one or below it, of these names; zombies are none."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            place = os.readlink(f"/proc/{number}/cwd")
            with open(f"/proc/{number}/comm") as file:
                name = file.read().strip()
        except OSError:
            continue
        if (place == folder or place.startswith(folder + "/")) and (not names or name in names):
            found.append(int(number))
    return found


def kill(number):
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        pass


def require(condition, what, ending=""):
    if not condition:
        raise runs.Failure(f"{what}: {ending}")


def require_done(ending, what):
    require(ending.code == 0, what, ending)


def settings(*values):
    return [part for value in values for part in ("--set", value)]
