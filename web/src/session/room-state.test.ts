import t from 'tap';
import type {
  Participant,
  Publication,
  ServerMessage,
  ServerPayloads,
} from '../../../client/src/index.js';
import {
  handOrder,
  isStarved,
  publicationOf,
  type RoomState,
  roomAfter,
  roomOfJoined,
} from './room-state.js';

const ada = person('ada', 'Ada');
const bob = person('bob', 'Bob');
const adasMicrophone = publication('p1', 'ada', 'microphone');
const adasCamera = publication('p2', 'ada', 'camera');

function person(id: string, name: string): Participant {
  return {
    ...{ id, name, role: 'participant', state: 'joined' },
    joined_at: '2026-11-25T00:00:00.000Z',
    can_unmute: true,
  };
}

function publication(id: string, of: string, source: 'microphone' | 'camera'): Publication {
  const kind = source === 'camera' ? 'video' : 'audio';
  const codec = kind === 'video' ? 'vp8' : 'opus';
  const names = { publication_id: id, participant_id: of };
  return { ...names, kind, source, muted: false, codec, layers: [] };
}

function joinedWith(change: Partial<ServerPayloads['joined']> = {}): ServerPayloads['joined'] {
  return {
    ...{
      version: 1,
      participant_id: 'ada',
      meeting_id: 'm',
      room_id: 'r',
      epoch: 1,
      role: 'participant',
    },
    grants: { publish: [], subscribe: true, chat: true, unmute: true },
    ...{ resume_token: 'x', resumed: false, ice_servers: [] },
    policy: {
      ...{ lobby: 'off', has_passcode: false, locked: false, join_before_host: true },
      ...{ guests: true, mute_on_entry: false, self_unmute: true, screen_share: 'all' },
      ...{ chat: 'all', private_chat: true, history: true, max_participants: 100 },
      recording: { consent: 'inform', auto: false },
    },
    snapshot: {
      participants: [ada, bob],
      publications: [adasMicrophone, adasCamera],
      ...{ hands: [], spotlight: [], recording: null, last_messages: [] },
    },
    ...change,
  };
}

function after(room: RoomState, ...messages: { t: string; d: unknown }[]): RoomState {
  return messages.reduce((state, message) => roomAfter(state, message as ServerMessage), room);
}

t.test('a snapshot is the whole state, in the order of joining', (t) => {
  const room = roomOfJoined(undefined, joinedWith());
  t.same([...room.participants.keys()], ['ada', 'bob']);
  t.equal(publicationOf(room, 'ada', 'camera')?.publication_id, 'p2');
  t.equal(publicationOf(room, 'bob', 'camera'), undefined);
  t.end();
});

t.test('a resume keeps what is known, a seat taken anew does not', (t) => {
  const room = after(roomOfJoined(undefined, joinedWith()), {
    t: 'participant.joined',
    d: { participant: person('eve', 'Eve') },
  });
  const { snapshot: _, ...resumed } = joinedWith({ resumed: true, role: 'host' });
  t.same([...roomOfJoined(room, resumed).participants.keys()], ['ada', 'bob', 'eve']);
  t.equal(roomOfJoined(room, resumed).role, 'host');
  t.equal(roomOfJoined(room, joinedWith()).participants.has('eve'), false);
  t.end();
});

t.test('who leaves takes publications and the speaking ring along', (t) => {
  const room = after(
    roomOfJoined(undefined, joinedWith()),
    { t: 'speakers', d: { items: [{ participant_id: 'ada', level: 20, active: true }] } },
    { t: 'participant.left', d: { id: 'ada', reason: 'left' } },
  );
  t.same([...room.participants.keys()], ['bob']);
  t.equal(room.publications.size, 0);
  t.equal(room.speaking.size, 0);
  t.end();
});

t.test('changed fields only: null clears, absent leaves alone', (t) => {
  const start = roomOfJoined(undefined, joinedWith());
  const raised = after(start, { t: 'participant.updated', d: { id: 'bob', hand_at: 'now' } });
  const renamed = after(raised, { t: 'participant.updated', d: { id: 'bob', name: 'Bobby' } });
  t.match(renamed.participants.get('bob'), { name: 'Bobby', hand_at: 'now' });
  const lowered = after(renamed, { t: 'participant.updated', d: { id: 'bob', hand_at: null } });
  t.notOk('hand_at' in (lowered.participants.get('bob') ?? {}));
  t.same([...lowered.participants.keys()], ['ada', 'bob'], 'the place in the list stays');
  t.end();
});

t.test('the own role follows', (t) => {
  const room = after(roomOfJoined(undefined, joinedWith()), {
    t: 'participant.updated',
    d: { id: 'ada', role: 'co_host' },
  });
  t.equal(room.role, 'co_host');
  t.end();
});

