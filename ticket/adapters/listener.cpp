#include "ticket/adapters/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "ticket/adapters/http.h"
#include "ticket/adapters/listening_socket.h"

namespace waybill {
namespace {

using namespace std::chrono_literals;

// In one look at the sockets. A new connection may take the place of an old one: with four events
// to an acceptance, all that have something to say are heard before a quarter of the places has
// changed hands, however many come at once.
constexpr std::size_t events_at_once = 128;
constexpr std::size_t accepted_at_once = events_at_once / 4;

constexpr auto sweep_every = 100ms;       // grain of the limits on idle and waiting connections
constexpr auto linger_time = 5ms;         // a thread waits this long for the next request, if idle
constexpr auto leaving_time = 2s;         // for the other end to read why it was refused
constexpr std::size_t leaving_room = 64;  // refused connections above max_connections

}  // namespace

Listener::Listener(Options options, Serve serve)
    : options_(std::move(options)), serve_(std::move(serve)), tls_(options_.tls) {}

Listener::~Listener() {
  stop();
  for (const int descriptor : {listening_, events_, wake_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

std::uint16_t Listener::start() {
  listening_ = options_.unix_path.empty()
                   ? listen_on_address(options_.host, options_.port, options_.backlog)
                   : listen_on_path(options_.unix_path, options_.backlog);
  events_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  bool watched = events_ >= 0 && wake_ >= 0;
  for (const int descriptor : {listening_, wake_}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    watched = watched && ::epoll_ctl(events_, EPOLL_CTL_ADD, descriptor, &event) == 0;
  }
  if (!watched) {
    throw HttpError(HttpError::Cause::cannot_listen,
                    "cannot watch sockets: " + std::generic_category().message(errno));
  }
  const std::uint16_t port = bound_port(listening_);
  receiver_ = std::thread([this] { receive(); });
  return port;
}

void Listener::stop() {
  std::vector<std::thread> threads;
  {
    const std::scoped_lock guard(lock_);
    stopping_ = true;
    threads.swap(threads_);
  }
  work_.notify_all();
  wake();
  if (receiver_.joinable()) receiver_.join();
  for (std::thread& thread : threads) thread.join();
}

bool Listener::is_stopping() const {
  const std::scoped_lock guard(lock_);
  return stopping_;
}

Listener::Counts Listener::counts() const {
  const std::scoped_lock guard(lock_);
  Counts counts = counts_;
  counts.open += idle_.size() + ready_.size();  // counts_.open: those that hold a thread
  return counts;
}

void Listener::wake() const {
  const std::uint64_t one = 1;
  if (wake_ >= 0) [[maybe_unused]]
    const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Listener::receive() {
  std::array<epoll_event, events_at_once> events{};
  while (!is_stopping()) {
    const int count = ::epoll_wait(events_, events.data(), events.size(), sleep_limit());
    bool arrived = false;
    for (const auto& event :
         std::span(events).first(static_cast<std::size_t>(std::max(count, 0)))) {
      std::uint64_t drained = 0;
      if (event.data.fd == listening_)
        arrived = true;
      else if (event.data.fd != wake_)
        on_readable(event.data.fd);
      else [[maybe_unused]]
        const ssize_t got = ::read(wake_, &drained, sizeof drained);
    }
    sweep();
    if (arrived) accept_some();  // last: a new socket may get the number of one closed above
  }
  ::close(std::exchange(listening_, -1));
  if (!options_.unix_path.empty()) ::unlink(options_.unix_path.c_str());
  const std::scoped_lock guard(lock_);
  idle_.clear();
}

int Listener::sleep_limit() const {
  const std::scoped_lock guard(lock_);
  return idle_.empty() && ready_.empty() ? -1 : static_cast<int>(sweep_every.count());
}

void Listener::accept_some() {
  const std::size_t most = std::min(accepted_at_once, options_.max_connections / 4 + 1);
  for (std::size_t count = 0; count < most; ++count) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int socket = ::accept4(listening_, reinterpret_cast<sockaddr*>(&address), &length,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) {
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      admit(socket, printed_address(address, length));
    } else if (errno == EAGAIN) {
      return;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      std::this_thread::sleep_for(10ms);  // it stays readable; do not spin until others close
      return;
    }
  }
}

std::shared_ptr<const TlsIdentity> Listener::identity() const {
  const std::scoped_lock guard(lock_);
  return tls_;
}

void Listener::renew(std::shared_ptr<const TlsIdentity> tls) {
  const std::scoped_lock guard(lock_);
  tls_ = std::move(tls);
}

void Listener::admit(int socket, std::string remote) {
  auto connection = std::make_unique<Connection>(socket, std::move(remote), identity());
  const std::scoped_lock guard(lock_);
  ++counts_.accepted;
  if (counts_.open + idle_.size() + ready_.size() >= options_.max_connections) make_room();
  if (counts_.open + idle_.size() + ready_.size() >= options_.max_connections) {
    turn_away(std::move(connection));
  } else {
    watch(std::move(connection), moment_after(options_.first_byte), false);
  }
}

// Closes the connection that has been idle longest, or sends longest at one request.
void Listener::make_room() {
  const auto oldest = std::ranges::min_element(idle_, {}, [](const auto& entry) {
    return std::pair(entry.second.leaving, entry.second.since);
  });
  if (oldest != idle_.end() && !oldest->second.leaving) idle_.erase(oldest);
}

void Listener::watch(Held connection, Moment until, bool leaving) {
  const int socket = connection->socket();
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data = {.fd = socket}};
  if (::epoll_ctl(events_, EPOLL_CTL_MOD, socket, &event) != 0 &&
      ::epoll_ctl(events_, EPOLL_CTL_ADD, socket, &event) != 0) {
    return;  // closes it
  }
  const Moment since = connection->has_begun() ? connection->begun_at() : moment_after({});
  idle_.insert_or_assign(socket, Idle{std::move(connection), since, until, leaving});
  if (idle_.size() == 1) wake();  // the watching thread may sleep without a limit
}

void Listener::on_readable(int socket) {
  const std::scoped_lock guard(lock_);
  const auto found = idle_.find(socket);
  if (found == idle_.end()) return;
  Idle idle = std::move(found->second);
  idle_.erase(found);
  if (!idle.leaving) {
    queue(std::move(idle.connection));
    return;
  }
  std::array<char, 64 * 1024> dropped{};
  const ssize_t got = ::recv(socket, dropped.data(), dropped.size(), 0);
  if (got > 0) watch(std::move(idle.connection), idle.until, true);
}

// Whoever sends without a pause is done before it is the oldest. Those that wait for a thread take
// memory too, but are on their way.
void Listener::forget_oldest_unfinished() {
  std::size_t held = 0;
  for (const Ready& ready : ready_) held += ready.connection->held_bytes();
  for (const auto& [socket, idle] : idle_) held += idle.connection->held_bytes();
  while (held > options_.max_unfinished_bytes) {
    auto oldest = idle_.end();
    for (auto at = idle_.begin(); at != idle_.end(); ++at) {
      const bool counts = at->second.connection->held_bytes() > 0;
      if (counts && (oldest == idle_.end() || at->second.since < oldest->second.since)) oldest = at;
    }
    if (oldest == idle_.end()) return;
    held -= oldest->second.connection->held_bytes();
    idle_.erase(oldest);
  }
}

void Listener::sweep() {
  const Moment now = moment_after({});
  const std::scoped_lock guard(lock_);
  for (auto at = idle_.begin(); at != idle_.end();) {
    Idle& idle = at->second;
    if (idle.until > now) {
      ++at;
      continue;
    }
    // Who began something hears that it took too long.
    if (!idle.leaving && idle.connection->has_begun()) queue(std::move(idle.connection));
    at = idle_.erase(at);
  }
  while (!ready_.empty() && ready_.front().until <= now) {
    Held connection = std::move(ready_.front().connection);
    ready_.pop_front();
    turn_away(std::move(connection));
  }
}

void Listener::queue(Held connection) {
  ready_.push_back({std::move(connection), moment_after(options_.max_wait)});
  if (ready_.size() > resting_ && threads_.size() < options_.max_threads && !stopping_) grow();
  work_.notify_one();
}

void Listener::grow() {
  try {
    threads_.emplace_back([this] { work(); });
    counts_.threads = threads_.size();
  } catch (const std::system_error&) {
    // The system has no more threads: those that we have serve, or max_wait ends the wait.
  }
}

void Listener::turn_away(Held connection) {
  ++counts_.turned_away;
  connection->write(options_.farewell);
  connection->flush(moment_after({}));
  connection->end_output();
  if (idle_.size() < options_.max_connections + leaving_room) {
    watch(std::move(connection), moment_after(leaving_time), true);
  }
}

void Listener::work() {
  while (Held connection = next_ready()) serve_in_turn(std::move(connection));
}

// Null when the listener stops and everybody who was ready has been served.
Listener::Held Listener::next_ready() {
  std::unique_lock guard(lock_);
  ++resting_;
  work_.wait(guard, [this] { return stopping_ || !ready_.empty(); });
  --resting_;
  if (ready_.empty()) return nullptr;
  Held connection = std::move(ready_.front().connection);
  ready_.pop_front();
  ++counts_.open;
  return connection;
}

void Listener::serve_in_turn(Held connection) {
  Next next = Next::keep;
  do {
    next = serve_(*connection);
  } while (stays(*connection, next));
  if (next == Next::leave) connection->end_output();
  const std::scoped_lock guard(lock_);
  --counts_.open;
  if (stopping_ || next == Next::close) return;
  if (next == Next::leave) {
    watch(std::move(connection), moment_after(leaving_time), true);
  } else if (next == Next::more) {
    const Moment deadline = connection->deadline();
    watch(std::move(connection), deadline, false);
    forget_oldest_unfinished();
  } else if (connection->has_unread()) {
    queue(std::move(connection));
  } else {
    watch(std::move(connection),
          moment_after(next == Next::begin ? options_.first_byte : options_.keep_alive), false);
  }
}

// Whether the thread should go on with this connection: nobody else needs the thread, and the next
// request, or the rest of this one, is here or comes at once. Saves a busy client the way through
// the watching thread.
bool Listener::stays(Connection& connection, Next next) const {
  if (next == Next::close || next == Next::leave) return false;
  {
    const std::scoped_lock guard(lock_);
    const bool spare = resting_ > 0 || threads_.size() < options_.max_threads;
    if (stopping_ || !ready_.empty() || !spare) return false;
  }
  const bool is_here = next != Next::more && connection.has_unread();
  return is_here || connection.wait_readable(moment_after(linger_time));
}

}  // namespace waybill
