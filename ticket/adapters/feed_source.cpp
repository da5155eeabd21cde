#include "ticket/adapters/feed_source.h"

#include <algorithm>

#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"
#include "ticket/wire/limits.h"

namespace waybill {
namespace {

bool is_web(std::string_view place) {
  return place.starts_with("http://") || place.starts_with("https://");
}

HttpClient::Options options(const std::string& ca_file) {
  HttpClient::Options options;
  options.max_reply_bytes = limits::max_segment;
  options.ca_file = ca_file;
  return options;
}

// Where in an address the path begins.
std::size_t path_of(const std::string& url) {
  const std::size_t slash = url.find('/', url.find("://") + 3);
  return slash == url.npos ? url.size() : slash;
}

std::string without_slashes(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text;
}

class WebFeed final : public FeedSource {
 public:
  struct Paths {
    std::string head, segments, realm;
  };
  WebFeed(const std::string& name, const std::string& server, Paths paths,
          const std::string& ca_file = {})
      : FeedSource(name), http_(server, options(ca_file)), paths_(std::move(paths)) {}

  Buffer head() override { return get(paths_.head); }
  Buffer segment(const SegmentName& name) override { return get(paths_.segments + name.path()); }
  Buffer realm() override { return get(paths_.realm); }

 private:
  Buffer get(const std::string& path) {
    try {  // a network that fails is one of the ways in which a file is not there
      const HttpReply reply = http_.get(path);
      if (reply.status == 200) return copy_of(bytes_of(reply.body));
      throw FeedAway(
          http_.base_url() + path + " is answered with status " + std::to_string(reply.status),
          false);
    } catch (const HttpError& error) {
      throw FeedAway(error.what(), false);
    }
  }

  HttpClient http_;
  const Paths paths_;
};

class FolderFeed final : public FeedSource {
 public:
  FolderFeed(const std::string& name, std::filesystem::path folder)
      : FeedSource(name), folder_(std::move(folder)) {}

  Buffer head() override { return read("head"); }
  Buffer segment(const SegmentName& name) override { return read(name.path()); }
  Buffer realm() override { return read("realm"); }

 private:
  Buffer read(const std::string& file) const {
    try {  // as above
      return read_file(folder_ / file, limits::max_segment);
    } catch (const FileError& error) {
      throw FeedAway(error.what(), true);
    }
  }

  const std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<FeedSource> open_kdc_feed(const std::string& url, const std::string& ca_file) {
  return std::make_unique<WebFeed>(
      url, url, WebFeed::Paths{"/v1/feed/head", "/v1/feed/segments/", "/v1/realm"}, ca_file);
}

std::unique_ptr<FeedSource> open_feed(const std::string& place) {
  constexpr std::string_view file_scheme = "file://";
  if (is_web(place)) {
    const std::size_t path = path_of(place);
    const std::string below = without_slashes(place.substr(path));
    if (below.find_first_of("?#@ \t\r\n") != below.npos) {
      throw HttpError(HttpError::Cause::cannot_connect,
                      "a feed's address is like https://host/path, not " + place);
    }
    return std::make_unique<WebFeed>(
        place, place.substr(0, path),
        WebFeed::Paths{below + "/head", below + "/", below + "/realm"});
  }
  const bool has_scheme = place.starts_with(file_scheme);
  return std::make_unique<FolderFeed>(place, has_scheme ? place.substr(file_scheme.size()) : place);
}

FeedSources open_feeds(const RealmFile& realm, const std::vector<std::string>& named) {
  FeedSources sources;
  const std::string ca_file = realm.tls_ca.string();
  for (const std::string& place : named.empty() ? realm.feed : named) {
    const bool is_kdc = std::ranges::find(realm.kdcs, place) != realm.kdcs.end();
    sources.push_back(is_kdc ? open_kdc_feed(place, ca_file) : open_feed(place));
  }
  if (!named.empty()) return sources;
  for (const std::string& url : realm.kdcs) sources.push_back(open_kdc_feed(url, ca_file));
  return sources;
}

}  // namespace waybill
