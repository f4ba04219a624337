import Foundation
import SatchelCore
import SatchelStore
import SatchelTestSupport
import SatchelWire
import Testing

@testable import SatchelSync

@Suite struct `A bundle` {
  let mei = LearnerID(high: 0, low: 1)
  let tom = LearnerID(high: 0, low: 2)

  @Test func `written and one written back bring two laptops to one state`() throws {
    let (one, two, stick) = (try Machine(), try Machine(), try Stick())
    for number in 0..<30 { try one.answer("a\(number)", by: mei) }
    for number in 0..<20 { try two.answer("b\(number)", by: number < 9 ? mei : tom) }

    try one.write(stick)
    let there = try two.read(stick)
    try two.write(stick)
    let back = try one.read(stick)

    #expect(there.records == 30 && !there.converged)
    #expect(back.records == 20 && back.converged)
    #expect(try one.fingerprint == two.fingerprint)
    #expect(try one.recordIDs() == two.recordIDs())
    #expect(try one.folds() == two.folds())
    for machine in [one, two] { #expect(try machine.store.examine(.deep).problems == []) }
  }

  @Test func `joins two hubs that never meet, and what their laptops hold`() async throws {
    let (north, south) = (try Machine(folds: false), try Machine(folds: false))
    let (one, two, stick) = (try Machine(), try Machine(), try Stick())
    try one.answer("a", by: mei)
    try two.answer("b", by: tom)
    try await one.sync(with: north)
    try await two.sync(with: south)

    try north.write(stick)
    try south.read(stick)
    try south.write(stick)
    let home = try north.read(stick)

    #expect(home.converged)
    #expect(try await one.sync(with: north).converged)
    #expect(try await two.sync(with: south).converged)
    #expect(try one.folds() == two.folds())
    #expect(try one.recordIDs().count == 2)
  }

  @Test func `read twice adds nothing, and an older one adds nothing`() throws {
    let (one, two, stick) = (try Machine(), try Machine(), try Stick())
    for number in 0..<5 { try one.answer("a\(number)", by: mei) }
    try one.write(stick, "old")
    for number in 5..<9 { try one.answer("a\(number)", by: mei) }
    try one.write(stick, "new")

    #expect(try two.read(stick, "new").records == 9)
    let state = try two.snapshot

    #expect(try two.read(stick, "new").records == 0)
    #expect(try two.read(stick, "old").records == 0)
    #expect(try two.snapshot == state)
  }

  @Test func `holds only what came since the last one, if that is wanted`() throws {
    let (one, two, late, stick) = (try Machine(), try Machine(), try Machine(), try Stick())
    for number in 0..<20 { try one.answer("a\(number)", by: mei) }
    #expect(try one.write(stick, sinceLast: true).records == 20)
    try two.read(stick)
    try one.answer("new", by: mei)

    #expect(try one.write(stick, sinceLast: true).records == 1)
    let reading = try two.read(stick)

    #expect(reading.records == 1 && reading.converged)
    // Who did not read the first cannot take the second.
    let before = try late.snapshot
    expectError(.streamGap) { try late.read(stick) }
    #expect(try late.snapshot == before)
    try one.write(stick)
    #expect(try late.read(stick).converged)
  }

  @Test func `of a name of its own has everything, whatever went out under another`() throws {
    let (one, stick) = (try Machine(), try Stick())
    try one.answer("a", by: mei)
    try one.write(stick, "for-ana", sinceLast: true)
    #expect(try one.write(stick, "for-ben", sinceLast: true).records == 1)
  }

  @Test func `tells a reader who still lacks something`() throws {
    let (one, two, stick) = (try Machine(), try Machine(), try Stick())
    try one.answer("a", by: mei)
    try one.write(stick)
    try one.answer("b", by: tom)
    try one.write(stick, sinceLast: true)
    let reading = try two.read(stick)
    #expect(reading.isBehind && !reading.converged && reading.records == 1)
  }

  @Test func `holds nobody outside its scope, and converges within it`() throws {
    let (one, two, stick) = (try Machine(), try Machine(), try Stick())
    try one.answer("a", by: mei)
    try one.answer("b", by: tom)
    try two.answer("c", by: tom)
    try one.write(stick, scope: .learners([mei]))
    let reading = try two.read(stick)
    #expect(reading.converged && reading.records == 1)
    #expect(reading.head.scope == .learners([mei]))
  }

  @Test func `is split into parts that a stick can hold, and read again`() throws {
    let (one, two, stick) = (try Machine(), try Machine(), try Stick())
    try one.fill(with: 6_000)
    let written = try one.write(stick, partBytesMax: 20_000)

    #expect(written.parts >= 2)
    let names = try stick.names
    #expect(names.count == written.parts)
    for name in names {
      let facts = try FileManager.default.attributesOfItem(atPath: stick.file(name).path)
      // FAT32 knows plain files only: no links of either kind.
      #expect(facts[.type] as? FileAttributeType == .typeRegular)
      #expect(facts[.referenceCount] as? Int == 1)
      #expect(try stick.bytes(name).count <= 20_000)
    }
    #expect(try two.read(stick).converged)

    // A shorter one of that name takes the parts that are too many with it.
    let small = try Machine()
    try small.answer("a", by: mei)
    try small.write(stick, partBytesMax: 20_000)
    #expect(try stick.names == ["class.satchelbundle"])
  }

  @Test func `is not written over a file that is none`() throws {
    let (one, stick) = (try Machine(), try Stick())
    try stick.put(Array("my homework".utf8))
    expectError(.cannotCreate) { try one.write(stick) }
    #expect(try stick.bytes() == Array("my homework".utf8))
    #expect(try stick.names == ["class.satchelbundle"])
  }

  @Test func `leaves the one before it untouched when it cannot be written whole`() throws {
    let (one, stick) = (try Machine(), try Stick())
    try one.answer("a", by: mei)
    try one.write(stick)
    let before = try stick.bytes()
    try one.answer("b", by: mei)

    var order = Bundling.Order(milliseconds: Machine.noon)
    let manifest = try Manifest(
      kind: .model, name: "tutor", channel: "stable", version: 1, createdSeconds: 0,
      files: [Manifest.File(name: "m", byteCount: 9, sha256: [UInt8](repeating: 0, count: 32))])
    order.releases = [
      Bundling.OutgoingRelease(manifest: SignedManifest(signing: manifest, with: one.key)) {
        (_, _) throws(SatchelError) in throw SatchelError(.storeFailed)
      }
    ]
    expectError(.storeFailed) {
      try Bundling.write(order, from: one.store, to: stick.file(), signedBy: one.key)
    }

    #expect(try stick.bytes() == before)
    #expect(try stick.names == ["class.satchelbundle"])
    // And the note did not move: the next one still brings what that one would have.
    #expect(try one.write(stick, sinceLast: true).records == 1)
  }

  @Test func `that waits in a pipe or a folder is not read`() throws {
    let (one, stick) = (try Machine(), try Stick())
    #expect(mkfifo(stick.file("pipe").path, 0o600) == 0)
    try FileManager.default.createDirectory(
      at: stick.file("folder"), withIntermediateDirectories: false)
    expectError(.fileUnreadable) { try one.read(stick, "pipe") }
    expectError(.fileUnreadable) { try one.read(stick, "folder") }
    expectError(.fileMissing) { try one.read(stick, "none") }
  }
}

extension Machine {
  /// Records that pack badly, so that a few thousand fill more than one small part.
  func fill(with count: Int) throws {
    var dice = Dice.thrown(for: "fill")
    let wild = RandomRecords()
    var drafts: [Draft] = []
    for number in 0..<count {
      drafts.append(
        Draft(
          learner: LearnerID(high: 3, low: UInt64(number % 40)), event: wild.event(&dice),
          wallMilliseconds: 1_700_000_000_000 + Int64(dice.roll(0...1_000_000_000))))
    }
    try store.append(drafts, from: 9, at: DeviceMoment(wallMilliseconds: Self.noon, session: 1))
  }
}
