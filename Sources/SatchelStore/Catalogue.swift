internal import GRDB
package import SatchelCore

extension Store {
  /// The courses of all packs, in the order of their keys, each with its topics in its own order.
  package func courses() throws(SatchelError) -> [Course] {
    try read { db in
      var out: [Course] = []
      let sql = """
        SELECT course.key, course.title, topic.key, topic.title
        FROM course LEFT JOIN topic ON topic.course = course.id
        ORDER BY course.key, topic.position
        """
      for row in try Row.fetchAll(db, sql: sql) {
        let id = CourseID(checked: row[0])
        if out.last?.id != id {
          out.append(Course(id: id, title: try TextJSON.decode(row[1]), topics: []))
        }
        guard let key: String = row[2] else { continue }
        out[out.count - 1].topics.append(
          Topic(id: TopicID(checked: key), title: try TextJSON.decode(row[3])))
      }
      return out
    }
  }

  /// The items of a topic, lessons among them, in the order of the course; none for a topic that is not there.
  package func items(of topic: TopicID, in course: CourseID) throws(SatchelError) -> [ItemID] {
    try read { db in
      let sql = """
        SELECT item.key FROM item JOIN topic ON topic.id = item.topic
        JOIN course ON course.id = topic.course
        WHERE course.key = ? AND topic.key = ? ORDER BY item.position, item.key
        """
      return try String.fetchAll(db, sql: sql, arguments: [course.text, topic.text]).map {
        ItemID(checked: $0)
      }
    }
  }
}
