#pragma once

/// The World's network: named hosts, links with latency, and everything that goes wrong between them.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "net/stream.hpp"
#include "rt/random.hpp"
#include "world/pending.hpp"
#include "world/trace.hpp"

namespace postern::world {

/// What the way between two hosts is like, both directions.
struct Link {
  Link() = default;
  explicit Link(Duration l) : latency(l) {}
  Duration latency{};                  ///< one way
  Duration jitter{};                   ///< up to so much more, at random; order is kept within a connection
  std::uint64_t bytes_per_second = 0;  ///< 0: no limit
  /// Bytes written and not yet read, per direction: a slow reader makes the writer wait.
  std::size_t window = std::size_t{64} * 1024;
  double break_chance = 0;  ///< that a write breaks its connection: before, halfway or after
};

/// Where in an operation a fault strikes.
enum class Moment : std::uint8_t {
  before,   ///< nothing of it happened
  halfway,  ///< a write has sent half of its bytes; otherwise as before
  after,    ///< all of it happened, and the next one notices
};

class SimConnection;

/// Hosts are named as they come: every name that listens or is added exists; dialling any other is "name not found".
/// Loop thread only. Dialers, listeners and streams do not outlive it.
class Network {
 public:
  /// All of them outlive it.
  Network(rt::Clock& clock, rt::Random& random, Trace& trace, PendingTable& pending);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  ~Network();

  /// Connects from `host`. Over a partition a dial is tried again after 1, 2, 4 ... seconds, as TCP does with its SYN,
  /// and gives up after 127 s or at its deadline.
  net::Dialer& dialer(std::string_view host = "laptop");
  /// unavailable when host and port are taken. Port 0 takes a free one from 49152 up.
  Result<std::unique_ptr<net::Listener>> listen(net::Endpoint at);
  /// A host on which nothing listens: "connection refused" instead of "name not found".
  void add_host(std::string name);

  /// For connections made from now on.
  void set_default_link(Link link) { default_link_ = link; }
  void set_link(std::string_view a, std::string_view b, Link link);
  /// Nothing passes between the two until heal(); what was sent then arrives.
  void partition(std::string_view a, std::string_view b);
  void heal(std::string_view a, std::string_view b);
  /// The host refuses new connections although it listens, until accept_again().
  void refuse(std::string_view host) { refusing_.emplace(host); }
  void accept_again(std::string_view host);
  /// Resets every connection between the two, at both ends at once; what was under way is lost.
  void break_connections(std::string_view a, std::string_view b);
  /// Makes every connection between the two half-open, for ever: neither end hears of the other again. New ones work.
  void silence_connections(std::string_view a, std::string_view b);

  /// Counts dials, reads and writes, in the order in which they begin.
  std::uint64_t operations() const noexcept { return operations_; }
  /// The `nth` operation from now on (1 is the next one) breaks its connection. One fault at a time.
  void break_operation(std::uint64_t nth, Moment moment);
  /// True when the fault asked for has happened.
  bool fault_done() const noexcept { return fault_at_ != 0 && operations_ >= fault_at_; }
  std::size_t connections() const noexcept { return connections_.size(); }

 private:
  friend class SimConnection;
  friend class SimStream;
  class Port;
  class HostDialer;
  class PortListener;
  using Pair = std::pair<std::string, std::string>;

  static Pair pair_of(std::string_view a, std::string_view b);
  bool is_partitioned(const std::string& a, const std::string& b) const;
  const Link& link_between(const std::string& a, const std::string& b) const;
  /// Counts an operation; the moment at which a fault strikes it, if one does.
  std::optional<Moment> begin_operation();
  /// begin_operation() for a write on that link: chance may strike as well.
  std::optional<Moment> begin_write(const Link& link);
  void note(const std::string& text) { trace_.append("net", text); }
  template <class Do>
  void each_between(std::string_view a, std::string_view b, const Do& apply);

  rt::Clock& clock_;
  rt::Random& random_;
  Trace& trace_;
  PendingTable& pending_;
  Link default_link_;
  std::map<Pair, Link> links_;
  std::set<Pair> partitions_;
  std::set<std::string, std::less<>> refusing_;
  std::map<std::string, std::map<std::uint16_t, std::shared_ptr<Port>>, std::less<>> hosts_;
  std::map<std::string, std::unique_ptr<HostDialer>, std::less<>> dialers_;
  std::map<std::uint64_t, std::weak_ptr<SimConnection>> connections_;
  std::uint64_t next_connection_ = 1;
  std::uint16_t next_client_port_ = 49152;
  std::uint64_t operations_ = 0;
  std::uint64_t fault_at_ = 0;
  Moment fault_moment_ = Moment::before;
};

}  // namespace postern::world
