import { Readable } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { ManifestLine } from '../../../../recorder/src/index.js';
import { Playback } from '../../schemas/http.js';
import { linesIn } from './manifests.js';
import { PlaybackReading, type Told } from './playback.js';

function playbackOf(lines: readonly ManifestLine[]): Told {
  const reading = new PlaybackReading();
  for (const line of lines) reading.read(line);
  return reading.end();
}

/** As a store gives it out: in pieces. */
async function readLines(text: string, pieceBytes = 7): Promise<ManifestLine[]> {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, n) =>
    bytes.subarray(n * pieceBytes, (n + 1) * pieceBytes),
  );
  const read: ManifestLine[] = [];
  for await (const lines of linesIn(Readable.from(pieces))) {
    read.push(...lines.map(({ line }) => line));
  }
  return read;
}

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
/** A file of a screen that is shared: without one there is nothing to be seen. */
const shareFile = (t: number, id: string, name = `${id} ${t}`): ManifestLine => ({
  ...{ type: 'file', t, file_id: name, track_id: id, name: `${name}.webm`, codec: 'vp8' },
});
const fileEnd = (t: number, name: string): ManifestLine => ({
  ...{ type: 'file_end', t, file_id: name, bytes: 1, sha256: '', frames: 1 },
});
const muted = (t: number, id: string, isMuted: boolean): ManifestLine => ({
  ...{ type: 'muted', t, track_id: id, muted: isMuted },
});
const end = (t: number, id: string): ManifestLine => ({
  ...{ type: 'track_end', t, track_id: id, reason: 'unpublished' },
});
const chat = (t: number, id: string): ManifestLine => ({
  ...{ type: 'chat', t, message_id: id, participant_id: 'a', name: 'Ada', body: `text of ${id}` },
});
const counted = (t: number): ManifestLine => ({
  ...{ type: 'counts', t, track_id: 's', frames_received: 1, frames_written: 1 },
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
    ...[speaker(11_000, 'a'), speaker(15_000, 'b'), share(15_900, 's', 'b')],
    ...[shareFile(16_000, 's'), shareFile(17_000, 's'), speaker(20_000, 'a')],
    ...[end(21_000, 's'), fileEnd(21_000, 's 17000'), share(24_500, 's', 'b')],
    ...[shareFile(25_000, 's'), stopped(30_000)],
  ];
  t.strictSame(chaptersOf(lines), [
    ['speaker', 'a', 1000, 15_000],
    ['speaker', 'b', 15_000, 20_000],
    ['screen', 'b', 16_000, 21_000],
    ['speaker', 'a', 20_000, 30_000],
    ['screen', 'b', 25_000, 30_000],
  ]);
});

t.test('who refused is nowhere', async (t) => {
  const consent = (t: number, accepted: boolean | null): ManifestLine => ({
    ...{ type: 'consent', t, participant_id: 'b', accepted, text_version: '1' },
  });
  const first = { type: 'recording', version: 1, consent: 'ask_each' } as ManifestLine;
  const lines = [
    ...[first, take(0), joined(0, 'a'), joined(0, 'b'), consent(0, null), speaker(0, 'b')],
    ...[consent(5000, true), consent(9000, false), stopped(20_000)],
  ];
  t.strictSame(spansOf(lines), { a: [[0, 20_000]], b: [[5000, 9000]] });
  t.strictSame(chaptersOf(lines), [['speaker', 'b', 5000, 9000]]);
});

t.test('the chat, all that was ever said', async (t) => {
  t.strictSame(
    playbackOf([chat(1500, 'm1'), take(1500, 2), chat(1500, 'm1'), chat(1600, 'm2')]).messages,
    [
      { message_id: 'm1', participant_id: 'a', name: 'Ada', at_ms: 1500, body: 'text of m1' },
      { message_id: 'm2', participant_id: 'a', name: 'Ada', at_ms: 1600, body: 'text of m2' },
    ],
    'what a later take tells again is told once',
  );
});

t.test('gaps: of tracks, of the disk, between recorders', async (t) => {
  const gap: ManifestLine = { type: 'gap', track_id: 'x', from: 4000, to: 4500, reason: 'loss' };
  const disk = (t: number, state: 'ok' | 'low' | 'full'): ManifestLine => ({
    ...{ type: 'disk', t, state, free_bytes: 0 },
  });
  const lines = [
    ...[
      take(0),
      gap,
      { ...gap, to: 4499 },
      disk(1000, 'low'),
      disk(2000, 'full'),
      disk(2100, 'full'),
      disk(3000, 'ok'),
    ],
    ...[disk(9000, 'full'), stopped(9500), take(12_000, 2), take(12_400, 2), stopped(20_000)],
  ];
  // Nobody knows how the disk was while no recorder was there.
  t.strictSame(playbackOf(lines).gaps, [
    { track_id: null, from_ms: 2000, to_ms: 3000, reason: 'disk' },
    { track_id: 'x', from_ms: 4000, to_ms: 4500, reason: 'loss' },
    { track_id: null, from_ms: 9000, to_ms: 12_000, reason: 'disk' },
    { track_id: null, from_ms: 9500, to_ms: 12_000, reason: 'recorder' },
  ]);
});

