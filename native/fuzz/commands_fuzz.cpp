// A batch of commands that is damaged: statuses come back for what could be decoded, nothing else
// happens. Such a batch is a mistake of ours, but one that must not read outside its bytes.
#include "fuzz/input.h"
#include "testing/meeting.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  testing_support::Meeting meeting;
  static engine::ShardOutput out;
  out.slab.reset();
  out.events.clear();
  engine::Shard& shard = meeting.world.shard();
  fuzz::Input input(data, size);
  for (int batch = 0; batch < 4 && !input.empty(); ++batch) {
    shard.handle_commands(input.piece(), meeting.world.now(), out);
    while (shard.flush(meeting.world.now(), out)) out.slab.reset();
  }
  meeting.world.run_for(base::Duration::millis(5));
  return 0;
}
