#include "rt/loop.hpp"

#include "base/check.hpp"

namespace postern::rt {

RealClock::RealClock(asio::io_context& io) : timer_(io) {}

void RealClock::read() const {
  now_ = MonoTime(std::chrono::steady_clock::now().time_since_epoch());
  wall_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  fresh_ = true;
}

MonoTime RealClock::now() const {
  if (!fresh_) read();
  return now_;
}

WallTime RealClock::wall_now() const {
  if (!fresh_) read();
  return wall_;
}

Clock::TimerId RealClock::schedule(MonoTime at, std::function<void()> fire) {
  const TimerId id = queue_.add(at, std::move(fire));
  if (at < armed_) arm();
  return id;
}

void RealClock::unschedule(TimerId id) {
  // The system timer is left as it is: waking up once for nothing is cheaper than re-arming for every finished request.
  queue_.remove(id);
}

void RealClock::arm() {
  armed_ = queue_.next();
  timer_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(armed_.time_since_epoch())));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void RealClock::on_timer() {
  armed_ = MonoTime::max();
  const MonoTime due = now();
  while (auto fire = queue_.pop_due(due)) fire();
  if (!queue_.empty() && queue_.next() < armed_) arm();
}

Loop::Loop() : io_(1), clock_(io_) {}

void Loop::turn() {
  clock_.next_turn();
  // An earlier run() ended with nothing left to do, which stopped the context.
  io_.restart();
  // run_one() returns 0 only when nothing is left to wait for, while a task still waits: nobody can ever wake it.
  const std::size_t ran = io_.run_one();
  CHECK(ran > 0);
}

}  // namespace postern::rt
