// What a step of a transport gives to its owner. Owned by the caller and reused: a step appends,
// the caller takes and clears.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/packet.h"
#include "base/time.h"
#include "pacing/feedback_batch.h"
#include "rtp/inbound_stream.h"
#include "rtp/outbound_stream.h"
#include "transport/counters.h"
#include "transport/format.h"
#include "transport/send_slab.h"
#include "wire/codec_kind.h"
#include "wire/rtp.h"

namespace transport {

// Numbered as TransportState and TransportReason of the engine contract.
enum class State : uint8_t { kNew, kConnecting, kConnected, kDisconnected, kFailed, kClosed };
enum class Reason : uint8_t {
  kNone,
  kIceChecked,
  kDtlsDone,
  kConsentExpired,
  kFingerprintMismatch,
  kDtlsFailed,
  kDtlsClosed,
  kHandshakeTimeout,
  kNoSrtpProfile,
  kClosedByCommand,
  kAddressLearned,
  kLinkHeard,
  kLinkSilent,
};

// A reason with an unchanged state tells of an attempt that ended without ending the transport.
struct StateChange {
  State state = State::kNew;
  Reason reason = Reason::kNone;
};

// Names one encoding of one received track; `track` is the owner's number for it.
struct EncodingId {
  uint32_t track = 0;
  uint8_t encoding = 0;

  bool operator==(const EncodingId&) const = default;
};

struct StreamStart {
  EncodingId stream;
  uint32_t ssrc = 0;
  uint8_t payload_type = 0;
  wire::CodecKind codec = wire::CodecKind::kUnknown;
};

// Numbered as StreamEndReason of the engine contract.
enum class StreamEndReason : uint8_t { kBye, kSilent, kClosed };

struct StreamEnd {
  EncodingId stream;
  uint32_t ssrc = 0;
  StreamEndReason reason = StreamEndReason::kBye;
};

// One media packet, decrypted, numbered and known to be wanted: not a duplicate, of a negotiated
// payload type. A packet that RTX brought back looks like the original.
struct Media {
  EncodingId stream;
  base::PacketRef packet;
  wire::RtpView view;
  rtp::Received place;                       // in its stream
  const Codec* codec = nullptr;              // of the track; valid while it is there
  std::optional<base::Instant> captured_at;  // in our time; known from sender reports
};

struct Output {
  SendSlab* slab = nullptr;
  Counters* counters = nullptr;

  std::vector<base::FiveTuple> paths_added;
  std::vector<base::FiveTuple> paths_removed;
  std::vector<StateChange> states;
  std::vector<StreamStart> streams_started;
  std::vector<StreamEnd> streams_ended;
  std::optional<Media> media;  // a datagram holds at most one packet
  // Outbound tracks, by the owner's number, whose receiver lost the picture (PLI or FIR).
  std::vector<uint32_t> key_frames_wanted;
  // Outbound tracks whose sender report is due: answer with Transport::send_report.
  std::vector<uint32_t> reports_due;
  // What the controller is to hear: transport-wide feedback, REMB, receiver reports summed up.
  pacing::FeedbackBatches feedback;
  std::optional<uint64_t> remote_estimate_bps;
  rtp::Reception reception;

  void clear();
};

}  // namespace transport
