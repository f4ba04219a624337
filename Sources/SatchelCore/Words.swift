/// The sentences for error codes: one row a code, English and Chinese side by side, so that neither is forgotten.
private struct ErrorWords {
  let message: [Language: String]
  let hint: [Language: String]

  init(_ english: String, _ chinese: String, hint englishHint: String, _ chineseHint: String) {
    message = [.english: english, .chinese: chinese]
    hint = [.english: englishHint, .chinese: chineseHint]
  }
}

extension SatchelError {
  /// One sentence: what happened, to what, because of what.
  public func message(in language: Language) -> String {
    var sentence = code.words.message[language] ?? code.rawValue
    if !subject.isEmpty { sentence += ": \(subject)" }
    if let cause, !cause.isEmpty { sentence += " (\(cause))" }
    return sentence
  }

  /// What to do next.
  public func hint(in language: Language) -> String {
    code.words.hint[language] ?? ""
  }
}

extension SatchelError.Code {
  // A switch and not a dictionary: the compiler refuses a code without words.
  fileprivate var words: ErrorWords {
    switch self {
    case .usage:
      ErrorWords(
        "wrong usage", "用法错误", hint: "Run the command with --help.", "请用 --help 查看用法。")
    case .fileMissing:
      ErrorWords("no such file", "文件不存在", hint: "Check the path.", "请检查路径。")
    case .fileUnreadable:
      ErrorWords(
        "the file cannot be read", "无法读取文件", hint: "Check its permissions.", "请检查文件权限。")
    case .fileMalformed:
      ErrorWords(
        "the file is not in a form that Satchel reads", "文件格式无法识别",
        hint: "See Docs/cli.md for the formats.", "支持的格式见 Docs/cli.md。")
    case .rowsMalformed:
      ErrorWords(
        "some rows are malformed", "部分数据行有误",
        hint: "Mend the rows, or read the rest with --skip-bad-rows.",
        "请修正这些行，或用 --skip-bad-rows 只读入其余的行。")
    case .inputTooLarge:
      ErrorWords(
        "the input is larger than allowed", "输入超过大小上限",
        hint: "Split it, or check that it is the right file.", "请拆分，或确认文件无误。")
    case .badKey:
      ErrorWords(
        "not a valid key", "标识无效",
        hint: "A key has 1 to 64 bytes of UTF-8 and no control character.",
        "标识应为 1 到 64 字节的 UTF-8，且不含控制字符。")
    case .itemUnknown:
      ErrorWords(
        "no such item", "没有这个题目", hint: "Find items with `satchel search`.",
        "可用 `satchel search` 查找题目。")
    case .skillUnknown:
      ErrorWords(
        "no such skill", "没有这个知识点", hint: "`satchel progress` lists the skills.",
        "`satchel progress` 会列出知识点。")
    case .learnerUnknown:
      ErrorWords(
        "no such learner", "没有这个学习者", hint: "`satchel learner list` shows who is known.",
        "`satchel learner list` 会列出学习者。")
    case .learnerAmbiguous:
      ErrorWords(
        "several learners answer to that", "有多个学习者符合", hint: "Use the learner's id.",
        "请使用学习者的标识。")
    case .recordInvalid:
      ErrorWords(
        "the record is not valid", "记录无效", hint: "See the limits in Docs/cli.md.",
        "各项上限见 Docs/cli.md。")
    case .packInvalid:
      ErrorWords(
        "the pack is not valid", "课程包无效", hint: "Ask its publisher for a whole copy.",
        "请向发布者索取完整的课程包。")
    case .packHashMismatch:
      ErrorWords(
        "the pack's bytes are not what its manifest names", "课程包内容与清单不符",
        hint: "Copy the pack again.", "请重新复制课程包。")
    case .packSignature:
      ErrorWords(
        "the pack's signature is wrong", "课程包签名错误",
        hint: "Do not use it; ask its publisher.", "请勿使用，并联系发布者。")
    case .packForeign:
      ErrorWords(
        "the pack is signed by another publisher than before", "课程包的发布者与以前不同",
        hint: "If the new publisher is right, import it with --trust.",
        "若确认新发布者可信，请用 --trust 导入。")
    case .packDowngrade:
      ErrorWords(
        "the pack is older than the one in the store", "课程包比库中的旧",
        hint: "Nothing needs to be done.", "无需处理。")
    case .modelMalformed:
      ErrorWords(
        "the model file is malformed", "模型文件损坏", hint: "Fetch or train it again.",
        "请重新获取或训练。")
    case .modelShapeMismatch:
      ErrorWords(
        "the model's shapes are not those of this program", "模型的形状与本程序不符",
        hint: "Train it with this version of Satchel.", "请用本版本的 Satchel 训练。")
    case .modelNotFinite:
      ErrorWords(
        "the model holds numbers that are not finite or too large", "模型含有非有限或过大的数",
        hint: "Train it again.", "请重新训练。")
    case .modelSignature:
      ErrorWords(
        "the model's signature is wrong", "模型签名错误", hint: "Do not use it; ask the hub's keeper.",
        "请勿使用，并联系管理员。")
    case .modelHashMismatch:
      ErrorWords(
        "the model's bytes are not what its manifest names", "模型内容与清单不符",
        hint: "Sync again.", "请再次同步。")
    case .modelDowngrade:
      ErrorWords(
        "the offered model is older than one seen before", "提供的模型比见过的旧",
        hint: "Ask the hub's keeper to publish a newer one.", "请管理员发布更新的模型。")
    case .modelUnknown:
      ErrorWords(
        "no such model version", "没有这个模型版本", hint: "`satchel model list` shows the versions.",
        "`satchel model list` 会列出版本。")
    case .manifestMalformed:
      ErrorWords(
        "the manifest is malformed", "清单格式错误", hint: "Fetch it again.", "请重新获取。")
    case .segmentMalformed:
      ErrorWords(
        "a batch of records is malformed", "记录批次格式错误",
        hint: "Sync again; if it stays, tell the hub's keeper.", "请再次同步；若仍出现，请联系管理员。")
    case .streamBroken:
      ErrorWords(
        "records do not continue their hash chain", "记录与哈希链不衔接",
        hint: "The records were refused; check the device that sent them.",
        "这些记录已被拒绝，请检查发送它们的设备。")
    case .streamSignature:
      ErrorWords(
        "records are not signed by their device", "记录没有正确的设备签名",
        hint: "The records were refused; check the device that sent them.",
        "这些记录已被拒绝，请检查发送它们的设备。")
    case .streamGap:
      ErrorWords(
        "records before these are missing", "缺少更早的记录",
        hint:
          "Sync again, or write a whole bundle, without --since-last; the missing ones then come too.",
        "请再次同步，或不带 --since-last 重新写一个完整的同步包，缺少的记录会一并送来。")
    case .scopeDenied:
      ErrorWords(
        "this device may not read or write that learner", "此设备无权读写该学习者",
        hint: "Ask the teacher to grant it.", "请老师授权。")
    case .classUnknown:
      ErrorWords(
        "no such class", "没有这个班级", hint: "`satchel-hub class list` shows the classes.",
        "`satchel-hub class list` 会列出班级。")
    case .deviceUnknown:
      ErrorWords(
        "the hub does not know this device", "中心不认识此设备",
        hint: "Ask the teacher for a code, then run `satchel enroll`.",
        "请向老师索取代码，然后运行 `satchel enroll`。")
    case .enrolmentRefused:
      ErrorWords(
        "the code is wrong, used, or expired", "代码错误、已用过或已过期",
        hint: "Check the code, or ask the teacher for a new one.", "请核对代码，或向老师索取新代码。")
    case .enrolmentTooMany:
      ErrorWords(
        "too many wrong codes came from here", "此处输错代码的次数过多",
        hint: "Wait an hour, then try with a new code.", "请一小时后用新代码再试。")
    case .bundleIncomplete:
      ErrorWords(
        "the bundle is not whole", "同步包不完整",
        hint: "Nothing was taken from it. Copy all its parts again, or write it anew.",
        "没有采用其中任何内容。请重新复制它的全部文件，或重新写一个。")
    case .bundleMalformed:
      ErrorWords(
        "the file is not a valid bundle", "该文件不是有效的同步包",
        hint: "Nothing was taken from it. Copy it again, or write it anew.",
        "没有采用其中任何内容。请重新复制，或重新写一个。")
    case .bundleStranger:
      ErrorWords(
        "the bundle was written by a device that is not known here", "同步包由此处未知的设备写成",
        hint:
          "Nothing was taken. On a laptop, read one of your hub or of its devices; on a hub, --trust takes this writer's.",
        "没有采用其中任何内容。学习设备请使用本中心或其设备写成的同步包；在中心上可用 --trust 接受此设备。")
    case .storeMissing:
      ErrorWords(
        "there is no store", "没有学习库", hint: "Make one with `satchel init`.",
        "请用 `satchel init` 创建。")
    case .storeForeign:
      ErrorWords(
        "the file is not a Satchel store", "该文件不是 Satchel 学习库",
        hint: "Check the path; nothing was changed.", "请检查路径；文件未被改动。")
    case .storeNewer:
      ErrorWords(
        "the store was written by a newer Satchel", "学习库由更新版本的 Satchel 写成",
        hint: "Use that version; nothing was changed.", "请使用该版本；文件未被改动。")
    case .storeDamaged:
      ErrorWords(
        "the store is damaged", "学习库已损坏",
        hint: "Run `satchel doctor`; keep a copy of the file.", "请运行 `satchel doctor`，并保留该文件的副本。")
    case .storeBusy:
      ErrorWords(
        "the store is in use", "学习库正被占用", hint: "Try again in a moment.", "请稍后再试。")
    case .storeFull:
      ErrorWords(
        "the disk is full", "磁盘已满", hint: "Free some space; what was recorded is safe.",
        "请腾出空间；已有记录安全。")
    case .storeReadOnly:
      ErrorWords(
        "the store cannot be written", "学习库不可写", hint: "Check permissions and the disk.",
        "请检查权限与磁盘。")
    case .storeFailed:
      ErrorWords(
        "the store failed", "学习库操作失败", hint: "Check the disk; what was recorded is safe.",
        "请检查磁盘；已有记录安全。")
    case .vaultLocked:
      ErrorWords(
        "the vault's key is missing or wrong", "姓名库密钥缺失或错误",
        hint: "Put the key file back beside the store.", "请把密钥文件放回学习库旁。")
    case .cannotCreate:
      ErrorWords(
        "the file cannot be created", "无法创建文件", hint: "Check the folder and its permissions.",
        "请检查文件夹及其权限。")
    case .hubUnreachable:
      ErrorWords(
        "the hub cannot be reached", "无法连接到中心",
        hint: "Nothing was lost; try again when the network is back.",
        "没有丢失任何数据，请在网络恢复后重试。")
    case .hubTimeout:
      ErrorWords(
        "the hub did not answer in time", "中心没有及时回应",
        hint: "Nothing was lost; try again.", "没有丢失任何数据，请重试。")
    case .hubTLS:
      ErrorWords(
        "the secure connection to the hub failed", "与中心的安全连接失败",
        hint: "Check the hub's certificate; do not turn the check off.", "请检查中心的证书，不要关闭检查。")
    case .hubNotAHub:
      ErrorWords(
        "what answered is not a hub", "回应的不是 Satchel 中心",
        hint:
          "A captive portal or proxy may stand between; sign in to the network, then try again.",
        "可能有登录页或代理拦截；请先登录网络，再重试。")
    case .hubFailed:
      ErrorWords(
        "the hub failed", "中心出错", hint: "Nothing was lost; try again later.",
        "没有丢失任何数据，请稍后再试。")
    case .hubRefused:
      ErrorWords(
        "the hub refused this device", "中心拒绝了此设备",
        hint: "Try once more: a bad line garbles requests. Then ask the teacher to enrol it.",
        "请再试一次：线路不良会损坏请求。若仍如此，请老师为此设备登记。")
    case .hubChanged:
      ErrorWords(
        "the hub has another key than before", "中心的密钥与以前不同",
        hint: "If the hub was set up anew, tell so with --trust-new-hub.",
        "若中心已重新建立，请用 --trust-new-hub 说明。")
    case .hubInsecure:
      ErrorWords(
        "plain HTTP is only for loopback", "明文 HTTP 只能用于本机",
        hint: "Use https, or say --insecure on a network you trust.",
        "请使用 https；在可信网络中可用 --insecure。")
    case .replyMalformed:
      ErrorWords(
        "the hub's reply is malformed", "中心的回应格式错误",
        hint: "Nothing was taken from it; try again.", "没有采用其中任何内容，请重试。")
    case .protocolNewer:
      ErrorWords(
        "the other side speaks a newer protocol", "对方使用更新的协议",
        hint: "Update Satchel.", "请更新 Satchel。")
    case .cancelled:
      ErrorWords(
        "cancelled", "已取消", hint: "Nothing was lost; start again at any time.",
        "没有丢失任何数据，可随时重新开始。")
    case .trainingData:
      ErrorWords(
        "the data cannot be trained on", "数据无法用于训练",
        hint: "See Docs/cli.md for what training needs.", "训练所需的数据见 Docs/cli.md。")
    case .memoryParameters:
      ErrorWords(
        "these are no parameters of the memory model", "记忆模型的参数无效",
        hint: "FSRS-6 takes 21 numbers, FSRS-7 takes 34; Docs/cli.md says in which ranges.",
        "FSRS-6 需 21 个数，FSRS-7 需 34 个；取值范围见 Docs/cli.md。")
    }
  }
}