t.test('events about nobody and nothing change nothing', (t) => {
  const room = roomOfJoined(undefined, joinedWith());
  for (const message of [
    { t: 'participant.updated', d: { id: 'ghost', name: 'x' } },
    { t: 'publication.updated', d: { publication_id: 'ghost', muted: true } },
    { t: 'speakers', d: { items: [{ participant_id: 'ada', level: 90, active: false }] } },
    { t: 'something.new', d: {} },
  ]) {
    t.equal(after(room, message), room, message.t);
  }
  t.end();
});

t.test('only what is paused for lack of room is starved', (t) => {
  const start = roomOfJoined(undefined, joinedWith());
  const reception = (state: string, reason: string) => {
    const item = { publication_id: 'p2', layer: { spatial: 0, temporal: 0 }, state, reason };
    return after(start, { t: 'subscription.state', d: { items: [item] } });
  };
  t.notOk(isStarved(start, 'p2'));
  t.ok(isStarved(reception('paused', 'bandwidth'), 'p2'));
  t.notOk(isStarved(reception('active', 'bandwidth'), 'p2'), 'a lower layer, which moves');
  t.notOk(isStarved(reception('paused', 'hidden'), 'p2'));
  t.end();
});

t.test('a publication is added, muted and removed', (t) => {
  const start = roomOfJoined(undefined, joinedWith());
  const added = after(start, { t: 'publication.added', d: publication('p3', 'bob', 'camera') });
  const muted = after(added, {
    t: 'publication.updated',
    d: { publication_id: 'p3', muted: true },
  });
  t.match(publicationOf(muted, 'bob', 'camera'), { muted: true, codec: 'vp8' });
  const removed = after(muted, {
    t: 'publication.removed',
    d: { publication_id: 'p3', reason: 'unpublished' },
  });
  t.equal(publicationOf(removed, 'bob', 'camera'), undefined);
  t.end();
});

t.test('hands, spotlight and policy are the last ones told', (t) => {
  const start = roomOfJoined(undefined, joinedWith());
  const hand = (participant_id: string) => ({ participant_id, raised_at: 'now' });
  const room = after(
    start,
    { t: 'hand.list', d: { items: [hand('bob'), hand('ada')] } },
    { t: 'spotlight', d: { publication_ids: ['p2'] } },
    { t: 'policy', d: { locked: true } },
  );
  t.equal(handOrder(room, 'bob'), 1);
  t.equal(handOrder(room, 'ada'), 2);
  t.same(room.spotlight, ['p2']);
  t.match(room.policy, { locked: true, chat: 'all' });
  const left = after(room, { t: 'participant.left', d: { id: 'bob', reason: 'left' } });
  t.equal(handOrder(left, 'ada'), 1);
  t.equal(handOrder(left, 'bob'), 0);
  t.end();
});

t.test('who stops being a host forgets who waits', (t) => {
  const item = { participant_id: 'eve', name: 'Eve', since: 'now' };
  const host = after(roomOfJoined(undefined, joinedWith({ role: 'host' })), {
    t: 'lobby.list',
    d: { items: [item], knock: true },
  });
  t.same(host.lobby, [item]);
  const grants = { publish: [], subscribe: true, chat: false, unmute: false };
  const co = after(host, { t: 'grants', d: { role: 'co_host', grants } });
  t.same(co.lobby, [item]);
  const viewer = after(co, { t: 'grants', d: { role: 'viewer', grants } });
  t.same(viewer.lobby, []);
  t.same(viewer.grants, grants);
  t.equal(viewer.role, 'viewer');
  t.end();
});

t.test('the speaker stays the speaker until somebody else is', (t) => {
  const speakers = (dominant: string | null) => ({ t: 'speakers', d: { items: [], dominant } });
  const start = roomOfJoined(undefined, joinedWith());
  const bobSpoke = after(start, speakers('bob'), speakers(null));
  t.equal(bobSpoke.dominant, 'bob');
  t.equal(after(bobSpoke, speakers('ada')).dominant, 'ada');
  t.end();
});

t.test('a picture comes and goes with the profile', (t) => {
  const start = roomOfJoined(undefined, joinedWith());
  const shown = after(start, { t: 'participant.updated', d: { id: 'bob', avatar_url: '/a/1' } });
  t.equal(shown.participants.get('bob')?.avatar_url, '/a/1');
  const gone = after(shown, { t: 'participant.updated', d: { id: 'bob', avatar_url: null } });
  t.notOk('avatar_url' in (gone.participants.get('bob') ?? {}));
  t.end();
});
