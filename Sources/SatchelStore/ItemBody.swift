internal import Foundation
import SatchelCore

/// The part of an item that is shown and never queried, as JSON in one column.
struct ItemBody: Codable {
  var question: [String: String]
  var choices: [[String: String]]?
  var correctChoice: Int?
  var answers: [String]?
  var explanation: [String: String]
  var media: [String]?

  init(_ item: Item) {
    question = item.question.byLanguage
    choices = item.choices.isEmpty ? nil : item.choices.map(\.byLanguage)
    correctChoice = item.correctChoice
    answers = item.answers.isEmpty ? nil : item.answers
    explanation = item.explanation.byLanguage
    media = item.media.isEmpty ? nil : item.media
  }

  init(json: String) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch {
      throw SatchelError(.storeDamaged, subject: "item")
    }
  }

  func json() throws -> String { try TextJSON.string(self) }

  func item(
    id: ItemID, topic: TopicID, kind: Item.Kind, skills: [SkillID], difficulty: Double?
  ) -> Item {
    Item(
      id: id, topic: topic, kind: kind, skills: skills, difficulty: difficulty,
      question: LocalizedText(question), choices: (choices ?? []).map(LocalizedText.init),
      correctChoice: correctChoice, answers: answers ?? [],
      explanation: LocalizedText(explanation), media: media ?? [])
  }

  /// All that can be found, folded as queries are.
  var searchText: String? {
    var parts = question.values.sorted()
    parts += (choices ?? []).flatMap { $0.values.sorted() }
    parts += explanation.values.sorted()
    return SearchText.fold(parts.joined(separator: "\n"))
  }
}

/// Localized texts in a column.
enum TextJSON {
  static func encode(_ text: LocalizedText) throws -> String { try string(text.byLanguage) }

  static func decode(_ json: String) throws -> LocalizedText {
    do {
      return LocalizedText(
        try JSONDecoder().decode([String: String].self, from: Data(json.utf8)))
    } catch {
      throw SatchelError(.storeDamaged, subject: "text")
    }
  }

  static func string(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    // Sorted, so that the same content gives the same bytes in every store.
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
