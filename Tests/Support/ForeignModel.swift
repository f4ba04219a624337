internal import Testing

/// A model file as if another version of Satchel had made it.
///
/// - Parameter model: of this version.
package func foreignModel(_ model: [UInt8]) throws -> [UInt8] {
  let name = Array("\"version\":\"".utf8)
  let place = try #require(model.indices.first { model[$0...].starts(with: name) })
  var foreign = model
  foreign[place + name.count] = UInt8(ascii: "9")
  return foreign
}
