import ArgumentParser
import Foundation
import SatchelCore
import SatchelHub

struct PublishCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish", abstract: "Sign a file and publish it on a channel.",
    discussion: "Example: satchel-hub publish model tutor.safetensors --channel stable",
    subcommands: [Model.self, Pack.self])

  struct Model: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Publish a model file.",
      discussion: "Example: satchel-hub publish model tutor.safetensors --channel stable")

    @OptionGroup var options: HubOptions
    @OptionGroup var release: ReleaseOptions

    func run() throws {
      try release.publish(.model, bytesMax: Publishing.modelBytesMax, options)
    }
  }

  struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Publish a pack of content.",
      discussion: "Example: satchel-hub publish pack fractions.satchelpack --channel stable")

    @OptionGroup var options: HubOptions
    @OptionGroup var release: ReleaseOptions

    func run() throws { try release.publish(.pack, bytesMax: Publishing.packBytesMax, options) }
  }
}

struct ReleaseOptions: ParsableArguments {
  @Argument(help: "The file to publish.")
  var file: String

  @Option(help: "The channel that replicas follow.")
  var channel: String

  func publish(_ kind: Manifest.Kind, bytesMax: Int, _ options: HubOptions) throws {
    let bytes = try contents(bytesMax: bytesMax)
    let signed = try Publishing(store: options.openStore()).publish(
      kind, bytes, channel: channel, at: wallMilliseconds())
    let manifest = signed.manifest
    let digest = Hex.encode(manifest.files.first?.sha256 ?? [])
    Output.answer(
      Answer(
        kind: kind.rawValue, channel: channel, version: manifest.version, sha256: digest,
        bytes: bytes.count),
      "published \(kind.rawValue) version \(manifest.version) on \(channel), \(bytes.count) bytes")
  }

  private func contents(bytesMax: Int) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw SatchelError(.fileMissing, subject: file)
    }
    defer { try? handle.close() }
    do {
      let data = try handle.read(upToCount: bytesMax + 1) ?? Data()
      guard data.count <= bytesMax else { throw SatchelError(.inputTooLarge, subject: file) }
      return Array(data)
    } catch let error as SatchelError {
      throw error
    } catch {
      throw SatchelError(.fileUnreadable, subject: file)
    }
  }

  private struct Answer: Encodable {
    var kind: String
    var channel: String
    var version: Int
    var sha256: String
    var bytes: Int
  }
}
