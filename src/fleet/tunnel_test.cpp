#include "fleet/tunnel.hpp"

#include <gtest/gtest.h>

#include "fleet/fleet_file.hpp"

namespace postern::fleet {
namespace tunnel_test {

/// "LOCAL HOST PORT", or "no".
std::string read(std::string_view text) {
  const Result<ForwardSpec> spec = ForwardSpec::parse(text);
  if (!spec) return spec.error().kind() == ErrorKind::usage ? "no" : "what?";
  const std::string local = spec->local_path.empty() ? std::to_string(spec->local_port) : spec->local_path;
  return local + " " + spec->host + " " + std::to_string(spec->port);
}

TEST(ForwardSpec, TheUsualForms) {
  EXPECT_EQ(read("5432"), "5432  5432");
  EXPECT_EQ(read("15432:5432"), "15432  5432");
  EXPECT_EQ(read("0:5432"), "0  5432");
  EXPECT_EQ(read("orders.internal:5432"), "5432 orders.internal 5432");
  EXPECT_EQ(read("15432:orders.internal:5432"), "15432 orders.internal 5432");
  EXPECT_EQ(read("8080:10.0.0.7:80"), "8080 10.0.0.7 80");
  EXPECT_EQ(read("8080:[fd00::1]:80"), "8080 fd00::1 80");
  EXPECT_EQ(read("[fd00::1]:80"), "80 fd00::1 80");
  EXPECT_EQ(read("/tmp/db.sock:5432"), "/tmp/db.sock  5432");
  EXPECT_EQ(read("./db.sock:orders:5432"), "./db.sock orders 5432");
}

TEST(ForwardSpec, WhatMakesNoSense) {
  for (const std::string_view text : {"", "0", "65536", "x", "1:2:3:4", "a:b:c", ":80", "80:", "-1", "a b:80",
                                      "[::1:80", "70000:80", "8080::80", "8080:$(id):80"}) {
    EXPECT_EQ(read(text), "no") << text;
  }
  EXPECT_EQ(read("/" + std::string(200, 'x') + ":80"), "no") << "longer than the path of a socket";
}

TEST(ForwardSpec, TellsTheFarEnd) {
  EXPECT_EQ(ForwardSpec::parse("1:5432")->far_end(), "5432");
  EXPECT_EQ(ForwardSpec::parse("orders:5432")->far_end(), "orders:5432");
  EXPECT_EQ(ForwardSpec::parse("[fd00::1]:80")->far_end(), "[fd00::1]:80");
}

TEST(FleetTunnels, AreReadWithTheirMistakes) {
  const Result<FleetFile> file = parse_fleet_file(
      "version: 1\ntunnels:\n  office: {target: name:db-01, forward: [\"15432:5432\", 8080:web:80]}\n", "f.yaml");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->tunnels.count("office"), 1U);
  EXPECT_EQ(file->tunnels.at("office").target, "name:db-01");
  ASSERT_EQ(file->tunnels.at("office").forwards.size(), 2U);
  EXPECT_EQ(file->tunnels.at("office").forwards[1].host, "web");
  const Result<FleetFile> wrong =
      parse_fleet_file("version: 1\ntunnels:\n  a: {forward: x}\n  b: {target: t, forwards: [1]}\n", "f.yaml");
  ASSERT_FALSE(wrong);
  const std::string& text = wrong.error().message();
  EXPECT_NE(text.find("f.yaml:3"), std::string::npos) << text;
  EXPECT_NE(text.find("the tunnel has no target"), std::string::npos) << text;
  EXPECT_NE(text.find("'x' is no forward"), std::string::npos) << text;
  EXPECT_NE(text.find("forwards"), std::string::npos) << text;
}

}  // namespace tunnel_test
}  // namespace postern::fleet
