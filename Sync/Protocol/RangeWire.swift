import Foundation
import SatchelCore

/// The repair parts of a message: ranges of stream ids, and what is wanted of them.
extension Wire {
  /// The most ranges in one message.
  package static let rangesMax = 4096
  /// The most parts that one range is split into, as a power of two.
  package static let partsLog2Max = 12
  /// The most leaves in one message: 26 bytes each are some 400 kB.
  package static let leavesMax = 16_384

  static func proto(_ held: HeldRange) -> ProtoStreamRange {
    var out = ProtoStreamRange()
    out.bits = UInt32(held.range.bits)
    out.prefix = held.range.prefix
    switch held.content {
    case .sums(let sums):
      out.sums = Data(words: sums)
    case .leaves(let leaves):
      out.heads.streams = Data(leaves.flatMap(\.stream.bytes))
      out.heads.numbers = leaves.map(\.number)
      out.heads.hashes = Data(words: leaves.map(\.check))
    }
    return out
  }

  static func ranges(in list: [ProtoStreamRange]) throws(SatchelError) -> [HeldRange] {
    guard list.count <= rangesMax else { throw malformed("ranges") }
    var leavesLeft = leavesMax
    var last: StreamRange?
    var out: [HeldRange] = []
    for message in list {
      guard message.bits <= UInt32(StreamRange.bitsMax) else { throw malformed("range") }
      let range = StreamRange(bits: Int(message.bits), prefix: message.prefix)
      guard range.prefix == message.prefix else { throw malformed("range") }
      // Rising and apart, so that nobody has the same streams looked through thousands of times.
      if let last, range.bounds.lowerBound <= last.bounds.upperBound { throw malformed("range") }
      last = range
      let content = try content(of: message, leavesMax: leavesLeft)
      if case .leaves(let leaves) = content { leavesLeft -= leaves.count }
      out.append(HeldRange(range, content))
    }
    return out
  }

  private static func content(of message: ProtoStreamRange, leavesMax: Int) throws(SatchelError)
    -> HeldRange.Content
  {
    if !message.hasHeads {
      let sums = message.sums.words
      guard let sums, !sums.isEmpty, sums.count & (sums.count - 1) == 0,
        sums.count <= 1 << partsLog2Max
      else { throw malformed("sums") }
      return .sums(sums)
    }
    let streams: [StreamID] = try ids(in: message.heads.streams, max: leavesMax)
    guard let checks = message.heads.hashes.words, checks.count == streams.count,
      message.heads.numbers.count == streams.count
    else { throw malformed("heads") }
    let leaves = streams.indices.map {
      HeldLeaf(stream: streams[$0], number: message.heads.numbers[$0], check: checks[$0])
    }
    return .leaves(leaves)
  }

  static func wanted(in message: ProtoSyncRequest) throws(SatchelError) -> [WantedRecords] {
    let streams: [StreamID] = try ids(in: message.wantedStreams, max: wantedMax)
    guard streams.count == message.wantedFrom.count else { throw malformed("wanted") }
    return zip(streams, message.wantedFrom).map { WantedRecords(stream: $0, from: $1) }
  }
}

extension Data {
  /// Numbers, 8 bytes each, most significant first.
  fileprivate init(words: [UInt64]) {
    var bytes: [UInt8] = []
    for word in words { bytes.appendBigEndian(word) }
    self.init(bytes)
  }

  /// `nil` when the length does not fit.
  fileprivate var words: [UInt64]? {
    guard count.isMultiple(of: 8) else { return nil }
    var reader = ByteReader(Array(self))
    var out: [UInt64] = []
    while let word = reader.bigEndian(UInt64.self) { out.append(word) }
    return out
  }
}
