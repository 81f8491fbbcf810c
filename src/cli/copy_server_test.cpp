// The script that `cp` sends, really run by every shell that this machine has.

#include "cli/copy_server.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "cli/shell_bed.hpp"

namespace postern::cli {
namespace copy_server_test {

using Kind = CopyReply::Kind;

// SHA-256 of "hello\n" and of 300,000 letters.
constexpr const char* kHello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

class CopyServerTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!bed_.has_shell()) GTEST_SKIP() << "this machine has no " << GetParam();
  }

  /// What the node says to all these orders, without its first words; every folder is as clean as it was.
  std::vector<CopyReply> talk(const std::string& orders) {
    const os::ProcessResult done = bed_.run({"-c", std::string(copy_script()), "postern-cp", mark_.text}, orders);
    EXPECT_EQ(done.errors, "");
    CopyReader reader(mark_);
    std::vector<CopyReply> replies;
    // Cut in odd places.
    for (std::size_t at = 0; at < done.output.size(); at += 7) {
      reader.feed(std::string_view(done.output).substr(at, 7));
      while (auto reply = reader.next()) replies.push_back(std::move(*reply));
    }
    EXPECT_FALSE(replies.empty());
    if (replies.empty()) return replies;
    EXPECT_EQ(replies.front().kind, Kind::ready);
    EXPECT_EQ(replies.front().text, "");
    replies.erase(replies.begin());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home())) {
      EXPECT_EQ(entry.path().string().find(".postern-cp"), std::string::npos) << entry.path();
    }
    return replies;
  }
  std::string home() const { return bed_.folder() + "/home"; }

  static std::string put(const std::string& path, const std::string& bytes, const std::string& sha) {
    CopyPut order;
    order.path = path;
    order.size = bytes.size();
    order.mode = 0640;
    order.modified = 1'700'000'000;
    order.sha256 = sha;
    std::string all = *copy_put(order);
    for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kCopyPieceBytes))) {
      const std::string_view piece = rest.substr(0, kCopyPieceBytes);
      all += copy_piece(piece.size()).append(piece);
    }
    return all + copy_end();
  }

  CopyMark mark_{"m4rk0000"};
  ShellBed bed_{GetParam()};
};

std::string every_byte_often() {
  std::string all;
  for (std::size_t i = 0; i < 300'000; ++i) all += static_cast<char>((i * 7 + i / 256) & 0xFFU);
  return all;
}

TEST_P(CopyServerTest, FilesArriveAsTheyAre) {
  const std::string bytes = every_byte_often();
  bed_.write("/home/sum", bytes);
  std::string name = "it's \"$HOME\" `id` {{x}} \\n -n";
  std::string orders = put(name, "hello\n", kHello) + put("./-n", "hello\n", kHello) + *copy_make_folder(0750, "a/b c");
  orders +=
      *copy_get(0, "sum") + put("a/b c/empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::vector<CopyReply> replies = talk(orders + copy_quit());
  ASSERT_GE(replies.size(), 6U);
  EXPECT_EQ(replies[0].kind, Kind::stored) << replies[0].text;
  EXPECT_EQ(replies[1].kind, Kind::stored) << replies[1].text;
  EXPECT_EQ(replies[2].kind, Kind::made);
  EXPECT_EQ(replies[3].kind, Kind::head);
  EXPECT_EQ(replies[3].size, bytes.size());
  std::string got;
  std::size_t at = 4;
  for (; at < replies.size() && replies[at].kind == Kind::bytes; ++at) got += replies[at].text;
  EXPECT_EQ(got, bytes);
  ASSERT_EQ(replies.size(), at + 2);
  EXPECT_EQ(replies[at].kind, Kind::end);
  EXPECT_EQ(replies[at + 1].kind, Kind::stored);
  EXPECT_EQ(slurp(home() + "/" + name), "hello\n");
  EXPECT_EQ(slurp(home() + "/-n"), "hello\n");
  const auto status = std::filesystem::status(home() + "/" + name);
  EXPECT_EQ(static_cast<unsigned>(status.permissions()), 0640U);
  EXPECT_TRUE(std::filesystem::exists(home() + "/a/b c/empty"));
  // And back: what was read is what is sent.
  const std::vector<CopyReply> second = talk(put("copy", bytes, replies[3].sha256) + copy_quit());
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].kind, Kind::stored) << second[0].text;
  EXPECT_EQ(slurp(home() + "/copy"), bytes);
}

TEST_P(CopyServerTest, AWrongHashLeavesNothing) {
  bed_.write("/home/there", "old");
  const std::vector<CopyReply> replies = talk(put("there", "hellO\n", kHello) + put("next", "hello\n", kHello));
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].kind, Kind::no);
  EXPECT_NE(replies[0].text.find("another hash"), std::string::npos) << replies[0].text;
  EXPECT_EQ(replies[1].kind, Kind::stored) << "the next one is not the worse for it";
  EXPECT_EQ(slurp(home() + "/there"), "old");
}

