import Foundation
import SatchelCore
import SatchelStore
import SatchelTestSupport
import SatchelWire
import Testing

@testable import SatchelSync

@Suite struct `A damaged bundle` {
  let mei = LearnerID(high: 0, low: 1)
  let (one, two, stick): (Machine, Machine, Stick)
  let whole: [UInt8]
  let before: String

  init() throws {
    (one, two, stick) = (try Machine(), try Machine(), try Stick())
    for number in 0..<6 { try one.answer("a\(number)", by: mei) }
    try one.write(stick)
    whole = try stick.bytes()
    try two.answer("own", by: mei)
    before = try two.snapshot
  }

  @Test func `is refused wherever it was cut, and nothing of it is stored`() throws {
    let held = try two.fingerprint
    for count in 0..<whole.count {
      try stick.put(whole.prefix(count))
      expectError(.bundleIncomplete) { try two.read(stick) }
      #expect(try two.fingerprint == held)
    }
    #expect(try two.snapshot == before)
    try stick.put(whole)
    #expect(try two.read(stick).records == 6)
  }

  @Test func `is refused whichever bit was flipped, and nothing of it is stored`() throws {
    for index in whole.indices {
      for bit in 0..<8 {
        var mutant = whole
        mutant[index] ^= 1 << bit
        try stick.put(mutant)
        do {
          _ = try two.read(stick)
          Issue.record("bit \(bit) of byte \(index) was not seen")
        } catch let error as SatchelError {
          #expect(
            [.bundleIncomplete, .bundleMalformed, .protocolNewer].contains(error.code), "\(error)")
        }
      }
    }
    #expect(try two.snapshot == before)
  }

  @Test func `is refused with a hole in it, or with something behind its end`() throws {
    var hole = whole
    for index in 100..<300 { hole[index] = 0 }
    try stick.put(hole)
    expectError(.bundleMalformed) { try two.read(stick) }
    try stick.put(whole + [0])
    expectError(.bundleMalformed) { try two.read(stick) }
    try stick.put(whole + whole)
    expectError(.bundleMalformed) { try two.read(stick) }
    #expect(try two.snapshot == before)
  }

  @Test func `survives any bytes`() throws {
    var dice = Dice.thrown(for: "bundle mutants")
    for _ in 0..<1500 {
      var mutant = whole
      for _ in 0..<dice.roll(1...12) {
        mutant[dice.roll(0...mutant.count - 1)] = .random(in: 0...255, using: &dice)
      }
      if dice.chance(3) { mutant.removeLast(dice.roll(0...mutant.count - 1)) }
      if dice.chance(4) { mutant += mutant.suffix(dice.roll(1...80)) }
      if mutant == whole { continue }
      try stick.put(mutant)
      #expect(throws: SatchelError.self) { try two.read(stick) }
    }
    #expect(try two.snapshot == before)
  }

  @Test func `names no other format a bundle`() throws {
    for text in ["PK\u{3}\u{4}", "SQLite format 3\0", "{\"records\":[]}", "satchel bundle 2\n"] {
      try stick.put(Array(text.utf8) + [UInt8](repeating: 0, count: 100))
      expectError(.bundleMalformed) { try two.read(stick) }
    }
  }
}

@Suite struct `Parts of a bundle` {
  let (one, two, stick): (Machine, Machine, Stick)
  let parts: Int
  let before: String

  init() throws {
    (one, two, stick) = (try Machine(folds: false), try Machine(folds: false), try Stick())
    try one.fill(with: 4_000)
    parts = try one.write(stick, partBytesMax: 16_000).parts
    try #require(parts >= 4)
    before = try two.snapshot
  }

  private func name(_ part: Int) -> String {
    part == 1 ? "class.satchelbundle" : "class.satchelbundle.\(part)"
  }

  private func expectRefused(_ code: SatchelError.Code = .bundleIncomplete) throws {
    expectError(code) { try two.read(stick) }
    #expect(try two.snapshot == before)
  }

  @Test func `are all needed`() throws {
    for part in 1...parts {
      let bytes = try stick.bytes(name(part))
      try FileManager.default.removeItem(at: stick.file(name(part)))
      try expectRefused(part == 1 ? .fileMissing : .bundleIncomplete)
      try stick.put([], as: name(part))
      try expectRefused()
      try stick.put(bytes.dropLast(), as: name(part))
      try expectRefused()
      try stick.put(bytes, as: name(part))
    }
    #expect(try two.read(stick).converged)
  }

