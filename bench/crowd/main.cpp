// plenum-crowd: the media of people who join by the product's own signaling. One line of JSON in,
// one out; lines with "event" come by themselves.
//
//   {"do":"open","person":N,"address":IP,"port":0}   → {"transport","port","ufrag","pwd",…}
//   {"do":"connect","transport":N,"address","port","ufrag","pwd"} → {}
//   {"do":"restart","transport":N}                   → {"ufrag","pwd"}: ICE anew, keys stay
//   {"do":"move","transport":N,"address":IP,"port":0}             → {"port"}: another socket
//   {"do":"close","transport":N}                     → {}
//   {"do":"speak","stream":N,"video":0|1,"mid","midId","levelId","level",
//    "legs":[{"transport","ssrc"}]}                  → {}
//   {"do":"speak", … as above without "video", "person":N,"media":["FILE"],"dtx":0|1,
//    "legs":[{"transport","ssrc","rtxSsrc"}]}        → {}: real media (player.h)
//   {"do":"clock","person":N,"mediaPpm","wallPpm","wallOffsetMs"} → {}: before it speaks so
//   {"do":"hold","stream":N,"held":0|1}              → {}: muted, or paused
//   {"do":"played"}                                  → what became of real media
//   {"do":"moment"}                                  → {"atUs"}: measuring begins anew
//   {"do":"again"}                                   → the same, but of what it did itself
//   {"do":"heard"}                                   → what happened since
//   {"event":"connected|lost|back|failed","transport":N,"person":N,"silenceMs","failedChecks"}
//
// It ends with its standard input. test/chaos/people/crowd-process.ts is the other side.
#include <sys/prctl.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "crowd/crowd.h"
#include "crowd/play_commands.h"
#include "load/json_lines.h"

namespace crowd {
namespace {

using load::JsonLines;
using load::JsonObject;
using testing_support::Json;

uint64_t in_us(int64_t ns) { return static_cast<uint64_t>(std::max<int64_t>(ns, 0) / 1000); }

void tell(const Transport& transport, Turn turn) {
  constexpr std::string_view kNames[] = {"none", "connected", "lost", "back", "failed"};
  const int64_t silent_ns = transport.silent_ns(load::monotonic_ns());
  JsonLines::answer(
      JsonObject()
          .text("event", kNames[static_cast<size_t>(turn)])
          .number("transport", uint64_t{transport.id()})
          .number("person", uint64_t{transport.person()})
          .number("silenceMs", in_us(silent_ns) / 1000)
          .number("failedChecks", uint64_t{transport.association().unanswered_checks()})
          .finish());
}

class Commands {
 public:
  void run() {
    while (!lines_.is_closed()) {
      const int64_t wake_ns = crowd_.step();
      if (const auto line = lines_.next(wake_ns - load::monotonic_ns())) handle(*line);
    }
  }

 private:
  void handle(const Json& line) {
    const std::string& what = line["do"].string();
    if (what == "open") return open(line);
    if (what == "connect") return connect(line);
    if (what == "restart") return restart(line);
    if (what == "move") return move(line);
    if (what == "close") return close(line);
    if (what == "speak") return speak(line);
    if (what == "clock") return set_clock(line);
    if (what == "hold") return hold(line);
    if (what == "played") return JsonLines::answer(told_of_players(crowd_));
    if (what == "moment") return begin_all();
    if (what == "again") return begin();
    if (what != "heard") load::fail("no command " + what);
    JsonLines::answer(report());
  }

  Transport& named(const Json& line) {
    return crowd_.transport(static_cast<size_t>(line["transport"].integer()));
  }

  void open(const Json& line) {
    const auto person = static_cast<uint32_t>(line["person"].integer());
    Transport* made = crowd_.open(person, load::address_of(line));
    if (made == nullptr) load::fail("cannot bind " + load::address_of(line).to_string());
    JsonLines::answer(JsonObject()
                          .number("transport", uint64_t{made->id()})
                          .number("port", uint64_t{made->port()})
                          .text("ufrag", made->association().own().ufrag)
                          .text("pwd", made->association().own().pwd)
                          .text("fingerprint", made->association().fingerprint())
                          .finish());
  }

  void connect(const Json& line) {
    crowd_.connect(named(line), load::address_of(line),
                   {line["ufrag"].string(), line["pwd"].string()});
    JsonLines::answer("{}");
  }

  void restart(const Json& line) {
    Transport& transport = named(line);
    transport.restart();
    const load::IceCredentials& own = transport.association().own();
    JsonLines::answer(JsonObject().text("ufrag", own.ufrag).text("pwd", own.pwd).finish());
  }

