// A lazy task and values with an owner's memory: just enough to show how a compiler treats the temporaries of a
// full expression that contains co_await. Independent of the product, so that the probe stays cheap and stable.
#pragma once

#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace probe {

// A lazily started coroutine that resumes its awaiter when it ends.
template <class T>
class Task {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> awaiter = std::noop_coroutine();

    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Final {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) noexcept {
          return self.promise().awaiter;
        }
        void await_resume() noexcept {}
      };
      return Final();
    }
    template <class U>
    void return_value(U&& u) {
      value.emplace(std::forward<U>(u));
    }
    void unhandled_exception() { std::terminate(); }
  };

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    handle_.promise().awaiter = awaiter;
    return handle_;
  }
  T await_resume() { return std::move(*handle_.promise().value); }

  T run() {
    handle_.resume();
    return std::move(*handle_.promise().value);
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

// Counts the living; going below zero is the double destruction even where no memory is involved.
inline int living = 0;

class Owner {
 public:
  Owner() : text_(std::make_unique<std::string>(40, 'o')) { ++living; }
  explicit Owner(char c) : text_(std::make_unique<std::string>(40, c)) { ++living; }
  Owner(const Owner& other) : text_(std::make_unique<std::string>(*other.text_)) { ++living; }
  Owner(Owner&& other) noexcept : text_(std::move(other.text_)) { ++living; }
  Owner& operator=(const Owner& other) {
    text_ = std::make_unique<std::string>(*other.text_);
    return *this;
  }
  Owner& operator=(Owner&& other) noexcept {
    text_ = std::move(other.text_);
    return *this;
  }
  ~Owner() {
    text_.reset();
    --living;
  }
  std::size_t size() const { return text_ ? text_->size() : 0; }

 private:
  std::unique_ptr<std::string> text_;
};

// An aggregate with members that have destructors: the dangerous kind of request.
struct Aggregate {
  std::string name;
  Owner owner;
  std::vector<std::string> list;
};

// The same with a user-declared constructor: what awsgen emits. `Request{.name = ..}` does not compile.
struct Request {
  Request() = default;
  std::string name;
  Owner owner;
  std::vector<std::string> list;
};

inline const std::string long_text(60, 'x');

inline Aggregate make_aggregate() {
  Aggregate a;
  a.name = long_text;
  a.list.assign(3, long_text);
  return a;
}

inline Request make_request() {
  Request r;
  r.name = long_text;
  r.list.assign(3, long_text);
  return r;
}

template <class T>
std::size_t measure(const T& t) {
  std::size_t n = t.name.size() + t.owner.size();
  for (const std::string& s : t.list) n += s.size();
  return n;
}

}  // namespace probe