  @Test func `stand in their own places`() throws {
    let (second, third) = (try stick.bytes(name(2)), try stick.bytes(name(3)))
    try stick.put(third, as: name(2))
    try stick.put(second, as: name(3))
    try expectRefused()
    // A part is no bundle by itself.
    try stick.put(second, as: name(1))
    try expectRefused()
  }

  @Test func `are of one bundle`() throws {
    let other = try Stick()
    try one.write(other, partBytesMax: 16_000)
    for part in 1...parts {
      let mine = try stick.bytes(name(part))
      try stick.put(try other.bytes(name(part)), as: name(part))
      try expectRefused()
      try stick.put(mine, as: name(part))
    }
    try stick.put(Array("a shopping list".utf8), as: name(2))
    try expectRefused()
  }

  @Test func `that were cut at the border of a frame do not pass`() throws {
    let bytes = try stick.bytes(name(2))
    // Walk the frames of part 2, and leave out what follows each.
    var offset = BundleWire.magic.count
    while offset < bytes.count {
      try stick.put(bytes.prefix(offset), as: name(2))
      expectError(.bundleIncomplete) { try two.read(stick) }
      let (_, count) = try BundleWire.prefix(Array(bytes[offset..<offset + 5]))
      offset += 5 + count
    }
    #expect(try two.snapshot == before)
  }
}

@Suite struct `A hostile bundle` {
  let (one, two, stick): (Machine, Machine, Stick)
  let key = SigningKey.random()
  let before: String

  init() throws {
    (one, two, stick) = (try Machine(), try Machine(), try Stick())
    try two.answer("own", by: LearnerID(high: 0, low: 1))
    before = try two.snapshot
  }

  private func expectRefused(_ frames: [[UInt8]], _ codes: SatchelError.Code...) throws {
    try? FileManager.default.removeItem(at: stick.file())
    try stick.forge(frames, by: key)
    do {
      _ = try two.read(stick)
      Issue.record("was taken")
    } catch let error as SatchelError {
      #expect(codes.contains(error.code), "\(error)")
    }
    #expect(try two.snapshot == before)
  }

  private func segment(
    first: UInt64 = 1, count: Int = 3, signedBy signer: SigningKey? = nil, bytes: [UInt8]? = nil
  ) -> Segment {
    let stream = RecordStream(publicKey: key.publicKey, learner: LearnerID(high: 5, low: 5))
    var dice = Dice(seed: 3)
    let records = RandomRecords().records(3, of: stream, &dice)
    let head = stream.start.appending(records)
    return Segment(
      stream: stream, first: first, count: count,
      signature: (signer ?? key).sign(head.signedBytes(of: stream.id)),
      bytes: bytes ?? SegmentCodec.encode(records, of: stream))
  }

  @Test func `with an honest batch before the forged one is taken not even in part`() throws {
    let honest = try BundleWire.encode([segment()])
    try stick.forge([honest], by: key)
    try Machine().read(stick)

    let forged = try BundleWire.encode([segment(signedBy: .random())])
    try expectRefused([forged], .streamSignature)
    let other = RecordStream(publicKey: SigningKey.random().publicKey, learner: .random())
    let moved = Segment(
      stream: other, first: 1, count: 3, signature: segment().signature, bytes: segment().bytes)
    try expectRefused(
      [honest, try BundleWire.encode([moved])], .streamSignature, .segmentMalformed)
    try expectRefused([honest, try BundleWire.encode([segment(first: 9)])], .streamGap)
    try expectRefused([honest, try BundleWire.encode([segment(count: 4)])], .segmentMalformed)
  }

  @Test func `with a huge length asks for no memory`() throws {
    for kind in BundleWire.Kind.head.rawValue...BundleWire.Kind.trailer.rawValue {
      let head = BundleWire.magic + [kind, 0xFF, 0xFF, 0xFF, 0xFF]
      try stick.put(head)
      expectError(.bundleMalformed) { try two.read(stick) }
    }
    try stick.put(BundleWire.magic + [1, 0, 0, 0, 0])
    expectError(.bundleMalformed) { try two.read(stick) }
    try stick.put(BundleWire.magic + [9, 0, 0, 0, 1, 1])
    expectError(.bundleMalformed) { try two.read(stick) }
  }

