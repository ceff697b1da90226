import fc from 'fast-check';
import t from 'tap';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ManifestLine } from '../../../../recorder/src/index.js';
import { Playback } from '../../schemas/http.js';
import { merged, readLines } from './manifests.js';
import { playbackOf } from './playback.js';

const take = (t: number, number = 1): ManifestLine => ({
  ...{ type: 'take', t, take: number, epoch: number, recorder_id: `recorder ${number}` },
});
const joined = (t: number, id: string, name = id): ManifestLine => ({
  ...{ type: 'joined', t, participant_id: id, name },
});
const left = (t: number, id: string): ManifestLine => ({ type: 'left', t, participant_id: id });
const speaker = (t: number, id: string | null): ManifestLine => ({
  ...{ type: 'speaker', t, participant_id: id },
});
const share = (t: number, id: string, by: string): ManifestLine => ({
  ...{ type: 'track', t, track_id: id, participant_id: by, kind: 'video', source: 'screen' },
});
const end = (t: number, id: string): ManifestLine => ({
  ...{ type: 'track_end', t, track_id: id, reason: 'unpublished' },
});
const chat = (t: number, id: string): ManifestLine => ({
  ...{ type: 'chat', t, message_id: id, participant_id: 'a', name: 'Ada', body: `text of ${id}` },
});
const stopped = (t: number): ManifestLine => ({ type: 'stopped', t, reason: 'host' });

const spansOf = (lines: ManifestLine[]) =>
  Object.fromEntries(
    playbackOf(lines).participants.map(({ participant_id, spans }) => [
      participant_id,
      spans.map(({ from_ms, to_ms }) => [from_ms, to_ms]),
    ]),
  );
const chaptersOf = (lines: ManifestLine[]) =>
  playbackOf(lines).chapters.map(({ kind, participant_id, from_ms, to_ms }) => [
    ...[kind, participant_id, from_ms, to_ms],
  ]);

t.test('nothing at all', async (t) => {
  const nothing = { participants: [], chapters: [], messages: [], gaps: [] };
  t.strictSame(playbackOf([]), nothing);
  const unknown = { type: 'of a later version', t: 5 } as unknown as ManifestLine;
  t.strictSame(playbackOf([unknown, {} as never]), nothing);
});

t.test('who was there, from when to when', async (t) => {
  const lines = [
    take(0),
    joined(0, 'a', 'Ada'),
    joined(2000, 'b'),
    left(5000, 'b'),
    left(5001, 'x'),
  ];
  const more = [joined(8000, 'b', 'Bob'), joined(8500, 'b', 'Bob'), stopped(10_000)];
  t.strictSame(spansOf([...lines, ...more]), {
    a: [[0, 10_000]],
    b: [
      [2000, 5000],
      [8000, 10_000],
    ],
  });
  t.strictSame(
    playbackOf([...lines, ...more])
      .participants.map(({ name }) => name)
      .sort(),
    ['Ada', 'Bob'],
    'by the last name',
  );
});

t.test('chapters: who spoke, without words in between, and what was shared', async (t) => {
  const lines = [
    ...[take(0), joined(0, 'a'), joined(0, 'b')],
    ...[speaker(1000, 'a'), speaker(6000, 'b'), speaker(6900, 'a'), speaker(9000, null)],
    ...[
      speaker(11_000, 'a'),
      speaker(15_000, 'b'),
      share(16_000, 's', 'b'),
      share(17_000, 's', 'b'),
    ],
    ...[speaker(20_000, 'a'), end(21_000, 's'), share(24_000, 's', 'b'), stopped(30_000)],
  ];
  t.strictSame(chaptersOf(lines), [
    ['speaker', 'a', 1000, 15_000],
    ['speaker', 'b', 15_000, 20_000],
    ['screen', 'b', 16_000, 21_000],
    ['speaker', 'a', 20_000, 30_000],
    ['screen', 'b', 24_000, 30_000],
  ]);
});

t.test('the chat, without what was deleted', async (t) => {
  const ids = (lines: ManifestLine[]) => playbackOf(lines).messages.map((one) => one.message_id);
  const one = { type: 'chat_deleted', t: 5, message_id: 'm1' } as const;
  const all = { type: 'chat_deleted', t: 6, message_id: null } as const;
  t.strictSame(ids([chat(1, 'm1'), chat(2, 'm2'), one]), ['m2']);
  t.strictSame(ids([chat(1, 'm1'), chat(2, 'm2'), all, chat(7, 'm3')]), ['m3']);
  t.strictSame(
    ids([chat(1, 'm1'), take(2, 2), chat(2, 'm1')]),
    ['m1'],
    'told again by a later take',
  );
  t.match(playbackOf([chat(1500, 'm1')]).messages, [
    { message_id: 'm1', participant_id: 'a', name: 'Ada', at_ms: 1500, body: 'text of m1' },
  ]);
});

