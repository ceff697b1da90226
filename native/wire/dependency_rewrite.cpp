#include "wire/dependency_rewrite.h"

#include "base/bit_reader.h"
#include "base/bit_writer.h"

namespace wire {

namespace {

constexpr size_t kMandatoryFieldsSize = 3;
constexpr uint64_t kTemplateIdMask = 0x3f;

void copy_bits(base::BitReader& from, base::BitWriter& to, size_t end) {
  while (from.position() < end && from.ok()) {
    const size_t left = end - from.position();
    const auto count = static_cast<unsigned>(left < 64 ? left : 64);
    to.bits(from.bits(count), count);
  }
}

void shift_template_id(base::BitReader& from, base::BitWriter& to, uint8_t shift) {
  to.bits((from.bits(6) + shift) & kTemplateIdMask, 6);
}

}  // namespace

size_t rewrite_dependency_descriptor(std::span<const uint8_t> value,
                                     const DependencyRewrite& rewrite, std::span<uint8_t> out) {
  if (value.size() < kMandatoryFieldsSize || value.size() > kMaxPassedDescriptor) return 0;
  base::BitReader from(value);
  base::BitWriter to(out);
  to.bits(from.bits(2), 2);
  shift_template_id(from, to, rewrite.template_shift);
  from.bits(16);
  to.bits(rewrite.frame_number, 16);
  const bool has_flags = value.size() > kMandatoryFieldsSize;
  const bool writes_mask = rewrite.active_targets != 0 && rewrite.decode_targets != 0;
  if (!has_flags && !writes_mask) return to.finish();
  const bool has_structure = has_flags && from.flag();
  const bool has_mask = has_flags && from.flag();
  to.flag(has_structure);
  to.flag(has_mask || writes_mask);
  to.bits(has_flags ? from.bits(3) : 0, 3);
  if (has_structure) shift_template_id(from, to, rewrite.template_shift);
  if (writes_mask) {
    copy_bits(from, to, rewrite.mask_position);
    if (has_mask) from.bits(rewrite.decode_targets);
    to.bits(rewrite.active_targets, rewrite.decode_targets);
  }
  to.rest_of(from);
  return from.ok() ? to.finish() : 0;
}

}  // namespace wire
