#include "session/mux.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.hpp"

namespace postern::session {
namespace mux {

constexpr unsigned char kVersion = 1;
/// Data of one frame of ours. Less than may be: who writes a little waits for one frame of each of the others.
constexpr std::size_t kFrameBytes = 8U << 10U;
/// Answers that wait to be sent. A peer that makes us answer and does not listen is not listened to either.
constexpr std::size_t kOutgoingMax = 64U << 10U;
/// What every stream may hold when the others hold everything that is allowed together.
constexpr std::size_t kRoomMin = 4U << 10U;

/// Smux writes little-endian, unlike everything around it.
std::uint32_t read_number(std::string_view bytes, std::size_t at, unsigned size) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < size; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8U * i);
  }
  return value;
}

void append_number(std::string& out, std::uint32_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8U * i)) & 0xFFU));
}

}  // namespace mux

void write_mux_frame_to(std::string& out, MuxFrame::Command command, std::uint32_t stream, std::string_view data) {
  CHECK(data.size() <= kMuxDataMax);
  out.push_back(static_cast<char>(mux::kVersion));
  out.push_back(static_cast<char>(command));
  mux::append_number(out, static_cast<std::uint32_t>(data.size()), 2);
  mux::append_number(out, stream, 4);
  out += data;
}

void MuxReader::feed(std::string_view bytes) {
  if (broken_) return;
  buffer_.erase(0, used_);
  used_ = 0;
  buffer_ += bytes;
}

Result<std::optional<MuxFrame>> MuxReader::next() {
  const auto bad = [this](std::string why) {
    broken_ = true;
    return fail(ErrorKind::malformed, "the agent's streams cannot be told apart: " + std::move(why));
  };
  if (broken_) return bad("an earlier frame made no sense");
  for (;;) {
    const std::string_view bytes = std::string_view(buffer_).substr(used_);
    if (left_ > 0) {
      const std::string_view data = bytes.substr(0, left_);
      if (data.empty()) return std::optional<MuxFrame>();
      left_ -= data.size();
      used_ += data.size();
      return MuxFrame(MuxFrame::Command::push, stream_, data);
    }
    if (bytes.size() < kMuxHeaderBytes) return std::optional<MuxFrame>();
    if (static_cast<unsigned char>(bytes[0]) != mux::kVersion) return bad("a frame of another version");
    const auto command = static_cast<MuxFrame::Command>(bytes[1]);
    if (command > MuxFrame::Command::nop) return bad("an unknown command");
    const std::uint32_t size = mux::read_number(bytes, 2, 2);
    stream_ = mux::read_number(bytes, 4, 4);
    used_ += kMuxHeaderBytes;
    if (command == MuxFrame::Command::push) {
      left_ = size;
      continue;
    }
    if (size > 0) return bad("data in a frame that has none");
    return MuxFrame(command, stream_, std::string_view());
  }
}

Mux::Mux(MuxOptions options) : options_(options), next_id_(options.side == MuxSide::client ? 3 : 2) {}

Result<void> Mux::feed(std::string_view bytes) {
  reader_.feed(bytes);
  for (;;) {
    TRY(const std::optional<MuxFrame> frame, reader_.next());
    if (!frame) return {};
    take(*frame);
  }
}

bool Mux::wants_input() const noexcept {
  return full_ == 0 && in_bytes_ < options_.total_bytes && outgoing_.size() - outgoing_used_ < mux::kOutgoingMax;
}

void Mux::take(const MuxFrame& frame) {
  if (frame.command == MuxFrame::Command::syn) return take_syn(frame.stream);
  const auto found = streams_.find(frame.stream);
  // What comes for a stream that has been closed here was on its way already.
  if (found == streams_.end()) return;
  if (frame.command == MuxFrame::Command::push) take_data(found->second, frame.stream, frame.data);
  if (frame.command == MuxFrame::Command::fin) take_fin(found->second, frame.stream);
}

void Mux::take_syn(std::uint32_t id) {
  if (streams_.contains(id)) return;
  if (options_.side == MuxSide::client || streams_.size() >= options_.streams_max) {
    return write_control(MuxFrame::Command::fin, id);
  }
  streams_.try_emplace(id);
  accepted_.push_back(id);
}

void Mux::take_data(Stream& stream, std::uint32_t id, std::string_view data) {
  if (stream.ended_by_us || stream.ended_by_them) return;
  const bool was_full = stream.in.size() >= options_.stream_bytes;
  stream.in += data;
  in_bytes_ += data.size();
  if (!was_full && stream.in.size() >= options_.stream_bytes) ++full_;
  tell_readable(stream, id);
}

void Mux::take_fin(Stream& stream, std::uint32_t id) {
  if (stream.ended_by_them) return;
  stream.ended_by_them = true;
  // Nobody reads it any more.
  drop_out(stream);
  if (!stream.ended_by_us) tell_readable(stream, id);
}

void Mux::tell_readable(Stream& stream, std::uint32_t id) {
  if (std::exchange(stream.told_readable, true)) return;
  readable_.push_back(id);
}

