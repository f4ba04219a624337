import SatchelCore
import SatchelWire
import Testing

extension EnrolmentExample {
  /// The example as the page shows it: its values, then the two messages that carry them, field by field.
  func page(of world: ExampleWorld) throws -> [ExampleLine] {
    let values = Dictionary(uniqueKeysWithValues: lines.map { ($0.name, $0.value) })
    func bytes(_ name: String) throws -> [UInt8] {
      let hex = try #require(values[name], "\(name)")
      return try #require(Hex.decode(hex))
    }
    let proto = try ProtoText(
      "Sync/Protocol/sync.proto", inner: ["SignedRequest.body": "EnrolRequest"])
    let code = EnrolmentCode(bits: 0x01_2345_6789)
    let request = try Wire.encode(
      EnrolRequest(begins: code.begins, proof: try bytes("device's proof")), signedBy: world.device)
    let reply = try Wire.encode(
      EnrolReply(
        hubKey: world.hub.publicKey, grant: try bytes("grant"), pin: try #require(values["pin"]),
        proof: try bytes("hub's proof")))
    return lines.map { ExampleLine($0.name, $0.value) }
      + (try Self.taken(apart: request, as: "SignedRequest", by: proto, "request"))
      + (try Self.taken(apart: reply, as: "EnrolReply", by: proto, "reply"))
  }

  private static func taken(
    apart body: [UInt8], as message: String, by proto: ProtoText, _ name: String
  ) throws -> [ExampleLine] {
    [ExampleLine("\(name) magic", Hex.encode(body.prefix(8)))]
      + (try proto.lines(of: body.dropFirst(8), as: message, under: "\(name) "))
  }
}

@Suite struct `The protocol's page on enrolment` {
  @Test func `works out a code, both proofs, a grant and a succession`() throws {
    let world = try ExampleWorld()
    try PageExample.expect("enrolment", toShow: try EnrolmentExample().page(of: world))
  }
}
