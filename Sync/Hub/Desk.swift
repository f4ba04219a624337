internal import Hummingbird
internal import SatchelCore
internal import SatchelStore

/// `GET /`: what a teacher sees of her hub, in English or Chinese.
struct Desk: Sendable {
  /// Figures of a smaller group would be figures of persons.
  static let groupMin = 5

  let store: Store
  let threads: StoreThreads
  let key: PublicKey
  let clock: @Sendable () -> Int64

  func page(_ request: Request) async throws -> Response {
    let language = Self.language(request.headers[.acceptLanguage])
    let html = try await threads.read { try DeskPage(of: self, in: language).html }
    let headers: HTTPFields = [
      .contentType: "text/html; charset=utf-8", .contentLanguage: language.rawValue,
      .vary: "Accept-Language", .cacheControl: "no-store",
      .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'",
    ]
    return Response(
      status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: html)))
  }

  /// The first of our languages by weight, then by order; English when none is named (RFC 9110, 12.5.4).
  static func language(_ header: String?) -> Language {
    var best = (weight: 0.0, language: Language.english)
    for part in (header ?? "").prefix(1000).split(separator: ",") {
      let words = part.split(separator: ";").map { $0.drop(while: \.isWhitespace) }
      let weight = words.dropFirst().first.flatMap { Double($0.dropFirst(2)) } ?? 1
      guard let tag = words.first, weight > best.weight,
        let language = Language.allCases.first(where: { tag.lowercased().hasPrefix($0.rawValue) })
      else { continue }
      best = (weight, language)
    }
    return best.language
  }
}

/// The page itself: figures in words, every text escaped.
private struct DeskPage {
  let html: String

  init(of desk: Desk, in language: Language) throws(SatchelError) {
    let held = try desk.store.summary(of: .everyone)
    let learners = try desk.store.learnerCount()
    let devices = try desk.store.devices()
    let words = DeskWords(language)
    let isLargeEnough = learners >= Desk.groupMin
    func group(_ number: Int) -> String { isLargeEnough ? "\(number)" : words.fewer }
    var figures = [
      (words.hub, desk.key.replica.description), (words.devices, "\(devices.count)"),
      (words.learners, group(learners)), (words.records, group(held.records)),
      (words.streams, group(held.streams)),
      (words.fingerprint, held.fingerprint.description),
    ]
    for release in try desk.store.publications() {
      figures.append((words.release(release.kind, release.channel), "\(release.version)"))
    }
    var (holdings, rows) = (Holdings(desk.store), [[String]]())
    for device in devices {
      let isUpToDate = try holdings.isUpToDate(device)
      rows.append([
        String(device.key.replica.description.prefix(12)),
        UTCSeconds.text(max(0, device.lastSeenMilliseconds / 1000)),
        device.state == .revoked
          ? words.revoked : isUpToDate ? words.upToDate : words.behind,
      ])
    }
    html = Self.document(
      words, language, figures, rows, at: UTCSeconds.text(max(0, desk.clock() / 1000)))
  }

  private static func document(
    _ words: DeskWords, _ language: Language, _ figures: [(String, String)], _ rows: [[String]],
    at time: String
  ) -> String {
    let list = figures.map { "<tr><th>\(escaped($0.0))</th><td>\(escaped($0.1))</td></tr>" }
    let table = rows.map { row in
      "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
    }
    let head = words.columns.map { "<th>\(escaped($0))</th>" }.joined()
    return """
      <!doctype html>
      <html lang="\(language.rawValue)"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width"><title>\(escaped(words.title))</title>
      <style>body{font:16px/1.5 sans-serif;margin:2em auto;max-width:48em;padding:0 1em}
      th{text-align:left;padding-right:1.5em}td{overflow-wrap:anywhere}</style></head>
      <body><h1>\(escaped(words.title))</h1>
      <table>\(list.joined(separator: "\n"))</table>
      <h2>\(escaped(words.lastSync))</h2>
      <table><tr>\(head)</tr>
      \(table.joined(separator: "\n"))</table>
      <p><small>\(escaped(time))</small></p></body></html>

      """
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.append(character)
      }
    }
    return out
  }
}