std::string Mux::take_in(Stream& stream) {
  if (stream.in.size() >= options_.stream_bytes) --full_;
  in_bytes_ -= stream.in.size();
  return std::exchange(stream.in, std::string());
}

void Mux::drop_out(Stream& stream) {
  out_bytes_ -= stream.pending();
  stream.out = std::string();
  stream.out_used = 0;
}

void Mux::write_control(MuxFrame::Command command, std::uint32_t id) {
  write_mux_frame_to(outgoing_, command, id, std::string_view());
}

Result<std::uint32_t> Mux::open() {
  if (streams_.size() >= options_.streams_max) {
    return fail(ErrorKind::unavailable,
                "there are " + std::to_string(streams_.size()) + " connections through the session already");
  }
  if (next_id_ > std::numeric_limits<std::uint32_t>::max() - 2) {
    return fail(ErrorKind::unavailable, "the session has used up its numbers of connections: open another one");
  }
  const std::uint32_t id = std::exchange(next_id_, next_id_ + 2);
  streams_.try_emplace(id);
  write_control(MuxFrame::Command::syn, id);
  return id;
}

std::optional<std::uint32_t> Mux::accept() {
  if (accepted_.empty()) return std::nullopt;
  const std::uint32_t id = accepted_.front();
  accepted_.pop_front();
  return id;
}

std::size_t Mux::room(std::uint32_t stream) const noexcept {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || found->second.ended_by_us || found->second.ended_by_them) return 0;
  const std::size_t pending = found->second.pending();
  const std::size_t all = out_bytes_ >= options_.total_bytes ? 0 : options_.total_bytes - out_bytes_;
  const std::size_t own = pending >= options_.out_bytes ? 0 : options_.out_bytes - pending;
  const std::size_t least = pending >= mux::kRoomMin ? 0 : mux::kRoomMin - pending;
  return std::min(own, std::max(all, least));
}

void Mux::write(std::uint32_t stream, std::string_view bytes) {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || found->second.ended_by_us || found->second.ended_by_them || bytes.empty()) return;
  Stream& to = found->second;
  if (to.out_used > to.out.size() / 2) {
    to.out.erase(0, to.out_used);
    to.out_used = 0;
  }
  to.out += bytes;
  out_bytes_ += bytes.size();
  to.told_writable = false;
  queue_turn(to, stream);
}

void Mux::queue_turn(Stream& stream, std::uint32_t id) {
  if (std::exchange(stream.queued, true)) return;
  turns_.push_back(id);
}

Mux::Input Mux::read(std::uint32_t stream) {
  Input input;
  const auto found = streams_.find(stream);
  input.ended = found == streams_.end() || found->second.ended_by_us || found->second.ended_by_them;
  if (found == streams_.end()) return input;
  input.bytes = take_in(found->second);
  found->second.told_readable = false;
  return input;
}

void Mux::close(std::uint32_t stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || found->second.ended_by_us) return;
  found->second.ended_by_us = true;
  take_in(found->second);
  queue_turn(found->second, stream);
}

std::string Mux::take_outgoing(std::size_t most) {
  std::string out(std::string_view(outgoing_).substr(outgoing_used_, most));
  outgoing_used_ += out.size();
  if (outgoing_used_ < outgoing_.size()) return out;
  outgoing_.clear();
  outgoing_used_ = 0;
  while (out.size() < most && !turns_.empty()) write_turn_to(out);
  if (out.size() > most) {
    outgoing_.assign(out, most);
    out.resize(most);
  }
  return out;
}

void Mux::write_turn_to(std::string& out) {
  const std::uint32_t id = turns_.front();
  turns_.pop_front();
  const auto found = streams_.find(id);
  CHECK(found != streams_.end());
  Stream& stream = found->second;
  stream.queued = false;
  const std::string_view data = std::string_view(stream.out).substr(stream.out_used, mux::kFrameBytes);
  if (!data.empty()) {
    write_mux_frame_to(out, MuxFrame::Command::push, id, data);
    stream.out_used += data.size();
    out_bytes_ -= data.size();
  }
  if (stream.pending() > 0) {
    queue_turn(stream, id);
  } else if (stream.ended_by_us) {
    write_mux_frame_to(out, MuxFrame::Command::fin, id, std::string_view());
    streams_.erase(found);
    return;
  } else {
    stream.out = std::string();
    stream.out_used = 0;
  }
  if (stream.ended_by_us || stream.told_writable || stream.pending() > options_.out_bytes / 2) return;
  stream.told_writable = true;
  writable_.push_back(id);
}

std::optional<std::uint32_t> Mux::next_readable() {
  while (!readable_.empty()) {
    const std::uint32_t id = readable_.front();
    readable_.pop_front();
    const auto found = streams_.find(id);
    if (found != streams_.end() && !found->second.ended_by_us) return id;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> Mux::next_writable() {
  while (!writable_.empty()) {
    const std::uint32_t id = writable_.front();
    writable_.pop_front();
    if (room(id) > 0) return id;
  }
  return std::nullopt;
}

}  // namespace postern::session
