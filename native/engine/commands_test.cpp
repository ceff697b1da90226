// What each command answers, and what closing takes with it.
#include "engine/commands.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/events.h"
#include "testing/meeting.h"

namespace {

using engine::CommandStatus;
using testing_support::Bytes;
using testing_support::handle;
using testing_support::Meeting;

engine::TransportCreateCommand transport_command(uint32_t index, std::string_view ufrag) {
  return {.transport = handle(index),
          .room = handle(0),
          .local_ufrag = ufrag,
          .local_pwd = "passwordpasswordpassword",
          .remote_ufrag = {},
          .remote_pwd = {},
          .fingerprint = {},
          .plaintext = false};
}

// [ENG-2]
TEST(Commands, RefusesUnknownParents) {
  Meeting meeting;
  auto command = transport_command(1, "ufrag");
  command.room = handle(9);
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.publish_video(1), CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.add_slot(1, 1, engine::MediaKind::kVideo), CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.subscribe(1, 1, 1), CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.set_muted(1, true), CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.set_active(1, true), CommandStatus::kUnknownHandle);
}

// [ENG-2]
TEST(Commands, RefusesAHandleInUseAndAnOldGeneration) {
  Meeting meeting;
  meeting.join(1);
  EXPECT_EQ(meeting.world.submit(transport_command(1, "another")), CommandStatus::kHandleInUse);
  EXPECT_EQ(meeting.world.submit(engine::TransportCloseCommand{{1, 2, 0}}),
            CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.world.submit(engine::TransportCloseCommand{handle(1)}), CommandStatus::kOk);
  EXPECT_EQ(meeting.world.submit(engine::TransportCloseCommand{handle(1)}),
            CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.world.submit(transport_command(engine::kMaxObjects, "another")),
            CommandStatus::kLimitReached);
}

TEST(Commands, ChecksCredentialsAndFingerprints) {
  Meeting meeting;
  EXPECT_EQ(meeting.world.submit(transport_command(1, "abc")), CommandStatus::kInvalidArgument);
  auto short_password = transport_command(1, "ufrag");
  short_password.local_pwd = "short";
  EXPECT_EQ(meeting.world.submit(short_password), CommandStatus::kInvalidArgument);
  auto half_a_remote = transport_command(1, "ufrag");
  half_a_remote.remote_ufrag = "remote";
  EXPECT_EQ(meeting.world.submit(half_a_remote), CommandStatus::kInvalidArgument);
  const Bytes not_sha256(20, 1);
  auto bad_fingerprint = transport_command(1, "ufrag");
  bad_fingerprint.fingerprint = not_sha256;
  EXPECT_EQ(meeting.world.submit(bad_fingerprint), CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.world.submit(transport_command(1, "ufrag")), CommandStatus::kOk);
  EXPECT_EQ(meeting.world.submit(transport_command(2, "ufrag")), CommandStatus::kInvalidArgument)
      << "STUN could not tell the two apart";
}

TEST(Commands, RefusesSlotsThatAreTakenOrOfAnotherKind) {
  Meeting meeting;
  meeting.join(1);
  meeting.publish_video(1);
  meeting.publish_audio(2);
  EXPECT_EQ(meeting.add_slot(1, 1, engine::MediaKind::kVideo), CommandStatus::kOk);
  EXPECT_EQ(meeting.subscribe(1, 2, 1), CommandStatus::kInvalidArgument);
  EXPECT_EQ(meeting.subscribe(1, 1, 1), CommandStatus::kOk);
  EXPECT_EQ(meeting.subscribe(2, 1, 1), CommandStatus::kWrongState);
}

TEST(Commands, KeepsRoomsApart) {
  Meeting meeting;
  meeting.world.submit(engine::RoomCreateCommand{handle(5), 300, 0, false, true});
  meeting.join(1);
  meeting.publish_video(1);
  meeting.world.add_peer(2, handle(5));
  EXPECT_EQ(meeting.add_slot(1, 2, engine::MediaKind::kVideo), CommandStatus::kOk);
  EXPECT_EQ(meeting.subscribe(1, 1, 1), CommandStatus::kWrongState);
}

