#!/usr/bin/env python3
"""Checks that a job over several hosts has the bits of one process, and ends, naming the rank, when one is lost.

    python3 Tests/mpi/check_hosts.py .build/release/trainer [--times 50] [--seed 1]

The hosts are three network namespaces on a bridge, each with an address and a host name of its own; mpirun on the first
starts ranks on the others by a script that enters them, where it would take ssh. It wants root, Open MPI and iproute2.
`make test-mpi` runs it.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time

import job
import runs
from job import require, require_done, settings

# What users are to give mpirun, so that it notices a lost host: after its ranks have, and before they end.
KEEPALIVE = [part for name, value in (("time", 5), ("intvl", 4), ("probes", 4))
             for part in ("--mca", f"oob_tcp_keepalive_{name}", value)]
LONGEST = 30
HOSTS = (1, 2, 3)


def ip(*arguments, check=True):
    subprocess.run(["ip", *map(str, arguments)], check=check, capture_output=not check)


class Network:
    """Hosts named node-1, node-2, node-3, whose links can be cut."""

    def __init__(self, folder):
        self.name = f"nm{os.getpid() % 1000000}"
        self.agent = os.path.join(folder, "agent")
        with open(self.agent, "w") as file:
            file.write(f'#!/bin/sh\nhost=$1; shift\ncd {folder}\n'
                       f'exec setsid nsenter --net=/run/netns/{self.name}-${{host#node-}} unshare --uts '
                       'sh -c "hostname $host; $*"\n')
        os.chmod(self.agent, 0o755)

    def __enter__(self):
        try:
            ip("link", "add", self.name, "type", "bridge")
            ip("link", "set", self.name, "up")
            for host in HOSTS:
                space, link = f"{self.name}-{host}", f"{self.name}l{host}"
                ip("netns", "add", space)
                ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
                ip("link", "set", link, "master", self.name, "up")
                ip("-n", space, "addr", "add", f"10.77.0.{host}/24", "dev", "eth0")
                ip("-n", space, "link", "set", "eth0", "up")
                ip("-n", space, "link", "set", "lo", "up")
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        for host in HOSTS:
            ip("link", "del", f"{self.name}l{host}", check=False)
            ip("netns", "del", f"{self.name}-{host}", check=False)
        ip("link", "del", self.name, check=False)

    def cut(self, host):
        ip("link", "set", f"{self.name}l{host}", "down")

    def join(self):
        """All links are up again, and hosts hear each other, which they do a moment later."""
        for host in HOSTS:
            ip("link", "set", f"{self.name}l{host}", "up")
        deadline = time.monotonic() + LONGEST
        while not all(self.reaches(one, other) for one in HOSTS for other in HOSTS):
            require(time.monotonic() < deadline, "hosts do not hear each other")

    def reaches(self, one, other):
        """Whether a host answers another: there is nobody at this port, which it says at once."""
        answer = subprocess.run(
            ["nsenter", f"--net=/run/netns/{self.name}-{one}", "timeout", "1", "bash", "-c",
             f"exec 3<>/dev/tcp/10.77.0.{other}/9"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        return "refused" in answer.stderr

    def mpirun(self, order, command):
        """A command that starts a rank on each host, in this order, from host 1.

        Ranks are not bound: each host would give its first one the same processor.
        """
        parts = [["--host", f"node-{host}", "-n", "1", *map(str, command)] for host in order]
        jobs = [part for number, rank in enumerate(parts) for part in ([":"] if number else []) + rank]
        return ["nsenter", f"--net=/run/netns/{self.name}-1", "unshare", "--uts", "sh", "-c",
                'hostname node-1; exec "$@"', "sh", "mpirun", "--oversubscribe", "--bind-to", "none", "--mca", "plm_rsh_agent", self.agent,
                "--mca", "btl", "tcp,self", *map(str, KEEPALIVE), *jobs]


class Trials:
    def __init__(self, trainer, network, folder, generator):
        self.trainer, self.network, self.folder, self.generator = trainer, network, folder, generator
        self.options = ["--preset", "fast/copy-ntm", "--steps", 120, "--batch-size", 16, "--threads", 1, *settings(
            "training.evaluation.interval=20", "training.evaluation.episodes=4", "training.evaluation.lengths=[]",
            "task.maximumLength=8", "network.controller.units=32")]
        path = os.path.join(folder, "one")
        require_done(job.run(self.train(path), folder), "one process")
        self.reference = runs.Ended(path)

    def train(self, output):
        return [self.trainer, "train", *self.options, "--output", output]

    def check_undisturbed(self):
        path = os.path.join(self.folder, "three")
        require_done(job.run(self.network.mpirun(HOSTS, self.train(path)), self.folder), "three hosts")
        runs.require_same(path, self.reference, "three hosts")

    def ranks(self):
        """The processes of the ranks, by rank."""
        found = {}
        for number in job.processes(self.folder, "trainer"):
            with open(f"/proc/{number}/environ", "rb") as file:
                values = dict(entry.split(b"=", 1) for entry in file.read().split(b"\0") if b"=" in entry)
            found[int(values[b"OMPI_COMM_WORLD_RANK"])] = number
        return found

    def disturb(self, number):
        """Loses one rank at a random time; rank 0 is on any host, and host 1 has mpirun."""
        order = self.generator.sample(HOSTS, 3)
        path = os.path.join(self.folder, f"run-{number}")
        started = job.Job(self.network.mpirun(order, self.train(path)), self.folder)
        started.wait_for(os.path.join(path, "checkpoints/latest.safetensors"))
        time.sleep(self.generator.uniform(0, 0.6))
        ranks = self.ranks()
        rank = self.generator.choice([r for r in range(3) if number % 2 == 0 or order[r] != 1])
        what = f"{'kill' if number % 2 == 0 else 'cut'} of rank {rank} on host {order[rank]}"
        begin = time.monotonic()
        if len(ranks) == 3 and number % 2 == 0:
            os.kill(ranks[rank], signal.SIGKILL)
        elif len(ranks) == 3:
            self.network.cut(order[rank])
        ending = started.finish()
        seconds = time.monotonic() - begin
        if ending.code != 0:  # else it came too late
            require(f"rank {rank}" in ending.text, f"{what}: the message does not name the rank", ending)
            require(seconds < LONGEST, f"{what}: {seconds:.1f} s to the end", ending)
            self.require_gone([ranks[r] for r in range(3) if r != rank], 2, what)
            self.require_gone(ranks.values(), LONGEST, what)
        self.network.join()
        for left in job.processes(self.folder, "orted"):  # of a host that was cut off; it waits for its answer
            job.kill(left)
        require_done(job.run([self.trainer, "train", "--resume", path], self.folder), f"{what}: resumed")
        runs.require_same(path, self.reference, what)
        shutil.rmtree(path)
        state = "ok" if ending.code != 0 else "ok, but the run was done before the loss"
        print(f"{state}: {what}, ended after {seconds:.1f} s with code {ending.code}", flush=True)

    def require_gone(self, numbers, seconds, what):
        deadline = time.monotonic() + seconds
        while set(numbers) & set(job.processes(self.folder, "trainer")):
            require(time.monotonic() < deadline, f"{what}: ranks are left after {seconds} s more")
            time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trainer")
    parser.add_argument("--times", type=int, default=50, help="losses (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="decides which rank is lost, and when (default: 1)")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="mpi-hosts-") as folder:
        folder = os.path.realpath(folder)
        try:
            with Network(folder) as network:
                trials = Trials(os.path.abspath(arguments.trainer), network, folder, random.Random(arguments.seed))
                trials.check_undisturbed()
                print("ok: three hosts have the bits of one process", flush=True)
                for number in range(arguments.times):
                    try:
                        trials.disturb(number)
                    except runs.Failure as failure:
                        failures += 1
                        network.join()
                        print(f"FAILED: {failure.args[0]}", flush=True)
        finally:
            for number in job.processes(folder):
                job.kill(number)
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
