// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel

@c @implementation
public func satchel_sync_start(
  _ replica: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ options: UnsafePointer<satchel_sync_options>?, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> satchel_status {
  start(replica, options, out) { (replica, choices) throws(SatchelError) in
    let url = try replica.address(ofHub: try optionalText(url, "url"))
    return { () async throws(SatchelError) in
      .synced(try await replica.sync(with: url, options: choices.options, progress: choices.report))
    }
  }
}

@c @implementation
public func satchel_enroll_start(
  _ replica: OpaquePointer?, _ url: UnsafePointer<CChar>?, _ code: UnsafePointer<CChar>?,
  _ options: UnsafePointer<satchel_sync_options>?, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> satchel_status {
  start(replica, options, out) { (replica, choices) throws(SatchelError) in
    let url = try replica.address(ofHub: try text(url, "url"))
    let code = try text(code, "code")
    _ = try Replica.enrolmentCode(code)
    return { () async throws(SatchelError) in
      .enrolled(try await replica.enroll(at: url, code: code, options: choices.options))
    }
  }
}

private typealias Work = @Sendable () async throws(SatchelError) -> SyncTask.Outcome

private func start(
  _ replica: OpaquePointer?, _ options: UnsafePointer<satchel_sync_options>?,
  _ out: UnsafeMutablePointer<OpaquePointer?>?,
  _ work: (Replica, SyncChoices) throws(SatchelError) -> Work
) -> satchel_status {
  out?.pointee = nil
  return call { () throws(SatchelError) in
    guard let out else { throw usage("out") }
    let choices = try SyncChoices(options)
    let body = try work(try SatchelC.replica(replica), choices)
    out.pointee = Handle.make(try SyncTask(isStepwise: choices.isStepwise, body))
  }
}

/// `satchel_sync_options` in Swift's terms.
private struct SyncChoices: Sendable {
  let options: SyncOptions
  let isStepwise: Bool
  private let onProgress: satchel_on_progress?
  private let context: Context

  /// `SATCHEL_SYNC_OPTIONS_INIT`.
  private static var usual: satchel_sync_options {
    satchel_sync_options(
      size: MemoryLayout<satchel_sync_options>.size, flags: 0, channel: nil, stall_seconds: 0,
      keep_seconds: 15, on_progress: nil, context: nil)
  }
  private static let flagsKnown =
    SATCHEL_SYNC_STEPWISE | SATCHEL_SYNC_PLAIN_HTTP | SATCHEL_SYNC_TRUST_NEW_HUB

  init(_ pointer: UnsafePointer<satchel_sync_options>?) throws(SatchelError) {
    let given = try SatchelC.options(pointer, over: Self.usual, "options")
    guard given.flags & ~Self.flagsKnown == 0 else { throw usage("flags", "unknown") }
    var options = SyncOptions()
    if let channel = try optionalText(given.channel, "channel") { options.channel = channel }
    options.allowsPlainHTTP = given.flags & SATCHEL_SYNC_PLAIN_HTTP != 0
    options.trustsNewHub = given.flags & SATCHEL_SYNC_TRUST_NEW_HUB != 0
    if given.stall_seconds > 0 { options.stallSeconds = Int(given.stall_seconds) }
    options.keepSeconds = Int(given.keep_seconds)
    self.options = options
    isStepwise = given.flags & SATCHEL_SYNC_STEPWISE != 0
    onProgress = given.on_progress
    context = Context(pointer: given.context)
  }

  func report(_ progress: SyncProgress) {
    guard let onProgress else { return }
    var view = satchel_sync_progress(
      records_sent: Int64(progress.recordsSent), records_received: Int64(progress.recordsReceived))
    onProgress(context.pointer, &view)
  }
}

// MARK: - Bundles

@c @implementation
public func satchel_bundle_write(
  _ replica: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ flags: UInt32,
  _ part_bytes_max: Int64, _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_sync_report>?>?
) -> satchel_status {
  call(handingOver: out, isOptional: true) { (result) throws(SatchelError) in
    guard flags & ~SATCHEL_BUNDLE_SINCE_LAST == 0 else { throw usage("flags", "unknown") }
    guard part_bytes_max >= 0 else { throw usage("part_bytes_max", "below 0") }
    var options = BundleOptions()
    options.sinceLast = flags & SATCHEL_BUNDLE_SINCE_LAST != 0
    if part_bytes_max != 0 { options.partBytesMax = Int(part_bytes_max) }
    let report = try SatchelC.replica(replica)
      .writeBundle(to: try fileURL(path), options: options)
    return result.report(report)
  }
}

@c @implementation
public func satchel_bundle_read(
  _ replica: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ channel: UnsafePointer<CChar>?,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_sync_report>?>?
) -> satchel_status {
  call(handingOver: out, isOptional: true) { (result) throws(SatchelError) in
    let (replica, url) = (try SatchelC.replica(replica), try fileURL(path))
    var options = BundleOptions()
    if let channel = try optionalText(channel, "channel") { options.channel = channel }
    // Stepped, so that this thread does the work and none waits for another.
    let reading = try SyncTask(isStepwise: true) { [options] () async throws(SatchelError) in
      .read(try await replica.readBundle(at: url, options: options))
    }
    guard case .read(let report) = try reading.finish() else {
      throw SatchelError(.cancelled)
    }
    return result.report(report)
  }
}

// MARK: - What came of it

extension ResultArena {
  func report(_ bundle: BundleReport) -> satchel_sync_report {
    report(bundle.round, isBehind: bundle.isBehind, refused: bundle.refused)
  }

  func report(
    _ round: SyncReport, isBehind: Bool = false, refused: [SatchelError] = []
  ) -> satchel_sync_report {
    satchel_sync_report(
      converged: round.converged, fingerprint: text(round.fingerprint),
      requests: Int64(round.requests), records_sent: Int64(round.recordsSent),
      records_received: Int64(round.recordsReceived), bytes_sent: Int64(round.bytesSent),
      bytes_received: Int64(round.bytesReceived), seconds: round.seconds,
      model_channel: text(round.model.channel), model_version: Int64(round.model.version),
      model_changed: round.model.changed, pack_count: round.packs.count,
      packs: texts(round.packs), is_behind: isBehind, refused_count: refused.count,
      refused: texts(refused.map(\.description)))
  }

  func enrolment(_ enrolment: Enrolment) -> satchel_enrolment {
    satchel_enrolment(
      hub: text(enrolment.hub), scope_count: enrolment.scopes.count,
      scopes: texts(enrolment.scopes))
  }
}
