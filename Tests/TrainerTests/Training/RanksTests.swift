// What can be seen of several ranks without MPI: what they refuse, and what a process that a rank starts believes.

import Foundation
import NeuralMemory
import TestSupport
import Testing
import trainer

@Suite struct RanksTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The environment that a launcher gives one of three processes.
    private func launched(rank: Int) -> String {
        "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_RANK=\(rank);"
    }

    @Test(arguments: [
        (["inspect", "run"], "trainer inspect takes one process, and a launcher started 3"),
        (["data", "check", "file"], "trainer check takes one process"),
        (["train", "--seeds", "1-3", "--jobs", "2"], "--jobs 2 is for one process, and a launcher started 3"),
        (["train", "--resume", "all", "--jobs", "2"], "--jobs 2 is for one process"),
        (["study", "file", "--jobs", "4"], "--jobs 4 is for one process")
    ])
    func rankZeroAloneSaysWhatIsRefused(_ arguments: [String], _ message: String) throws {
        for rank in [0, 1] {
            let result = try TrainerProcess.run(arguments, in: folder.url, shell: launched(rank: rank))
            #expect(result.status == 64 && result.output.isEmpty, "\(result)")
            #expect(result.errors.contains(message) == (rank == 0), "\(result)")
        }
        #expect(folder.names.isEmpty)
    }

    @Test(arguments: [["--help"], ["study", "--help"], ["help", "evaluate"]])
    func helpIsForAll(_ arguments: [String]) throws {
        let result = try TrainerProcess.run(arguments, in: folder.url, shell: launched(rank: 0))
        #expect(result.status == 0 && result.errors.isEmpty && result.output.contains("USAGE:"), "\(result)")
    }

    /// A run's process that took itself for a rank would wait for others.
    @Test func aRunsProcessKnowsNothingOfALauncher() throws {
        let variables = [
            "OMPI_COMM_WORLD_RANK": "1", "OMPI_MCA_orte_hnp_uri": "x", "PMIX_RANK": "1", "PMI_SIZE": "4",
            "PMI_RANK": "1", "MPI_LOCALNRANKS": "2", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS_PER_NODE": "2",
            "SLURM_PROCID": "1"
        ]
        let others = ["PATH": "/bin", "OMP_NUM_THREADS": "2", "NEURALMEMORY_ISA": "avx2", "SLURM_JOB_ID": "7"]
        #expect(Ranks.childEnvironment(variables.merging(others) { $1 }) == others)
    }

    @Test func aMachineNeedsMemoryForARunOfEachRank() throws {
        try Ranks.requireMemory(runs: 160, fitting: 4, ranksHere: 4)
        try Ranks.requireMemory(runs: 2, fitting: 2, ranksHere: 16)
        let error = #expect(throws: ConfigurationError.self) {
            try Ranks.requireMemory(runs: 160, fitting: 3, ranksHere: 4)
        }
        #expect(error?.description.contains("is 4; it must be at most 3: there is memory") == true)
    }

    @Test func aFolderIsKnownByItsMark() throws {
        let shared = try SharedFolder(marking: folder.url)
        let seen = SharedFolder(shared.bytes)
        try seen.requireSeen()
        #expect(folder.names.count == 1)
        shared.unmark()
        #expect(folder.names.isEmpty)
        let error = #expect(throws: SharedFolder.Unseen.self) { try seen.requireSeen() }
        #expect(error?.description.hasPrefix("\(folder.url.path) is not there, or is not the folder") == true)
        #expect(throws: FileError.self) { try SharedFolder(marking: folder.file("missing")) }
    }
}
