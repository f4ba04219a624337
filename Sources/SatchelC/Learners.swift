// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel

@c @implementation
public func satchel_learner_add(
  _ replica: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ id: UnsafePointer<CChar>?,
  _ out: UnsafeMutablePointer<CChar>?
) -> satchel_status {
  call(writingID: out) { () throws(SatchelError) in
    var known: LearnerID?
    if let id = try optionalText(id, "id") {
      guard let learner = LearnerID(hex: id) else { throw usage("id", "32 hex digits") }
      known = learner
    }
    let added = try SatchelC.replica(replica)
      .addLearner(named: try optionalText(name, "name"), id: known)
    return added.description
  }
}

@c @implementation
public func satchel_learner_find(
  _ replica: OpaquePointer?, _ text: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<CChar>?
) -> satchel_status {
  call(writingID: out) { () throws(SatchelError) in
    guard out != nil else { throw usage("out") }
    return try SatchelC.replica(replica).learner(try SatchelC.text(text, "text")).description
  }
}

@c @implementation
public func satchel_learners_list(
  _ replica: OpaquePointer?, _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_learners>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let learners = try SatchelC.replica(replica).learners().map { learner in
      satchel_learner(
        id: result.text(learner.id.description), name: result.optionalText(learner.name))
    }
    return satchel_learners(count: learners.count, list: result.list(learners))
  }
}
