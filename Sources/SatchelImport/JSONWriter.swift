/// Writes JSON with no choice left open: the same calls give the same bytes.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  /// Whether something stands before the next field or element, so that a comma must come between.
  private var needsComma = false

  mutating func object(_ fields: (inout JSONWriter) -> Void) {
    open("{")
    fields(&self)
    close("}")
  }

  mutating func field(_ name: String, _ value: (inout JSONWriter) -> Void) {
    separate()
    string(name)
    raw(":")
    needsComma = false
    value(&self)
    needsComma = true
  }

  mutating func list<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
    open("[")
    for element in elements {
      separate()
      needsComma = false
      write(&self, element)
      needsComma = true
    }
    close("]")
  }

  /// A list with each element on a line of its own.
  mutating func lines<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void)
  {
    list(elements) { json, element in
      json.raw("\n")
      write(&json, element)
    }
  }

  mutating func string(_ text: String) {
    raw("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): raw("\\\"")
      case UInt8(ascii: "\\"): raw("\\\\")
      case UInt8(ascii: "\n"): raw("\\n")
      case 0..<0x10: raw("\\u000" + String(byte, radix: 16))
      case 0x10..<0x20: raw("\\u00" + String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    raw("\"")
  }

  /// For numbers, and for the writer's own marks.
  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func open(_ bracket: String) {
    raw(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: String) {
    raw(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { raw(",") }
  }
}
