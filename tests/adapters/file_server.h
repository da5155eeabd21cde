#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"

namespace waybill::test {

/// A web server that has the files of a folder, and knows nothing of what they are.
class FileServer {
 public:
  explicit FileServer(std::filesystem::path folder)
      : folder_(std::move(folder)),
        server_({}, [this](const HttpRequest& request) { return answer(request); }),
        url_("http://127.0.0.1:" + std::to_string(server_.start())) {}
  ~FileServer() { server_.stop(); }

  const std::string& url() const { return url_; }
  int count(const std::string& path) const {
    const std::scoped_lock guard(lock_);
    const auto found = counts_.find(path);
    return found == counts_.end() ? 0 : found->second;
  }
  /// From now on, to everything.
  void answer_with(std::string body) {
    const std::scoped_lock guard(lock_);
    body_ = std::move(body);
  }

 private:
  HttpReply answer(const HttpRequest& request) {
    const std::scoped_lock guard(lock_);
    ++counts_[request.path];
    if (body_) return {200, "application/octet-stream", *body_};
    const auto file = folder_ / std::filesystem::path(request.path).relative_path();
    if (!std::filesystem::is_regular_file(file)) return {404};
    const Buffer bytes = read_file(file, std::size_t{64} << 20);
    return {200, "application/octet-stream", std::string(text_of(bytes))};
  }

  const std::filesystem::path folder_;
  mutable std::mutex lock_;
  std::map<std::string, int> counts_;
  std::optional<std::string> body_;
  HttpServer server_;  // its threads use everything above
  const std::string url_;
};

}  // namespace waybill::test
