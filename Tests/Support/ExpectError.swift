package import SatchelCore
package import Testing

/// Expects `body` to throw a ``SatchelError`` of `code`.
package func expectError(
  _ code: SatchelError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> some Any
) {
  do {
    _ = try body()
    Issue.record("no \(code.rawValue) was thrown", sourceLocation: sourceLocation)
  } catch let error as SatchelError {
    #expect(error.code == code, sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error) is no SatchelError", sourceLocation: sourceLocation)
  }
}

/// The same for a body that waits.
package func expectError(
  _ code: SatchelError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> some Any
) async {
  do {
    _ = try await body()
    Issue.record("no \(code.rawValue) was thrown", sourceLocation: sourceLocation)
  } catch let error as SatchelError {
    #expect(error.code == code, sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error) is no SatchelError", sourceLocation: sourceLocation)
  }
}
