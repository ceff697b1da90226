// Takes TCP connections for all shards of a node, on the thread of one of them. The first frame
// must be a STUN message whose USERNAME begins with one of our ufrags: it names the shard, and the
// connection goes there unread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "io/command_inbox.h"
#include "io/epoll.h"
#include "io/tcp_listener.h"

namespace io {

struct AcceptorCounts {
  uint64_t accepted = 0;
  // Closed without having been served: no first frame in time, none that is ours, no room.
  uint64_t refused = 0;
};

class TcpAcceptor {
 public:
  // Connections whose first frame has not come. A new one takes the place of the oldest, so that a
  // flood does not lock others out: who sends at once, as ICE does, is served.
  static constexpr size_t kMaxPending = 256;
  // From accept to the first whole frame.
  static constexpr base::Duration kFirstFrameTimeout = base::Duration::seconds(5);
  // Connections taken before packets, commands and deadlines get their turn.
  static constexpr size_t kAcceptsPerTurn = 64;

  // `shards`: the inbox of every shard, by number; they outlive this.
  TcpAcceptor(Epoll& epoll, std::vector<TcpListener> listeners, std::vector<CommandInbox*> shards);

  void accept(size_t listener, base::Instant now);
  // Something has come on a connection that waits, or it has ended.
  void look(size_t pending);
  void sweep(base::Instant now);
  base::Instant next_deadline() const;
  const AcceptorCounts& counts() const { return counts_; }

 private:
  static constexpr base::Duration kSweepInterval = base::Duration::seconds(1);

  void add(AcceptedConnection connection);
  void refuse(size_t pending);
  void hand_over(size_t pending, size_t shard);
  void pause_listening(base::Instant now);

  Epoll& epoll_;
  std::vector<TcpListener> listeners_;
  std::vector<CommandInbox*> shards_;
  std::array<AcceptedConnection, kMaxPending> pending_;
  size_t pending_count_ = 0;
  bool is_paused_ = false;  // no descriptors are left
  base::Instant next_sweep_;
  AcceptorCounts counts_;
};

}  // namespace io
