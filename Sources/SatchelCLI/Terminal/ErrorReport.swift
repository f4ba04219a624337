import ArgumentParser
import Foundation
import Satchel

/// An error with more to tell than its sentence.
struct DetailedError: Error {
  let error: SatchelError
  /// Lines for stderr, below the sentence.
  var notes: [String] = []
  /// Members beside `error` in the JSON.
  var members: [(String, JSON)] = []
}

/// Says what went wrong and gives the exit status. Looks at the raw arguments, since they may be what is wrong.
struct ErrorReport {
  private let wantsJSON: Bool
  private let language: Language
  private let style: Style

  init(arguments: [String]) {
    let own = arguments.prefix { $0 != "--" }
    wantsJSON = own.contains("--json")
    language = GlobalOptions.language(in: Array(own))
    style = Style(descriptor: STDERR_FILENO, isForbidden: own.contains("--no-color"))
  }

  func report(_ error: any Error) -> Int32 {
    switch error {
    case let detailed as DetailedError: return report(detailed)
    case let error as SatchelError: return report(DetailedError(error: error))
    case is CancellationError: return report(DetailedError(error: SatchelError(.cancelled)))
    case let code as ExitCode: return code.rawValue
    default: return reportOther(error)
    }
  }

  private func report(_ detailed: DetailedError) -> Int32 {
    let error = detailed.error
    let (message, hint) = (error.message(in: language), error.hint(in: language))
    if wantsJSON {
      printJSON(error.code, error.subject, message, hint, detailed.members)
      Messages.line("satchel: \(Table.printable(message))")
    } else {
      Messages.line(style.red("satchel: ") + Table.printable(message))
      if !hint.isEmpty { Messages.line(style.dim(hint)) }
    }
    for note in detailed.notes { Messages.line(Table.printable(note)) }
    return error.code.exitStatus
  }

  /// What ArgumentParser throws: help and versions, which are answers, and wrong arguments; or what Foundation does.
  private func reportOther(_ error: any Error) -> Int32 {
    let status = SatchelCommand.exitCode(for: error).rawValue
    if status == 0 {
      Output.standard.line(SatchelCommand.fullMessage(for: error))
      return 0
    }
    guard status == ExitCode.validationFailure.rawValue else {
      let other = SatchelError(.storeFailed, cause: error.localizedDescription)
      return report(DetailedError(error: other))
    }
    if wantsJSON {
      let wrong = SatchelError(.usage)
      printJSON(.usage, "", SatchelCommand.message(for: error), wrong.hint(in: language), [])
    }
    Messages.line(SatchelCommand.fullMessage(for: error))
    return SatchelError.Code.usage.exitStatus
  }

  private func printJSON(
    _ code: SatchelError.Code, _ subject: String, _ message: String, _ hint: String,
    _ members: [(String, JSON)]
  ) {
    let body: JSON = [
      "code": .string(code.rawValue), "subject": .string(subject), "message": .string(message),
      "hint": .string(hint),
    ]
    Output.standard.line(JSON.object([("error", body)] + members).text)
  }
}
