// What several processes of a launcher may not do: commands that take one process, `--jobs`, and to start others that
// believe they were launched too.

import ArgumentParser
import Foundation
import NeuralMemory
import NeuralMemoryMPI

extension Ranks {
    /// Throws `ValidationError` where a launcher started several processes of a command that takes one.
    static func requireOneProcess(_ command: any ParsableCommand) throws {
        let (name, count) = (type(of: command)._commandName, MPIGroup.launchedCount)
        let takesSeveral = command is Train || command is Evaluate || command is Study
        // What `--help` asks for is a command too.
        guard count > 1, !takesSeveral, name != "help" else { return }
        throw ValidationError(
            "trainer \(name) takes one process, and a launcher started \(count). Only train, "
                + "study and evaluate take several.")
    }

    /// Throws `ValidationError` for `--jobs` where a launcher started several processes.
    static func requireNoJobs(_ jobs: Int) throws {
        let count = MPIGroup.launchedCount
        guard count > 1 else { return }
        throw ValidationError(
            "--jobs \(jobs) is for one process, and a launcher started \(count), each of which trains one run at a time. "
                + "Leave out --jobs.")
    }

    /// Throws `ConfigurationError` unless the ranks of this machine can train a run each at the same time.
    ///
    /// - Parameters:
    ///   - runs: how many there are to train.
    ///   - fitting: how many of them there is memory for at once.
    ///   - ranksHere: the ranks of this machine.
    package static func requireMemory(runs: Int, fitting: Int, ranksHere: Int = MPIGroup.countHere) throws {
        guard min(ranksHere, runs) > fitting else { return }
        throw ConfigurationError(
            field: "the number of ranks on host \(MPIGroup.host)", value: ranksHere,
            allowed:
                "at most \(fitting): there is memory for so many of these runs at a time. Start fewer there, with mpirun "
                + "by --map-by ppr:\(fitting):node")
    }

    /// How names of variables begin by which Open MPI, MPICH, Slurm and PMI tell a process that it is one of several,
    /// where it runs and whom it belongs to.
    private static let variables = [
        "OMPI_", "PMIX_", "PMI_", "PRTE_", "ORTE_", "HYDI_", "HYDRA_", "MPI_LOCAL", "SLURM_STEP",
        "SLURM_NTASKS_PER_NODE",
        "SLURM_PROCID", "SLURM_LOCALID"
    ]

    /// The environment of a process that this one starts, and that is alone.
    package static func childEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        environment.filter { name, _ in !variables.contains(where: name.hasPrefix) }
    }
}
