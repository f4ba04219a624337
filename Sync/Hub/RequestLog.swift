internal import Hummingbird
internal import Logging
internal import SatchelCore

/// The outermost layer of every route: turns an error into a refusal, counts, and writes one line a request.
///
/// The line names the route and never the path, so that what a client put into it stays out of the log.
struct RequestLog<Context: RequestContext>: RouterMiddleware {
  let log: Logger
  let counters: Counters

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response: Response
    do {
      response = try await next(request, context)
    } catch let error as SatchelError {
      response = Refusal.response(to: error)
    } catch let error as HTTPError {
      response = Response(status: error.status)
    } catch {
      // The connection broke while its body came; the parser's own error closes it, so it goes on as it is.
      write(request, context, status: 400, bytes: 0, since: start)
      throw error
    }
    write(
      request, context, status: response.status.code, bytes: response.body.contentLength ?? 0,
      since: start)
    return response
  }

  private func write(
    _ request: Request, _ context: Context, status: Int, bytes: Int,
    since start: ContinuousClock.Instant
  ) {
    let route = context.endpointPath ?? "other"
    counters.answered(route, status: status, bytes: bytes)
    let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
    let method = Self.methods.contains(request.method) ? request.method.rawValue : "OTHER"
    log.info("\(method) \(route) \(status) \(milliseconds) ms \(bytes) bytes")
  }

  private static var methods: Set<HTTPRequest.Method> {
    [.get, .post, .head, .put, .delete, .options]
  }
}
