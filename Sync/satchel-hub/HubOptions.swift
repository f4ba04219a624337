import ArgumentParser
import Foundation
import SatchelCore
import SatchelStore

/// What every command takes.
struct HubOptions: ParsableArguments {
  @Option(
    help: "The hub's store; else SATCHEL_HUB_STORE, else satchel/hub.sqlite in XDG_DATA_HOME.")
  var store: String?

  @Flag(help: "Answer with one JSON object.")
  var json = false

  @Option(help: "The language of messages: en or zh; else by LC_ALL, LC_MESSAGES or LANG.")
  var lang: String?

  func validate() throws {
    guard lang.map({ Language(rawValue: $0) != nil }) ?? true else {
      throw ValidationError("--lang is en or zh")
    }
    Output.settings.withLock { $0 = Output.Settings(json: json, language: language) }
  }

  private var language: Language {
    if let lang, let chosen = Language(rawValue: lang) { return chosen }
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }
      .first { !$0.isEmpty }
    return Language(locale: locale ?? "")
  }

  var storeURL: URL {
    let environment = ProcessInfo.processInfo.environment
    if let store { return URL(fileURLWithPath: store) }
    if let path = environment["SATCHEL_HUB_STORE"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    let home = FileManager.default.homeDirectoryForCurrentUser
    let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return (data.map { URL(fileURLWithPath: $0) } ?? home.appendingPathComponent(".local/share"))
      .appendingPathComponent("satchel/hub.sqlite")
  }

  /// The store of an existing hub.
  func openStore() throws(SatchelError) -> Store {
    try Store(at: storeURL, creating: false, projection: nil)
  }
}

/// The wall clock: milliseconds since 1970.
func wallMilliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
