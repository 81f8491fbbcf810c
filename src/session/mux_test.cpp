#include "session/mux.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/encoding.hpp"

namespace postern::session {
namespace {

using Command = MuxFrame::Command;

std::string frame(Command command, std::uint32_t stream, std::string_view data = std::string_view()) {
  std::string out;
  write_mux_frame_to(out, command, stream, data);
  return out;
}

/// What a side would put on the wire, all of it.
std::string drain(Mux& mux, std::size_t most = 1U << 20U) {
  std::string all;
  for (std::string some = mux.take_outgoing(most); !some.empty(); some = mux.take_outgoing(most)) all += some;
  return all;
}

/// "syn 3; push 3 5; fin 3", from a side's bytes.
std::string script(std::string_view bytes) {
  constexpr const char* kNames[] = {"syn", "fin", "push", "nop"};
  MuxReader reader;
  reader.feed(bytes);
  std::string text;
  for (;;) {
    const auto next = reader.next();
    if (!next) return text + "broken";
    if (!next->has_value()) return text;
    const MuxFrame& read = **next;
    text += std::string(kNames[static_cast<int>(read.command)]) + " " + std::to_string(read.stream);
    if (read.command == Command::push) text += " " + std::to_string(read.data.size());
    text += "; ";
  }
}

/// A client and a server whose bytes reach each other when told to.
class Pair {
 public:
  Mux client{MuxOptions(MuxSide::client)};
  Mux server{MuxOptions(MuxSide::server)};

  void exchange() {
    while (client.has_outgoing() || server.has_outgoing()) {
      ASSERT_TRUE(server.feed(client.take_outgoing(1024)).has_value());
      ASSERT_TRUE(client.feed(server.take_outgoing(1024)).has_value());
    }
  }
};

TEST(MuxFrames, HaveTheLayoutOfSmux) {
  // Pitfall D7: little-endian, in the middle of messages that are big-endian.
  EXPECT_EQ(to_hex(frame(Command::push, 3, "GET")), "0102030003000000474554");
  EXPECT_EQ(to_hex(frame(Command::syn, 0x01020304)), "0100000004030201");
  EXPECT_EQ(to_hex(frame(Command::fin, 5)), "0101000005000000");
  EXPECT_EQ(to_hex(frame(Command::nop, 0)), "0103000000000000");
  const std::string large(kMuxDataMax, 'x');
  EXPECT_EQ(to_hex(frame(Command::push, 3, large).substr(0, 8)), "0102008003000000");
}

TEST(MuxReader, ReadsAFrameHoweverItWasCut) {
  const std::string bytes =
      frame(Command::syn, 3) + frame(Command::push, 3, "hello") + frame(Command::nop, 0) + frame(Command::fin, 3);
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    MuxReader reader;
    std::string data;
    std::string commands;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(std::string_view(bytes).substr(at, step));
      for (auto next = reader.next(); next->has_value(); next = reader.next()) {
        data += (*next)->data;
        if ((*next)->command != Command::push) commands += std::to_string(static_cast<int>((*next)->command));
      }
    }
    EXPECT_EQ(data, "hello") << step;
    EXPECT_EQ(commands, "031") << step;
  }
}

