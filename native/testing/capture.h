// Recorded packets of test/fixtures/captures, read from libpcap and rtpdump files.
#pragma once

#include <string>
#include <vector>

#include "testing/bytes.h"

namespace testing_support {

// The payloads of all UDP datagrams of a pcap file (little-endian, Ethernet, IPv4), in order.
// Aborts the test program when the file is not that.
std::vector<Bytes> read_pcap(const std::string& path);

// The packets of a file in rtptools' "rtpplay1.0" format, RTP and RTCP mixed, in order.
std::vector<Bytes> read_rtpdump(const std::string& path);

}  // namespace testing_support