  @Test func `with deep, empty or wild messages is refused`() throws {
    var deep: [UInt8] = [0x12, 0]
    for _ in 0..<3000 {
      var outer: [UInt8] = [0x12]
      var count = deep.count
      while count >= 0x80 {
        outer.append(UInt8(count & 0x7F | 0x80))
        count >>= 7
      }
      outer.append(UInt8(count))
      deep = outer + deep
    }
    // Groups nest without lengths: two bytes a level.
    let groups = [UInt8](repeating: 0x0B, count: 100_000)
    for bytes in [deep, groups, [0], [0xFF], [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]] {
      try expectRefused([BundleWire.frame(.batch, bytes)], .bundleMalformed)
    }
  }

  @Test func `with a decompression bomb is refused at its limit`() throws {
    // zstd frames that say, and then give, far more than they weigh.
    let zeros = try #require(Compression.deflate([UInt8](repeating: 0, count: 64 << 20)))
    let bomb = Segment(
      stream: segment().stream, first: 1, count: 1, signature: segment().signature,
      bytes: Array(segment().bytes.prefix(1)) + zeros)
    try expectRefused([try BundleWire.encode([bomb])], .segmentMalformed, .inputTooLarge)
    let bare = Segment(
      stream: segment().stream, first: 1, count: 1, signature: segment().signature, bytes: zeros)
    try expectRefused([try BundleWire.encode([bare])], .segmentMalformed, .inputTooLarge)
  }

  @Test func `whose frames are out of order is refused`() throws {
    let batch = try BundleWire.encode([segment()])
    let manifest = BundleWire.frame(.manifest, [1])
    let piece = BundleWire.frame(.piece, [1])
    let id = [UInt8](repeating: 7, count: 16)
    let again = try BundleWire.encodeContinuation(of: id, part: 1)
    for frames in [[piece], [manifest, batch], [batch, again], [batch, manifest, piece, batch]] {
      try expectRefused(frames, .bundleMalformed)
    }
  }

  @Test func `of a million empty frames is refused at once`() throws {
    let frame = BundleWire.frame(.piece, [1])
    var bytes = BundleWire.magic
    for _ in 0..<500_000 { bytes += frame }
    try stick.put(bytes)
    let start = ContinuousClock.now
    expectError(.bundleMalformed) { try two.read(stick) }
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test func `that is changed between its two readings is undone`() throws {
    try stick.forge([try BundleWire.encode([segment()])], by: key)
    let other = try Stick()
    try other.forge([try BundleWire.encode([segment()])], by: .random())
    expectError(.bundleIncomplete) {
      try two.read(stick) { _ throws(SatchelError) in
        do {
          try stick.put(try other.bytes())
        } catch { throw SatchelError(.storeFailed) }
        return .all
      }
    }
    #expect(try two.snapshot == before)
    try stick.put(try other.bytes().dropLast(30))
    expectError(.bundleIncomplete) { try two.read(stick) }
  }

  @Test func `of a newer version is refused as such`() throws {
    try stick.forge([], by: key)
    var bytes = try stick.bytes()
    let place = BundleWire.magic.count + BundleWire.prefixBytes
    #expect(bytes[place] == 8 && bytes[place + 1] == 1)
    bytes[place + 1] = 2
    try stick.put(bytes)
    expectError(.protocolNewer) { try two.read(stick) }
  }
}

@Suite struct `An admission of many batches` {
  /// Promise 4: whoever looks while it goes on sees nothing of it, and when it fails nothing is left.
  @Test func `is one transaction`() throws {
    let (one, two) = (try Machine(), try Machine())
    for number in 0..<9 {
      try one.answer("a\(number)", by: LearnerID(high: 0, low: UInt64(number)))
    }
    let batch = try one.store.segments(
      after: 0, of: .everyone, notFrom: nil, bytesMax: 1 << 20
    ).segments
    #expect(batch.count == 9)
    let before = try two.snapshot
    var given = 0

    expectError(.bundleIncomplete) {
      try two.store.admit(from: one.key.publicKey.replica, hubMilliseconds: Machine.noon) {
        () throws(SatchelError) in
        #expect(try two.store.summary(of: .everyone).records == 0)
        if given == 7 { throw SatchelError(.bundleIncomplete) }
        given += 1
        return [batch[given - 1]]
      }
    }
    #expect(given == 7)
    #expect(try two.snapshot == before)

    given = 0
    let admission = try two.store.admit(
      from: one.key.publicKey.replica, hubMilliseconds: Machine.noon
    ) { () throws(SatchelError) in
      given += 1
      return given <= batch.count ? [batch[given - 1]] : nil
    }
    #expect(admission.records == 9)
    #expect(try two.fingerprint == one.fingerprint)
    #expect(try two.folds() == one.folds())
  }
}
