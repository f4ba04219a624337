internal import CCurl
import SatchelCore

extension SatchelError {
  /// What libcurl's result means to us. `text` is libcurl's own sentence about this transfer, which says more than the
  /// code ("certificate has expired"); it holds host names and numbers, never a header or a body.
  init(_ result: CURLcode, text: String, subject: String) {
    let words = text.isEmpty ? String(cString: curl_easy_strerror(result)) : text
    self.init(Self.code(for: result), subject: subject, cause: "curl \(result.rawValue): \(words)")
  }

  private static func code(for result: CURLcode) -> Code {
    switch result {
    case CURLE_OPERATION_TIMEDOUT:
      .hubTimeout
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      .hubChanged
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_SSL_ENGINE_INITFAILED,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_SHUTDOWN_FAILED,
      CURLE_USE_SSL_FAILED:
      .hubTLS
    case CURLE_UNSUPPORTED_PROTOCOL:
      // The scheme was checked before: what is left is an answer that does not begin as HTTP does.
      .hubNotAHub
    default:
      // Names that do not resolve, refused and reset connections, empty and cut replies, bad framing, no memory: in
      // each of them nothing whole arrived, and trying again later is right.
      .hubUnreachable
    }
  }

  /// For libcurl's multi interface, whose failures concern all transfers at once.
  init(_ result: CURLMcode) {
    self.init(
      .hubUnreachable,
      cause: "curl multi \(result.rawValue): \(String(cString: curl_multi_strerror(result)))")
  }
}
