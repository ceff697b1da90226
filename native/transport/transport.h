// One association with one participant and everything that flows over it: demultiplexes what comes
// in, hands it to the half that knows, and gathers what goes out. Knows no room and no other
// transport; what concerns the owner is in Output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "pacing/feedback_join.h"
#include "pacing/pacer.h"
#include "pacing/send_history.h"
#include "pacing/sent_bins.h"
#include "pacing/transport_sequencer.h"
#include "transport/association.h"
#include "transport/beat.h"
#include "transport/output.h"
#include "transport/receiver.h"
#include "transport/send_batch.h"
#include "transport/sender.h"
#include "wire/demux.h"
#include "wire/rtcp.h"

namespace transport {

// What a transport borrows from its shard; all outlive it.
struct Surroundings {
  Security security;
  base::Random& random;
  // Wall clock minus the clock of every `now`, microseconds since 1970 (for NTP times).
  int64_t unix_offset_us = 0;
};

enum class DeadlineReason : uint8_t {
  kNothing,
  kAssociation,  // ICE consent, DTLS retransmission
  kReceiver,     // feedback, NACK, key frame requests, receiver reports
  kReports,      // sender reports
  kBeat,
  kMedia,  // a paced packet
  kProbe,
  kPadding,
};

class Transport {
 public:
  Transport(const AssociationConfig& config, const Surroundings& surroundings, base::Instant now);

  Association& association() { return association_; }
  const Association& association() const { return association_; }
  Receiver& receiver() { return receiver_; }
  const Receiver& receiver() const { return receiver_; }
  Sender& sender() { return sender_; }
  const Sender& sender() const { return sender_; }

  // A datagram that is not STUN, from a validated path. Takes the packet, decrypts in place.
  void handle_datagram(base::PacketRef packet, const base::FiveTuple& path, base::Instant now,
                       Output& out);

  // Asks for what sending reads: first of this object, then of what it points to for a packet of
  // this SSRC.
  void prefetch() const {
    association_.prefetch();
    base::prefetch_bytes(&sequencer_, &pacer_);
    pacer_.prefetch();
  }
  void prefetch_ahead(uint32_t ssrc) const {
    association_.prefetch_keys(ssrc);
    sent_.prefetch_next();
    sent_bins_.prefetch_last();
  }

  // Asks for what receiving reads; then for what an RTP packet of this SSRC needs.
  void prefetch_receiving() const {
    base::prefetch(receiver_);
    association_.prefetch_receiving();
  }
  void prefetch_stream(uint32_t ssrc) const {
    association_.prefetch_receiving_keys(ssrc);
    receiver_.prefetch_stream(ssrc);
  }

  // One packet of one of the sender's tracks, which it takes: leaves at once where the pacer and
  // the slab let it, else waits in the pacer. False when it was dropped, and counted, because
  // nothing may be sent.
  bool send(SentTrack& track, wire::OutPacket& packet, base::Instant now, const Outlet& outlet);
  // What the controller wants of pacing; `target_bps` bounds retransmissions.
  void set_rates(const pacing::PacingRates& rates, int64_t target_bps, base::Instant now);
  void add_probe(const pacing::Probe& probe, base::Instant now) { pacer_.add_probe(probe, now); }
  // Whether the pacer may have something to send, now or later.
  bool has_packets() const { return !pacer_.is_idle(); }
  const pacing::Pacer& pacer() const { return pacer_; }
  // Moves what may leave of what waits into the batch until the slab is full, or nothing more may
  // leave before `next_deadline`.
  void release(base::Instant now, const Outlet& outlet);

  // The answer to `Output::reports_due`: the track's RTP timestamp at `now`.
  void send_report(uint32_t outbound, uint32_t rtp_timestamp, base::Instant now, Output& out);
  // Ends an outbound track: BYE, and nothing of it waits or is remembered.
  void remove_outbound(uint32_t outbound, Output& out);
  // Tells the peer and stops sending. Final.
  void close(Output& out);

  void handle_timeout(base::Instant now, Output& out);
  base::Instant next_deadline() const;
  // What for.
  DeadlineReason deadline_reason() const;

  uint64_t dropped() const { return dropped_; }

 private:
  void handle_rtp(base::PacketRef packet, base::Instant now, Output& out);
  void handle_rtcp(const base::PacketRef& packet, base::Instant now, Output& out);
  // Each returns false when the block is malformed.
  bool handle_block(const wire::RtcpBlock& block, base::Instant now, Output& out);
  bool handle_sender_report(const wire::RtcpBlock& block, base::Instant now, Output& out);
  bool handle_receiver_report(const wire::RtcpBlock& block, base::Instant now, Output& out);
  bool handle_bye(const wire::RtcpBlock& block, Output& out);
  bool handle_transport_feedback(const wire::RtcpBlock& block, base::Instant now, Output& out);
  bool handle_payload_feedback(const wire::RtcpBlock& block, Output& out);
  bool handle_nack(const wire::RtcpBlock& block, base::Instant now, Output& out);
  bool handle_congestion_feedback(const wire::RtcpBlock& block, base::Instant now, Output& out);
  bool handle_pli(const wire::RtcpBlock& block, Output& out);
  bool handle_fir(const wire::RtcpBlock& block, Output& out);
  bool handle_remote_estimate(const wire::RtcpBlock& block, Output& out);
  void queue_resends(base::Instant now, Output& out);
  void name_clusters(pacing::FeedbackBatch& batch) const;
  bool has_beat() const;
  base::Instant beat_deadline() const;
  uint64_t ntp_time(base::Instant now) const;
  void follow_path();
  bool send_now(wire::OutPacket& packet, base::Instant now, const Outlet& outlet);
  void note_sent(pacing::SentPacket packet, int64_t number, base::Instant now);
  size_t address_overhead() const;

  Receiver receiver_;
  Sender sender_;
  Beat beat_;
  pacing::FeedbackJoin join_;
  std::vector<wire::OutPacket> resends_;  // on their way to the pacer; reused
  int64_t unix_offset_us_;
  uint64_t dropped_ = 0;
  // At the end what every packet sent needs.
  Association association_;
  pacing::TransportSequencer sequencer_;
  pacing::SendHistory sent_;
  pacing::SentBins sent_bins_;
  base::Instant last_sent_at_;
  uint32_t moves_ = 0;  // of the association, when what `sent_` holds went out
  pacing::Pacer pacer_;
};

}  // namespace transport
