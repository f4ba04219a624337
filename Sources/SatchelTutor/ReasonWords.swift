internal import SatchelCore

extension ReasonCode {
  /// The sentence in `language`. A switch and not a dictionary: the compiler refuses a code without words.
  func sentence(in language: Language, skill: String, percent: Int, days: Int) -> String {
    let words = words(skill: skill, percent: percent, days: days)
    return language == .chinese ? words.chinese : words.english
  }

  private func words(
    skill: String, percent: Int, days: Int
  ) -> (english: String, chinese: String) {
    switch self {
    case .reviewDue:
      ("Due for review: \(percent)% likely to be remembered.", "该复习了：还记得的可能性约 \(percent)%。")
    case .rightDifficulty:
      ("Right difficulty: \(percent)% chance of success.", "难度合适：答对的可能性约 \(percent)%。")
    case .weakSkill: ("\(skill) needs practice.", "“\(skill)”还需要练习。")
    case .newSkillReady: ("You are ready to start \(skill).", "可以开始学习“\(skill)”了。")
    case .nextInCourse: ("Next in the course.", "课程的下一项。")
    case .othersWentOn: ("Others often went on to this from here.", "学到这里的同学，接下来常做这题。")
    case .goal: ("Leads to your goal, through \(skill).", "通过“\(skill)”，离目标更近。")
    case .recentMistake: ("You got this wrong not long ago.", "不久前答错过，再试一次。")
    case .exploration: ("Shows what you know of \(skill).", "了解你对“\(skill)”的掌握情况。")
    case .worthwhile: ("Practice like this has helped others go on.", "这样的练习对后续学习有帮助。")
    case .liked: ("You liked this.", "你喜欢这道题。")
    case .toldTooEasy: ("You said this was too easy.", "你说过这题太容易。")
    case .toldTooHard: ("You said this was too hard.", "你说过这题太难。")
    case .skipped: ("You skipped this before.", "你之前跳过了这题。")
    case .prerequisitesMissing: ("\(skill) should come first.", "应先学习“\(skill)”。")
    case .practisedLately: ("You answered this right not long ago.", "不久前已答对。")
    case .skillMastered: ("You already know \(skill) well.", "“\(skill)”已经掌握得很好。")
    case .itemEasy: ("The question is easier than most.", "这题比多数题容易。")
    case .itemHard: ("The question is harder than most.", "这题比多数题难。")
    case .learnerStrong: ("You have been doing well.", "你近来答得不错。")
    case .learnerWeak: ("Your recent answers were less sure.", "你近来的答题不太稳定。")
    case .skillStrong: ("You are good at \(skill).", "你擅长“\(skill)”。")
    case .skillWeak: ("\(skill) is still hard for you.", "“\(skill)”对你来说还有些难。")
    case .freshlyPractised: ("You practised this lately.", "你最近练习过。")
    case .longPause: ("It has been a while: \(days) days.", "已有 \(days) 天没有练习。")
    case .seenBefore: ("You have met this question before.", "你以前做过这题。")
    case .unfamiliar: ("You have not met this question yet.", "你还没有做过这题。")
    case .wellRemembered: ("You probably remember it well.", "你应该还记得很清楚。")
    case .fadingMemory: ("It may be fading from memory.", "记忆可能正在淡忘。")
    case .quickAnswers: ("You tend to answer such questions quickly.", "这类题你通常答得较快。")
    case .slowAnswers: ("Such questions tend to take you longer.", "这类题你通常需要较长时间。")
    }
  }
}