t.test(
  'another recorder goes on, or the same one again: who is named soon never left',
  async (t) => {
    for (const number of [1, 2]) {
      const lines = [
        ...[take(0), joined(0, 'a'), joined(0, 'b'), joined(0, 'c'), left(3000, 'c')],
        ...[
          joined(0, 'd'),
          share(1000, 's', 'a'),
          shareFile(1000, 's', 'one'),
          share(900, 'r', 'b'),
        ],
        ...[shareFile(1000, 'r', 'two'), speaker(1000, 'a'), speaker(7000, 'b'), counted(8000)],
        ...[fileEnd(8000, 'one'), fileEnd(8000, 'two')],
        ...[
          take(10_000, number),
          joined(10_100, 'a'),
          joined(11_000, 'c'),
          share(10_100, 's', 'a'),
        ],
        ...[shareFile(10_200, 's', 'three'), joined(15_001, 'd'), speaker(16_000, 'a')],
        ...[stopped(20_000)],
      ];
      t.strictSame(spansOf(lines), {
        a: [[0, 20_000]],
        b: [[0, 10_000]],
        c: [
          [0, 3000],
          [11_000, 20_000],
        ],
        d: [
          [0, 10_000],
          [15_001, 20_000],
        ],
      });
      t.strictSame(chaptersOf(lines), [
        ...[
          ['speaker', 'a', 1000, 7000],
          ['screen', 'a', 1000, 20_000],
          ['screen', 'b', 1000, 8000],
          ['speaker', 'b', 7000, 10_000],
          ['speaker', 'a', 16_000, 20_000],
        ],
      ]);
      t.match(playbackOf(lines).gaps, [{ from_ms: 8000, to_ms: 10_000, reason: 'recorder' }]);
    }
  },
);

t.test(
  'a screen that stands muted is none; a mute ends with its recorder, or its track',
  async (t) => {
    const first = [
      ...[take(0), joined(0, 'a'), share(0, 's', 'a'), shareFile(0, 's', 'one')],
      ...[muted(4000, 's', true), fileEnd(4000, 'one')],
    ];
    const more = [shareFile(10_000, 's', 'two'), stopped(20_000)];
    const shown = [
      ['screen', 'a', 0, 4000],
      ['screen', 'a', 10_000, 20_000],
    ];
    t.strictSame(chaptersOf([...first, take(9000, 2), joined(9000, 'a'), ...more]), shown);
    t.strictSame(chaptersOf([...first, share(9500, 's', 'a'), ...more]), shown);
    t.strictSame(chaptersOf([...first, ...more]), shown.slice(0, 1), 'else it lasts');
  },
);

t.test('lines that cannot be read are passed over', async (t) => {
  const text = `{"type":"take","t":0,"take":1}\n\nnull\n7\n[]\n{"t":1}\n{"type":"stopped","t":5,"rea`;
  t.strictSame(await readLines(text), [{ type: 'take', t: 0, take: 1 }]);
  t.strictSame(await readLines(''), []);
  const endless = `${'{"type":"stopped",'.repeat(20_000)}\n${JSON.stringify(joined(1, 'ä', 'Ünal'))}`;
  t.strictSame(await readLines(endless, 4097), [joined(1, 'ä', 'Ünal')]);
  for (const wrong of [{ name: '' }, { name: 'x'.repeat(65) }, { participant_id: '' }]) {
    t.strictSame(await readLines(JSON.stringify({ ...joined(1, 'a'), ...wrong })), []);
  }
});

t.test('names are as long as people count them', async (t) => {
  const of = (name: string) => joined(1, 'a', name);
  const longest = of('\u{1F600}'.repeat(64));
  t.strictSame(await readLines(JSON.stringify(longest)), [longest]);
  t.strictSame(await readLines(JSON.stringify(of('\u{1F600}'.repeat(65)))), []);
  const shown = Type.Omit(Playback, ['recording']);
  t.ok(Value.Check(shown, playbackOf([take(0), longest, stopped(20_000)])));
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
  const property = fc.asyncProperty(
    fc.array(fc.oneof(line, fc.jsonValue()), { maxLength: 30 }),
    async (all) => {
      const text = all.map((one) => JSON.stringify(one)).join('\n');
      const told = playbackOf(await readLines(text, 1000));
      for (const { spans } of told.participants) {
        for (const { from_ms: from, to_ms: to } of spans) if (!(from <= to)) return false;
      }
      return Value.Check(shown, told);
    },
  );
  await fc.assert(property, { seed, numRuns: 500 });
  t.pass('500 manifests');
});
