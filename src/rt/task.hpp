#pragma once

/// Task: the one coroutine type. Everything that waits returns a Task; everything that can fail a Task<Result<T>>.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "base/error.hpp"

namespace postern::rt {

namespace asio = boost::asio;

/// The concrete executor: measured cheaper than any_io_executor.
using Executor = asio::io_context::executor_type;

/// Lazily started; runs on the one loop thread; dropping an unstarted Task does nothing.
/// Cancellation is asked for through TaskGroup or race and arrives as Error{cancelled} from the leaf that waits.
template <class T = void>
using Task = asio::awaitable<T, Executor>;

}  // namespace postern::rt
