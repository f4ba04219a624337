import Foundation
import Satchel
import SatchelStore

/// What the demo asks of the hub's own program.
struct HubWork {
  let hub: HubProcess
  let options: GlobalOptions

  func publish(_ model: URL) throws {
    _ = try HubProcess.run([
      "publish", "model", model.path, "--channel", "stable", "--store", hub.store.path, "--json",
    ])
  }

  /// Trains on the pooled records.
  ///
  /// - Returns: whether a new version was published.
  func train(_ step: StepLog.Step) throws -> Bool {
    let bytes = try HubProcess.run([
      "train", "--channel", "stable", "--store", hub.store.path, "--json",
    ])
    guard let answer = try? JSONDecoder().decode(Answer.self, from: bytes) else {
      throw SatchelError(.hubFailed, subject: "satchel-hub train", cause: "no JSON")
    }
    if let current = answer.current {
      step.say(options.say("the model so far", "现有模型") + ": \(current.text)")
    }
    step.say(options.say("the new model", "新模型") + ": \(answer.validation.text)")
    step.say(
      answer.published
        ? options.say("published as version \(answer.version)", "已发布为版本 \(answer.version)")
        : options.say("no better, so not published", "没有更好，未发布"))
    step.fact("published", .bool(answer.published))
    step.fact("version", .integer(answer.version))
    step.fact("validation", answer.validation.json)
    step.fact("current", answer.current?.json ?? nil)
    return answer.published
  }

  /// A round of each laptop, which brings what was published.
  func pull(_ laptops: [Laptop], _ step: StepLog.Step) async throws {
    for laptop in laptops {
      let report = try await laptop.replica.sync(with: hub.url)
      guard let shelved = try laptop.replica.store.models().last else { continue }
      let trial = shelved.trial.map { trial in
        let (new, old) = (trial.candidateLogLoss, trial.currentLogLoss)
        return options.say(
          ": log loss \(figure(new)), before \(figure(old)), on \(trial.answers) own answers",
          "：对数损失 \(figure(new))，此前 \(figure(old))，基于本机 \(trial.answers) 次作答")
      }
      step.say(
        "\(laptop.name): \(options.say("version", "版本")) \(report.model.version)\(trial ?? "")")
      step.check(
        options.say(
          "\(laptop.name) tried the new weights, then put them in use", "\(laptop.name) 试用新权重后启用"),
        report.model.changed && shelved.isActive)
    }
  }

  private func figure(_ value: Double) -> String { String(format: "%.3f", value) }

  private struct Answer: Decodable {
    let published: Bool
    let version: Int
    let validation: Figures
    let current: Figures?
  }

  private struct Figures: Decodable {
    let auc: Double
    let logLoss: Double
    let count: Int

    enum CodingKeys: String, CodingKey {
      case auc, count
      case logLoss = "log_loss"
    }

    var text: String {
      "AUC \(String(format: "%.4f", auc)), log loss \(String(format: "%.4f", logLoss)) (\(count))"
    }

    var json: JSON {
      ["auc": .number(auc), "log_loss": .number(logLoss), "n": .integer(count)]
    }
  }
}
