/// What went wrong, to what, because of what; the one error type that leaves Satchel.
///
/// Callers branch on ``code``; people read ``message(in:)`` and ``hint(in:)``. No part of it ever holds a learner's
/// name, an answer or a key.
public struct SatchelError: Error, Sendable {
  public let code: Code
  /// What it happened to: a path, an id, a line number. May be empty.
  public let subject: String
  /// The text of the error beneath, where there is one: SQLite's, libcurl's, the file system's.
  public let cause: String?
  /// How long the hub, or what answered in its place, asks to be left alone, at most a quarter of an hour; `nil` where it
  /// says nothing. Who tries again waits at least so long.
  public let retryAfter: Duration?

  public init(
    _ code: Code, subject: String = "", cause: String? = nil, retryAfter: Duration? = nil
  ) {
    self.code = code
    self.subject = subject
    self.cause = cause
    self.retryAfter = retryAfter
  }

  /// Stable names of what can go wrong; part of the command line's and the C interface's contract.
  public enum Code: String, CaseIterable, Sendable {
    // Usage.
    case usage = "usage.wrong"
    // Input.
    case fileMissing = "file.missing"
    case fileUnreadable = "file.unreadable"
    case fileMalformed = "file.malformed"
    case rowsMalformed = "rows.malformed"
    case inputTooLarge = "input.tooLarge"
    case badKey = "content.badKey"
    case itemUnknown = "item.unknown"
    case skillUnknown = "skill.unknown"
    case learnerUnknown = "learner.unknown"
    case learnerAmbiguous = "learner.ambiguous"
    case recordInvalid = "record.invalid"
    case packInvalid = "pack.invalid"
    case packHashMismatch = "pack.hashMismatch"
    case packSignature = "pack.badSignature"
    case packForeign = "pack.foreignPublisher"
    case packDowngrade = "pack.olderVersion"
    case modelMalformed = "model.malformed"
    case modelShapeMismatch = "model.shapeMismatch"
    case modelNotFinite = "model.notFinite"
    case modelSignature = "model.badSignature"
    case modelHashMismatch = "model.hashMismatch"
    case modelDowngrade = "model.olderVersion"
    case modelUnknown = "model.unknown"
    case manifestMalformed = "manifest.malformed"
    // Streams.
    case segmentMalformed = "segment.malformed"
    case streamBroken = "stream.brokenChain"
    case streamSignature = "stream.badSignature"
    case streamGap = "stream.gap"
    case scopeDenied = "scope.denied"
    // Who may sync.
    case classUnknown = "class.unknown"
    case deviceUnknown = "device.unknown"
    case enrolmentRefused = "enrolment.refused"
    case enrolmentTooMany = "enrolment.tooMany"
    // Bundles.
    case bundleIncomplete = "bundle.incomplete"
    case bundleMalformed = "bundle.malformed"
    case bundleStranger = "bundle.stranger"
    // The store.
    case storeMissing = "store.missing"
    case storeForeign = "store.foreign"
    case storeNewer = "store.newer"
    case storeDamaged = "store.damaged"
    case storeBusy = "store.busy"
    case storeFull = "store.full"
    case storeReadOnly = "store.readOnly"
    case storeFailed = "store.failed"
    case vaultLocked = "vault.locked"
    case cannotCreate = "file.cannotCreate"
    // Network.
    case hubUnreachable = "hub.unreachable"
    case hubTimeout = "hub.timeout"
    case hubTLS = "hub.tls"
    case hubNotAHub = "hub.notAHub"
    case hubFailed = "hub.failed"
    case hubRefused = "hub.refused"
    case hubChanged = "hub.keyChanged"
    case hubInsecure = "hub.insecure"
    case replyMalformed = "reply.malformed"
    case protocolNewer = "protocol.newer"
    case cancelled = "cancelled"
    // Training.
    case trainingData = "training.badData"
    case memoryParameters = "memory.badParameters"
  }
}

