// The client's side of a session against an agent and a service that say whatever they want, in any order.

#include "session/client_session.hpp"

#include "session_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  using namespace postern::session;
  fuzz::FixedRandom random;
  fuzz::Script script(data, size);
  ClientSessionOptions options;
  options.session_id = "s";
  options.target = "i-0123456789abcdef0";
  options.client_id = "00112233-4455-6677-8899-aabbccddeeff";
  const std::uint8_t first = script.byte();
  if (first % 5 < 4) options.expected = static_cast<SessionType>(first % 5);
  ClientSession client(random, options);
  Moment now(MonoTime(std::chrono::seconds(1)), WallTime(std::chrono::seconds(1)));
  bool over = false;
  while (!script.is_over()) {
    switch (script.byte() % 10) {
      case 0:
      case 1:
      case 2:
        static_cast<void>(client.receive(now, fuzz::message(script, client.channel().expected())));
        break;
      case 3:
        static_cast<void>(client.receive(now, script.bytes()));
        break;
      case 4:
        now.mono += std::chrono::milliseconds(50) * script.byte();
        break;
      case 5: {
        const std::string_view input = script.bytes();
        if (client.room() >= input.size()) client.send_input(input);
        break;
      }
      case 6:
        client.send_size(TerminalSize(script.byte(), 24));
        break;
      case 7:
        client.reconnected();
        break;
      case 8: {
        DataKey key;
        key.plaintext = Secret<std::string>(std::string(script.byte() % 2 == 0 ? 64 : 3, 'k'));
        key.ciphertext = script.bytes();
        client.data_key(std::move(key));
        break;
      }
      default:
        while (const std::optional<SessionEvent> event = client.next_event()) {
          CHECK(!over);
          over = event->kind == SessionEvent::Kind::closed || event->kind == SessionEvent::Kind::failed;
          CHECK(event->kind != SessionEvent::Kind::failed || event->error.has_value());
        }
    }
    fuzz::check(client, now, 8U << 20U);
  }
  return 0;
}
