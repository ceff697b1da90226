#include "transport/output.h"

namespace transport {

void Output::clear() {
  paths_added.clear();
  paths_removed.clear();
  states.clear();
  streams_started.clear();
  streams_ended.clear();
  media.reset();
  key_frames_wanted.clear();
  reports_due.clear();
  feedback.clear();
  remote_estimate_bps.reset();
  reception = {};
}

}  // namespace transport
