#include "crypto/openssl_datagram_bio.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crypto/dtls_handshake.h"
#include "crypto/openssl_support.h"

namespace crypto {
namespace {

// DTLSPlaintext: type 1, version 2, epoch 2, sequence_number 6, length 2 (RFC 6347 §4.1).
constexpr size_t kRecordHeader = 13;
constexpr size_t kEpochAt = 3;
constexpr size_t kSequenceAt = 5;
constexpr size_t kLengthAt = 11;

DatagramWire& wire_of(BIO* bio) { return *static_cast<DatagramWire*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* out, int size) {
  BIO_clear_retry_flags(bio);
  const size_t got =
      wire_of(bio).read({reinterpret_cast<uint8_t*>(out), static_cast<size_t>(size)});
  if (got != 0) return static_cast<int>(got);
  BIO_set_retry_read(bio);
  return -1;
}

int bio_write(BIO* bio, const char* bytes, int size) {
  DatagramWire& wire = wire_of(bio);
  wire.write({reinterpret_cast<const uint8_t*>(bytes), static_cast<size_t>(size)}, wire.written());
  return size;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BioMethod make_method() {
  BioMethod method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams"));
  require(method != nullptr && BIO_meth_set_read(method.get(), bio_read) == 1 &&
          BIO_meth_set_write(method.get(), bio_write) == 1 &&
          BIO_meth_set_ctrl(method.get(), bio_control) == 1);
  return method;
}

}  // namespace

size_t DatagramWire::read(std::span<uint8_t> out) {
  if (!has_input_) return 0;
  has_input_ = false;
  const size_t size = std::min(out.size(), input_.size());
  std::copy_n(input_.begin(), size, out.begin());
  return size;
}

void DatagramWire::write(std::span<const uint8_t> datagram, Datagrams& out) {
  std::span<uint8_t> rest = out.append(datagram);
  while (rest.size() >= kRecordHeader) {
    if (base::load_u16(&rest[kEpochAt]) == 0) {
      base::store_u16(&rest[kSequenceAt], static_cast<uint16_t>(next_sequence_ >> 32));
      base::store_u32(&rest[kSequenceAt + 2], static_cast<uint32_t>(next_sequence_));
      ++next_sequence_;
    }
    const size_t record = kRecordHeader + base::load_u16(&rest[kLengthAt]);
    rest = rest.subspan(std::min(record, rest.size()));
  }
}

BIO* make_datagram_bio(DatagramWire& wire) {
  static const BioMethod method = make_method();
  BIO* bio = BIO_new(method.get());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace crypto
