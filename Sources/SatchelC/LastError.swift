// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Glibc
internal import Satchel

/// The last error of one thread, as C reads it.
private final class ErrorNote {
  let view: UnsafeMutablePointer<satchel_error>
  let messages: [UnsafePointer<CChar>]
  let hints: [UnsafePointer<CChar>]
  private let texts = ResultArena()

  init(_ error: SatchelError?) {
    view = .allocate(capacity: 1)
    view.initialize(
      to: satchel_error(
        status: error.map { satchel_status(UInt32($0.code.status)) } ?? SATCHEL_OK,
        code: texts.text(error?.code.rawValue ?? ""), subject: texts.text(error?.subject ?? ""),
        cause: texts.text(error?.cause ?? "")))
    messages = Language.allCases.map { [texts] in texts.text(error?.message(in: $0) ?? "") }
    hints = Language.allCases.map { [texts] in texts.text(error?.hint(in: $0) ?? "") }
  }

  deinit { view.deallocate() }
}

/// One ``ErrorNote`` a thread, freed when the thread ends.
enum LastError {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { note in
      if let note { Unmanaged<ErrorNote>.fromOpaque(note).release() }
    }
    return key
  }()

  /// What a thread reads on which nothing has failed yet.
  nonisolated(unsafe) private static let none = ErrorNote(nil)

  fileprivate static var note: ErrorNote {
    guard let note = pthread_getspecific(key) else { return none }
    return Unmanaged<ErrorNote>.fromOpaque(note).takeUnretainedValue()
  }

  static func keep(_ error: SatchelError) {
    let before = pthread_getspecific(key)
    pthread_setspecific(key, Unmanaged.passRetained(ErrorNote(error)).toOpaque())
    if let before { Unmanaged<ErrorNote>.fromOpaque(before).release() }
  }
}

@c @implementation
public func satchel_last_error() -> UnsafePointer<satchel_error>? {
  UnsafePointer(LastError.note.view)
}

@c @implementation
public func satchel_last_error_message(_ language: satchel_language) -> UnsafePointer<CChar>? {
  LastError.note.messages[Language(language).place]
}

@c @implementation
public func satchel_last_error_hint(_ language: satchel_language) -> UnsafePointer<CChar>? {
  LastError.note.hints[Language(language).place]
}

/// A NUL-ended text for as long as the program runs.
private func lasting(_ text: String) -> UnsafePointer<CChar> {
  UnsafePointer(strdup(text) ?? UnsafeMutablePointer.allocate(capacity: 1))
}

private enum StatusNames {
  nonisolated(unsafe) static let none = lasting("")
  nonisolated(unsafe) static let all = Dictionary(
    uniqueKeysWithValues: SatchelError.Code.allCases.map {
      (UInt32($0.status), lasting($0.rawValue))
    })
}

@c @implementation
public func satchel_status_name(_ status: satchel_status) -> UnsafePointer<CChar>? {
  StatusNames.all[status.rawValue] ?? StatusNames.none
}

private enum Version {
  nonisolated(unsafe) static let text = lasting(SatchelVersion.text)
}

@c @implementation
public func satchel_version() -> UnsafePointer<CChar>? { Version.text }

@c @implementation
public func satchel_abi_version() -> Int32 { Int32(SATCHEL_ABI_VERSION) }
