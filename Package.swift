// swift-tools-version: 6.2
import PackageDescription

// One list for all our own targets: a warning is an error, in debug and in release alike.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
  name: "satchel",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Satchel", targets: ["Satchel"]),
    // All objects of libsatchel.so, which Packaging/link-library.sh makes of them.
    .library(name: "SatchelC", type: .static, targets: ["SatchelC"]),
    .executable(name: "satchel", targets: ["SatchelCLI"]),
    .executable(name: "satchel-hub", targets: ["satchel-hub"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
  ],
  targets: [
    // Floor 1: values and their rules.
    .systemLibrary(
      name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd",
      providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(
      name: "CArchive", path: "Sources/CArchive", pkgConfig: "libarchive",
      providers: [.apt(["libarchive-dev"])]),
    .target(name: "CKernels", path: "Sources/CKernels"),
    .target(
      name: "SatchelCore", dependencies: [crypto, cryptoExtras, "CZstd", protobuf],
      exclude: ["README.md", "segment.proto"], swiftSettings: strict),

    // Floor 2.
    .target(
      name: "SatchelTutor", dependencies: ["SatchelCore", "CKernels"],
      exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "SatchelStore", dependencies: ["SatchelCore", grdb, grdbSQLite, crypto],
      exclude: ["README.md"],
      resources: [.embedInCode("Schema")],
      swiftSettings: strict),
    .target(
      name: "SatchelImport", dependencies: ["SatchelCore", "CArchive"],
      exclude: ["README.md"], swiftSettings: strict),

    // Floor 3.
    .target(
      name: "SatchelTraining", dependencies: ["SatchelCore", "SatchelTutor"],
      exclude: ["README.md"], swiftSettings: strict),

    // Sync: floors 1 to 4.
    .systemLibrary(
      name: "CCurl", path: "Sync/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CCurlShim", dependencies: ["CCurl"], path: "Sync/CCurlShim"),
    .target(
      name: "SatchelTransport", dependencies: ["SatchelCore", "CCurl", "CCurlShim"],
      path: "Sync/Transport", exclude: ["README.md"], swiftSettings: strict),
    .target(
      name: "SatchelWire", dependencies: ["SatchelCore", protobuf],
      path: "Sync/Protocol", exclude: ["README.md", "sync.proto", "bundle.proto"],
      swiftSettings: strict),
    .target(
      name: "SatchelSync", dependencies: ["SatchelCore", "SatchelWire", "SatchelTransport"],
      path: "Sync/Engine", exclude: ["README.md"], swiftSettings: strict),

    // The whole protocol in virtual time, for tests and `satchel simulate`.
    .target(
      name: "SatchelSimulation",
      dependencies: ["SatchelCore", "SatchelWire", "SatchelSync", "SatchelStore", "SatchelTutor"],
      path: "Sync/Simulation", exclude: ["README.md"], swiftSettings: strict),

    // The door.
    .target(
      name: "Satchel",
      dependencies: [
        "SatchelCore", "SatchelTutor", "SatchelStore", "SatchelImport", "SatchelSync",
        "SatchelTransport", "SatchelWire",
      ],
      exclude: ["README.md"], swiftSettings: strict),
    // The C interface: the contract, and what keeps it.
    .systemLibrary(name: "CSatchel", path: "Sources/CSatchel"),
    .target(
      name: "SatchelC", dependencies: ["CSatchel", "Satchel"], exclude: ["README.md"],
      swiftSettings: strict),
    .target(
      name: "SatchelHub",
      dependencies: [
        "SatchelCore", "SatchelWire", "SatchelSync", "SatchelTransport", "SatchelStore",
        "SatchelTraining", "SatchelTutor", "SatchelImport", crypto, hummingbird, hummingbirdTLS,
        logging,
      ],
      path: "Sync/Hub", exclude: ["README.md"], swiftSettings: strict),

    // Programs.
    .executableTarget(
      name: "SatchelCLI",
      dependencies: [
        "Satchel", "SatchelTraining", "SatchelTutor", "SatchelImport", "SatchelStore",
        "SatchelTransport", "CArchive", "SatchelSimulation",
        argumentParser, grdbSQLite,
      ],
      exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "satchel-hub",
      dependencies: [
        "SatchelHub", "SatchelStore", "SatchelTraining", "SatchelCore", argumentParser, logging,
      ],
      path: "Sync/satchel-hub", exclude: ["README.md"], swiftSettings: strict),

    // Tests: a folder a target.
    .target(
      name: "SatchelTestSupport", dependencies: ["SatchelCore"], path: "Tests/Support",
      swiftSettings: strict),
    .testTarget(
      name: "SatchelCoreTests", dependencies: ["SatchelCore", "SatchelTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelTutorTests",
      dependencies: ["SatchelTutor", "SatchelCore", "CKernels", "SatchelTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelTrainingTests",
      dependencies: [
        "SatchelTraining", "SatchelTutor", "SatchelImport", "SatchelCore", "SatchelTestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelStoreTests",
      dependencies: ["SatchelStore", "SatchelTutor", "SatchelTestSupport", grdb],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelImportTests", dependencies: ["SatchelImport", "SatchelCore", "CArchive"],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelTransportTests",
      dependencies: ["SatchelTransport", "SatchelCore", "SatchelTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelSyncTests",
      dependencies: [
        "SatchelSync", "SatchelWire", "SatchelStore", "SatchelTutor", "SatchelSimulation",
        "SatchelTestSupport", grdb,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelHubTests",
      dependencies: [
        "SatchelHub", "SatchelSync", "SatchelWire", "SatchelTransport", "SatchelStore",
        "SatchelTraining", "SatchelTestSupport", logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelTests", dependencies: ["Satchel", "SatchelImport", "SatchelTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SatchelCLITests",
      dependencies: ["SatchelCLI", "satchel-hub", "Satchel", "SatchelTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "Scenarios",
      dependencies: [
        "Satchel", "SatchelHub", "SatchelStore", "SatchelImport", "SatchelTutor", "SatchelSync",
        "SatchelWire", "SatchelTestSupport", logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DocsTests",
      dependencies: [
        "Satchel", "SatchelWire", "SatchelSync", "SatchelStore", "SatchelTestSupport",
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