// [ENG-1]
TEST(Commands, RefusesMalformedFieldsAndUnknownTypes) {
  Meeting meeting;
  std::vector<uint8_t> batch;
  engine::ContractWriter writer(batch);
  encode(writer, engine::BatchHead{1, 2});
  encode(writer, static_cast<uint16_t>(engine::RoomCreateCommand::kType));
  encode(writer, uint32_t{3});
  writer.put("abc", 3);
  encode(writer, uint16_t{9999});
  encode(writer, uint32_t{0});
  engine::ShardOutput out;
  meeting.world.shard().handle_commands(batch, meeting.world.now(), out);
  engine::ContractReader facts(out.events.facts);
  engine::Frame frame;
  engine::BatchDoneEvent done;
  ASSERT_TRUE(decode(facts, frame));
  ASSERT_TRUE(decode_fields(frame.fields, done));
  std::vector<CommandStatus> statuses;
  for (const CommandStatus status : done.statuses) statuses.push_back(status);
  EXPECT_EQ(statuses, (std::vector{CommandStatus::kInvalidArgument, CommandStatus::kUnsupported}));
}

// [ENG-3]
TEST(Commands, AClosedRoomLeavesNothingBehind) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(base::Duration::seconds(2));
  EXPECT_EQ(meeting.world.submit(engine::RoomCloseCommand{handle(0)}), CommandStatus::kOk);
  EXPECT_EQ(meeting.world.submit(engine::SubscriptionCloseCommand{handle(1)}),
            CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.world.submit(engine::OutboundCloseCommand{handle(1)}),
            CommandStatus::kUnknownHandle);
  EXPECT_EQ(meeting.world.submit(engine::TransportCloseCommand{handle(1)}),
            CommandStatus::kUnknownHandle);
  meeting.world.run_for(base::Duration::millis(10));
  EXPECT_EQ(meeting.world.stats().blocks_in_use, 0);
  EXPECT_TRUE(meeting.world.shard().next_deadline().is_never());
}

TEST(Commands, MayBeRepeatedAThousandTimes) {
  Meeting meeting;
  for (uint16_t generation = 0; generation < 1000; ++generation) {
    const engine::Handle room{3, generation, 0};
    const engine::Handle transport{3, generation, 0};
    ASSERT_EQ(meeting.world.submit(engine::RoomCreateCommand{room, 300, 0, false, true}),
              CommandStatus::kOk);
    auto command = transport_command(3, "ufrag");
    command.transport = transport;
    command.room = room;
    ASSERT_EQ(meeting.world.submit(command), CommandStatus::kOk);
    ASSERT_EQ(meeting.world.submit(engine::RoomCloseCommand{room}), CommandStatus::kOk);
  }
  EXPECT_TRUE(meeting.world.shard().next_deadline().is_never());
}

TEST(Commands, StatisticsHaveARowForEveryObject) {
  Meeting meeting;
  meeting.begin_one_to_one();
  meeting.run_media(base::Duration::seconds(2));
  engine::StatsTables tables;
  meeting.world.shard().append_stats(meeting.world.now(), tables);
  EXPECT_EQ(tables.shards.size(), engine::ShardStats::kLength);
  EXPECT_EQ(tables.transports.size(), 2 * engine::TransportStats::kLength);
  EXPECT_EQ(tables.inbound.size(), 2 * engine::InboundStats::kLength);
  ASSERT_EQ(tables.outbound.size(), 2 * engine::OutboundStats::kLength);
  EXPECT_EQ(tables.outbound[0], handle(1).to_number());
  EXPECT_EQ(tables.outbound[1], handle(1).to_number());
  EXPECT_EQ(tables.outbound[2], 5001);
  EXPECT_EQ(tables.outbound[4], 100);
}

// [ENG-14]
TEST(Commands, PlaintextTransportsForwardPacketsAsTheyAre) {
  Meeting meeting;
  auto command = transport_command(1, "");
  command.local_pwd = {};
  command.plaintext = true;
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kOk);
  command.transport = handle(2);
  EXPECT_EQ(meeting.world.submit(command), CommandStatus::kOk);
  EXPECT_EQ(meeting.world.transport_states.back().state, engine::TransportState::kConnected);
  meeting.publish_video(1, 1111);
  meeting.add_slot(1, 2, engine::MediaKind::kVideo);
  meeting.subscribe(1, 1, 1);
  Bytes packet(200, 0);
  const size_t header = wire::write_rtp_header(
      {.timestamp = 5, .ssrc = 1111, .sequence = 9, .payload_type = testing_support::kVp8}, {},
      packet);
  packet[header] = 0x10;  // first partition's start, key frame
  meeting.world.deliver_plaintext(handle(1), packet);
  meeting.world.run_for(base::Duration::millis(1));
  ASSERT_FALSE(meeting.world.plaintext_out.empty());
  const auto& [transport, bytes] = meeting.world.plaintext_out.front();
  wire::RtpView view;
  ASSERT_EQ(wire::parse_rtp(bytes, view), wire::ParseError::kNone);
  EXPECT_EQ(transport, engine::pack(handle(2)));
  EXPECT_EQ(view.ssrc, 5001u);
}

}  // namespace