TEST(MuxReader, HandsDataOnBeforeTheirFrameIsComplete) {
  MuxReader reader;
  const std::string bytes = frame(Command::push, 7, std::string(30'000, 'x'));
  reader.feed(std::string_view(bytes).substr(0, 1008));
  const auto first = reader.next();
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->data.size(), 1000U);
  EXPECT_FALSE(reader.next()->has_value());
}

TEST(MuxReader, RefusesWhatMakesNoSenseForGood) {
  struct Case {
    const char* what;
    std::string bytes;
  };
  const Case cases[] = {
      {"version 2", std::string("\x02\x00\x00\x00\x03\x00\x00\x00", 8)},
      {"a command of version 2", std::string("\x01\x04\x08\x00\x03\x00\x00\x00", 8)},
      {"an unknown command", std::string("\x01\xff\x00\x00\x03\x00\x00\x00", 8)},
      {"a SYN with data", std::string("\x01\x00\x01\x00\x03\x00\x00\x00x", 9)},
      {"a FIN with data", std::string("\x01\x01\x01\x00\x03\x00\x00\x00x", 9)},
      {"a NOP with data", std::string("\x01\x03\x00\x01\x03\x00\x00\x00x", 9)},
  };
  for (const Case& one : cases) {
    MuxReader reader;
    reader.feed(one.bytes);
    const auto next = reader.next();
    ASSERT_FALSE(next.has_value()) << one.what;
    EXPECT_EQ(next.error().kind(), ErrorKind::malformed) << one.what;
    reader.feed(frame(Command::syn, 3));
    EXPECT_FALSE(reader.next().has_value()) << one.what;
  }
}

TEST(Mux, ClientsCountFromThreeByTwos) {
  Pair pair;
  EXPECT_EQ(*pair.client.open(), 3U);
  EXPECT_EQ(*pair.client.open(), 5U);
  EXPECT_EQ(*pair.client.open(), 7U);
  EXPECT_EQ(script(drain(pair.client)), "syn 3; syn 5; syn 7; ");
}

TEST(Mux, CarriesBytesBothWays) {
  Pair pair;
  const std::uint32_t id = *pair.client.open();
  pair.client.write(id, "question");
  pair.exchange();
  EXPECT_EQ(pair.server.accept(), id);
  EXPECT_EQ(pair.server.accept(), std::nullopt);
  EXPECT_EQ(pair.server.next_readable(), id);
  EXPECT_EQ(pair.server.next_readable(), std::nullopt) << "told once until it was read";
  EXPECT_EQ(pair.server.read(id).bytes, "question");
  pair.server.write(id, "answer");
  pair.server.close(id);
  pair.exchange();
  EXPECT_EQ(pair.client.next_readable(), id);
  const Mux::Input input = pair.client.read(id);
  EXPECT_EQ(input.bytes, "answer");
  EXPECT_TRUE(input.ended);
  EXPECT_EQ(pair.client.room(id), 0U);
  EXPECT_EQ(pair.server.size(), 0U);
  pair.client.close(id);
  pair.exchange();
  EXPECT_EQ(pair.client.size(), 0U);
}

TEST(Mux, SaysFinAfterWhatWasWritten) {
  Pair pair;
  const std::uint32_t id = *pair.client.open();
  pair.client.write(id, std::string(20'000, 'x'));
  pair.client.close(id);
  EXPECT_EQ(pair.client.room(id), 0U);
  EXPECT_EQ(script(drain(pair.client)), "syn 3; push 3 8192; push 3 8192; push 3 3616; fin 3; ");
}

TEST(Mux, ToleratesNopsAndAnswersNothing) {
  // Agents before 3.1.1511 send them for ever, and so do newer ones to clients that look old to them.
  Mux client{MuxOptions(MuxSide::client)};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(client.feed(frame(Command::nop, 0)).has_value());
  EXPECT_FALSE(client.has_outgoing());
  EXPECT_TRUE(client.wants_input());
  client.send_nop();
  EXPECT_EQ(script(drain(client)), "nop 0; ");
}

TEST(Mux, ForgetsAStreamThatWasClosedHereAndDropsWhatStillComes) {
  Pair pair;
  const std::uint32_t id = *pair.client.open();
  pair.client.close(id);
  EXPECT_EQ(script(drain(pair.client)), "syn 3; fin 3; ");
  EXPECT_EQ(pair.client.size(), 0U);
  ASSERT_TRUE(pair.client.feed(frame(Command::push, id, "late") + frame(Command::fin, id)).has_value());
  EXPECT_EQ(pair.client.next_readable(), std::nullopt);
  EXPECT_TRUE(pair.client.read(id).ended);
  EXPECT_FALSE(pair.client.has_outgoing());
}

TEST(Mux, WhatIsWrittenAfterTheOtherEndSaidFinGoesNowhere) {
  Pair pair;
  const std::uint32_t id = *pair.client.open();
  pair.client.write(id, "never read");
  ASSERT_TRUE(pair.client.feed(frame(Command::fin, id)).has_value());
  pair.client.write(id, "nor this");
  EXPECT_EQ(script(drain(pair.client)), "syn 3; ");
  pair.client.close(id);
  EXPECT_EQ(script(drain(pair.client)), "fin 3; ");
}

TEST(Mux, StreamsTakeTurns) {
  Mux client{MuxOptions(MuxSide::client)};
  const std::uint32_t bulk = *client.open();
  const std::uint32_t keys = *client.open();
  client.write(bulk, std::string(40'000, 'x'));
  client.write(keys, "ls\r");
  EXPECT_EQ(script(drain(client)),
            "syn 3; syn 5; push 3 8192; push 5 3; push 3 8192; push 3 8192; push 3 8192; push 3 7232; ");
}

TEST(Mux, AFrameThatWasCutGoesOnBeforeAnythingElse) {
  Mux client{MuxOptions(MuxSide::client)};
  const std::uint32_t first = *client.open();
  client.write(first, std::string(5000, 'x'));
  std::string sent = client.take_outgoing(1024);
  EXPECT_EQ(sent.size(), 1024U);
  const std::uint32_t second = *client.open();
  client.write(second, "y");
  client.close(first);
  sent += drain(client, 100);
  // One frame on the wire, however it was taken: its header promises 5,000 bytes.
  EXPECT_EQ(script(sent), "syn 3; push 3 5000; syn 5; push 5 1; fin 3; ");
}

TEST(Mux, TellsWhenMoreCanBeWritten) {
  MuxOptions options(MuxSide::client);
  options.out_bytes = 10'000;
  Mux client(options);
  const std::uint32_t id = *client.open();
  EXPECT_EQ(client.room(id), 10'000U);
  client.write(id, std::string(10'000, 'x'));
  EXPECT_EQ(client.room(id), 0U);
  EXPECT_EQ(client.next_writable(), std::nullopt);
  static_cast<void>(client.take_outgoing(8208));
  EXPECT_EQ(client.next_writable(), id);
  EXPECT_EQ(client.next_writable(), std::nullopt);
  EXPECT_GT(client.room(id), 5'000U);
}

TEST(Mux, TheTotalIsBoundedAndStarvesNobody) {
  MuxOptions options(MuxSide::client);
  options.out_bytes = 10'000;
  options.total_bytes = 25'000;
  Mux client(options);
  std::uint32_t ids[10];
  for (std::uint32_t& id : ids) {
    id = *client.open();
    client.write(id, std::string(client.room(id), 'x'));
  }
  EXPECT_EQ(client.room(ids[0]), 0U);
  EXPECT_EQ(client.room(ids[9]), 0U) << "it had its least";
  EXPECT_EQ(drain(client).size(), 25'000U + 7 * 4096 + (10 + 12) * kMuxHeaderBytes) << "10,000 twice, 5,000, 4,096 ...";
}

TEST(Mux, HoldsTheByteStreamBackWhileOneStreamIsFull) {
  MuxOptions options(MuxSide::server);
  options.stream_bytes = 10'000;
  Mux server(options);
  ASSERT_TRUE(server.feed(frame(Command::syn, 3) + frame(Command::syn, 5)).has_value());
  ASSERT_TRUE(server.feed(frame(Command::push, 3, std::string(9'999, 'x'))).has_value());
  EXPECT_TRUE(server.wants_input());
  ASSERT_TRUE(server.feed(frame(Command::push, 3, "xy")).has_value());
  EXPECT_FALSE(server.wants_input());
  EXPECT_EQ(server.read(5).bytes, "");
  EXPECT_FALSE(server.wants_input());
  EXPECT_EQ(server.read(3).bytes.size(), 10'001U);
  EXPECT_TRUE(server.wants_input());
  ASSERT_TRUE(server.feed(frame(Command::push, 5, std::string(20'000, 'x'))).has_value());
  EXPECT_FALSE(server.wants_input());
  server.close(5);
  EXPECT_TRUE(server.wants_input()) << "what nobody will read holds nothing back";
}

TEST(Mux, HoldsTheByteStreamBackWhileAllStreamsHoldTooMuch) {
  MuxOptions options(MuxSide::server);
  options.total_bytes = 10'000;
  Mux server(options);
  for (std::uint32_t id = 3; id < 23; id += 2) {
    ASSERT_TRUE(server.feed(frame(Command::syn, id) + frame(Command::push, id, std::string(1'000, 'x'))).has_value());
  }
  EXPECT_FALSE(server.wants_input());
  EXPECT_EQ(server.read(3).bytes.size(), 1'000U);
  EXPECT_TRUE(server.wants_input());
}

TEST(Mux, RefusesStreamsBeyondTheLimit) {
  MuxOptions options(MuxSide::server);
  options.streams_max = 2;
  Mux server(options);
  ASSERT_TRUE(server.feed(frame(Command::syn, 3) + frame(Command::syn, 5) + frame(Command::syn, 7)).has_value());
  EXPECT_EQ(script(drain(server)), "fin 7; ");
  options.side = MuxSide::client;
  Mux client(options);
  EXPECT_TRUE(client.open().has_value());
  EXPECT_TRUE(client.open().has_value());
  EXPECT_EQ(client.open().error().message(), "there are 2 connections through the session already");
}

TEST(Mux, AClientRefusesStreamsThatItIsOffered) {
  Mux client{MuxOptions(MuxSide::client)};
  ASSERT_TRUE(client.feed(frame(Command::syn, 2) + frame(Command::push, 2, "x")).has_value());
  EXPECT_EQ(client.accept(), std::nullopt);
  EXPECT_EQ(client.size(), 0U);
  EXPECT_EQ(script(drain(client)), "fin 2; ");
}

TEST(Mux, APeerThatAsksAndDoesNotListenIsNotListenedTo) {
  Mux client{MuxOptions(MuxSide::client)};
  std::uint32_t asked = 0;
  while (client.wants_input()) ASSERT_TRUE(client.feed(frame(Command::syn, asked += 2)).has_value());
  EXPECT_EQ(asked, 2U * 8192U);
  static_cast<void>(drain(client));
  EXPECT_TRUE(client.wants_input());
}

TEST(Mux, ASecondSynForAStreamChangesNothing) {
  Mux server{MuxOptions(MuxSide::server)};
  ASSERT_TRUE(
      server.feed(frame(Command::syn, 3) + frame(Command::push, 3, "kept") + frame(Command::syn, 3)).has_value());
  EXPECT_EQ(server.accept(), 3U);
  EXPECT_EQ(server.accept(), std::nullopt);
  EXPECT_EQ(server.read(3).bytes, "kept");
}

TEST(Mux, ThousandsOfStreamsKeepTheirBytesApart) {
  Pair pair;
  std::minstd_rand random(7);
  std::map<std::uint32_t, std::string> sent;
  std::map<std::uint32_t, std::string> heard;
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t id = *pair.client.open();
    const std::string text = "stream " + std::to_string(id) + " " + std::string(random() % 2000, 'a' + random() % 26);
    sent[id] = text;
    pair.client.write(id, text);
  }
  const auto serve = [&] {
    while (const auto id = pair.server.next_readable()) {
      const Mux::Input input = pair.server.read(*id);
      pair.server.write(*id, input.bytes);
      if (input.ended) pair.server.close(*id);
    }
    while (const auto id = pair.client.next_readable()) {
      std::string& text = heard[*id];
      text += pair.client.read(*id).bytes;
      if (text.size() == sent[*id].size()) pair.client.close(*id);
    }
  };
  while (pair.client.size() > 0 || pair.server.size() > 0) {
    ASSERT_TRUE(pair.client.has_outgoing() || pair.server.has_outgoing());
    ASSERT_TRUE(pair.server.feed(pair.client.take_outgoing(1 + random() % 3000)).has_value());
    ASSERT_TRUE(pair.client.feed(pair.server.take_outgoing(1 + random() % 3000)).has_value());
    serve();
  }
  EXPECT_EQ(heard, sent);
}

}  // namespace
}  // namespace postern::session
