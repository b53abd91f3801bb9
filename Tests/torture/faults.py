"""A fault at each system call by which a start, a save or a resumption touches the run's folder.

strace counts the calls of the main thread, which does all that concerns files, once without a fault; then it makes one
call fail, or ends the program as it is made. Afterwards the folder must be one that can be gone on with, to the same
end.
"""

import os
import re
import shutil
import signal

import program
import runs
from runs import Failure

CALLS = ("open,openat,creat,read,pread64,write,pwrite64,close,fsync,fdatasync,ftruncate,fallocate,lseek,rename,"
         "renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,flock,fcntl,stat,lstat,fstat,newfstatat,"
         "statx,access,faccessat,faccessat2,getdents64,readlink,readlinkat,chmod,fchmod")
# How often a fault is tried until it meets a call on the folder, and what a trial returns that never did.
ATTEMPTS = 5
MISSED = None
FAULTS = ["error=EIO", "error=ENOSPC", "error=EINTR", "error=EACCES", "signal=SIGKILL"]


def strace(log, *options):
    return ["strace", "-qq", "-y", "-o", log, "-e", "signal=none", *options]


class Scenario:
    """A command, and the folder that it is given: one of another moment, or none."""

    def __init__(self, name, title, trainer, run, workspace, prepared, several=None):
        self.title = title
        self.name, self.trainer, self.run, self.workspace, self.prepared = name, trainer, run, workspace, prepared
        self.several = several
        self.folder = os.path.join(workspace, f"fault-{name}")

    def command(self):
        owner = self.several or self
        return owner.next(self.trainer, self.folder)

    def next(self, trainer, folder):
        return runs.next_command(trainer, self.run, folder)

    def prepare(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.prepared:
            shutil.copytree(self.prepared, self.folder)

    def points(self):
        """(call, number of the call) for each call that touches the folder, as they are made without faults."""
        self.prepare()
        log = os.path.join(self.workspace, "strace.log")
        ending = program.run(strace(log, "-e", f"trace={CALLS}") + self.command(), self.workspace, runs.LIMIT)
        if ending.code != program.DONE:
            raise Failure(f"{self.name}: under strace, without faults: {ending}")
        counts, points, self.lines = {}, [], []
        with open(log, errors="replace") as file:
            for line in file:
                call = re.match(r"(\w+)\(", line)
                if call:
                    counts[call[1]] = counts.get(call[1], 0) + 1
                    if self.folder in line:
                        points.append((call[1], counts[call[1]]))
                        self.lines.append(line)
        return points

    def trial(self, point, fault):
        """Makes one call fail, and goes on with what is left."""
        call, number = point
        what = f"{self.name}, {fault} at {call} number {number}"
        for _ in range(ATTEMPTS):
            self.prepare()
            log = os.path.join(self.workspace, "strace.log")
            inject = strace(log, "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}")
            ending = program.run(inject + self.command(), self.workspace, runs.LIMIT)
            if ending.code == -signal.SIGKILL or self.is_hit(log, call, number):
                break
        else:
            return MISSED
        if not (fault == "signal=SIGKILL" and ending.code == -signal.SIGKILL):
            runs.require_documented(ending, what)
        if ending.code == program.DONE:
            self.compare(f"{what}, at once")
        if not program.wait_for_others(f"{self.folder}/seed-", 30):
            raise Failure(f"{what}: a seed goes on without the program that started it")
        ending_again = program.run(self.command(), self.workspace, runs.LIMIT)
        if ending_again.code != program.DONE:
            raise Failure(f"{what}: after {ending}: can be neither resumed nor started: {ending_again}")
        self.compare(what)
        return ending.code

    def is_hit(self, log, call, number):
        """Whether the call that failed was one on the folder. Before it come those by which the system's libraries read about
        the machine, and how many these are can change from one time to the next."""
        with open(log, errors="replace") as file:
            lines = [line for line in file if line.startswith(call + "(")]
        return len(lines) >= number and self.folder in lines[number - 1]

    def compare(self, what):
        if self.several:
            for seed, reference in self.several.references.items():
                runs.require_same(os.path.join(self.folder, f"seed-{seed}"), reference, f"{what}, seed {seed}")
        else:
            runs.require_same(self.folder, self.reference, what)


    def require_order(self):
        """No file is put in place before its contents, and the metrics that belong to it, are on the disk."""
        unsynced = set()
        for line in self.lines:
            call = line[:line.index("(")]
            paths = re.findall(r"<([^>]*)>", line)
            if call == "write" and paths:
                unsynced.add(paths[0])
            if call in ("fsync", "fdatasync") and paths:
                unsynced.discard(paths[0])
            if call == "rename" and unsynced:
                raise Failure(f"{self.name}: before {line.strip()} these should be on the disk: {unsynced}")


def scenarios(trainer, workspace, run, several):
    """Starts and resumptions with saves, of a single run and of several seeds."""
    stopped = os.path.join(workspace, "fault-stopped")
    ending = program.run(run.start(trainer, stopped), workspace, runs.LIMIT)
    if ending.code != program.DONE:
        raise Failure(f"{run}: {ending}")
    made = [Scenario("start", "a start and its saves", trainer, run, workspace, None)]
    longer = runs.Run(run.name, run.threads, run.options)
    longer.resume = lambda trainer, folder: run.resume(trainer, folder) + ["--steps", "24"]
    made.append(Scenario("resume", "a resumption and its saves", trainer, longer, workspace, stopped))
    for scenario in made:
        scenario.prepare()
        program.run(scenario.command(), workspace, runs.LIMIT)
        scenario.reference = runs.Ended(scenario.folder)
    made.append(Scenario("seeds", "a start of three seeds", trainer, run, workspace, None, several))
    half = os.path.join(workspace, "fault-half")
    shutil.copytree(several.folder, half)
    shutil.rmtree(os.path.join(half, "seed-2"))
    made.append(Scenario("rest", "a resumption of two of three seeds", trainer, run, workspace, half, several))
    return made


def is_available(workspace):
    """Whether strace is there and may trace."""
    try:
        return program.run(strace(os.path.join(workspace, "strace.log"), "true"), workspace, 20).code == 0
    except FileNotFoundError:
        return False
