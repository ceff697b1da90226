import type { Test } from 'tap';
import type { CreatedMeeting } from '../schemas/http.js';
import { makeAdmin, makeUser, type TestUser } from './test-accounts.js';
import { createMeeting, enter, post, type TestMeeting, tokenOf } from './test-client.js';
import { type TestControl, testControl } from './test-control.js';
import { testDatabase, testServer } from './test-database.js';

/** Everybody who may come to the API, each by the headers that show who they are. */
export interface World {
  control: TestControl;
  origin: string;
  who: Record<Who, Record<string, string>>;
  /** The owner's, live. */
  meeting: TestMeeting;
  /** What stands for each path parameter: things of the owner, and of the owner's live meeting. */
  ids: Record<string, string>;
}

/**
 * `stranger`: host of another room. `participant`, `host`: in the owner's live meeting, by token.
 * `owner`: the account whose meeting it is. `other`: another account.
 */
export const everybody = [
  ...(['anonymous', 'stranger', 'participant', 'host'] as const),
  ...(['owner', 'other', 'admin'] as const),
] as const;
export type Who = (typeof everybody)[number];

/** A control with somebody of every kind, and a thing of every kind that has an id. */
export async function testWorld(t: Test): Promise<World> {
  const control = await testControl(t, await testDatabase(t, await testServer(t)), {
    config: { webhooks: { allowPrivate: true } },
  });
  const { origin } = control;
  const owner = await makeUser(control, { username: 'owner' });
  const other = await makeUser(control, { username: 'other' });
  const admin = await makeAdmin(control, { username: 'admin' });
  const meeting = await meetingOf(origin, owner);
  const bearer = async (entered: Awaited<ReturnType<typeof enter>>) => ({
    authorization: `Bearer ${await tokenOf(entered.client)}`,
  });
  const host = await enter(origin, meeting, { host: true, name: 'Host' });
  const participant = await enter(origin, meeting, { name: 'Participant' });
  const elsewhere = await createMeeting(origin);
  const stranger = await enter(origin, elsewhere, { host: true, name: 'Stranger' });
  return {
    control,
    origin,
    meeting,
    who: {
      anonymous: {},
      stranger: await bearer(stranger),
      participant: await bearer(participant),
      host: await bearer(host),
      owner: owner.headers,
      other: other.headers,
      admin: admin.headers,
    },
    ids: {
      ...(await webhookOf(control, owner)),
      meeting_id: meeting.meeting.meeting_id,
      room_id: host.joined.d.room_id,
      participant_id: participant.id,
      user_id: owner.userId,
    },
  };
}

async function meetingOf(origin: string, owner: TestUser): Promise<TestMeeting> {
  const response = await post(`${origin}/v1/meetings`, {}, owner.headers);
  const created = (await response.json()) as CreatedMeeting;
  const { meeting, host_invite, participant_link } = created;
  return {
    ...created,
    code: meeting.code,
    hostSecret: host_invite.url.split('#k=')[1] as string,
    participantSecret: participant_link.split('#k=')[1] as string,
  };
}

/** One that was tried once. */
async function webhookOf({ origin }: TestControl, owner: TestUser) {
  const body = { url: 'http://127.0.0.1:9/hook' };
  const made = await (await post(`${origin}/v1/webhooks`, body, owner.headers)).json();
  const { webhook_id } = made as { webhook_id: string };
  const tried = await post(`${origin}/v1/webhooks/${webhook_id}/test`, {}, owner.headers);
  const { delivery_id } = (await tried.json()) as { delivery_id: string };
  return { webhook_id, delivery_id };
}
