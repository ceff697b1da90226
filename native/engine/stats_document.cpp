#include "engine/stats_document.h"

#include <algorithm>
#include <array>

namespace engine {

namespace {

using Table = std::vector<double> StatsTables::*;

struct Section {
  Table table;
  size_t row_length;
};

// In the order of the layout.
constexpr std::array kSections = {
    Section{&StatsTables::shards, ShardStats::kLength},
    Section{&StatsTables::transports, TransportStats::kLength},
    Section{&StatsTables::inbound, InboundStats::kLength},
    Section{&StatsTables::outbound, OutboundStats::kLength},
};
constexpr size_t kHeadLength = 2 + kSections.size();

size_t section_length(std::span<const StatsTables> shards, const Section& section) {
  size_t length = 0;
  for (const StatsTables& tables : shards) length += (tables.*section.table).size();
  return length;
}

}  // namespace

size_t write_stats_document(std::span<const StatsTables> shards, std::span<double> out) {
  std::array<double, kHeadLength> head{kContractVersion};
  size_t length = kHeadLength;
  for (size_t i = 0; i < kSections.size(); ++i) {
    const size_t section = section_length(shards, kSections[i]);
    const size_t rows = section / kSections[i].row_length;
    head[2 + i] = static_cast<double>(rows);
    length += section;
  }
  head[1] = static_cast<double>(length);

  const auto append = [&out](std::span<const double> values) {
    const size_t count = std::min(values.size(), out.size());
    std::copy_n(values.begin(), count, out.begin());
    out = out.subspan(count);
  };
  append(head);
  for (const Section& section : kSections) {
    for (const StatsTables& tables : shards) append(tables.*section.table);
  }
  return length;
}

}  // namespace engine
