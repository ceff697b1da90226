import t from 'tap';
import type {
  Participant,
  Publication,
  ServerPayloads,
  Source,
} from '../../../client/src/index.js';
import { type RoomState, roomOfJoined } from './room-state.js';
import { type Layout, stagePlan } from './stage-plan.js';

function person(id: string, kind?: 'whep'): Participant {
  const common = { id, name: id, state: 'joined', joined_at: 'now', can_unmute: true } as const;
  return { ...common, role: 'participant', ...(kind ? { kind } : {}) };
}

function shown(id: string, source: Source): Publication {
  const names = { publication_id: `${source} of ${id}`, participant_id: id };
  return { ...names, kind: 'video', source, muted: false, codec: 'vp8', layers: [] };
}

const room = roomOfJoined(undefined, {
  participant_id: 'me',
  role: 'participant',
  snapshot: {
    participants: [person('ada'), person('bob'), person('me'), person('tv', 'whep')],
    publications: [shown('ada', 'camera'), shown('bob', 'camera'), shown('bob', 'screen')],
  },
} as unknown as ServerPayloads['joined']);

function plan(state: RoomState, layout: Layout = 'gallery', pinned: string[] = []) {
  const { large, small, screens, ...rest } = stagePlan(state, { layout, pinned: new Set(pinned) });
  const ids = (people: readonly Participant[]) => people.map(({ id }) => id);
  return { ...rest, large: ids(large), small: ids(small), screens: screens.length };
}

t.test('a gallery has oneself first and no tile for a program that watches', (t) => {
  t.same(plan(room), { layout: 'gallery', large: [], small: ['me', 'ada', 'bob'], screens: 1 });
  t.end();
});

t.test('the speaker view shows who spoke last, never oneself while others are there', (t) => {
  t.same(plan(room, 'speaker').large, ['ada']);
  t.same(plan({ ...room, dominant: 'bob' }, 'speaker').large, ['bob']);
  t.same(plan({ ...room, dominant: 'me' }, 'speaker').large, ['ada']);
  t.same(plan({ ...room, dominant: 'gone' }, 'speaker').large, ['ada']);
  t.end();
});

t.test('a spotlight is large for everybody, pins come before it', (t) => {
  const lit = { ...room, spotlight: ['camera of bob', 'ghost'] };
  t.match(plan(lit, 'speaker'), { layout: 'spotlight', large: ['bob'], small: ['me', 'ada'] });
  t.same(plan(lit, 'gallery', ['ada', 'bob']).large, ['ada', 'bob']);
  const ended = { ...room, spotlight: ['ghost'] };
  t.equal(plan(ended, 'gallery').layout, 'gallery');
  t.end();
});

t.test('four pins and more, in the order of pinning', (t) => {
  t.same(plan(room, 'speaker', ['bob', 'ada', 'me', 'gone']).large, ['bob', 'ada', 'me']);
  t.end();
});
