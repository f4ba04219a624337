import ArgumentParser
import Foundation
import Satchel

/// What every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The store.",
      discussion: "Else $SATCHEL_STORE, else $XDG_DATA_HOME/satchel/store.sqlite.",
      valueName: "path"))
  var store: String?

  @Flag(help: "JSON on stdout; its fields are a contract.")
  var json = false

  @Option(
    help: ArgumentHelp("Words in en or zh; else as the locale says.", valueName: "en|zh"),
    transform: Self.language(named:))
  var lang: Language?

  @Flag(help: "No colours.")
  var noColor = false

  @Flag(help: "No progress and no notes on stderr.")
  var quiet = false

  var language: Language { lang ?? Self.languageOfLocale() }

  var style: Style { Style(descriptor: STDOUT_FILENO, isForbidden: noColor) }

  var storeURL: URL {
    let environment = ProcessInfo.processInfo.environment
    func given(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let path = store ?? given("SATCHEL_STORE") { return URL(fileURLWithPath: path) }
    let data =
      given("XDG_DATA_HOME").map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: NSHomeDirectory()).appendingPathComponent(".local/share")
    return data.appendingPathComponent("satchel/store.sqlite")
  }

  /// Opens the store that is there.
  func open() throws(SatchelError) -> Replica { try Replica(at: storeURL, creating: false) }

  /// Prints the answer, as JSON or as lines of text.
  func answer(_ json: @autoclosure () -> JSON, _ text: () -> [String]) {
    if self.json {
      Output.standard.line(json().text)
    } else {
      for line in text() { Output.standard.line(line) }
    }
  }

  /// A remark on stderr.
  func note(_ text: String) {
    if !quiet { Messages.line(Table.printable(text)) }
  }

  /// One of two texts.
  func say(_ english: String, _ chinese: String) -> String {
    language == .chinese ? chinese : english
  }

  func progressBar(_ label: String, unit: String, total: Int? = nil) -> ProgressBar {
    ProgressBar(label, unit: unit, total: total, isQuiet: quiet)
  }

  /// The language that `arguments` ask for, whether or not the rest of them makes sense.
  static func language(in arguments: [String]) -> Language {
    for (index, argument) in arguments.enumerated() {
      let next = arguments[(index + 1)...].first
      let value = argument == "--lang" ? next : argument.split(separator: "=").last.map(String.init)
      guard argument == "--lang" || argument.hasPrefix("--lang="), let value,
        let language = Language(rawValue: value)
      else { continue }
      return language
    }
    return languageOfLocale()
  }

  private static func language(named name: String) throws -> Language {
    guard let language = Language(rawValue: name) else {
      throw ValidationError("--lang takes en or zh.")
    }
    return language
  }

  private static func languageOfLocale() -> Language {
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }
      .first { !$0.isEmpty }
    return Language(locale: locale ?? "")
  }
}
