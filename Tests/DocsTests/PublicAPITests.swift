import Foundation
import SatchelTestSupport
import Testing

@Suite struct `The public API` {
  private static let list = "Docs/api.txt"

  /// Of the modules that `import Satchel` brings; extracted once for all tests.
  private static let surface = Result {
    try Surface(of: ["Satchel", "SatchelCore", "SatchelTutor"])
  }

  @Test func `is what its list says`() throws {
    let lines = try Self.surface.get().lines
    if ProcessInfo.processInfo.environment["SATCHEL_LIST_API"] != nil {
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: SourceTree.file(Self.list))
    }

    let listed = try DocsTree.text(Self.list).split(separator: "\n").map(String.init)

    let added = lines.filter { !Set(listed).contains($0) }.map { "+ " + $0 }
    let missing = listed.filter { !Set(lines).contains($0) }.map { "- " + $0 }
    // Compared beforehand: a failure would print both lists, and what matters last.
    let isListed = listed == lines
    #expect(
      isListed,
      """
      \((missing + added).joined(separator: "\n"))
      If that is meant, Docs/list-api.sh renews \(Self.list). A line that is gone or reads otherwise breaks apps: \
      it makes a new major version.
      """)
  }

  @Test func `names no type of a library beneath`() throws {
    let surface = try Self.surface.get()
    let known: Set = [
      "Swift", "Foundation", "FoundationEssentials", "Satchel", "SatchelCore", "SatchelTutor",
    ]
    for (symbol, modules) in surface.modulesNamed {
      let foreign = modules.subtracting(known)
      #expect(foreign.isEmpty, "\(symbol) names a type of \(foreign.sorted())")
    }
  }

  @Test func `can be handed to any task`() throws {
    let shared = try Self.surface.get().typesNotSendable
    #expect(shared.isEmpty, "not Sendable: \(shared)")
  }
}

/// Everything public of some modules.
private struct Surface: Sendable {
  /// A line for each declaration and each conformance, sorted: the module, the type that it stands in, and its text.
  let lines: [String]
  /// For each declaration and conformance, the modules whose types it names.
  let modulesNamed: [(symbol: String, modules: Set<String>)]
  /// Structs, classes, and enums that have a case.
  let typesNotSendable: [String]

  init(of modules: [String]) throws {
    let graphs = try Self.graphs(of: modules)
    let symbols = graphs.flatMap(\.graph.symbols)
    let paths = Dictionary(symbols.map { ($0.identifier.precise, $0.path) }) { first, _ in first }
    let conformances = graphs.flatMap { module, graph in
      graph.relationships.compactMap {
        Conformance($0, in: module, paths: paths)
      }
    }
    let declared = graphs.flatMap { module, graph in
      graph.symbols.map { Self.line(module, $0.pathComponents.dropLast(), $0.declaration) }
    }
    lines = Set(declared + conformances.map(\.line)).sorted()
    modulesNamed =
      symbols.map { symbol in
        (symbol.path, Set(symbol.declarationFragments.compactMap(\.module)))
      } + conformances.map { ($0.line, [$0.protocolModule]) }
    let sendable = Set(conformances.filter { $0.protocolName == "Sendable" }.map(\.type))
    typesNotSendable = symbols.filter { $0.isType && !$0.isNamespace(among: symbols) }.map(\.path)
      .filter { !sendable.contains($0) }
  }

  fileprivate static func line(_ module: String, _ owner: some Sequence<String>, _ text: String)
    -> String
  {
    let place = [module, owner.joined(separator: ".")].filter { !$0.isEmpty }
    return place.joined(separator: " ") + ": " + text
  }

  private static func graphs(of modules: [String]) throws -> [(module: String, graph: SymbolGraph)]
  {
    let scratch = try Scratch()
    for module in modules {
      try Toolchain.run(
        [
          "swift", "symbolgraph-extract", "-module-name", module, "-output-dir",
          scratch.folder.path,
        ]
          + ["-minimum-access-level", "public", "-skip-synthesized-members"] + Toolchain.modules)
    }
    // Extensions of another module's types stand in files of their own, such as Satchel@SatchelCore.symbols.json.
    return try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path)
      .map { name in
        let bytes = try Data(contentsOf: scratch.file(name))
        let module = name.prefix { $0 != "@" && $0 != "." }
        return (String(module), try JSONDecoder().decode(SymbolGraph.self, from: bytes))
      }
  }
}

/// That a public type keeps what a protocol asks.
private struct Conformance {
  let type: String
  let protocolName: String
  let protocolModule: String
  let line: String

  /// `nil` for another relationship, and for what every type does.
  init?(_ relationship: SymbolGraph.Relationship, in module: String, paths: [String: String]) {
    guard relationship.kind == "conformsTo", let type = paths[relationship.source] else {
      return nil
    }
    let name = paths[relationship.target] ?? relationship.targetFallback ?? relationship.target
    self.type = type
    protocolName = name.hasPrefix("Swift.") ? String(name.dropFirst("Swift.".count)) : name
    protocolModule = SymbolGraph.module(of: relationship.target)
    if ["Copyable", "Escapable", "SendableMetatype"].contains(protocolName) { return nil }
    line = Surface.line(module, [type], "conforms to \(protocolName)")
  }
}

extension SymbolGraph.Fragment {
  fileprivate var module: String? { preciseIdentifier.map(SymbolGraph.module(of:)) }
}

extension SymbolGraph.Symbol {
  fileprivate var isType: Bool {
    ["swift.struct", "swift.enum", "swift.class"].contains(kind.identifier)
  }

  /// An enum without cases only keeps names together: there is no value that could be handed on.
  fileprivate func isNamespace(among symbols: [Self]) -> Bool {
    kind.identifier == "swift.enum"
      && !symbols.contains {
        $0.kind.identifier == "swift.enum.case"
          && $0.pathComponents.dropLast() == pathComponents[...]
      }
  }
}
