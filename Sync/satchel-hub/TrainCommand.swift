import ArgumentParser
import Foundation
import SatchelCore
import SatchelHub
import SatchelTraining

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train on the hub's own records; publish only what foretells better.",
    discussion: "Example: satchel-hub train --channel pilot")

  @OptionGroup var options: HubOptions

  @Option(help: "The channel to compare with and to publish on.")
  var channel: String

  func run() throws {
    let store = try options.openStore()
    var training = TrainingOptions()
    training.threads = ProcessInfo.processInfo.activeProcessorCount
    let outcome = try HubTraining(store: store, options: training).run(
      channel: channel, at: wallMilliseconds()
    ) {
      Output.note("epoch \($0) of at most \($1), validation log loss \($2)")
    }
    let version =
      try outcome.published?.manifest.version
      ?? store.newestPublication(.model, channel: channel)
    let isPublished = outcome.published != nil
    Output.answer(
      Answer(
        published: isPublished, version: version, validation: Figures(outcome.candidate),
        current: outcome.current.map(Figures.init), seconds: outcome.seconds),
      isPublished
        ? "published version \(version) on \(channel)"
        : "kept version \(version) on \(channel): the new model foretells no better")
  }

  private struct Answer: Encodable {
    var published: Bool
    /// The channel's newest version, now.
    var version: Int
    /// On learners whom no model of the channel was trained on.
    var validation: Figures
    var current: Figures?
    var seconds: Double
  }

  private struct Figures: Encodable {
    var count: Int
    var auc: Double
    var accuracy: Double
    var recall: Double
    var precision: Double
    var logLoss: Double
    var rmse: Double
    var ece: Double

    init(_ metrics: Metrics) {
      count = metrics.count
      auc = metrics.auc
      accuracy = metrics.accuracy
      recall = metrics.recallCorrect
      precision = metrics.precisionCorrect
      logLoss = metrics.logLoss
      rmse = metrics.rmse
      ece = metrics.ece
    }

    private enum CodingKeys: String, CodingKey {
      case count, auc, accuracy, recall, precision, rmse, ece
      case logLoss = "log_loss"
    }
  }
}
