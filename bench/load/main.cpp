// plenum-load: publishers and subscribers of a benchmark. One line of JSON in, one out:
//
//   {"do":"peers","count":N,"address":IP,"port":0,"profile":"gcm|cm","subscriber":0|1,"plain":0|1,
//    "observed":0|1,"gro":0|1,"transportCcId":N}  → {"peers":[{"peer","port","ufrag","pwd",…}]}
//   {"do":"connect","peers":[{"peer","address","port","ufrag","pwd"}]}  → {"failed":N}, when done
//   {"do":"start","target":"server|ideal","address":IP,"port":N,"sources":[{…}]}  → {}
//   {"do":"mark"}                              → what happened since the last mark
//   {"do":"stop"}                              → {}
//
// It ends with its standard input. bench/forward/load-process.ts is the other side.
#include <sys/prctl.h>

#include <string>
#include <vector>

#include "load/fixed_keys.h"
#include "load/generator.h"
#include "load/json_lines.h"

namespace load {
namespace {

using testing_support::Json;

// A handshake on loopback takes a millisecond; what is not there by then does not come.
constexpr int64_t kConnectNs = 15'000'000'000;

std::string hex_key(const crypto::SrtpMasterKey& master) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  const auto add = [&](uint8_t byte) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  };
  for (const uint8_t byte : master.key) add(byte);
  for (size_t i = 0; i < crypto::srtp_salt_size(master.profile); ++i) add(master.salt[i]);
  return text;
}

class Commands {
 public:
  void run() {
    while (!lines_.is_closed()) {
      const int64_t wake_ns = generator_.step();
      if (connect_until_ns_ != 0) finish_connect();
      if (const auto line = lines_.next(wake_ns - monotonic_ns())) handle(*line);
    }
  }

 private:
  void handle(const Json& line) {
    const std::string& what = line["do"].string();
    if (what == "peers") return add_peers(line);
    if (what == "connect") return connect(line);
    if (what == "start") return start(line);
    if (what == "mark") return JsonLines::answer(describe(generator_.mark()));
    if (what != "stop") fail("no command " + what);
    generator_.stop();
    JsonLines::answer("{}");
  }

  void add_peers(const Json& line) {
    PeerOptions options{.bind = address_of(line),
                        .profile = profile_of(line["profile"].string()),
                        .is_subscriber = line["subscriber"].integer() != 0,
                        .is_plain = line["plain"].integer() != 0,
                        .is_observed = line["observed"].integer() != 0,
                        .gro = line["gro"].integer() != 0,
                        .transport_cc_id = static_cast<uint8_t>(line["transportCcId"].integer())};
    std::string peers;
    for (int64_t i = 0; i < line["count"].integer(); ++i) {
      const auto index = generator_.add_peer(options);
      if (!index) fail("cannot bind " + options.bind.to_string());
      const Association& association = generator_.association(*index);
      const auto key = [&](KeyUse use) { return hex_key(fixed_key(options.profile, use, *index)); };
      if (!peers.empty()) peers += ',';
      peers += JsonObject()
                   .number("peer", uint64_t{*index})
                   .number("port", uint64_t{generator_.port(*index)})
                   .text("ufrag", association.own().ufrag)
                   .text("pwd", association.own().pwd)
                   .text("fingerprint", association.fingerprint())
                   .text("plainUp", key(KeyUse::kPlainUp))
                   .text("plainDown", key(KeyUse::kPlainDown))
                   .finish();
    }
    JsonLines::answer(JsonObject().raw("peers", "[" + peers + "]").finish());
  }

  void connect(const Json& line) {
    for (const Json& peer : line["peers"].items()) {
      generator_.connect(static_cast<size_t>(peer["peer"].integer()), address_of(peer),
                         {peer["ufrag"].string(), peer["pwd"].string()});
    }
    connect_until_ns_ = monotonic_ns() + kConnectNs;
  }

  void finish_connect() {
    const size_t connecting = generator_.connecting();
    if (connecting > 0 && monotonic_ns() < connect_until_ns_) return;
    connect_until_ns_ = 0;
    JsonLines::answer(JsonObject().number("failed", uint64_t{connecting}).finish());
  }

  void start(const Json& line) {
    std::vector<SourceOptions> sources;
    for (const Json& source : line["sources"].items()) {
      sources.push_back({.peer = static_cast<size_t>(source["peer"].integer()),
                         .ssrc = static_cast<uint32_t>(source["ssrc"].integer()),
                         .is_video = source["video"].integer() != 0,
                         .frames_per_s = source["framesPerS"].number(),
                         .frame_packets = static_cast<size_t>(source["framePackets"].integer()),
                         .packet_bytes = static_cast<size_t>(source["packetBytes"].integer()),
                         .height = static_cast<uint16_t>(source["height"].integer()),
                         .mid_id = static_cast<uint8_t>(source["midId"].integer()),
                         .rid_id = static_cast<uint8_t>(source["ridId"].integer()),
                         .level_id = static_cast<uint8_t>(source["levelId"].integer()),
                         .transport_cc_id = static_cast<uint8_t>(source["transportCcId"].integer()),
                         .mid = source["mid"].string().at(0),
                         .rid = source["rid"].string().at(0),
                         .level = static_cast<uint8_t>(source["level"].integer())});
      if (sources.back().frame_packets > kMaxFramePackets) fail("a frame of too many packets");
    }
    const bool to_ideal = line["target"].string() == "ideal";
    generator_.start(to_ideal ? Target::kIdeal : Target::kServer, address_of(line), sources);
    JsonLines::answer("{}");
  }

  static std::string quantiles(const Histogram& histogram) {
    return JsonObject()
        .number("count", histogram.count())
        .number("p50", histogram.quantile(0.5))
        .number("p99", histogram.quantile(0.99))
        .number("p999", histogram.quantile(0.999))
        .number("max", histogram.max())
        .finish();
  }

  static std::string describe(const Report& report) {
    const Received& received = report.received;
    return JsonObject()
        .number("seconds", report.seconds)
        .number("busy", report.busy)
        .number("asked", report.asked)
        .number("sent", report.sent)
        .number("refused", report.refused)
        .number("sinkDrops", report.sink_drops)
        .raw("latenessNs", quantiles(report.lateness_ns))
        .number("received", received.packets)
        .number("receivedBytes", received.bytes)
        .number("receivedInTrains", received.in_trains)
        .number("expected", received.expected)
        .number("counted", received.in_order)
        .number("repeats", received.repeats)
        .number("rtcp", received.rtcp)
        .number("feedback", received.feedback)
        .number("verified", received.verified)
        .number("undecryptable", received.undecryptable)
        .number("corrupted", received.corrupted)
        .raw("delayNs", quantiles(received.delay_ns))
        .finish();
  }

  JsonLines lines_;
  Generator generator_;
  int64_t connect_until_ns_ = 0;
};

}  // namespace
}  // namespace load

int main() {
  prctl(PR_SET_TIMERSLACK, 1);
  load::Commands().run();
}
