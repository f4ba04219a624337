import ArgumentParser
import Foundation
import Satchel

struct Init: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Create a store; harmless on an existing one.",
    discussion: "Example: satchel init --store mei.sqlite")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let url = options.storeURL
    let isThere = FileManager.default.fileExists(atPath: url.path)
    let replica = try Replica(at: url, creating: true)
    // The replica's id is made at its first record, so that a disk image made before can be cloned.
    let identity = try replica.identity()?.description
    options.answer(
      ["store": .string(url.path), "replica": JSON(identity), "created": .bool(!isThere)]
    ) {
      isThere
        ? [options.say("The store is there already: \(url.path)", "学习库已存在：\(url.path)")]
        : [options.say("Created \(url.path)", "已创建 \(url.path)")]
    }
  }
}
