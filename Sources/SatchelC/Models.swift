// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel

@c @implementation
public func satchel_models_list(
  _ replica: OpaquePointer?, _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_models>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let models = try SatchelC.replica(replica).models().reversed().map { model in
      satchel_model(
        id: model.id, channel: result.text(model.channel), version: Int64(model.version),
        sha256: result.text(model.sha256), byte_count: Int64(model.byteCount),
        is_active: model.isActive, trial_answers: Int64(model.trial?.answers ?? 0),
        trial_log_loss: model.trial?.candidateLogLoss ?? 0,
        trial_log_loss_before: model.trial?.currentLogLoss ?? 0)
    }
    return satchel_models(count: models.count, list: result.list(models))
  }
}

@c @implementation
public func satchel_model_install(
  _ replica: OpaquePointer?, _ path: UnsafePointer<CChar>?
) -> satchel_status {
  call { () throws(SatchelError) in
    try SatchelC.replica(replica).installModel(at: try fileURL(path))
  }
}

@c @implementation
public func satchel_model_use(_ replica: OpaquePointer?, _ id: Int64) -> satchel_status {
  call { () throws(SatchelError) in try SatchelC.replica(replica).useModel(id) }
}

@c @implementation
public func satchel_model_rollback(_ replica: OpaquePointer?) -> satchel_status {
  call { () throws(SatchelError) in try SatchelC.replica(replica).rollBackModel() }
}
