#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

namespace waybill::worker {

/// An open file descriptor; closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() noexcept;

 private:
  int number_;
};

/// A shell command in a process of its own, with pipes to its standard input, output and error.
/// It leads a process group of its own, has no signal blocked, no descriptor but those three, no
/// core dump, and no environment but the one it is given. It does not outlive its object, nor the
/// thread that started it, however that ends. Used by one thread.
class Child {
 public:
  /// `/bin/sh -c command`. Throws std::system_error when the system has no room for a process.
  Child(const std::string& command, const std::vector<std::string>& environment);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();  ///< kills the whole group

  /// Our ends of the pipes, non-blocking.
  Descriptor& input() { return input_; }
  Descriptor& output() { return output_; }
  Descriptor& errors() { return errors_; }
  /// Readable once the process has ended.
  int ended() const { return process_.get(); }
  /// A signal to it and to all that it started and that stayed in its group.
  void signal(int number) const noexcept;
  /// Ends the group and gives the status, as waitpid() does. Waits for the process itself.
  int reap() noexcept;

 private:
  struct Started;
  explicit Child(Started started);
  static Started start(const std::string& command, const std::vector<std::string>& environment);

  pid_t pid_;
  Descriptor input_, output_, errors_;
  Descriptor process_;
};

}  // namespace waybill::worker
