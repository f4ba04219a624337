package import Foundation
internal import Glibc
package import SatchelCore

/// One round at a time on one store, across processes: an advisory lock that the kernel drops with its owner.
package struct SyncLock: ~Copyable {
  private let descriptor: Int32

  /// - Throws: `store.busy` when somebody holds it.
  package init(beside store: URL) throws(SatchelError) {
    let path = store.path + ".sync-lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SatchelError(.storeReadOnly, subject: path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      Glibc.close(descriptor)
      throw SatchelError(.storeBusy, subject: "sync")
    }
  }

  /// Lets others in; the file stays, for removing it would let two owners lock two files.
  ///
  /// Unlocked and not only closed: a child that another thread of this process has just forked holds the same lock until
  /// it runs its program.
  package func release() {
    flock(descriptor, LOCK_UN)
    Glibc.close(descriptor)
  }
}
