/// The version of Satchel, by the rules of semver.org.
public enum SatchelVersion {
  public static let text = "0.1.0"
}
