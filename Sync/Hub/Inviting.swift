package import SatchelCore
package import SatchelStore

/// What a keeper does to let a device in: makes a one-time code and reads it out.
package struct Inviting: Sendable {
  /// A code lives this long unless its keeper says otherwise.
  package static let life = Duration.seconds(600)

  package struct Invitation: Sendable {
    package var code: EnrolmentCode
    /// Milliseconds since 1970.
    package var expires: Int64
  }

  private let store: Store

  package init(store: Store) { self.store = store }

  /// Makes a code for one device. The hub is closed from now on, and keeps only what is stretched from the code.
  ///
  /// - Throws: `class.unknown`; `usage.wrong` for a life below a second or above seven days.
  package func invite(_ grant: Grant, for life: Duration = Self.life, at milliseconds: Int64)
    throws(SatchelError) -> Invitation
  {
    guard life >= .seconds(1), life <= Store.invitationLifeMax else {
      throw SatchelError(.usage, subject: "expires", cause: "1s to 7d")
    }
    let code = EnrolmentCode.random()
    let expires = milliseconds + Int64(life / .milliseconds(1))
    try store.invite(
      grant, begins: code.begins, key: try code.stretched(), at: milliseconds, expires: expires)
    return Invitation(code: code, expires: expires)
  }
}