extension SatchelError: CustomStringConvertible {
  /// The English sentence, the subject and the cause in one line.
  public var description: String { message(in: .english) }
}

extension SatchelError.Code {
  /// The exit status of the command line, after sysexits; Docs/cli.md lists it.
  public var exitStatus: Int32 {
    switch self {
    case .usage: 64
    case .fileMissing, .storeMissing: 66
    case .hubUnreachable, .hubTimeout, .hubTLS, .hubNotAHub, .hubFailed, .replyMalformed,
      .hubChanged:
      69
    case .cannotCreate: 73
    case .storeFull, .storeReadOnly, .storeFailed: 74
    case .storeBusy: 75
    case .scopeDenied, .bundleStranger, .hubRefused, .hubInsecure, .vaultLocked, .deviceUnknown,
      .enrolmentRefused,
      .enrolmentTooMany:
      77
    case .storeForeign, .storeNewer, .storeDamaged: 78
    case .cancelled: 130
    case .fileUnreadable, .fileMalformed, .rowsMalformed, .inputTooLarge, .badKey, .itemUnknown,
      .skillUnknown, .learnerUnknown, .learnerAmbiguous, .classUnknown, .recordInvalid,
      .packInvalid,
      .packHashMismatch, .packSignature, .packForeign, .packDowngrade, .modelMalformed,
      .modelShapeMismatch, .modelNotFinite, .modelSignature, .modelHashMismatch, .modelDowngrade,
      .modelUnknown, .manifestMalformed, .segmentMalformed, .streamBroken, .streamSignature,
      .streamGap, .bundleIncomplete, .bundleMalformed, .protocolNewer, .trainingData,
      .memoryParameters:
      65
    }
  }
}

extension SatchelError.Code {
  /// The status of the C interface: `satchel_status` in satchel.h lists the same numbers. One that was given out is never
  /// used again for another code.
  package var status: Int32 {
    switch self {
    case .usage: 1
    case .fileMissing: 100
    case .fileUnreadable: 101
    case .fileMalformed: 102
    case .rowsMalformed: 103
    case .inputTooLarge: 104
    case .badKey: 105
    case .itemUnknown: 106
    case .skillUnknown: 107
    case .learnerUnknown: 108
    case .learnerAmbiguous: 109
    case .recordInvalid: 110
    case .packInvalid: 111
    case .packHashMismatch: 112
    case .packSignature: 113
    case .packForeign: 114
    case .packDowngrade: 115
    case .modelMalformed: 116
    case .modelShapeMismatch: 117
    case .modelNotFinite: 118
    case .modelSignature: 119
    case .modelHashMismatch: 120
    case .modelDowngrade: 121
    case .modelUnknown: 122
    case .manifestMalformed: 123
    case .segmentMalformed: 200
    case .streamBroken: 201
    case .streamSignature: 202
    case .streamGap: 203
    case .scopeDenied: 204
    case .classUnknown: 300
    case .deviceUnknown: 301
    case .enrolmentRefused: 302
    case .enrolmentTooMany: 303
    case .bundleIncomplete: 400
    case .bundleMalformed: 401
    case .bundleStranger: 402
    case .storeMissing: 500
    case .storeForeign: 501
    case .storeNewer: 502
    case .storeDamaged: 503
    case .storeBusy: 504
    case .storeFull: 505
    case .storeReadOnly: 506
    case .storeFailed: 507
    case .vaultLocked: 508
    case .cannotCreate: 509
    case .hubUnreachable: 600
    case .hubTimeout: 601
    case .hubTLS: 602
    case .hubNotAHub: 603
    case .hubFailed: 604
    case .hubRefused: 605
    case .hubChanged: 606
    case .hubInsecure: 607
    case .replyMalformed: 608
    case .protocolNewer: 609
    case .cancelled: 611
    case .trainingData: 700
    case .memoryParameters: 701
    }
  }
}
