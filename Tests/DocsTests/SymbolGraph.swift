import Foundation

/// What a module shows to whoever imports it, as the compiler's symbol graph has it; only what is read here.
struct SymbolGraph: Decodable {
  let symbols: [Symbol]
  let relationships: [Relationship]

  struct Symbol: Decodable {
    let identifier: Identifier
    let kind: Kind
    /// `SatchelError`, `Code`, `storeBusy`.
    let pathComponents: [String]
    let declarationFragments: [Fragment]

    var path: String { pathComponents.joined(separator: ".") }

    /// In one line.
    var declaration: String {
      declarationFragments.map(\.spelling).joined().split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
    }
  }

  struct Identifier: Decodable { let precise: String }
  struct Kind: Decodable { let identifier: String }

  struct Fragment: Decodable {
    let spelling: String
    /// Of the type that is named, if one is.
    let preciseIdentifier: String?
  }

  struct Relationship: Decodable {
    let kind: String
    let source: String
    let target: String
    /// The name of a target in another module.
    let targetFallback: String?
  }

  /// The module whose symbol `identifier` is; `C` for all of C.
  static func module(of identifier: String) -> String {
    guard identifier.hasPrefix("s:") else { return "C" }
    // s:7Satchel7ReplicaC: a length and so many letters. The standard library's begin with a letter.
    let mangled = identifier.dropFirst(2)
    let digits = mangled.prefix(while: \.isNumber)
    guard let length = Int(digits) else { return "Swift" }
    return String(mangled.dropFirst(digits.count).prefix(length))
  }
}
