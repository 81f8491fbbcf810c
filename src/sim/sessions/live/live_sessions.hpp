#pragma once

/// LiveSessions: the session agent of live nodes: shells on terminals, commands, ports, in this process and with this
/// user's rights.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/stream.hpp"
#include "os/children.hpp"
#include "os/files.hpp"
#include "rt/context.hpp"
#include "rt/task_group.hpp"
#include "sim/kms/kms_service.hpp"
#include "sim/sessions/sessions.hpp"

namespace postern::sim {

/// Borrowed; all outlive the sessions.
struct LiveSessionParts {
  LiveSessionParts(Sessions& s, KmsService& k, os::Children& c, os::Files& f, net::Dialer& d)
      : sessions(&s), kms(&k), children(&c), files(&f), dialer(&d) {}
  Sessions* sessions;
  KmsService* kms;
  os::Children* children;
  os::Files* files;
  net::Dialer* dialer;
};

struct LiveSessionOptions {
  LiveSessionOptions() = default;
  /// The live agents' root: a node's sessions have the home and the programs of its commands.
  std::string root_dir;
  std::string shell = "/bin/sh";
  /// How long output that its client has not acknowledged keeps an ended session open.
  Duration settle_within = std::chrono::minutes(2);
};

/// stop() before it goes. Loop thread only.
class LiveSessions final : public SessionAgents {
 public:
  LiveSessions(rt::Executor executor, rt::CallContext ctx, LiveSessionParts parts, LiveSessionOptions options)
      : ctx_(ctx), parts_(parts), options_(std::move(options)), tasks_(std::move(executor)) {}
  void open(SessionPtr session) override;
  void close(const Session& session) override;
  /// Ends all of them: what they run is killed.
  rt::Task<void> stop();
  std::size_t running() const noexcept { return tasks_.size(); }

 private:
  rt::Task<void> run(SessionPtr session);

  rt::CallContext ctx_;
  LiveSessionParts parts_;
  LiveSessionOptions options_;
  std::map<std::string, std::function<void()>> ended_;  ///< by session id: told when the service ends one
  rt::TaskGroup tasks_;                                 // last: what runs uses the rest
};

}  // namespace postern::sim
