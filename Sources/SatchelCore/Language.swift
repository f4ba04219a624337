/// The languages of the texts that learners and teachers see.
public enum Language: String, CaseIterable, Sendable {
  case english = "en"
  case chinese = "zh"

  /// The language of a POSIX locale such as `zh_CN.UTF-8`; English for all that is not Chinese.
  public init(locale: String) {
    self = locale.lowercased().hasPrefix("zh") ? .chinese : .english
  }
}
