#include "audit/assumptions.hpp"

#include <algorithm>
#include <map>

#include "fleet/types.hpp"

namespace postern::audit {
namespace assumptions {

std::string who_of(const Actor& actor) {
  if (!actor.arn.empty()) return actor.arn;
  if (!actor.invoked_by.empty()) return actor.invoked_by;
  if (actor.account.empty()) return actor.principal_id.empty() ? "unknown" : actor.principal_id;
  return "account " + actor.account + (actor.principal_id.empty() ? "" : " (" + actor.principal_id + ")");
}

Assumption assumption_of(const TrailEvent& event) {
  Assumption made;
  made.time = event.time;
  made.role_arn = event.role_arn;
  made.region = event.region;
  made.who = who_of(event.actor);
  made.who_account = event.actor.account;
  made.session_name = event.session_name;
  made.source_identity = event.source_identity;
  made.source_ip = event.source_ip;
  made.user_agent = event.user_agent;
  made.error_code = event.error_code;
  made.error_message = event.error_message;
  made.issued_key = event.issued_key;
  made.event_id = event.id;
  made.shared_id = event.shared_id;
  made.request_id = event.request_id;
  made.event_name = event.name;
  made.mfa = event.actor.mfa;
  return made;
}

void fill(std::string& to, const std::string& from) {
  if (to.empty()) to = from;
}

/// The other account's view of the same call.
void merge(Assumption& into, const TrailEvent& event) {
  if (!event.actor.arn.empty()) {
    into.who = event.actor.arn;
    into.who_account = event.actor.account;
    into.mfa = event.actor.mfa;
  }
  fill(into.session_name, event.session_name);
  fill(into.source_identity, event.source_identity);
  fill(into.source_ip, event.source_ip);
  fill(into.user_agent, event.user_agent);
  fill(into.issued_key, event.issued_key);
}

}  // namespace assumptions

bool RoleQuery::fits(const TrailEvent& event) const {
  const Result<fleet::RoleArn> arn = fleet::RoleArn::parse(event.role_arn);
  return arn && arn->name() == name && accounts.contains(arn->account().text());
}

std::vector<Assumption> assumptions_of(std::vector<TrailEvent> events, const RoleQuery& role, std::size_t last) {
  std::vector<Assumption> out;
  std::map<std::string, std::size_t> known;  // by event id and by shared id
  for (const TrailEvent& event : events) {
    if (!role.fits(event) || known.contains("e/" + event.id)) continue;
    std::size_t at = out.size();
    if (const auto other = known.find("s/" + event.shared_id); !event.shared_id.empty() && other != known.end()) {
      at = other->second;
      assumptions::merge(out[at], event);
    } else {
      out.push_back(assumptions::assumption_of(event));
    }
    known.emplace("e/" + event.id, at);
    if (!event.shared_id.empty()) known.emplace("s/" + event.shared_id, at);
  }
  std::ranges::sort(out, [](const Assumption& a, const Assumption& b) {
    return a.time != b.time ? a.time > b.time : a.event_id < b.event_id;
  });
  if (last != 0 && out.size() > last) out.resize(last);
  return out;
}

}  // namespace postern::audit
