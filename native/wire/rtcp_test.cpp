#include "wire/rtcp.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"
#include "wire/rtcp_bye.h"
#include "wire/rtcp_extended_report.h"
#include "wire/rtcp_fir.h"
#include "wire/rtcp_nack.h"
#include "wire/rtcp_pli.h"
#include "wire/rtcp_receiver_report.h"
#include "wire/rtcp_remb.h"
#include "wire/rtcp_sdes.h"
#include "wire/rtcp_sender_report.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_hex;
using testing_support::to_hex;

constexpr ReportBlock kReport{.ssrc = 0x11223344,
                              .fraction_lost = 64,
                              .cumulative_lost = -3,
                              .extended_highest_sequence = 0x0001FFFF,
                              .jitter = 250,
                              .last_sr = 0xAABBCCDD,
                              .delay_since_last_sr = 65536};

// The single block of a datagram that must be well formed.
RtcpBlock only_block(std::span<const uint8_t> bytes) {
  RtcpReader reader(bytes);
  RtcpBlock block;
  EXPECT_TRUE(reader.next(block));
  RtcpBlock further;
  EXPECT_FALSE(reader.next(further));
  EXPECT_EQ(reader.error(), ParseError::kNone);
  return block;
}

// Writes with `write`, and checks that every shorter room is refused.
template <typename Write>
Bytes written(Write write) {
  Bytes out(600);
  out.resize(write(std::span<uint8_t>(out)));
  EXPECT_GT(out.size(), 0u);
  EXPECT_EQ(out.size() % 4, 0u);
  Bytes scratch(out.size());
  for (size_t room = 0; room < out.size(); ++room) {
    EXPECT_EQ(write(std::span<uint8_t>(scratch).first(room)), 0u);
  }
  return out;
}

// Blocks cut short by one byte are refused by `parse`.
template <typename Parse>
void expect_truncation_refused(RtcpBlock block, Parse parse) {
  for (size_t size = 0; size < block.body.size(); ++size) {
    RtcpBlock cut = block;
    cut.body = block.body.first(size);
    EXPECT_NE(parse(cut), ParseError::kNone) << size;
  }
}

// [RTCP-1]
TEST(Rtcp, WalksACompound) {
  const Bytes bytes = from_hex("80c90001 00000001 81ca0003 00000001 0101610000000000 80cb0000");
  RtcpReader reader(bytes);
  std::vector<RtcpType> types;
  for (RtcpBlock block; reader.next(block);) types.push_back(block.type);
  EXPECT_EQ(reader.error(), ParseError::kNone);
  EXPECT_EQ(types,
            (std::vector{RtcpType::kReceiverReport, RtcpType::kSourceDescription, RtcpType::kBye}));
}

// [RTCP-1]
TEST(Rtcp, EndsAtTheFirstMalformedBlock) {
  const std::pair<const char*, ParseError> cases[] = {
      {"80c90001 00000001 80", ParseError::kTruncated},
      {"80c90001 00000001 40c90001 00000001", ParseError::kBadVersion},
      {"80c90001 00000001 80c90002 00000001", ParseError::kBadLength},
      {"80c90001 00000001 a0c90001 00000005", ParseError::kBadPadding},
      {"80c90001 00000001 a0c90001 00000000", ParseError::kBadPadding},
      {"80c90001 00000001 80c9ffff 00000001", ParseError::kBadLength},
  };
  for (const auto& [hex, error] : cases) {
    const Bytes bytes = from_hex(hex);
    RtcpReader reader(bytes);
    RtcpBlock block;
    EXPECT_TRUE(reader.next(block));
    EXPECT_FALSE(reader.next(block));
    EXPECT_FALSE(reader.next(block));
    EXPECT_EQ(reader.error(), error) << hex;
  }
}

// [RTCP-2]
TEST(Rtcp, RemovesPadding) {
  const Bytes bytes = from_hex("a0c90002 00000001 00000004");
  EXPECT_EQ(to_hex(only_block(bytes).body), "00000001");
}

