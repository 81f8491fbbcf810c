#pragma once

/// Inside of the simulated network: one connection and its two ends. Only network.cpp and connection.cpp include this.

#include <deque>
#include <memory>
#include <string>

#include "rt/waiter.hpp"
#include "world/network.hpp"

namespace postern::world {

/// What travels one way.
struct Segment {
  enum class Kind : std::uint8_t { data, end, reset };
  Segment(Kind k, std::string b) : kind(k), bytes(std::move(b)) {}
  Kind kind;
  std::string bytes;
};

/// One direction of a connection, from its writer to its reader.
struct Lane {
  Lane() = default;
  std::deque<Segment> flight;  ///< sent, not arrived
  std::size_t flight_bytes = 0;
  std::size_t due = 0;   ///< of these, so many should have arrived (a partition holds them up)
  MonoTime wire_free{};  ///< when the link has sent what was written so far
  MonoTime last_arrival{};
  std::string received;  ///< arrived, not read
  bool end_sent = false;
  bool end_arrived = false;
  rt::Waiter reader;
  rt::Waiter writer;
};

/// Shared by its two streams; it lives as long as one of them.
class SimConnection : public std::enable_shared_from_this<SimConnection> {
 public:
  /// Side 0 dialled, side 1 accepted.
  SimConnection(Network& network, std::uint64_t id, std::string from, net::Endpoint to, Link link);
  ~SimConnection();

  const std::string& host(std::size_t side) const noexcept { return side == 0 ? from_ : to_.host; }
  bool joins(std::string_view a, std::string_view b) const noexcept;
  /// "client -> server:80", seen from `side`.
  std::string label(std::size_t side) const;

  std::size_t room(std::size_t side) const noexcept;
  void send(std::size_t side, Segment segment);
  /// The side's own end closes: what it sent still arrives.
  void close(std::size_t side) noexcept;
  /// The side notices that the connection is gone; the other one hears of it after what is in flight.
  void reset_by(std::size_t side);
  /// Both ends notice at once, and what is in flight is lost.
  void reset_both();
  void silence() noexcept { silent_ = true; }
  /// Delivers what is due: after a partition.
  void flush(std::size_t side);

  Network& network;
  const std::uint64_t id;
  const Link link;
  Lane lanes[2];  ///< by the side that writes
  bool closed[2] = {};
  bool reset[2] = {};

 private:
  void arrive(std::size_t side, Segment segment);
  void become_reset(std::size_t side);

  std::string from_;
  net::Endpoint to_;
  bool silent_ = false;
};

/// One end of a connection.
class SimStream final : public net::Stream {
 public:
  SimStream(std::shared_ptr<SimConnection> connection, std::size_t side, std::string peer)
      : connection_(std::move(connection)), side_(side), peer_(std::move(peer)) {}
  ~SimStream() override { close(); }

  rt::Task<Result<std::size_t>> read_some(std::span<std::byte> into) override;
  rt::Task<Result<void>> write_all(std::span<const std::byte> bytes) override;
  rt::Task<Result<void>> shutdown_write() override;
  void close() noexcept override { connection_->close(side_); }
  bool is_open() const noexcept override;
  std::size_t take_ready(std::span<std::byte> into) noexcept override;
  std::string peer() const override { return peer_; }

 private:
  Lane& in() const noexcept { return connection_->lanes[1 - side_]; }
  Lane& out() const noexcept { return connection_->lanes[side_]; }
  std::size_t take(std::span<std::byte> into) noexcept;
  /// Why nothing can be written now, if so.
  std::optional<Error> write_failure() const;

  std::shared_ptr<SimConnection> connection_;
  std::size_t side_;
  std::string peer_;
};

}  // namespace postern::world
