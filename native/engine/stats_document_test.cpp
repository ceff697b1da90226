#include "engine/stats_document.h"

#include <gtest/gtest.h>

#include <vector>

namespace engine {
namespace {

StatsTables tables_of(double value, size_t transports) {
  StatsTables tables;
  tables.shards.assign(ShardStats::kLength, value);
  tables.transports.assign(transports * TransportStats::kLength, value);
  return tables;
}

TEST(StatsDocument, GroupsTheRowsOfAllShardsByTable) {
  const std::vector shards = {tables_of(1, 2), tables_of(2, 1)};
  std::vector<double> out(1000, -1);
  const size_t length = write_stats_document(shards, out);
  EXPECT_EQ(length, 6 + 2 * ShardStats::kLength + 3 * TransportStats::kLength);
  const std::vector<double> head(out.begin(), out.begin() + 6);
  const auto whole = static_cast<double>(length);
  EXPECT_EQ(head, (std::vector<double>{kContractVersion, whole, 2, 3, 0, 0}));
  EXPECT_EQ(out[6], 1);
  EXPECT_EQ(out[6 + ShardStats::kLength], 2);
  EXPECT_EQ(out[length - 1], 2);
  EXPECT_EQ(out[length], -1);
}

TEST(StatsDocument, WritesTheHeadWhenTheRestDoesNotFit) {
  const std::vector shards = {tables_of(1, 0)};
  std::vector<double> out(7);
  EXPECT_EQ(write_stats_document(shards, out), 6 + ShardStats::kLength);
  EXPECT_EQ(out[2], 1);
  EXPECT_EQ(out[6], 1);
  EXPECT_EQ(write_stats_document(shards, {}), 6 + ShardStats::kLength);
}

}  // namespace
}  // namespace engine