// [RTCP-3]
TEST(Rtcp, BoundsTheBlocksOfADatagram) {
  Bytes bytes;
  const Bytes empty_bye = from_hex("80cb0000");
  for (size_t i = 0; i <= kMaxRtcpBlocks; ++i) {
    bytes.insert(bytes.end(), empty_bye.begin(), empty_bye.end());
  }
  RtcpReader reader(bytes);
  size_t blocks = 0;
  for (RtcpBlock block; reader.next(block);) ++blocks;
  EXPECT_EQ(blocks, kMaxRtcpBlocks);
  EXPECT_EQ(reader.error(), ParseError::kTooMany);
}

// [WIRE-2]
TEST(SenderReport, RoundTrips) {
  const SenderReport report{.ssrc = 1,
                            .ntp_time = 0x83AA7E80'40000000,
                            .rtp_timestamp = 90000,
                            .packet_count = 7,
                            .octet_count = 7000};
  const std::array blocks{kReport, kReport};
  const Bytes bytes = written([&](auto out) { return write_sender_report(report, blocks, out); });
  const RtcpBlock block = only_block(bytes);
  EXPECT_EQ(block.type, RtcpType::kSenderReport);
  SenderReport read;
  ReportBlocks read_blocks;
  ASSERT_EQ(parse_sender_report(block, read, read_blocks), ParseError::kNone);
  EXPECT_EQ(read, report);
  EXPECT_EQ(read.compact_ntp(), 0x7E804000u);
  ASSERT_EQ(read_blocks.size(), 2u);
  EXPECT_EQ(read_blocks[1], kReport);
  expect_truncation_refused(
      block, [&](const RtcpBlock& cut) { return parse_sender_report(cut, read, read_blocks); });
}

// [WIRE-2] [SR-1]
TEST(ReceiverReport, RoundTripsAndClampsLoss) {
  std::array<ReportBlock, 3> blocks{kReport, kReport, kReport};
  blocks[1].cumulative_lost = 0x7FFFFFFF;
  blocks[2].cumulative_lost = -0x7FFFFFFF;
  const Bytes bytes = written([&](auto out) { return write_receiver_report({9}, blocks, out); });
  const RtcpBlock block = only_block(bytes);
  ReceiverReport read;
  ReportBlocks read_blocks;
  ASSERT_EQ(parse_receiver_report(block, read, read_blocks), ParseError::kNone);
  EXPECT_EQ(read.sender_ssrc, 9u);
  EXPECT_EQ(read_blocks[0], kReport);
  EXPECT_EQ(read_blocks[1].cumulative_lost, 0x7FFFFF);
  EXPECT_EQ(read_blocks[2].cumulative_lost, -0x800000);
  expect_truncation_refused(
      block, [&](const RtcpBlock& cut) { return parse_receiver_report(cut, read, read_blocks); });
  Bytes out(2000);
  EXPECT_EQ(write_receiver_report({9}, std::vector<ReportBlock>(32), out), 0u);
}

// [WIRE-2]
TEST(Sdes, RoundTripsNamesOfEveryPadding) {
  for (const std::string_view name : {"", "a", "ab", "abc", "abcd", "abcde"}) {
    const std::array chunks{SdesChunk{.ssrc = 1, .cname = name},
                            SdesChunk{.ssrc = 2, .cname = "z"}};
    const Bytes bytes = written([&](auto out) { return write_sdes(chunks, out); });
    SdesReader reader(only_block(bytes));
    SdesChunk chunk;
    ASSERT_TRUE(reader.next(chunk));
    EXPECT_EQ(chunk.cname, name);
    ASSERT_TRUE(reader.next(chunk));
    EXPECT_EQ(chunk.ssrc, 2u);
    EXPECT_EQ(chunk.cname, "z");
    EXPECT_FALSE(reader.next(chunk));
    EXPECT_EQ(reader.error(), ParseError::kNone);
  }
}

