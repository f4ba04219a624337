// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import CSatchel

/// The memory of one result: everything that its root points to, freed at once by `satchel_free`.
///
/// Blocks are filled one after the other. Before the root lie 16 bytes that lead back here:
///
///     8 bytes   the arena, retained
///     8 bytes   ``mark``, against a pointer that is no root
///     root
final class ResultArena {
  private static let mark: UInt64 = 0x5341_5443_4845_4c21
  private static let headBytes = 16
  private static let blockBytes = 4096
  private static let alignment = 16

  private var blocks: [UnsafeMutableRawPointer] = []
  /// What is left of the last block.
  private var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  deinit { for block in blocks { block.deallocate() } }

  private func take(_ count: Int) -> UnsafeMutableRawPointer {
    let needed = (count + Self.alignment - 1) & ~(Self.alignment - 1)
    if let place = free.baseAddress, needed <= free.count {
      free = UnsafeMutableRawBufferPointer(rebasing: free.dropFirst(needed))
      return place
    }
    let size = max(needed, Self.blockBytes)
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.alignment)
    blocks.append(block)
    free = UnsafeMutableRawBufferPointer(start: block + needed, count: size - needed)
    return block
  }

  /// A NUL-ended copy.
  func text(_ text: String) -> UnsafePointer<CChar> {
    bytes(Array(text.utf8) + [0]).assumingMemoryBound(to: CChar.self)
  }

  /// NULL for `nil`.
  func optionalText(_ text: String?) -> UnsafePointer<CChar>? { text.map { self.text($0) } }

  func bytes(_ bytes: [UInt8]) -> UnsafeRawPointer {
    let place = take(max(1, bytes.count))
    bytes.withUnsafeBytes {
      place.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: $0.count)
    }
    return UnsafeRawPointer(place)
  }

  /// An array of pointers to texts.
  func texts(_ texts: some Sequence<String>) -> UnsafePointer<UnsafePointer<CChar>?> {
    array(texts.map { Optional(text($0)) })
  }

  /// An array of pointers to copies of `values`.
  func list<Value>(_ values: some Sequence<Value>) -> UnsafePointer<UnsafePointer<Value>?> {
    array(values.map { UnsafePointer?(UnsafePointer(store($0))) })
  }

  private func array<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
    let place = take(max(1, elements.count) * MemoryLayout<Element>.stride)
      .bindMemory(to: Element.self, capacity: max(1, elements.count))
    for (index, element) in elements.enumerated() {
      (place + index).initialize(to: element)
    }
    return UnsafePointer(place)
  }

  private func store<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
    let place = take(MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: 1)
    place.initialize(to: value)
    return place
  }

  /// Makes `value` the root, and hands all of this to the caller.
  func hand<Value>(over value: Value) -> UnsafeMutablePointer<Value> {
    let head = take(Self.headBytes + MemoryLayout<Value>.stride)
    head.storeBytes(
      of: UInt(bitPattern: Unmanaged.passRetained(self).toOpaque()), as: UInt.self)
    head.storeBytes(of: Self.mark, toByteOffset: 8, as: UInt64.self)
    let root = (head + Self.headBytes).bindMemory(to: Value.self, capacity: 1)
    root.initialize(to: value)
    return root
  }

  /// Frees the result with that root; what is none is left alone.
  static func free(root: UnsafeRawPointer) {
    let head = root - headBytes
    guard head.load(fromByteOffset: 8, as: UInt64.self) == mark,
      let result = UnsafeRawPointer(bitPattern: head.load(as: UInt.self))
    else { return }
    Unmanaged<ResultArena>.fromOpaque(result).release()
  }
}

@c @implementation
public func satchel_free(_ result: UnsafeRawPointer?) {
  if let result { ResultArena.free(root: result) }
}
