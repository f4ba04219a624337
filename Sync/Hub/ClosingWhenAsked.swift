internal import NIOCore
internal import NIOHTTP1

/// Has a connection closed after the reply when the client's version or header means it to be (RFC 9112, 9.3).
///
/// Hummingbird closes only for the very word `Connection: close`, and never sees a version: a proxy that speaks HTTP/1.0
/// would wait for the end of the connection until it gave up.
final class ClosingWhenAsked: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Never

  /// Puts the one who does the work where versions can still be seen: before HTTP/1 becomes HTTP's common form.
  func handlerAdded(context: ChannelHandlerContext) {
    let pipeline = context.pipeline.syncOperations
    do {
      let decoder = try pipeline.context(
        handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self
      ).handler
      try pipeline.addHandler(Marker(), position: .after(decoder))
    } catch {
      context.fireErrorCaught(error)
    }
  }

  private final class Marker: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .head(var head) = unwrapInboundIn(data), !head.isKeepAlive else {
        return context.fireChannelRead(data)
      }
      head.headers.replaceOrAdd(name: "Connection", value: "close")
      context.fireChannelRead(wrapInboundOut(.head(head)))
    }
  }
}
