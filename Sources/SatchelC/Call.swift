internal import CSatchel
internal import Foundation
internal import Satchel

/// Runs the body of a C function: its error becomes the status, and the last error of the thread.
func call(_ body: () throws(SatchelError) -> Void) -> satchel_status {
  do throws(SatchelError) {
    try body()
    return SATCHEL_OK
  } catch {
    LastError.keep(error)
    return satchel_status(UInt32(error.code.status))
  }
}

/// Runs the body of a C function that hands out a result.
///
/// - Parameter isOptional: the caller may pass no place for it, and then none is made.
func call<Value>(
  handingOver out: UnsafeMutablePointer<UnsafeMutablePointer<Value>?>?, isOptional: Bool = false,
  _ body: (ResultArena) throws(SatchelError) -> Value
) -> satchel_status {
  out?.pointee = nil
  return call { () throws(SatchelError) in
    if out == nil, !isOptional { throw usage("out") }
    let result = ResultArena()
    let value = try body(result)
    out?.pointee = result.hand(over: value)
  }
}

/// Runs the body of a C function that writes an id to a place that the caller gave, if he gave one.
func call(
  writingID out: UnsafeMutablePointer<CChar>?, _ body: () throws(SatchelError) -> String
) -> satchel_status {
  out?.pointee = 0
  return call { () throws(SatchelError) in
    let id = try body()
    guard let out else { return }
    for (place, byte) in id.utf8.prefix(Int(SATCHEL_ID_SIZE) - 1).enumerated() {
      out[place] = CChar(bitPattern: byte)
    }
    out[min(id.utf8.count, Int(SATCHEL_ID_SIZE) - 1)] = 0
  }
}

func usage(_ parameter: String, _ cause: String = "NULL") -> SatchelError {
  SatchelError(.usage, subject: parameter, cause: cause)
}

// MARK: - What comes in

/// The text at `pointer`, which must be there and UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ parameter: String) throws(SatchelError) -> String {
  guard let pointer else { throw usage(parameter) }
  guard let text = String(validatingCString: pointer) else {
    throw usage(parameter, "not UTF-8")
  }
  return text
}

/// The same for a text that may be missing.
func optionalText(
  _ pointer: UnsafePointer<CChar>?, _ parameter: String
) throws(SatchelError) -> String? {
  pointer == nil ? nil : try text(pointer, parameter)
}

func learnerID(_ pointer: UnsafePointer<CChar>?) throws(SatchelError) -> LearnerID {
  guard let id = LearnerID(hex: try text(pointer, "learner")) else {
    throw SatchelError(.learnerUnknown)
  }
  return id
}

func itemID(_ pointer: UnsafePointer<CChar>?) throws(SatchelError) -> ItemID {
  try ItemID(try text(pointer, "item"))
}

func fileURL(_ pointer: UnsafePointer<CChar>?) throws(SatchelError) -> URL {
  let path = try text(pointer, "path")
  if path.isEmpty { throw usage("path", "empty") }
  return URL(fileURLWithPath: path)
}

/// A moment; `nil` is now.
func date(_ milliseconds: Int64) -> Date? {
  milliseconds == satchelNow ? nil : Date(timeIntervalSince1970: Double(milliseconds) / 1000)
}

/// `SATCHEL_NOW` and `SATCHEL_NO_TIME`, which the compiler does not import.
private let satchelNow = Int64.min

func moment(_ milliseconds: Int64?) -> Int64 { milliseconds ?? satchelNow }

func duration(_ milliseconds: Int64) throws(SatchelError) -> UInt32? {
  if milliseconds == Int64(SATCHEL_NO_DURATION) { return nil }
  guard let duration = UInt32(exactly: milliseconds) else {
    throw SatchelError(.recordInvalid, subject: "duration_ms")
  }
  return duration
}

/// A list's length that is asked for.
func limit(
  _ limit: Int, _ range: ClosedRange<Int>, _ parameter: String = "limit"
) throws(SatchelError) -> Int {
  guard range.contains(limit) else {
    throw usage(parameter, "\(range.lowerBound)...\(range.upperBound)")
  }
  return limit
}

/// Lists are asked for up to this length.
let listLimits = 1...10_000

/// Options as this version knows them, from options as the caller's version wrote them: both begin with their size.
func options<Options>(
  _ pointer: UnsafePointer<Options>?, over usual: Options, _ parameter: String
) throws(SatchelError) -> Options {
  guard let pointer else { return usual }
  let size = UnsafeRawPointer(pointer).load(as: Int.self)
  guard size >= MemoryLayout<Int>.size, size <= 4096 else { throw usage(parameter, "size") }
  var options = usual
  withUnsafeMutableBytes(of: &options) {
    $0.copyMemory(
      from: UnsafeRawBufferPointer(start: pointer, count: min(size, $0.count)))
  }
  return options
}

extension Language {
  init(_ language: satchel_language) { self = language == SATCHEL_CHINESE ? .chinese : .english }

  /// Its place in `allCases`.
  var place: Int { self == .english ? 0 : 1 }
}
