import Foundation
import Satchel
import SatchelTestSupport
import Testing

/// The way schools install software: one disk image on all laptops (spec/faults.md, S12; contract, promise 7).
@Suite struct `Thirty laptops from one disk image` {
  @Test func `lose nothing, count nothing twice, and show as thirty devices`() async throws {
    let school = try await School()
    let image = try school.laptop("image")
    try image.importPack(at: School.pack)
    let mei = try image.addLearner()
    try image.practise(mei, 5) { _ in true }
    try image.close()

    // The files are copied, the laptops record offline, all sync twice.
    let names = (1...30).map { "laptop-\($0)" }
    for name in names { try school.copyStore("image", to: name) }
    let laptops = try names.map { try school.laptop($0) }
    for (number, laptop) in laptops.enumerated() {
      try laptop.practise(mei, 1 + number % 3) { _ in number % 2 == 0 }
    }
    for laptop in laptops { #expect(try await laptop.sync(with: school.url).converged) }
    for laptop in laptops { #expect(try await laptop.sync().converged) }

    let held = try school.hub.summary(of: .everyone)
    #expect(held.records == 5 + 60)
    #expect(try school.hub.examine(.deep).problems == [])
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    for laptop in laptops {
      #expect(try laptop.store.summary(of: .everyone) == held)
      #expect(try laptop.progress(of: mei, at: now) == laptops[0].progress(of: mei, at: now))
    }
    #expect(Set(try laptops.map { try $0.identity() }).count == 30)
    #expect(try school.hub.devices().count == 30)
  }

  /// The image was used and had synced before it was copied; some copies take the place of the original.
  @Test func `that had synced before keep what they shared, once`() async throws {
    let school = try await School()
    let first = try school.laptop("first")
    try first.importPack(at: School.pack)
    let mei = try first.addLearner()
    try first.practise(mei, 4) { _ in true }
    #expect(try await first.sync(with: school.url).converged)
    try first.close()
    for name in ["second", "third"] { try school.copyStore("first", to: name) }

    let laptops = try ["first", "second", "third"].map { try school.laptop($0) }
    for laptop in laptops { try laptop.practise(mei, 3) { _ in false } }
    for laptop in laptops + laptops { #expect(try await laptop.sync().converged) }

    #expect(try school.hub.summary(of: .everyone).records == 4 + 9)
    #expect(try school.hub.devices().count == 3)
    for laptop in laptops { #expect(try laptop.recordCount(of: mei) == 13) }
  }

  /// A file on a stick that is used at home and at school in turn, and put over the old one each time.
  @Test func `or one file carried back and forth keep every lesson`() async throws {
    let school = try await School()
    var home = try school.laptop("home")
    try home.importPack(at: School.pack)
    let mei = try home.addLearner()
    for day in 1...4 {
      try home.practise(mei, day) { _ in true }
      try home.close()
      try school.copyStore("home", to: "desk")
      let desk = try school.laptop("desk")
      try desk.practise(mei, day) { _ in false }
      if day.isMultiple(of: 2) { _ = try await desk.sync(with: school.url) }
      try desk.close()
      try school.copyStore("desk", to: "home")
      home = try school.laptop("home")
    }
    #expect(try await home.sync(with: school.url).converged)
    #expect(try home.recordCount(of: mei) == 20)
    #expect(try school.hub.summary(of: .everyone).records == 20)
    #expect(try home.store.examine(.deep).problems == [])
  }
}

extension School {
  /// Copies a closed laptop's files, as a disk image or a stick does.
  func copyStore(_ name: String, to copy: String) throws {
    for suffix in ["", "-wal", ".beacon", ".key"] {
      let (from, to) = (
        scratch.file(name + ".sqlite" + suffix), scratch.file(copy + ".sqlite" + suffix)
      )
      try? FileManager.default.removeItem(at: to)
      if FileManager.default.fileExists(atPath: from.path) {
        try FileManager.default.copyItem(at: from, to: to)
      }
    }
  }
}