TEST(Sdes, SkipsOtherItemsAndRefusesTruncation) {
  const Bytes bytes = from_hex("81ca0004 00000001 0203414243 010178 00 000000");
  SdesReader reader(only_block(bytes));
  SdesChunk chunk;
  ASSERT_TRUE(reader.next(chunk));
  EXPECT_EQ(chunk.cname, "x");
  const Bytes truncated = from_hex("81ca0002 00000001 01056162");
  SdesReader cut(only_block(truncated));
  EXPECT_FALSE(cut.next(chunk));
  EXPECT_EQ(cut.error(), ParseError::kTruncated);
}

// [WIRE-2]
TEST(Bye, RoundTrips) {
  const std::array<uint32_t, 2> ssrcs{1, 0xFFFFFFFF};
  const Bytes bytes = written([&](auto out) { return write_bye(ssrcs, out); });
  ByeSources sources;
  const RtcpBlock block = only_block(bytes);
  ASSERT_EQ(parse_bye(block, sources), ParseError::kNone);
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[1], 0xFFFFFFFFu);
  expect_truncation_refused(block, [&](const RtcpBlock& cut) { return parse_bye(cut, sources); });
}

std::vector<uint16_t> lost_of(const Bytes& bytes) {
  Nack nack;
  NackSequences sequences;
  EXPECT_EQ(parse_nack(only_block(bytes), nack, sequences), ParseError::kNone);
  EXPECT_EQ(nack, (Nack{.sender_ssrc = 1, .media_ssrc = 2}));
  std::vector<uint16_t> lost;
  for (uint16_t sequence = 0; sequences.next(sequence);) lost.push_back(sequence);
  return lost;
}

// [NACK-1] [NACK-2]
TEST(Nack, RoundTripsFromManyStartsAcrossTheWrap) {
  for (const int start : {0, 1, 0x7FFF, 0x8000, 0xFFEE, 0xFFEF, 0xFFF0, 0xFFFE, 0xFFFF}) {
    std::vector<uint16_t> lost;
    for (const int step : {0, 1, 2, 16, 17, 18, 33, 34, 35, 60}) {
      lost.push_back(static_cast<uint16_t>(start + step));
    }
    size_t taken = 0;
    Bytes out(100);
    out.resize(write_nack({1, 2}, lost, out, taken));
    EXPECT_EQ(taken, lost.size());
    // 0..16, 17..33, 34..35, 60: four items.
    EXPECT_EQ(out.size(), 12u + 4 * 4u);
    EXPECT_EQ(lost_of(out), lost);
  }
}

// [NACK-2]
TEST(Nack, TellsHowManyFitted) {
  const std::vector<uint16_t> lost{1, 100, 101, 200, 300};
  Bytes out(12 + 2 * 4 + 3);
  size_t taken = 0;
  out.resize(write_nack({1, 2}, lost, out, taken));
  EXPECT_EQ(taken, 3u);
  EXPECT_EQ(lost_of(out), (std::vector<uint16_t>{1, 100, 101}));
  EXPECT_EQ(write_nack({1, 2}, lost, std::span(out).first(12), taken), 0u);
  EXPECT_EQ(taken, 0u);
  EXPECT_EQ(write_nack({1, 2}, {}, out, taken), 0u);
}

TEST(Nack, RefusesWithoutItems) {
  Nack nack;
  NackSequences sequences;
  const Bytes bytes = from_hex("81cd0002 00000001 00000002");
  EXPECT_EQ(parse_nack(only_block(bytes), nack, sequences), ParseError::kTruncated);
}

// [WIRE-2]
TEST(Pli, RoundTrips) {
  const Bytes bytes = written([&](auto out) { return write_pli({1, 2}, out); });
  EXPECT_EQ(to_hex(bytes), "81ce00020000000100000002");
  Pli pli;
  const RtcpBlock block = only_block(bytes);
  ASSERT_EQ(parse_pli(block, pli), ParseError::kNone);
  EXPECT_EQ(pli, (Pli{1, 2}));
  expect_truncation_refused(block, [&](const RtcpBlock& cut) { return parse_pli(cut, pli); });
}

