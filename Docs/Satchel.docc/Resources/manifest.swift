// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "lesson",
  dependencies: [.package(path: "../satchel")],
  targets: [
    .executableTarget(
      name: "lesson", dependencies: [.product(name: "Satchel", package: "satchel")])
  ]
)
