// The agent's side of a session against a client and a service that say whatever they want, in any order.

#include "session/agent_session.hpp"

#include "session_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  using namespace postern::session;
  fuzz::FixedRandom random;
  fuzz::Script script(data, size);
  AgentSessionOptions options;
  const std::uint8_t first = script.byte();
  options.type = static_cast<SessionType>(first % 4);
  if ((first & 4U) != 0) options.kms_key = "k";
  if ((first & 8U) != 0) options.challenge = "AAAA";
  options.require_challenge = (first & 16U) != 0;
  AgentSession agent(random, options);
  Moment now(MonoTime(std::chrono::seconds(1)), WallTime(std::chrono::seconds(1)));
  if ((first & 32U) == 0) agent.begin(now);
  while (!script.is_over()) {
    switch (script.byte() % 9) {
      case 0:
      case 1:
      case 2:
        static_cast<void>(agent.receive(now, fuzz::message(script, agent.channel().expected())));
        break;
      case 3:
        static_cast<void>(agent.receive(now, script.bytes()));
        break;
      case 4:
        now.mono += std::chrono::milliseconds(50) * script.byte();
        agent.on_time(now);
        break;
      case 5: {
        const std::string_view output = script.bytes();
        if (agent.room() >= output.size()) agent.send_output(output);
        break;
      }
      case 6:
        agent.reconnected();
        break;
      case 7:
        agent.data_key(Secret<std::string>(std::string(script.byte() % 2 == 0 ? 64 : 3, 'k')));
        break;
      default:
        while (agent.next_event()) {
        }
    }
    fuzz::check(agent, now, 8U << 20U);
  }
  return 0;
}
