#include "wire/dependency_descriptor.h"

#include <gtest/gtest.h>

#include <string>

#include "testing/bytes.h"
#include "testing/fixtures.h"
#include "testing/json.h"
#include "wire/dependency_rewrite.h"

namespace wire {
namespace {

using testing_support::Bytes;
using testing_support::from_hex;
using testing_support::Json;
using testing_support::to_hex;

Json vectors() { return Json::read_file(testing_support::capture_path("dd_vectors.json")); }

// "S", "R", … per target.
std::string symbols(const FrameDependencies& frame, size_t targets) {
  std::string text;
  for (size_t i = 0; i < targets; ++i) text += "-DSR"[static_cast<size_t>(frame.indication(i))];
  return text;
}

std::vector<int64_t> integers(const Json& list) {
  std::vector<int64_t> values;
  for (const Json& item : list.items()) values.push_back(item.integer());
  return values;
}

void expect_frame(const FrameDependencies& frame, const DependencyStructure& structure,
                  const Json& expected) {
  EXPECT_EQ(symbols(frame, structure.decode_targets), expected["dti"].string());
  EXPECT_EQ(std::vector<int64_t>(frame.diffs().begin(), frame.diffs().end()),
            integers(expected["fdiffs"]));
  EXPECT_EQ(
      std::vector<int64_t>(frame.chain_diffs.begin(), frame.chain_diffs.begin() + structure.chains),
      integers(expected["chain_fdiffs"]));
}

void expect_structure(const DependencyStructure& structure, const Json& expected) {
  EXPECT_EQ(structure.template_id_offset, expected["template_id_offset"].integer());
  EXPECT_EQ(structure.decode_targets, expected["decode_targets"].integer());
  EXPECT_EQ(structure.chains, expected["chains"].integer());
  for (size_t i = 0; i < structure.decode_targets; ++i) {
    EXPECT_EQ(structure.target_spatial[i], expected["dt_layers"][i][0].integer());
    EXPECT_EQ(structure.target_temporal[i], expected["dt_layers"][i][1].integer());
    if (structure.chains > 0) {
      EXPECT_EQ(structure.protected_by[i], expected["protected_by"][i].integer());
    }
  }
  ASSERT_EQ(structure.template_count, expected["templates"].items().size());
  for (size_t i = 0; i < structure.template_count; ++i) {
    const Json& made = expected["templates"][i];
    EXPECT_EQ(structure.templates[i].spatial_id, made["s"].integer());
    EXPECT_EQ(structure.templates[i].temporal_id, made["t"].integer());
    expect_frame(structure.templates[i], structure, made);
  }
  ASSERT_EQ(structure.spatial_layers, expected["resolutions"].items().size());
  for (size_t i = 0; i < structure.spatial_layers; ++i) {
    EXPECT_EQ(structure.resolutions[i].width, expected["resolutions"][i][0].integer());
    EXPECT_EQ(structure.resolutions[i].height, expected["resolutions"][i][1].integer());
  }
}

// [DD-2] [WIRE-2]
TEST(DependencyDescriptor, VectorsDecodeAndReencode_T4_5) {
  size_t sequences = 0;
  const Json all = vectors();
  for (const Json& sequence : all["vectors"].items()) {
    SCOPED_TRACE(sequence["name"].string());
    ++sequences;
    DependencyStructure structure;
    for (const Json& packet : sequence["packets"].items()) {
      const Bytes value = from_hex(packet["hex"].string());
      DependencyDescriptor descriptor;
      ASSERT_EQ(parse_dependency_descriptor(value, structure, descriptor), ParseError::kNone);
      EXPECT_EQ(descriptor.head.start_of_frame, packet["start_of_frame"].integer() == 1);
      EXPECT_EQ(descriptor.head.end_of_frame, packet["end_of_frame"].integer() == 1);
      EXPECT_EQ(descriptor.head.template_id, packet["template_id"].integer());
      EXPECT_EQ(descriptor.head.frame_number, packet["frame_number"].integer());
      EXPECT_EQ(descriptor.frame.spatial_id, packet["spatial"].integer());
      EXPECT_EQ(descriptor.frame.temporal_id, packet["temporal"].integer());
      expect_frame(descriptor.frame, structure, packet);
      if (descriptor.head.has_structure) expect_structure(structure, packet["structure"]);
      if (packet.contains("active_decode_targets")) {
        EXPECT_EQ(descriptor.active_targets.value_or(structure.every_target()),
                  packet["active_decode_targets"].integer());
      }
      std::array<uint8_t, kMaxPassedDescriptor> again{};
      const size_t size = write_dependency_descriptor(descriptor, structure, again);
      EXPECT_EQ(to_hex(std::span(again).first(size)), to_hex(value));
    }
  }
  EXPECT_EQ(sequences, 8u);
}

class DependencyDescriptorTest : public testing::Test {
 protected:
  DependencyDescriptorTest() {
    const Json all = vectors();
    key_ = from_hex(all["vectors"][1]["packets"][0]["hex"].string());
    EXPECT_EQ(parse_dependency_descriptor(key_, structure_, descriptor_), ParseError::kNone);
  }

