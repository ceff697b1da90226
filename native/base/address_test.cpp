#include "base/address.h"

#include <gtest/gtest.h>

#include <set>

namespace base {
namespace {

TEST(SocketAddress, FormatsIpv4) {
  const auto address = SocketAddress::parse("192.0.2.1", 40000);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->family, Family::kIpv4);
  EXPECT_EQ(address->to_string(), "192.0.2.1:40000");
}

// RFC 5952 §4: lower case, no leading zeros, the longest and first run of zeros shortened, but
// never a single group.
TEST(SocketAddress, FormatsIpv6Canonically) {
  const std::pair<const char*, const char*> cases[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::0001", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"::ffff:192.0.2.1", "::ffff:c000:201"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto address = SocketAddress::parse(text, 1);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->family, Family::kIpv6);
    EXPECT_EQ(address->ip_string(), canonical);
    EXPECT_EQ(SocketAddress::parse(address->ip_string(), 1), address);
  }
}

TEST(SocketAddress, RefusesWhatIsNoLiteralAddress) {
  for (const char* text : {"",
                           "localhost",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.0.0.1",
                           "01.2.3.4",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1..2.3",
                           "-1.2.3.4",
                           "+1.2.3.4",
                           ":",
                           ":::",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "::12345",
                           "g::",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4::5:6:7:8",
                           "::1%eth0",
                           "[::1]",
                           "::1.2.3",
                           "1.2.3.4::",
                           "1:",
                           ":1",
                           "::1:"}) {
    EXPECT_FALSE(SocketAddress::parse(text, 1)) << text;
  }
}

TEST(FiveTupleHash, TellsApartWhatDiffersAnywhere) {
  const auto local = *SocketAddress::parse("127.0.0.1", 40000);
  std::set<size_t> hashes;
  const FiveTupleHash hash;
  for (uint16_t port = 1; port <= 1000; ++port) {
    hashes.insert(hash({local, *SocketAddress::parse("127.0.0.1", port)}));
    hashes.insert(hash({local, *SocketAddress::parse("::1", port)}));
    hashes.insert(hash({local, *SocketAddress::parse("127.0.0.1", port, Protocol::kTcp)}));
  }
  EXPECT_EQ(hashes.size(), 3000u);
}

}  // namespace
}  // namespace base
