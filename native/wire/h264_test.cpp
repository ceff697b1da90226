#include "wire/h264.h"

#include <gtest/gtest.h>

#include "testing/bytes.h"

namespace wire {
namespace {

using testing_support::from_hex;

H264Payload parsed(const char* hex) {
  H264Payload payload;
  EXPECT_EQ(parse_h264(from_hex(hex), payload), ParseError::kNone) << hex;
  return payload;
}

ParseError error_of(const char* hex) {
  H264Payload payload;
  return parse_h264(from_hex(hex), payload);
}

// [H264-1] [H264-2]
TEST(H264, ReadsSingleNalUnits) {
  const H264Payload slice = parsed("41 9a00");
  EXPECT_EQ(slice.packet_type, 1);
  EXPECT_EQ(slice.nal_ref_idc, 2);
  EXPECT_TRUE(slice.has_first_slice);
  EXPECT_TRUE(slice.start_of_nal && slice.end_of_nal);
  EXPECT_FALSE(slice.key_frame());
  EXPECT_TRUE(parsed("67 42c01f").key_frame());
  EXPECT_FALSE(parsed("68 ce3c80").key_frame());
  EXPECT_TRUE(parsed("68 ce3c80").has_pps);
  EXPECT_TRUE(parsed("65 8884").key_frame());
  EXPECT_FALSE(parsed("65 4084").key_frame()) << "a later slice of the picture";
  EXPECT_EQ(parsed("01 80").nal_ref_idc, 0);
}

// [H264-1] [H264-2]
TEST(H264, ReadsAggregations) {
  const H264Payload payload = parsed("78 0003 6742c0 0002 68ce 0002 6588");
  EXPECT_EQ(payload.packet_type, 24);
  EXPECT_TRUE(payload.has_sps && payload.has_pps && payload.has_idr);
  EXPECT_TRUE(payload.key_frame());
  EXPECT_EQ(payload.nal_ref_idc, 3);
  EXPECT_FALSE(parsed("38 0002 0180").key_frame());
}

// [H264-1] [H264-2]
TEST(H264, ReadsFragments) {
  const H264Payload first = parsed("7c 85 88");
  EXPECT_TRUE(first.start_of_nal);
  EXPECT_FALSE(first.end_of_nal);
  EXPECT_TRUE(first.key_frame());
  const H264Payload middle = parsed("7c 05 88");
  EXPECT_TRUE(middle.has_idr);
  EXPECT_FALSE(middle.start_of_nal || middle.has_first_slice || middle.key_frame());
  EXPECT_TRUE(parsed("7c 45 88").end_of_nal);
}

// [H264-1]
TEST(H264, RefusesWhatItCannotRead) {
  EXPECT_EQ(error_of(""), ParseError::kTruncated);
  EXPECT_EQ(error_of("7c"), ParseError::kTruncated);
  EXPECT_EQ(error_of("7c 85"), ParseError::kTruncated);
  EXPECT_EQ(error_of("7c c5 88"), ParseError::kBadValue);
  EXPECT_EQ(error_of("78"), ParseError::kTruncated);
  EXPECT_EQ(error_of("78 0000"), ParseError::kBadLength);
  EXPECT_EQ(error_of("78 0003 6742"), ParseError::kTruncated);
  EXPECT_EQ(error_of("78 0001 67 00"), ParseError::kTruncated);
  for (const char* type : {"00 00", "19 00", "1a 00", "1b 00", "1d 00", "1e 00", "1f 00"}) {
    EXPECT_EQ(error_of(type), ParseError::kBadType) << type;
  }
}

}  // namespace
}  // namespace wire