  DependencyDescriptor parsed(const Bytes& value) {
    DependencyDescriptor descriptor;
    EXPECT_EQ(parse_dependency_descriptor(value, structure_, descriptor), ParseError::kNone);
    return descriptor;
  }
  Bytes written(const DependencyDescriptor& descriptor) const {
    Bytes out(kMaxRewrittenDescriptor);
    out.resize(write_dependency_descriptor(descriptor, structure_, out));
    return out;
  }
  static Bytes rewritten(const Bytes& value, const DependencyRewrite& rewrite) {
    Bytes out(kMaxRewrittenDescriptor);
    out.resize(rewrite_dependency_descriptor(value, rewrite, out));
    return out;
  }

  Bytes key_;
  DependencyStructure structure_;
  DependencyDescriptor descriptor_;
};

// [DD-1]
TEST_F(DependencyDescriptorTest, TheHeadTellsAKeyFrame) {
  DependencyHead head;
  ASSERT_EQ(parse_dependency_head(from_hex("c5 1234"), head), ParseError::kNone);
  EXPECT_TRUE(head.start_of_frame && head.end_of_frame);
  EXPECT_EQ(head.template_id, 5);
  EXPECT_EQ(head.frame_number, 0x1234);
  EXPECT_FALSE(head.key_frame());
  ASSERT_EQ(parse_dependency_head(from_hex("80 0001 80"), head), ParseError::kNone);
  EXPECT_TRUE(head.key_frame());
  ASSERT_EQ(parse_dependency_head(from_hex("00 0001 80"), head), ParseError::kNone);
  EXPECT_FALSE(head.key_frame());
  EXPECT_EQ(parse_dependency_head(from_hex("80 00"), head), ParseError::kTruncated);
}

// [DD-2] [WIRE-2]
TEST_F(DependencyDescriptorTest, AFrameMayDifferFromItsTemplateInEverything) {
  DependencyDescriptor own = descriptor_;
  own.head.has_structure = false;
  own.active_targets = 0x1b;
  own.has_own_indications = own.has_own_frame_diffs = own.has_own_chain_diffs = true;
  own.frame.indications = 0x2a5a5;
  own.frame.frame_diffs = {1, 16, 17, 256, 257, 4096};
  own.frame.diff_count = 6;
  own.frame.chain_diffs = {200, 0, 255};
  const DependencyDescriptor again = parsed(written(own));
  EXPECT_EQ(again.frame, own.frame);
  EXPECT_EQ(again.active_targets, own.active_targets);
  EXPECT_EQ(to_hex(written(again)), to_hex(written(own)));
}

// [DD-3]
TEST_F(DependencyDescriptorTest, RefusesWhatTheStructureDoesNotHave) {
  DependencyDescriptor descriptor;
  DependencyStructure none;
  EXPECT_EQ(parse_dependency_descriptor(from_hex("81 0001"), none, descriptor),
            ParseError::kBadValue);
  EXPECT_EQ(descriptor.head.frame_number, 1);
  EXPECT_EQ(parse_dependency_descriptor(from_hex("8f 0001"), structure_, descriptor),
            ParseError::kBadValue)
      << "template 15 of 15";
}

// [WIRE-1]
TEST_F(DependencyDescriptorTest, RefusesTruncation) {
  for (size_t size = 0; size + 1 < key_.size(); ++size) {
    DependencyStructure structure;
    DependencyDescriptor descriptor;
    const Bytes cut(key_.begin(), key_.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(parse_dependency_descriptor(cut, structure, descriptor), ParseError::kNone) << size;
  }
}

// [DD-3]
TEST_F(DependencyDescriptorTest, RefusesMoreThanItsBounds) {
  DependencyDescriptor descriptor;
  DependencyStructure structure;
  // One target, then layers without end: each step goes to the next spatial layer.
  EXPECT_EQ(
      parse_dependency_descriptor(from_hex("80 0001 8000 05 5555555555"), structure, descriptor),
      ParseError::kTooMany);
  // Own frame diffs without end.
  EXPECT_EQ(parse_dependency_descriptor(from_hex("c1 0001 17" + std::string(36, 'f')), structure_,
                                        descriptor),
            ParseError::kTooMany);
}

// [DD-4]
TEST_F(DependencyDescriptorTest, ARewriteShiftsIdsAndNumbers) {
  const Bytes out = rewritten(key_, {.frame_number = 0xfffe, .template_shift = 60});
  DependencyStructure structure;
  DependencyDescriptor descriptor;
  ASSERT_EQ(parse_dependency_descriptor(out, structure, descriptor), ParseError::kNone);
  EXPECT_EQ(descriptor.head.frame_number, 0xfffe);
  EXPECT_EQ(descriptor.head.template_id, 61);
  EXPECT_EQ(structure.template_id_offset, 60);
  EXPECT_EQ(descriptor.frame, descriptor_.frame);
  structure.template_id_offset = structure_.template_id_offset;
  EXPECT_EQ(structure, structure_);
}

// [DD-4]: template ids wrap from 63 to 0.
TEST_F(DependencyDescriptorTest, ARewriteWrapsTemplateIds_E32) {
  EXPECT_EQ(to_hex(rewritten(from_hex("86 0173"), {.frame_number = 7, .template_shift = 62})),
            "840007");
}

// [DD-4]
TEST_F(DependencyDescriptorTest, ARewriteAddsOrReplacesTheMask) {
  const auto with_mask = [&](const Bytes& value) {
    const DependencyDescriptor before = parsed(value);
    return rewritten(value, {.active_targets = 27,
                             .frame_number = before.head.frame_number,
                             .mask_position = before.mask_position,
                             .decode_targets = structure_.decode_targets});
  };
  EXPECT_EQ(to_hex(with_mask(from_hex("86 0173"))), "860173406c");
  EXPECT_EQ(to_hex(with_mask(from_hex("86 0173 40fc"))), "860173406c");

  DependencyDescriptor key = descriptor_;
  key.active_targets = 27;
  EXPECT_EQ(parsed(with_mask(key_)).active_targets, 27u);
  EXPECT_EQ(to_hex(with_mask(key_)).substr(0, to_hex(written(key)).size()), to_hex(written(key)));

  DependencyDescriptor own = descriptor_;
  own.head.has_structure = false;
  own.has_own_frame_diffs = own.has_own_chain_diffs = true;
  own.frame.frame_diffs = {300};
  own.frame.diff_count = 1;
  own.frame.chain_diffs = {200, 0, 255};
  const DependencyDescriptor again = parsed(with_mask(written(own)));
  EXPECT_EQ(again.active_targets, 27u);
  EXPECT_EQ(again.frame, own.frame);
}

TEST_F(DependencyDescriptorTest, ARewriteThatCannotBeIsNothing) {
  EXPECT_TRUE(rewritten(from_hex("86 01"), {}).empty());
  EXPECT_TRUE(rewritten(Bytes(kMaxPassedDescriptor + 1), {}).empty());
  EXPECT_TRUE(rewritten(from_hex("86 0173 00"),
                        {.active_targets = 1, .mask_position = 40, .decode_targets = 9})
                  .empty());
}

}  // namespace
}  // namespace wire
