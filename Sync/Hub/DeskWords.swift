internal import SatchelCore

/// The words of the teacher's page, English and Chinese side by side.
struct DeskWords {
  private let language: Language

  init(_ language: Language) { self.language = language }

  var title: String { pick("Satchel hub", "Satchel 中心") }
  var hub: String { pick("Hub", "中心标识") }
  var devices: String { pick("Devices", "设备数") }
  var learners: String { pick("Learners", "学习者数") }
  var records: String { pick("Records", "记录数") }
  var streams: String { pick("Streams", "记录流数") }
  var fingerprint: String { pick("Fingerprint", "指纹") }
  var lastSync: String { pick("Last sync of each device", "各设备最近一次同步") }
  var columns: [String] {
    [pick("Device", "设备"), pick("Last seen (UTC)", "最近同步（UTC）"), pick("State", "状态")]
  }
  var fewer: String { pick("withheld: fewer than 5 learners", "少于 5 名学习者，不予显示") }
  var upToDate: String { pick("up to date", "已一致") }
  var behind: String { pick("not up to date", "未一致") }
  var revoked: String { pick("revoked", "已撤销") }

  func release(_ kind: Manifest.Kind, _ channel: String) -> String {
    switch kind {
    case .model: pick("Model, channel \(channel)", "模型，频道 \(channel)")
    case .pack: pick("Pack, channel \(channel)", "课程包，频道 \(channel)")
    }
  }

  private func pick(_ english: String, _ chinese: String) -> String {
    language == .chinese ? chinese : english
  }
}
