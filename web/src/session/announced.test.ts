import t from 'tap';
import type { Participant, ServerMessage, ServerPayloads } from '../../../client/src/index.js';
import { announcementOf } from './announced.js';
import { roomOfJoined } from './room-state.js';

function person(id: string, name: string): Participant {
  const joined_at = '2026-11-27T00:00:00.000Z';
  return { id, name, role: 'participant', state: 'joined', joined_at, can_unmute: true };
}

const hand = (participant_id: string) => ({ participant_id, raised_at: 'now' });

const room = roomOfJoined(undefined, {
  participant_id: 'ada',
  role: 'host',
  snapshot: {
    participants: [person('ada', 'Ada'), person('bob', 'Bob'), person('cy', 'Cy')],
    publications: [],
    hands: [hand('cy')],
  },
} as unknown as ServerPayloads['joined']);

function said(message: { t: string; d: unknown }, isChatOpen = false) {
  return announcementOf(room, message as ServerMessage, isChatOpen);
}

t.test('others are announced, oneself is not', (t) => {
  t.same(said({ t: 'participant.joined', d: { participant: person('eve', 'Eve') } }), {
    ...{ kind: 'joined', name: 'Eve' },
  });
  t.equal(said({ t: 'participant.joined', d: { participant: person('ada', 'Ada') } }), undefined);
  t.match(said({ t: 'participant.left', d: { id: 'bob' } }), { kind: 'left', name: 'Bob' });
  t.match(said({ t: 'reaction', d: { participant_id: 'bob' } }), { kind: 'reaction' });
  t.equal(said({ t: 'reaction', d: { participant_id: 'ada' } }), undefined);
  t.end();
});

t.test('chat is announced while it is not on screen', (t) => {
  const message = { t: 'chat.message', d: { from: 'bob', from_name: 'Bob' } };
  t.match(said(message), { kind: 'chat', name: 'Bob' });
  t.equal(said(message, true), undefined);
  t.equal(said({ t: 'chat.message', d: { from: 'ada', from_name: 'Ada' } }), undefined);
  t.end();
});

t.test('a knock is, somebody who goes from the lobby is not', (t) => {
  const items = [{ participant_id: 'eve', name: 'Eve', since: 'now' }];
  t.same(said({ t: 'lobby.list', d: { items, knock: true } }), { kind: 'knock', name: 'Eve' });
  t.equal(said({ t: 'lobby.list', d: { items, knock: false } }), undefined);
  t.end();
});

t.test('a raised hand is, a lowered one is not', (t) => {
  const hands = (...ids: string[]) => ({ t: 'hand.list', d: { items: ids.map(hand) } });
  t.same(said(hands('cy', 'bob')), { kind: 'hand', name: 'Bob' });
  t.equal(said(hands('cy', 'ada')), undefined, 'the own hand');
  t.equal(said(hands()), undefined);
  t.end();
});