TEST_P(CopyServerTest, WhatCannotBeWrittenIsSaidAndItsPiecesAreSkipped) {
  std::filesystem::create_directory(home() + "/folder");
  const std::vector<CopyReply> replies = talk(put("folder", every_byte_often(), kHello) +
                                              put("no/such/place", "hello\n", kHello) + put("x", "hello\n", kHello));
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(replies[0].text, "is a directory");
  EXPECT_EQ(replies[1].text, "there is no folder no/such/");
  EXPECT_EQ(replies[2].kind, Kind::stored);
  // Of a large one nothing need be sent to know that.
  CopyPut large;
  large.path = "no/such/place";
  large.size = 1U << 30U;
  large.sha256 = kHello;
  large.resume = true;
  const std::vector<CopyReply> refused = talk(*copy_put(large) + put("y", "hello\n", kHello) + copy_quit());
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].kind, Kind::no);
  EXPECT_EQ(refused[1].kind, Kind::stored);
}

TEST_P(CopyServerTest, AFileIsContinuedWhereItEnded) {
  const std::string kept = home() + "/.postern-cp-" + std::string(kHello).substr(0, 16);
  bed_.write("/home/.postern-cp-" + std::string(kHello).substr(0, 16), "hel");
  CopyPut order;
  order.path = "x";
  order.size = 6;
  order.sha256 = kHello;
  order.resume = true;
  const std::vector<CopyReply> replies =
      talk(*copy_put(order) + copy_from(3) + copy_piece(3) + "lo\n" + copy_end() + copy_quit());
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].kind, Kind::kept);
  EXPECT_EQ(replies[0].size, 3U);
  EXPECT_EQ(replies[1].kind, Kind::stored) << replies[1].text;
  EXPECT_EQ(slurp(home() + "/x"), "hello\n");
  EXPECT_FALSE(std::filesystem::exists(kept));
}

TEST_P(CopyServerTest, WhatAKilledProcessLeftIsTakenOver) {
  const std::string name = "/home/.postern-cp-" + std::string(kHello).substr(0, 16);
  // No process has such a number; this one has its own.
  bed_.write(name + ".99999999", "hel");
  CopyPut order;
  order.path = "x";
  order.size = 6;
  order.sha256 = kHello;
  order.resume = true;
  std::vector<CopyReply> replies =
      talk(*copy_put(order) + copy_from(3) + copy_piece(3) + "lo\n" + copy_end() + copy_quit());
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].size, 3U);
  EXPECT_EQ(replies[1].kind, Kind::stored) << replies[1].text;
  bed_.write(name + ".99999999", "hel");
  replies = talk(put("y", "hello\n", kHello) + copy_quit());
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].kind, Kind::stored) << replies[0].text;
}

TEST_P(CopyServerTest, ACopyThatIsCalledOffLeavesNothing) {
  CopyPut order;
  order.path = "x";
  order.size = 6;
  order.sha256 = kHello;
  const std::vector<CopyReply> replies = talk(*copy_put(order) + copy_piece(3) + "hel" + copy_drop() + copy_quit());
  for (const CopyReply& reply : replies) EXPECT_EQ(reply.kind, Kind::noise) << reply.text;
  EXPECT_FALSE(std::filesystem::exists(home() + "/x"));
}

// curl and wget of the bed: what they do with a URL is theirs, what is made of it is ours.
constexpr const char* kCurl =
    "#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -K) f=$2; shift ;; -X) m=$2; shift ;; esac; shift; done\n"
    "[ \"$f\" = - ] && c=$(cat) || c=$(cat \"$f\")\n"
    "case $c in *broken*) printf he; echo 'curl: (56) Recv failure' >&2; exit 56 ;;\n"
    "*denied*) echo 'curl: (22) The requested URL returned error: 403' >&2; exit 22 ;; esac\n"
    "if [ \"$m\" = PUT ]; then cat >\"$HOME/object\"; echo \"$c\" >\"$HOME/url\"; else printf 'hello\\n'; fi\n";

TEST_P(CopyServerTest, ObjectsOfABucketAreFetchedWhereTheyBelong) {
  bed_.write("/bin/curl", kCurl);
  CopyPut order;
  order.path = "x";
  order.size = 12;
  order.sha256 = "00bbb01aeb1b7ffc7e4ac9a1f9d5d58a1f2ee9ea3e6e2ba8ac4ae0bb1e2e5bd4";
  const Secret<> good("https://b.s3.amazonaws.com/1?X-Amz-Signature=ab%2Fc");
  const std::string orders = *copy_put(order) + *copy_fetch(0, 6, Secret<>("https://broken/1")) +
                             *copy_fetch(6, 6, good) + *copy_fetch(0, 6, good) +
                             *copy_fetch(6, 6, Secret<>("https://denied/1")) + *copy_fetch(6, 6, good) + copy_end() +
                             copy_quit();
  const std::vector<CopyReply> replies = talk(orders);
  ASSERT_EQ(replies.size(), 6U);
  EXPECT_EQ(replies[0].kind, Kind::no);
  EXPECT_EQ(replies[0].text, "curl: (56) Recv failure");
  EXPECT_EQ(replies[1].kind, Kind::no) << "the piece before it is missing";
  EXPECT_EQ(replies[2].kind, Kind::carried) << replies[2].text;
  EXPECT_EQ(replies[3].text, "curl: (22) The requested URL returned error: 403");
  EXPECT_EQ(replies[4].kind, Kind::carried) << replies[4].text;
  EXPECT_EQ(replies[5].kind, Kind::no) << "another hash: the file is made of both all the same";
  EXPECT_NE(replies[5].text.find("another hash"), std::string::npos) << replies[5].text;
}

