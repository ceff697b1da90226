// So that silence means loss: a transport says something at least each quarter of a second, and a
// peer that hears nothing for a second knows that the node is gone. Asked at its deadline only:
// what leaves in between moves no deadline. Rule: SPEC.md, TRN-20.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace transport {

// Control promises 300 ms; the rest is for a thread that is late.
inline constexpr base::Duration kBeatInterval = base::Duration::millis(250);

class Beat {
 public:
  // RTCP has left. Of media the transport knows.
  void handle_said(base::Instant now) { said_at_ = now; }

  // Whether something is to be said now; it is counted as said. `media_at`: when the last media
  // left.
  bool take_due(base::Instant now, base::Instant media_at) {
    if (now < deadline_) return false;
    deadline_ = std::max(said_at_, media_at) + kBeatInterval;
    if (now < deadline_) return false;
    said_at_ = now;
    deadline_ = now + kBeatInterval;
    return true;
  }

  base::Instant next_deadline() const { return deadline_; }

 private:
  base::Instant said_at_;
  base::Instant deadline_;  // in the past at first: who has just connected is told at once
};

}  // namespace transport
