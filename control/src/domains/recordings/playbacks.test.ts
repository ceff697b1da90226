import { Readable } from 'node:stream';
import t from 'tap';
import type { ManifestLine } from '../../../../recorder/src/index.js';
import { LoopTurns } from '../../loop-turns.js';
import { longManifest } from '../../testing/long-manifest.js';
import { TestClock } from '../../testing/test-clock.js';
import { linesOf } from './manifests.js';
import { Playbacks } from './playbacks.js';
import type { FileRecord } from './repository.js';

const pieceBytes = 65_536;

/** Manifests of a store that counts how often it is asked, and in which turn of the event loop. */
function storeOf(texts: Record<string, string>, maxBytes?: number) {
  const clock = new TestClock();
  const asked: string[] = [];
  const turns = new LoopTurns();
  const objects = {
    async read(key: string) {
      asked.push(key);
      const bytes = Buffer.from(texts[key] ?? '');
      return Readable.from(
        (function* () {
          for (let at = 0; at < bytes.length; at += pieceBytes) {
            yield bytes.subarray(at, at + pieceBytes);
          }
        })(),
      );
    },
  };
  const fail = (error: unknown) => {
    throw error;
  };
  const playbacks = new Playbacks({
    clock,
    lines: (manifests) => linesOf(manifests, { objects, turns }, fail),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  return { clock, asked, playbacks };
}

const file = (key: string, some: Partial<FileRecord> = {}) =>
  ({ kind: 'manifest', key, sha256: 'as stored', take: 1, ...some }) as FileRecord;
const joined = (name: string) =>
  JSON.stringify({ type: 'joined', t: 0, participant_id: name, name } satisfies ManifestLine);
const textOf = (name: string) => `${joined(name)}\n{"type":"stopped","t":5,"reason":"host"}\n`;

t.test('a manifest is read once for all who ask, and again when it is another one', async (t) => {
  const { asked, playbacks } = storeOf({ a: textOf('Ada'), b: textOf('Bob') });
  const files = [file('b', { take: 2 }), file('a'), file('x', { kind: 'track' })];
  const told = await Promise.all([playbacks.of(files), playbacks.of(files.toReversed())]);
  t.strictSame(
    told.map(({ participants }) => participants.map(({ name }) => name)),
    [
      ['Ada', 'Bob'],
      ['Ada', 'Bob'],
    ],
  );
  t.equal(await playbacks.of(files), told[0]);
  t.strictSame(asked, ['a', 'b'], 'in the order of takes');
  await playbacks.of([file('a')]);
  t.strictSame(asked, ['a', 'b', 'a'], 'other takes are another question');
  await playbacks.of([file('a', { sha256: 'stored again' })]);
  t.equal(asked.length, 4);
});

t.test('what nobody asks for is forgotten, and what is too much', async (t) => {
  const texts = Object.fromEntries(['a', 'b', 'c'].map((key) => [key, textOf(key)]));
  const { clock, asked, playbacks } = storeOf(texts, 1300);
  const minute = 60_000;
  await playbacks.of([file('a')]);
  clock.advance(9 * minute);
  await playbacks.of([file('a')]);
  clock.advance(9 * minute);
  await playbacks.of([file('a')]);
  t.strictSame(asked, ['a'], 'while somebody asks it stays');
  clock.advance(10 * minute);
  await playbacks.of([file('a')]);
  t.strictSame(asked, ['a', 'a']);
  await playbacks.of([file('b')]);
  await playbacks.of([file('a')]);
  await playbacks.of([file('c')]);
  t.strictSame(asked, ['a', 'a', 'b', 'c']);
  await playbacks.of([file('a')]);
  t.strictSame(asked, ['a', 'a', 'b', 'c'], 'asked for later than b');
  await playbacks.of([file('b')]);
  t.strictSame(asked, ['a', 'a', 'b', 'c', 'b']);
});

t.test('a store that fails is asked again', async (t) => {
  let isAway = true;
  const playbacks = new Playbacks({
    clock: new TestClock(),
    lines: async function* () {
      if (isAway) throw new Error('away');
      yield [];
    },
  });
  await t.rejects(playbacks.of([file('a')]), /away/);
  isAway = false;
  t.match(await playbacks.of([file('a')]), { participants: [] });
});

t.test('a long meeting of many is read in turns, also of several at once', async (t) => {
  const text = longManifest({ minutes: 20, people: 50 });
  const { playbacks } = storeOf({ a: text, b: text, c: text });
  let [turns, isOver] = [0, false];
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const all = await Promise.all(['a', 'b', 'c'].map((key) => playbacks.of([file(key)])));
  isOver = true;
  t.equal(all[0]?.participants.length, 50);
  const pieces = 3 * Math.ceil(Buffer.byteLength(text) / pieceBytes);
  t.ok(pieces > 30);
  t.ok(turns >= pieces, `${turns} turns for ${pieces} pieces`);
});