TEST_P(CopyServerTest, PartsOfAFileGoWhereTheUrlLeads) {
  bed_.write("/bin/curl", kCurl);
  bed_.write("/home/it's it", "0123456789");
  const std::vector<CopyReply> replies =
      talk(*copy_head("it's it") + *copy_carry(3, 4, "it's it", Secret<>("https://denied/1")) +
           *copy_carry(3, 4, "it's it", Secret<>("https://b.s3.amazonaws.com/1?a=b%20c&d=e")) + copy_quit());
  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(replies[0].kind, Kind::head);
  EXPECT_EQ(replies[0].size, 10U);
  EXPECT_EQ(replies[1].kind, Kind::end);
  EXPECT_EQ(replies[2].text, "curl: (22) The requested URL returned error: 403");
  EXPECT_EQ(replies[3].kind, Kind::carried) << replies[3].text;
  EXPECT_EQ(slurp(home() + "/object"), "3456");
  EXPECT_EQ(slurp(home() + "/url"), "url = \"https://b.s3.amazonaws.com/1?a=b%20c&d=e\"\n");
}

TEST_P(CopyServerTest, ListsAndLooks) {
  std::filesystem::create_directories(home() + "/tree/sub dir");
  bed_.write("/home/tree/a", "hello\n");
  bed_.write("/home/tree/sub dir/b c", "");
  std::filesystem::create_symlink("a", home() + "/tree/link");
  const std::vector<CopyReply> replies =
      talk(*copy_stat("tree") + *copy_stat("tree/a") + *copy_stat("none") + *copy_list("tree") + *copy_list("none"));
  ASSERT_GE(replies.size(), 9U);
  EXPECT_EQ(replies[0].type, 'd');
  EXPECT_EQ(replies[1].type, 'f');
  EXPECT_EQ(replies[1].size, 6U);
  EXPECT_EQ(replies[2].type, 'n');
  EXPECT_EQ(replies[3].kind, Kind::folder);
  EXPECT_EQ(replies[3].text, "sub dir");
  std::map<std::string, std::string> hashes;
  for (const CopyReply& reply : replies) {
    if (reply.kind == Kind::file) hashes[reply.text] = reply.sha256;
  }
  EXPECT_EQ(hashes["a"], kHello);
  EXPECT_EQ(hashes.count("sub dir/b c"), 1U);
  EXPECT_EQ(replies[6].kind, Kind::link);
  EXPECT_EQ(replies[7].kind, Kind::end);
  EXPECT_EQ(replies[8].kind, Kind::no);
}

TEST(CopyReader, HostileLinesAreNoise) {
  CopyReader reader(CopyMark("m4rk0000"));
  reader.feed("m4rk0000 g 12 999 1 zz\nm4rk0000 f - 5\nm4rk0000 s q 1 1\nm4rk0000\nm4rk0000 Z\n" +
              std::string(200'000, 'x'));
  for (int i = 0; i < 6; ++i) {
    const auto reply = reader.next();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->kind, Kind::noise) << reply->text.substr(0, 40);
  }
  EXPECT_FALSE(reader.next());
}

TEST(CopyReader, UrlsThatWouldBeMoreThanOneLineAreRefused) {
  EXPECT_FALSE(copy_fetch(0, 1, Secret<>("https://a/\"\nupload-file = \"/etc/shadow")));
  EXPECT_FALSE(copy_carry(0, 1, "x", Secret<>("https://a/ b")));
  EXPECT_FALSE(copy_carry(0, 1, "x\ny", Secret<>("https://a/")));
  EXPECT_FALSE(copy_fetch(0, 1, Secret<>("")));
}

TEST(CopyReader, PathsWithLineEndsAreRefused) {
  EXPECT_EQ(copy_stat("a\nQ").error().kind(), ErrorKind::usage);
  EXPECT_EQ(*copy_stat("~/x"), "S x\n");
  EXPECT_EQ(*copy_stat("-x"), "S ./-x\n");
}

INSTANTIATE_TEST_SUITE_P(Shells, CopyServerTest, ::testing::Values("dash", "bash", "busybox"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace copy_server_test
}  // namespace postern::cli
