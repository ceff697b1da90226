// RtcpReader and the parser of every block type, each with its elements walked to the end.
#include <array>

#include "fuzz/expect.h"
#include "wire/rtcp.h"
#include "wire/rtcp_bye.h"
#include "wire/rtcp_extended_report.h"
#include "wire/rtcp_fir.h"
#include "wire/rtcp_nack.h"
#include "wire/rtcp_pli.h"
#include "wire/rtcp_receiver_report.h"
#include "wire/rtcp_remb.h"
#include "wire/rtcp_sdes.h"
#include "wire/rtcp_sender_report.h"
#include "wire/rtcp_transport_cc.h"

namespace {

constexpr auto kNone = wire::ParseError::kNone;

// Reports that were read are written and read back equal.
void read_reports(const wire::RtcpBlock& block) {
  wire::ReportBlocks reports;
  wire::SenderReport sender;
  wire::ReceiverReport receiver;
  if (wire::parse_receiver_report(block, receiver, reports) != kNone) return;
  for (size_t i = 0; i < reports.size(); ++i) {
    std::array<uint8_t, wire::kReportBlockSize> bytes{};
    base::ByteWriter writer(bytes);
    wire::write_report_block(reports[i], writer);
    fuzz::expect(wire::read_report_block(bytes) == reports[i]);
  }
  if (wire::parse_sender_report(block, sender, reports) != kNone) return;
  fuzz::expect(reports.size() == block.count);
}

void read_sources(const wire::RtcpBlock& block) {
  wire::ByeSources sources;
  if (wire::parse_bye(block, sources) == kNone) {
    for (size_t i = 0; i < sources.size(); ++i) (void)sources[i];
  }
  wire::SdesReader reader(block);
  for (wire::SdesChunk chunk; reader.next(chunk);) {
    const auto* name = reinterpret_cast<const uint8_t*>(chunk.cname.data());
    fuzz::expect(fuzz::is_within({name, chunk.cname.size()}, block.body));
  }
}

void read_transport_feedback(const wire::RtcpBlock& block) {
  wire::Nack nack;
  wire::NackSequences sequences;
  if (wire::parse_nack(block, nack, sequences) == kNone) {
    size_t count = 0;
    for (uint16_t sequence = 0; sequences.next(sequence);) ++count;
    fuzz::expect(count > 0 && count <= block.body.size() / 4 * 17);
  }
  wire::TransportCc feedback;
  wire::TransportCcReader packets;
  if (wire::parse_transport_cc(block, feedback, packets) != kNone) return;
  size_t count = 0;
  for (wire::PacketStatus status; packets.next(status);) ++count;
  fuzz::expect(count == feedback.status_count);
}

void read_payload_feedback(const wire::RtcpBlock& block) {
  wire::Pli pli;
  (void)wire::parse_pli(block, pli);
  uint32_t sender = 0;
  wire::FirEntries entries;
  if (wire::parse_fir(block, sender, entries) == kNone) {
    for (size_t i = 0; i < entries.size(); ++i) (void)entries[i];
  }
  wire::Remb remb;
  wire::RembSources sources;
  if (wire::parse_remb(block, remb, sources) == kNone) {
    for (size_t i = 0; i < sources.size(); ++i) (void)sources[i];
    std::array<uint8_t, 24> out{};
    wire::Remb again;
    wire::RembSources none;
    wire::RtcpReader reader(std::span(out).first(wire::write_remb(remb, {}, out)));
    wire::RtcpBlock written;
    fuzz::expect(reader.next(written) && wire::parse_remb(written, again, none) == kNone);
    fuzz::expect(again == remb);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> datagram(data, size);
  wire::RtcpReader reader(datagram);
  size_t blocks = 0;
  for (wire::RtcpBlock block; reader.next(block); ++blocks) {
    fuzz::expect(fuzz::is_within(block.body, datagram));
    // Every parser gets every block: which type it has is the caller's knowledge.
    read_reports(block);
    read_sources(block);
    read_transport_feedback(block);
    read_payload_feedback(block);
    wire::ExtendedReport report;
    (void)wire::parse_extended_report(block, report);
  }
  fuzz::expect(blocks <= wire::kMaxRtcpBlocks);
  return 0;
}
