"""The app's texts. What Satchel says (reasons, errors, questions) it says itself, in both languages."""

from satchel import Language

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Lesson", "学习"),
    "add": ("Add", "添加"),
    "name": ("Name of a new learner", "新学习者的名字"),
    "why": ("Why this?", "为什么做这题？"),
    "next": ("Next", "下一题"),
    "answer": ("Type your answer", "输入答案"),
    "check": ("Check", "提交"),
    "right": ("Right.", "答对了。"),
    "wrong": ("Not yet.", "还不对。"),
    "easy": ("Too easy", "太容易"),
    "hard": ("Too hard", "太难"),
    "skip": ("Skip", "跳过"),
    "nothing": ("There is nothing to do. Import a course.", "没有可做的题目，请先导入课程。"),
    "welcome": ("Who is learning? Type a name above.", "谁在学习？请在上方输入名字。"),
    "progress": ("Progress", "进度"),
    "sync": ("Sync", "同步"),
    "never": ("Not synced yet. Learning goes on without.", "尚未同步，不影响学习。"),
    "syncing": ("Syncing: {0} sent, {1} received", "正在同步：已发送 {0}，已接收 {1}"),
    "synced": (
        "In step with the hub at {0}: {1} sent, {2} received",
        "{0} 已与中心一致：发送 {1}，接收 {2}",
    ),
    "behind": ("Not in step yet; sync again.", "尚未一致，请再次同步。"),
    "not_synced": ("Not synced: {0}", "未同步：{0}"),
    "counts": ("Answers: {0}, right: {1}", "{0} 次作答，{1} 次正确"),
}


class Words:
    """Texts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, *values: object) -> str:
        return _TEXTS[key][self.language].format(*values)
