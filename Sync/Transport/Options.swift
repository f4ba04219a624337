internal import CCurl

/// All that libcurl is told of an exchange, as values; ``Transfer`` applies them one by one and adds what points to
/// memory.
struct Option {
  enum Value {
    case long(Int)
    case offset(Int64)
    case text(String)
    case bytes([UInt8])
  }

  let name: CURLoption
  let value: Value

  private init(_ name: CURLoption, _ value: Value) {
    self.name = name
    self.value = value
  }

  static func all(for exchange: Exchange) -> [Option] {
    always + policy(of: exchange) + request(of: exchange)
  }

  private static var always: [Option] {
    [
      // A library may not touch its host's signals.
      Option(CURLOPT_NOSIGNAL, .long(1)),
      Option(CURLOPT_PROTOCOLS_STR, .text("http,https")),
      Option(CURLOPT_FOLLOWLOCATION, .long(0)),
      Option(CURLOPT_HTTP_VERSION, .long(CURL_HTTP_VERSION_1_1)),
      Option(CURLOPT_HTTP09_ALLOWED, .long(0)),
      Option(CURLOPT_TCP_NODELAY, .long(1)),
      // Idle connections behind a home router are forgotten after minutes; the probes find that out.
      Option(CURLOPT_TCP_KEEPALIVE, .long(1)),
      Option(CURLOPT_TCP_KEEPIDLE, .long(60)),
      Option(CURLOPT_TCP_KEEPINTVL, .long(30)),
      Option(CURLOPT_SSLVERSION, .long(CURL_SSLVERSION_TLSv1_2)),
      // A proxy's answer to CONNECT is not the server's.
      Option(CURLOPT_SUPPRESS_CONNECT_HEADERS, .long(1)),
      // Else cancelling while a name is looked up waits for the lookup, and with it all other transfers. The lookup's
      // thread is let go and frees what it holds when it ends (libcurl's lib/asyn-thread.c, Curl_resolver_cancel).
      Option(CURLOPT_QUICK_EXIT, .long(1)),
      // ACCEPT_ENCODING stays unset: bodies are compressed by the layer above, and a Range counts the raw bytes.
    ]
  }

  private static func policy(of exchange: Exchange) -> [Option] {
    let policy = exchange.policy
    var options = [
      Option(
        CURLOPT_CONNECTTIMEOUT_MS, .long(max(1, Int(policy.connectTimeout / .milliseconds(1))))),
      Option(CURLOPT_LOW_SPEED_LIMIT, .long(policy.stallBytesPerSecond)),
      Option(CURLOPT_LOW_SPEED_TIME, .long(max(1, Int(policy.stallTime / .seconds(1))))),
    ]
    if let agent = policy.userAgent { options.append(Option(CURLOPT_USERAGENT, .text(agent))) }
    return options + trust(of: policy) + proxy(of: exchange)
  }

  private static func trust(of policy: TransportPolicy) -> [Option] {
    let authorities = policy.authorityFile.map { [Option(CURLOPT_CAINFO, .text($0))] } ?? []
    let byAuthority =
      authorities + [
        Option(CURLOPT_SSL_VERIFYPEER, .long(1)), Option(CURLOPT_SSL_VERIFYHOST, .long(2)),
      ]
    let unverified = [
      Option(CURLOPT_SSL_VERIFYPEER, .long(0)), Option(CURLOPT_SSL_VERIFYHOST, .long(0)),
    ]
    if let pin = policy.pinnedPublicKey {
      return [Option(CURLOPT_PINNEDPUBLICKEY, .text(pin))] + unverified
    }
    return policy.verifiesServer ? byAuthority : unverified
  }

  private static func proxy(of exchange: Exchange) -> [Option] {
    // An empty address is libcurl's way to say "none, whatever the environment says".
    if exchange.address.isLoopback { return [Option(CURLOPT_PROXY, .text(""))] }
    return switch exchange.policy.proxy {
    case .environment: []
    case .none: [Option(CURLOPT_PROXY, .text(""))]
    case .address(let address): [Option(CURLOPT_PROXY, .text(address))]
    }
  }

  private static func request(of exchange: Exchange) -> [Option] {
    let request = exchange.request
    var options = [Option(CURLOPT_URL, .text(request.url))]
    switch request.method {
    case .get:
      options.append(Option(CURLOPT_HTTPGET, .long(1)))
    case .post:
      let body = request.body ?? []
      // Not by a read callback: libcurl then sends a small body in the same packet as its header, and can send it
      // again by itself when a kept connection turns out to be dead.
      options += [
        Option(CURLOPT_POST, .long(1)),
        // The size first: by it libcurl knows how much to copy.
        Option(CURLOPT_POSTFIELDSIZE_LARGE, .offset(Int64(body.count))),
        Option(CURLOPT_COPYPOSTFIELDS, .bytes(body)),
      ]
    }
    // RANGE and not RESUME_FROM: the latter turns a 404 with a body into an error of its own.
    if let offset = request.resumeFrom {
      options.append(Option(CURLOPT_RANGE, .text("\(offset)-")))
    }
    return options
  }
}

extension Exchange {
  /// The lines for CURLOPT_HTTPHEADER. A name with nothing after the colon keeps libcurl from sending that field by
  /// itself; one that ends in a semicolon is sent with an empty value.
  var headerLines: [String] {
    let unasked = ["Accept", "Content-Type"].filter { request.headers[$0] == nil } + ["Expect"]
    return request.headers.fields.map {
      $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)"
    }
      + unasked.map { "\($0):" }
  }
}
