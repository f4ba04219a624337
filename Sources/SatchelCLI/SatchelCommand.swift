import ArgumentParser
import Satchel

/// The root: nothing but the list of commands.
struct SatchelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "satchel",
    abstract:
      "Offline learning: content, progress and a tutor in one file, synced when a hub is in reach.",
    discussion: """
      Example:
        satchel init
        satchel import arithmetic-to-algebra.satchelpack
        satchel learner add --name Mei
        satchel next Mei --explain
        satchel record Mei add-within-20-01 --correct
        satchel sync http://127.0.0.1:8090

      The store is --store PATH, else $SATCHEL_STORE, else $XDG_DATA_HOME/satchel/store.sqlite.
      """,
    version: SatchelVersion.text,
    subcommands: [
      Init.self, Import.self, LearnerCommand.self, RecordCommand.self, FeedbackCommand.self,
      Next.self, PathCommand.self, ProgressCommand.self, Search.self, EnrollCommand.self,
      SyncCommand.self,
      BundleCommand.self,
      ModelCommand.self,
      Doctor.self, Records.self, Prepare.self, Train.self, Evaluate.self, FeaturesCommand.self,
      Tune.self,
      MemoryCommand.self, NeighboursCommand.self, PackCommand.self, SimulateClass.self,
      Simulate.self, Demo.self, Bench.self,
    ])
}
