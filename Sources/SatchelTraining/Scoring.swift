internal import SatchelCore
internal import SatchelTutor

extension Lesson {
  private static let block = 512

  /// The correctness logits of rows, with vectors and windows as the device will read them.
  ///
  /// - Parameter exact: a network in float32 that foretells instead of the model's, which is rounded to bytes.
  /// - Throws: `cancelled`.
  func logits(
    _ chosen: [Int], _ weights: Weights, exact: Network? = nil, isCancelled: () -> Bool
  ) throws(SatchelError) -> [Float] {
    let recurrence = exact ?? weights.network
    var passes = exact.map { _ in Backpropagation(capacity: Self.block) }
    let tables = weights.tables
    let skillRows = rows.skills.map { tables.skills.row(of: $0.hash64) }
    let mainSkillRows = rows.skills.map { tables.skills.row(ofShort: KeyHash.short($0.hash64)) }
    let itemRows = rows.items.map { tables.items.row(of: $0.hash64) }
    let windowSize = Network.windowLength * FeatureSchema.answerCount
    var logits = [Float](repeating: 0, count: chosen.count)
    var inputs = [Float](repeating: 0, count: Self.block * Network.inputs)
    var windows = [Float](repeating: 0, count: Self.block * windowSize)
    try portions.forEach(of: chosen) { dataset, all throws(SatchelError) in
      for start in stride(from: 0, to: all.count, by: Self.block) {
        if isCancelled() { throw SatchelError(.cancelled) }
        // The longest windows first, as the recurrence wants them.
        let places = all[start..<min(all.count, start + Self.block)].sorted {
          (sequences.window(before: chosen[$0]).count, $1)
            > (sequences.window(before: chosen[$1]).count, $0)
        }
        var lengths: [Int] = []
        inputs.withUnsafeMutableBufferPointer { inputs in
          windows.withUnsafeMutableBufferPointer { windows in
            guard let inputs = inputs.baseAddress, let windows = windows.baseAddress else { return }
            for (number, place) in places.enumerated() {
              write(
                chosen[place], dataset, tables, skillRows, itemRows,
                to: inputs + number * Network.inputs)
              lengths.append(
                writeWindow(
                  before: chosen[place], dataset, tables, mainSkillRows,
                  to: windows + number * windowSize))
            }
            recurrence.recur(
              over: windows, lengths: lengths, into: inputs + FeatureSchema.recurrent.lowerBound,
              stride: Network.inputs)
          }
        }
        let outputs: [Float]
        if let exact {
          passes?.inputs = inputs
          passes?.forward(exact.parameters, count: places.count)
          outputs = passes?.outputs ?? []
        } else {
          outputs = weights.serving.outputs(of: Array(inputs[..<(places.count * Network.inputs)]))
        }
        for (number, place) in places.enumerated() {
          logits[place] = outputs[number * Network.headStride]
        }
      }
    }
    return logits
  }

  /// All of a row's inputs but the recurrent state.
  private func write(
    _ row: Int, _ dataset: Dataset, _ tables: ModelTables, _ skillRows: [Int?], _ itemRows: [Int?],
    to out: UnsafeMutablePointer<Float>
  ) {
    let width = FeatureSchema.computed
    let source = dataset.place(of: row) * width
    for column in 0..<width { out[column] = dataset.inputs[source + column] }
    let known = rows.skills(of: row).compactMap { skillRows[Int($0)] }
    for column in 0..<ModelTables.skillVector {
      var sum: Float = 0
      for skill in known { sum += tables.skills.value(skill, ModelTables.skillNumbers + column) }
      out[width + column] = known.isEmpty ? 0 : sum / Float(known.count)
    }
    let item = itemRows[Int(rows.item[row])]
    for column in 0..<ModelTables.itemVector {
      out[FeatureSchema.itemVector.lowerBound + column] =
        item.map { tables.items.value($0, ModelTables.itemNumbers + column) } ?? 0
    }
  }

  /// The answers that the device would have at hand before `row`; says how many they are.
  private func writeWindow(
    before row: Int, _ dataset: Dataset, _ tables: ModelTables, _ mainSkillRows: [Int?],
    to window: UnsafeMutablePointer<Float>
  ) -> Int {
    let answers = sequences.window(before: row)
    for (place, index) in answers.enumerated() {
      let answer = Int(sequences.rows[index])
      let out = window + place * FeatureSchema.answerCount
      let source = dataset.place(of: answer) * FeatureSchema.answerNumbers
      let skill = rows.skills(of: answer).first.flatMap { mainSkillRows[Int($0)] }
      for column in 0..<ModelTables.skillVector {
        out[column] =
          skill.map { tables.skills.value($0, ModelTables.skillNumbers + column) } ?? 0
      }
      for number in 0..<FeatureSchema.answerNumbers {
        out[ModelTables.skillVector + number] = dataset.answers[source + number]
      }
    }
    return answers.count
  }
}
