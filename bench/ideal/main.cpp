// plenum-ideal: the bare forwarder as a program. The first line of JSON on standard input says what
// it is, later ones ask what it has done:
//
//   {"address":IP,"port":0,"profile":"gcm|cm","gso":0|1,"openssl":0|1,
//    "rooms":[{"sources":[SSRC…],"sinks":[{"address","port","key"}…]}]}   → {"port":N}
//   {"do":"counts"}                                                       → the counters so far
//
// It ends with its standard input. bench/forward/ideal-process.ts is the other side.
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ideal/forwarder.h"
#include "load/json_lines.h"

namespace {

using load::JsonObject;
using testing_support::Json;

constexpr int64_t kForever = 3'600'000'000'000;

Json first_line(load::JsonLines& lines) {
  while (!lines.is_closed()) {
    if (const auto line = lines.next(kForever)) return *line;
  }
  load::fail("nothing to do");
}

void add_rooms(const Json& rooms, ideal::Forwarder& forwarder) {
  for (const Json& room : rooms.items()) {
    std::vector<uint32_t> sources;
    for (const Json& source : room["sources"].items()) {
      sources.push_back(static_cast<uint32_t>(source.integer()));
    }
    std::vector<ideal::Forwarder::Receiver> receivers;
    for (const Json& sink : room["sinks"].items()) {
      receivers.push_back({load::address_of(sink), static_cast<size_t>(sink["key"].integer())});
    }
    forwarder.add_room(sources, receivers);
  }
}

double cpu_us(pthread_t thread) {
  clockid_t clock{};
  timespec used{};
  pthread_getcpuclockid(thread, &clock);
  clock_gettime(clock, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

std::string describe(const ideal::Counts& counts, pthread_t thread) {
  return JsonObject()
      .number("packetsIn", counts.packets_in.load())
      .number("packetsOut", counts.packets_out.load())
      .number("messages", counts.messages.load())
      .number("calls", counts.calls.load())
      .number("refused", counts.refused.load())
      .number("cpuUs", cpu_us(thread))
      .finish();
}

}  // namespace

int main() {
  load::JsonLines lines;
  const Json setup = first_line(lines);
  const ideal::Options options{.bind = load::address_of(setup),
                               .profile = load::profile_of(setup["profile"].string()),
                               .gso = setup["gso"].integer() != 0,
                               .openssl = setup["openssl"].integer() != 0};
  int error = 0;
  auto socket = io::UdpSocket::bind_to(options.bind, error);
  if (!socket) load::fail("cannot bind " + options.bind.to_string());
  ideal::Forwarder forwarder(options, std::move(*socket));
  add_rooms(setup["rooms"], forwarder);
  std::atomic<bool> is_over{false};
  std::thread thread([&] {
    while (!is_over) forwarder.step();
  });
  load::JsonLines::answer(JsonObject().number("port", uint64_t{forwarder.local().port}).finish());
  while (!lines.is_closed()) {
    if (lines.next(kForever))
      load::JsonLines::answer(describe(forwarder.counts(), thread.native_handle()));
  }
  is_over = true;
  thread.join();
}