  void move(const Json& line) {
    Transport& transport = named(line);
    if (!crowd_.move(transport, load::address_of(line))) {
      load::fail("cannot bind " + load::address_of(line).to_string());
    }
    JsonLines::answer(JsonObject().number("port", uint64_t{transport.port()}).finish());
  }

  void close(const Json& line) {
    crowd_.close(static_cast<size_t>(line["transport"].integer()));
    JsonLines::answer("{}");
  }

  void set_clock(const Json& line) {
    crowd_.set_clock(static_cast<uint32_t>(line["person"].integer()), clock_of(line));
    JsonLines::answer("{}");
  }

  void hold(const Json& line) {
    crowd_.hold(static_cast<uint32_t>(line["stream"].integer()), line["held"].integer() != 0);
    JsonLines::answer("{}");
  }

  void speak(const Json& line) {
    if (line.contains("media")) {
      play(crowd_, line);
      return JsonLines::answer("{}");
    }
    std::vector<Leg> legs;
    for (const Json& leg : line["legs"].items()) {
      legs.push_back({.transport = static_cast<size_t>(leg["transport"].integer()),
                      .ssrc = static_cast<uint32_t>(leg["ssrc"].integer())});
    }
    crowd_.speak({.stream = static_cast<uint32_t>(line["stream"].integer()),
                  .is_video = line["video"].integer() != 0,
                  .mid = line["mid"].string().at(0),
                  .mid_id = static_cast<uint8_t>(line["midId"].integer()),
                  .level_id = static_cast<uint8_t>(line["levelId"].integer()),
                  .level = static_cast<uint8_t>(line["level"].integer())},
                 std::move(legs));
    JsonLines::answer("{}");
  }

  void begin_all() {
    crowd_.forget_lateness();
    began_ns_ = load::monotonic_ns();
    began_cpu_ns_ = load::thread_cpu_ns();
    begin();
  }

  void begin() {
    crowd_.begin();
    JsonLines::answer(JsonObject().number("atUs", in_us(load::monotonic_ns())).finish());
  }

  std::string report() {
    const int64_t now_ns = load::monotonic_ns();
    const load::Histogram& late = crowd_.lateness_ns();
    const auto busy = static_cast<double>(load::thread_cpu_ns() - began_cpu_ns_) /
                      static_cast<double>(std::max<int64_t>(now_ns - began_ns_, 1));
    return JsonObject()
        .number("atUs", in_us(now_ns))
        .number("busy", busy)
        .number("latenessP99Us", late.quantile(0.99) / 1000)
        .number("latenessMaxUs", late.max() / 1000)
        .number("refused", crowd_.refused())
        .raw("heard", "[" + heard(now_ns) + "]")
        .raw("transports", "[" + transports() + "]")
        .finish();
  }

  std::string heard(int64_t now_ns) {
    std::string all;
    for (const auto& [who, ear] : crowd_.ears()) {
      const Hearing hearing = ear.hearing(now_ns);
      const auto delay = crowd_.delays_ns().find(who);
      const uint64_t delay_ns =
          delay == crowd_.delays_ns().end() ? 0 : delay->second.quantile(0.95);
      add(all, JsonObject()
                   .number("person", uint64_t{who.first})
                   .number("stream", uint64_t{who.second})
                   .number("packets", hearing.packets)
                   .number("repeated", hearing.repeated)
                   .number("late", hearing.late)
                   .number("inTime", hearing.in_time)
                   .number("lost", hearing.lost)
                   .number("delayP95Us", delay_ns / 1000)
                   .number("wasFlowing", uint64_t{hearing.was_flowing})
                   .number("longestUs", in_us(hearing.longest_ns))
                   .number("longestEndUs", in_us(hearing.longest_end_ns))
                   .number("lastUs", in_us(ear.last_ns()))
                   .finish());
    }
    return all;
  }

  std::string transports() {
    std::string all;
    for (const auto& [id, transport] : crowd_.transports()) {
      add(all, JsonObject()
                   .number("transport", uint64_t{id})
                   .number("packets", transport->media_packets)
                   .number("lastUs", in_us(transport->last_media_ns))
                   .finish());
    }
    return all;
  }

  static void add(std::string& all, const std::string& one) {
    if (!all.empty()) all += ',';
    all += one;
  }

  JsonLines lines_;
  Crowd crowd_{tell};
  int64_t began_ns_ = load::monotonic_ns();
  int64_t began_cpu_ns_ = 0;
};

}  // namespace
}  // namespace crowd

int main() {
  prctl(PR_SET_TIMERSLACK, 1);
  crowd::Commands().run();
}
