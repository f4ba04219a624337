// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel

/// An object behind an opaque pointer of the C interface.
///
/// The pointer owns one reference. A call takes another for as long as it runs, so what a handle stands for outlives whatever
/// else ends meanwhile.
enum Handle {
  static func make(_ object: some AnyObject) -> OpaquePointer {
    OpaquePointer(Unmanaged.passRetained(object).toOpaque())
  }

  static func object<Object: AnyObject>(
    _ handle: OpaquePointer?, _ type: Object.Type = Object.self, _ parameter: String
  ) throws(SatchelError) -> Object {
    guard let handle else { throw usage(parameter) }
    return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
  }

  /// Takes the reference of the pointer back; the pointer is then invalid.
  static func end<Object: AnyObject>(_ handle: OpaquePointer, _ type: Object.Type) -> Object {
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeRetainedValue()
  }
}

func replica(_ handle: OpaquePointer?) throws(SatchelError) -> Replica {
  try Handle.object(handle, Replica.self, "replica")
}

@c @implementation
public func satchel_replica_open(
  _ path: UnsafePointer<CChar>?, _ flags: UInt32, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> satchel_status {
  out?.pointee = nil
  return call { () throws(SatchelError) in
    guard let out else { throw usage("out") }
    guard flags & ~SATCHEL_OPEN_EXISTING == 0 else { throw usage("flags", "unknown") }
    let creating = flags & SATCHEL_OPEN_EXISTING == 0
    out.pointee = Handle.make(try Replica(at: try fileURL(path), creating: creating))
  }
}

@c @implementation
public func satchel_replica_close(_ replica: OpaquePointer?) {
  if let replica { _ = Handle.end(replica, Replica.self) }
}

@c @implementation
public func satchel_replica_identity(
  _ replica: OpaquePointer?, _ out: UnsafeMutablePointer<CChar>?
) -> satchel_status {
  call(writingID: out) { () throws(SatchelError) in
    guard out != nil else { throw usage("out") }
    return try SatchelC.replica(replica).identity()?.description ?? ""
  }
}
