#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

/// Sockets that listen, as the Listener wants them: they do not block, and no child inherits them.
/// Each function that makes one throws HttpError (cannot_listen) with the place in the sentence.
namespace waybill {

/// On the first address of the name that can be bound; port 0 is any free one.
int listen_on_address(const std::string& host, std::uint16_t port, int backlog);

/// On a socket in the file system, mode 0600: for this user and root. A socket on which nobody
/// listens any more is replaced; whatever else is there stays, and is an error.
int listen_on_path(const std::string& path, int backlog);

/// 0 for a socket in the file system.
std::uint16_t bound_port(int listening);

/// The other end's address without its port, or `unix`.
std::string printed_address(const sockaddr_storage& address, socklen_t length);

}  // namespace waybill