t.test('gaps: of tracks, of the disk, between recorders', async (t) => {
  const gap: ManifestLine = { type: 'gap', track_id: 'x', from: 4000, to: 4500, reason: 'loss' };
  const disk = (t: number, state: 'ok' | 'low' | 'full'): ManifestLine => ({
    ...{ type: 'disk', t, state, free_bytes: 0 },
  });
  const lines = [
    ...[take(0), gap, disk(1000, 'low'), disk(2000, 'full'), disk(2100, 'full'), disk(3000, 'ok')],
    ...[disk(9000, 'full'), stopped(9500), take(12_000, 2), take(12_400, 2), stopped(20_000)],
  ];
  t.strictSame(playbackOf(lines).gaps, [
    { track_id: null, from_ms: 2000, to_ms: 3000, reason: 'disk' },
    { track_id: 'x', from_ms: 4000, to_ms: 4500, reason: 'loss' },
    { track_id: null, from_ms: 9000, to_ms: 9500, reason: 'disk' },
    { track_id: null, from_ms: 9500, to_ms: 12_000, reason: 'recorder' },
  ]);
});

t.test('another recorder goes on: who is still there never left', async (t) => {
  const lines = [
    ...[take(0), joined(0, 'a'), joined(0, 'b'), joined(0, 'c'), left(3000, 'c')],
    ...[share(1000, 's', 'a'), speaker(1000, 'a'), stopped(8000)],
    ...[take(10_000, 2), joined(10_100, 'a'), joined(11_000, 'c'), share(10_100, 's', 'a')],
    ...[speaker(10_200, 'a'), stopped(20_000)],
  ];
  t.strictSame(spansOf(lines), {
    a: [[0, 20_000]],
    b: [[0, 8000]],
    c: [
      [0, 3000],
      [11_000, 20_000],
    ],
  });
  t.strictSame(
    chaptersOf(lines),
    [
      ['screen', 'a', 1000, 20_000],
      ['speaker', 'a', 1000, 20_000],
    ].sort((a, b) => (a[0] === b[0] ? 0 : a[0] === 'speaker' ? -1 : 1)),
  );
});

t.test('lines that cannot be read are passed over', async (t) => {
  const text = `{"type":"take","t":0,"take":1}\n\nnull\n7\n[]\n{"t":1}\n{"type":"stopped","t":5,"rea`;
  t.strictSame(readLines(text), [{ type: 'take', t: 0, take: 1 }]);
  t.strictSame(readLines(''), []);
});

t.test('whatever stands in a manifest can be shown', async (t) => {
  const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 2 ** 31);
  t.comment(`seed ${seed}`);
  const types = ['take', 'joined', 'left', 'speaker', 'track', 'track_end', 'gap', 'chat'];
  const type = fc.constantFrom(...types, 'chat_deleted', 'disk', 'stopped', 'recording', 'other');
  const id = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.jsonValue());
  const time = fc.oneof(fc.nat(20_000), fc.jsonValue());
  const line = fc.record(
    {
      ...{ type, t: time, from: time, to: time, take: fc.oneof(fc.nat(3), fc.jsonValue()) },
      ...{ participant_id: id, track_id: id, message_id: id, name: id, body: id, reason: id },
      source: fc.oneof(fc.constantFrom('screen', 'camera'), fc.jsonValue()),
      state: fc.oneof(fc.constantFrom('ok', 'low', 'full'), fc.jsonValue()),
    },
    { requiredKeys: ['type'] },
  );
  const shown = Type.Omit(Playback, ['recording']);
  const property = fc.property(
    fc.array(fc.oneof(line, fc.jsonValue()), { maxLength: 30 }),
    (all) => {
      const text = all.map((one) => JSON.stringify(one)).join('\n');
      const told = playbackOf(readLines(text));
      for (const { spans } of told.participants) {
        for (const { from_ms: from, to_ms: to } of spans) if (!(from <= to)) return false;
      }
      return Value.Check(shown, told);
    },
  );
  fc.assert(property, { seed, numRuns: 500 });
  t.pass('500 manifests');
});

t.test('one manifest of several', async (t) => {
  const first = { type: 'recording', version: 1 } as ManifestLine;
  const deleted = { type: 'chat_deleted', t: 3, message_id: 'm1' } as const;
  const lines = [first, take(0), chat(1, 'm1'), chat(2, 'm2'), { ...first }, take(3, 2), deleted];
  t.strictSame(readLines(merged(lines)), [first, take(0), chat(2, 'm2'), take(3, 2), deleted]);
  t.equal(merged([]), '');
});