// [WIRE-2]
TEST(Fir, RoundTrips) {
  const std::array entries{FirEntry{2, 255}, FirEntry{3, 0}};
  const Bytes bytes = written([&](auto out) { return write_fir(1, entries, out); });
  uint32_t sender = 0;
  FirEntries read;
  const RtcpBlock block = only_block(bytes);
  ASSERT_EQ(parse_fir(block, sender, read), ParseError::kNone);
  EXPECT_EQ(sender, 1u);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0], entries[0]);
  EXPECT_EQ(read[1], entries[1]);
  RtcpBlock cut = block;
  cut.body = block.body.first(12);
  EXPECT_NE(parse_fir(cut, sender, read), ParseError::kNone);
}

// [REMB-1]
TEST(Remb, RoundsDownTo18Bits) {
  const std::pair<uint64_t, uint64_t> cases[] = {{0, 0},
                                                 {1, 1},
                                                 {262143, 262143},
                                                 {262144, 262144},
                                                 {262145, 262144},
                                                 {2'500'003, 2'500'000},
                                                 {~uint64_t{0}, 0xFFFFC00000000000}};
  for (const auto& [bitrate, rounded] : cases) {
    const std::array<uint32_t, 2> ssrcs{5, 6};
    const Remb remb{.sender_ssrc = 1, .bitrate_bps = bitrate};
    const Bytes bytes = written([&](auto out) { return write_remb(remb, ssrcs, out); });
    Remb read;
    RembSources sources;
    const RtcpBlock block = only_block(bytes);
    ASSERT_EQ(parse_remb(block, read, sources), ParseError::kNone);
    EXPECT_EQ(read.bitrate_bps, rounded);
    ASSERT_EQ(sources.size(), 2u);
    EXPECT_EQ(sources[1], 6u);
    expect_truncation_refused(block,
                              [&](const RtcpBlock& cut) { return parse_remb(cut, read, sources); });
  }
}

// [REMB-1]
TEST(Remb, RefusesAnotherMessageAndTooLargeARate) {
  Remb remb;
  RembSources sources;
  const Bytes other = from_hex("8fce0004 00000001 00000000 41424344 00000001");
  EXPECT_EQ(parse_remb(only_block(other), remb, sources), ParseError::kBadType);
  const Bytes large = from_hex("8fce0004 00000001 00000000 52454d42 00ffffff");
  EXPECT_EQ(parse_remb(only_block(large), remb, sources), ParseError::kBadValue);
}

// [XR-1]
TEST(ExtendedReportBlocks, RoundTrip) {
  const ExtendedReport report{.sender_ssrc = 1,
                              .reference_ntp_time = 0x0102030405060708,
                              .delay = DelaySinceLastRr{2, 3, 4}};
  const Bytes bytes = written([&](auto out) { return write_extended_report(report, out); });
  ExtendedReport read;
  ASSERT_EQ(parse_extended_report(only_block(bytes), read), ParseError::kNone);
  EXPECT_EQ(read, report);
  Bytes out(100);
  EXPECT_EQ(write_extended_report(ExtendedReport(), out), 0u);
}

// [XR-1]
TEST(ExtendedReportBlocks, SkipsOthersAndRefusesTruncation) {
  ExtendedReport read;
  const Bytes other = from_hex("80cf0006 00000001 01000001 aabbccdd 04000002 0000000100000002");
  ASSERT_EQ(parse_extended_report(only_block(other), read), ParseError::kNone);
  EXPECT_EQ(read.reference_ntp_time, 0x0000000100000002u);
  EXPECT_FALSE(read.delay);
  const Bytes cut = from_hex("80cf0003 00000001 04000002 00000001");
  EXPECT_EQ(parse_extended_report(only_block(cut), read), ParseError::kTruncated);
}

}  // namespace
}  // namespace wire
