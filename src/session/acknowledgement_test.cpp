#include "session/acknowledgement.hpp"

#include <gtest/gtest.h>

namespace postern::session {
namespace acknowledgement_test {

TEST(Acknowledgement, IsTheTextOfTheWire) {
  const std::string text = write_acknowledgement_of("output_stream_data", "00112233-4455-6677-8899-aabbccddeeff", 42);
  EXPECT_EQ(
      text,
      R"({"AcknowledgedMessageType":"output_stream_data","AcknowledgedMessageId":)"
      R"("00112233-4455-6677-8899-aabbccddeeff","AcknowledgedMessageSequenceNumber":42,"IsSequentialMessage":true})");
  EXPECT_EQ(read_acknowledgement(text), 42);
}

std::string usual(const std::string& sequence, const std::string& end = "") {
  return R"({"AcknowledgedMessageType":"","AcknowledgedMessageId":"","AcknowledgedMessageSequenceNumber":)" + sequence +
         R"(,"IsSequentialMessage":true})" + end;
}

TEST(Acknowledgement, IsReadHoweverItIsWritten) {
  EXPECT_EQ(read_acknowledgement(usual("7")), 7);
  EXPECT_EQ(read_acknowledgement(usual("-7")), -7);
  for (const char* text : {
           R"({"AcknowledgedMessageSequenceNumber":7})",
           R"({ "IsSequentialMessage" : false, "AcknowledgedMessageSequenceNumber" : 7 })",
           R"({"AcknowledgedMessageType":"a\"b","AcknowledgedMessageId":"","AcknowledgedMessageSequenceNumber":7})",
       }) {
    EXPECT_EQ(read_acknowledgement(text), 7) << text;
  }
}

TEST(Acknowledgement, WhatHasNoNumberIsNone) {
  const std::string none[] = {usual("7", "x"),
                              usual("7x"),
                              usual("99999999999999999999"),
                              usual(""),
                              usual("\"7\""),
                              R"({"AcknowledgedMessageType":")",
                              "{}",
                              "[7]",
                              ""};
  for (const std::string& text : none) EXPECT_FALSE(read_acknowledgement(text).has_value()) << text;
}

}  // namespace acknowledgement_test
}  // namespace postern::session
