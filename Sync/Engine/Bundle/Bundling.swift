package import Foundation
package import SatchelCore
package import SatchelWire

/// A round through a file: writing it and reading it, side by side so that they cannot drift apart.
///
/// A bundle carries one direction. The other is a bundle written back; when both were read, both sides hold the same.
package enum Bundling {
  package static let partBytesDefault = BundleWire.partBytesDefault

  /// What a bundle is to hold, beside the records.
  package struct Order: Sendable {
    package var scope = Scope.everyone
    /// Only what arrived since the last bundle of this name.
    package var isSinceLast = false
    package var credentials: Credentials?
    package var releases: [OutgoingRelease] = []
    /// The writer's wall clock.
    package var milliseconds: Int64
    package var partBytesMax = Bundling.partBytesDefault

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  }

  /// A published file on its way out.
  package struct OutgoingRelease: Sendable {
    package var manifest: SignedManifest
    /// `count` bytes of the file from `offset`.
    package var bytes: @Sendable (_ offset: Int, _ count: Int) throws(SatchelError) -> [UInt8]

    package init(
      manifest: SignedManifest,
      bytes: @escaping @Sendable (_ offset: Int, _ count: Int) throws(SatchelError) -> [UInt8]
    ) {
      self.manifest = manifest
      self.bytes = bytes
    }
  }

  package struct Written: Equatable, Sendable {
    package var records = 0
    package var byteCount = 0
    package var parts = 0
    package var fingerprint = Hash256.zero
  }

  // MARK: Write

  /// Writes what the ledger holds of the scope, and notes how far that was.
  ///
  /// When this returns, the bundle is on the stick: file and folder were flushed.
  /// - Throws: `store.full` where the stick is full, `file.cannotCreate`, `cancelled`, and the ledger's errors; a bundle of
  ///   that name is then as it was.
  package static func write(
    _ order: Order, from ledger: some Ledger, to bundle: URL, signedBy key: SigningKey,
    report: (Int) -> Void = { _ in }
  ) throws(SatchelError) -> Written {
    let stick = stick(at: bundle)
    var note = try ledger.note(of: stick)
    let epoch = try ledger.epoch()
    if !order.isSinceLast || note.epoch != epoch { note = PeerNote(epoch: epoch) }
    let head = BundleHead(
      id: (0..<BundleWire.idBytes).map { _ in .random(in: 0...255) }, writer: key.publicKey,
      credentials: order.credentials, milliseconds: order.milliseconds, scope: order.scope,
      isSinceLast: note.pushed > 0)
    let draft = try BundleDraft(bundle, id: head.id, partBytesMax: order.partBytesMax)
    try draft.write(try BundleWire.encode(head))
    var written = Written()
    // A batch fits into a part, however small the parts are to be.
    let batchBytesMax = min(Wire.offerBytesMax, order.partBytesMax / 4)
    let held = try writeRecords(
      of: order.scope, ledger, &note, batchBytesMax: batchBytesMax, to: draft
    ) {
      written.records += $0
      report(written.records)
    }
    for release in order.releases { try write(release, to: draft) }
    written.fingerprint = held.fingerprint
    try draft.finish { (sha256, frames, parts) throws(SatchelError) in
      written.parts = Int(parts)
      let trailer = BundleTrailer(
        sha256: sha256, frames: frames, parts: parts, fingerprint: held.fingerprint,
        streams: UInt64(held.streams), records: UInt64(held.records))
      return try BundleWire.encode(trailer, signedBy: key)
    }
    written.byteCount = draft.byteCount
    // After the bundle is safe: a note that is lost costs bytes, one that runs ahead would cost a reader a gap.
    note.lastFingerprint = held.fingerprint
    note.lastSuccessMilliseconds = order.milliseconds
    try ledger.keep(note, of: stick)
    return written
  }

  /// All batches after the note, which moves along; returns what the ledger held when the last was read.
  ///
  /// That, and not what it held at the start, stands in the trailer: records that are made meanwhile come along.
  private static func writeRecords(
    of scope: Scope, _ ledger: some Ledger, _ note: inout PeerNote, batchBytesMax: Int,
    to draft: BundleDraft, _ report: (Int) -> Void
  ) throws(SatchelError) -> ScopeSummary {
    while true {
      if Task.isCancelled { throw SatchelError(.cancelled) }
      let batch = try ledger.segments(
        after: note.pushed, of: scope, notFrom: nil, bytesMax: batchBytesMax)
      if !batch.segments.isEmpty {
        try draft.write(try BundleWire.encode(batch.segments))
        report(batch.segments.reduce(0) { $0 + $1.count })
      }
      note.pushed = batch.through
      if !batch.hasMore { return batch.summary }
    }
  }

  private static func write(_ release: OutgoingRelease, to draft: BundleDraft)
    throws(SatchelError)
  {
    guard let file = release.manifest.manifest.files.first,
      release.manifest.manifest.files.count == 1
    else { return }
    try draft.write(BundleWire.frame(.manifest, release.manifest.encoded))
    var offset = 0
    while offset < file.byteCount {
      if Task.isCancelled { throw SatchelError(.cancelled) }
      let bytes = try release.bytes(
        offset, min(BundleWire.pieceBytesMax, file.byteCount - offset))
      guard !bytes.isEmpty else { throw SatchelError(.storeDamaged, subject: file.name) }
      try draft.write(BundleWire.frame(.piece, bytes))
      offset += bytes.count
    }
  }

  /// The peer that a bundle's name stands for in the notes: what went out under it, and may be left out next time.
  static func stick(at bundle: URL) -> PeerID {
    let path = Array(bundle.standardizedFileURL.path.utf8)
    let hash = Hash256(hashing: Array("satchel stick 1\0".utf8), path)
    return PeerID(bytes: hash.bytes.prefix(16)) ?? PeerID(high: 0, low: 0)
  }

  // MARK: Read

  /// What a reader lets a writer bring.
  package struct License: Equatable, Sendable {
    package var scope: Scope
    /// A stream outside the scope refuses the whole bundle; else it is left out.
    package var refusesOutside: Bool
    /// The writer's clock is a hub's, and bounds how far times are adopted.
    package var trustsClock: Bool

    package init(scope: Scope, refusesOutside: Bool, trustsClock: Bool) {
      self.scope = scope
      self.refusesOutside = refusesOutside
      self.trustsClock = trustsClock
    }
  }

  package struct Reading: Sendable {
    package var head: BundleHead
    /// Of the bundle's scope, at the writer.
    package var writerFingerprint: Hash256
    /// New ones.
    package var records = 0
    package var byteCount = 0
    /// Of the bundle's scope the reader holds what the writer held: fingerprints were compared (INV-converge).
    package var converged = false
    /// The writer held more than the reader does now: a bundle of what came since the last one, and that was not read here.
    package var isBehind = false
    /// Of the bundle's scope, as far as the reader may have it, at the reader.
    package var fingerprint = Hash256.zero
    package var releases: [IncomingRelease] = []
  }

  /// A published file that a whole and signed bundle carries; its manifest and bytes are for ``Refresh`` to check.
  package struct IncomingRelease: Equatable, Sendable {
    package var manifest: [UInt8]
    /// Where its pieces begin.
    package var place: BundlePlace
  }

  /// Takes all records of a bundle, in one transaction, or none.
  ///
  /// The bundle is read twice: once to prove that it is whole and signed, so that no writer lock is held while a slow stick
  /// is read in vain, and once to admit it. The second reading proves it again, before it commits: a stick may be
  /// changed or pulled in between.
  /// - Parameters:
  ///   - milliseconds: the reader's wall clock.
  ///   - judge: whether this writer's bundle may be taken, and how much of it; throws `bundle.stranger` or `hub.refused`.
  ///   - report: records read so far, of how many.
  /// - Throws: what ``BundleReader/next()`` throws, what `judge` throws, `scope.denied`, `cancelled`, and what the ledger throws, `stream.gap`
  ///   among it; nothing of the bundle is then stored.
  package static func read(
    into ledger: some Ledger, from bundle: URL, milliseconds: Int64,
    judge: (BundleHead) throws(SatchelError) -> License, report: (Int) -> Void = { _ in }
  ) throws(SatchelError) -> Reading {
    let proof = try prove(bundle)
    let license = try judge(proof.head)
    var out = Reading(
      head: proof.head, writerFingerprint: proof.trailer.fingerprint, byteCount: proof.byteCount,
      releases: proof.releases)
    let second = BundleReader(bundle)
    var seen = 0
    let ceiling = license.trustsClock ? proof.head.milliseconds : milliseconds
    out.records = try ledger.admit(from: proof.head.writer.replica, hubMilliseconds: ceiling) {
      () throws(SatchelError) in
      let batch = try nextBatch(of: second, license)
      if let batch {
        seen += batch.reduce(0) { $0 + $1.count }
        report(seen)
      } else if second.trailer != proof.trailer {
        throw SatchelError(.bundleIncomplete, subject: bundle.path, cause: "changed while read")
      }
      return batch
    }.records
    // A writer that holds anybody else sums up more than this, so that nothing is called equal that is not.
    let held = try ledger.summary(of: proof.head.scope.intersection(license.scope))
    out.fingerprint = held.fingerprint
    out.isBehind = proof.head.isSinceLast && held.records < proof.trailer.records
    out.converged = out.fingerprint == out.writerFingerprint
    return out
  }

  /// Who is in a bundle besides `known`, as far as an unproven one tells; at most `max` of them.
  ///
  /// - Throws: `input.tooLarge` for more; what ``BundleReader/next()`` throws.
  package static func learners(in bundle: URL, besides known: Set<LearnerID>, max: Int)
    throws(SatchelError) -> Set<LearnerID>
  {
    let reader = BundleReader(bundle)
    var out: Set<LearnerID> = []
    while let frame = try reader.next() {
      guard frame.kind == .batch else { continue }
      for segment in try BundleWire.batch(in: frame.bytes)
      where !known.contains(segment.stream.learner) {
        out.insert(segment.stream.learner)
      }
      guard out.count <= max else {
        throw SatchelError(.inputTooLarge, subject: bundle.path, cause: "\(max) other learners")
      }
    }
    return out
  }

  private static func prove(_ bundle: URL) throws(SatchelError) -> (
    head: BundleHead, trailer: BundleTrailer, releases: [IncomingRelease], byteCount: Int
  ) {
    let reader = BundleReader(bundle)
    var releases: [IncomingRelease] = []
    var manifestBytes = 0
    while let frame = try reader.next() {
      if Task.isCancelled { throw SatchelError(.cancelled) }
      guard frame.kind == .manifest else { continue }
      manifestBytes += frame.bytes.count
      guard releases.count < BundleWire.releasesMax, manifestBytes <= 2 * Manifest.bytesMax else {
        throw BundleWire.malformed("releases")
      }
      let after = frame.place.offset + BundleWire.prefixBytes + frame.bytes.count
      releases.append(
        IncomingRelease(
          manifest: frame.bytes, place: BundlePlace(part: frame.place.part, offset: after)))
    }
    guard let head = reader.head, let trailer = reader.trailer else {
      throw BundleWire.malformed("head")
    }
    return (head, trailer, releases, reader.byteCount)
  }

  /// The segments of the next batch that the reader takes any of; `nil` once the whole bundle was read and proved.
  private static func nextBatch(of reader: BundleReader, _ license: License)
    throws(SatchelError) -> [Segment]?
  {
    while let frame = try reader.next() {
      if Task.isCancelled { throw SatchelError(.cancelled) }
      guard frame.kind == .batch else { continue }
      let batch = try BundleWire.batch(in: frame.bytes)
      // INV-scope: enforced on every stream.
      let granted = batch.filter { license.scope.contains($0.stream.learner) }
      if granted.count < batch.count, license.refusesOutside {
        let other = batch.first { !license.scope.contains($0.stream.learner) }
        throw SatchelError(.scopeDenied, subject: other?.stream.learner.description ?? "")
      }
      if !granted.isEmpty { return granted }
    }
    return nil
  }
}

extension Scope {
  /// Who is in both.
  fileprivate func intersection(_ other: Scope) -> Scope {
    switch (self, other) {
    case (.everyone, _): other
    case (.learners, .everyone): self
    case (.learners(let mine), .learners(let theirs)): .learners(mine.intersection(theirs))
    }
  }
}
