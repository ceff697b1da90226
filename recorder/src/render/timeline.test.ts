import t from 'tap';
import type { ManifestLine } from '../manifest/lines.js';
import { readManifest } from '../manifest/reader.js';
import { timelineOf } from './timeline.js';

const recording = (consent: 'inform' | 'ask_each' = 'inform') =>
  ({
    ...{ type: 'recording', version: 1, recording_id: 'r', meeting_id: 'm', room_id: 'o' },
    ...{ title: 'T', started_at: '2026-01-01T00:00:00Z', consent },
  }) as ManifestLine;
const take = (t: number, number = 1) =>
  ({ type: 'take', t, take: number, epoch: 1, recorder_id: 'x' }) as const;
const came = (t: number, id: string) =>
  ({ type: 'joined', t, participant_id: id, name: id.toUpperCase() }) as const;
const went = (t: number, id: string) => ({ type: 'left', t, participant_id: id }) as const;
const camera = (t: number, id: string) =>
  ({
    ...({ type: 'track', t, track_id: `cam-${id}`, participant_id: id } as const),
    ...({ kind: 'video', source: 'camera' } as const),
  }) as const;
const file = (t: number, fileId: string, id: string) =>
  ({
    ...({ type: 'file', t, file_id: fileId, track_id: `cam-${id}` } as const),
    name: `${fileId}.webm`,
    codec: 'vp8',
  }) as const;
const fileEnd = (t: number, fileId: string) =>
  ({ type: 'file_end', t, file_id: fileId, bytes: 1, sha256: '', frames: 1 }) as const;
const muted = (t: number, id: string, isMuted: boolean) =>
  ({ type: 'muted', t, track_id: `cam-${id}`, muted: isMuted }) as const;
const gap = (from: number, to: number, id: string, reason: 'loss' | 'recorder') =>
  ({ type: 'gap', track_id: `cam-${id}`, from, to, reason }) as const;
const stopped = (t: number) => ({ type: 'stopped', t, reason: 'host' }) as const;

const spans = (list: readonly { from: number; to: number }[]) =>
  list.map(({ from, to }) => `${from}-${to}`).join(' ');

t.test('people come, go, come again', async (t) => {
  const { people, durationMs } = timelineOf([
    [
      recording(),
      take(0),
      came(500, 'b'),
      came(0, 'a'),
      went(3000, 'a'),
      came(5000, 'a'),
      stopped(9000),
    ],
  ]);
  t.equal(durationMs, 9000);
  t.same(
    people.map((one) => `${one.name} ${spans(one.present)}`),
    ['A 0-3000 5000-9000', 'B 500-9000'],
  );
});

t.test(
  'a picture is shown while it flows: not when muted, missing for long, or its owner is gone',
  async (t) => {
    const { pieces } = timelineOf([
      [
        ...[recording(), take(0), came(0, 'a'), camera(0, 'a'), file(100, 'f1', 'a')],
        ...[muted(2000, 'a', true), muted(4000, 'a', false)],
        // A short one is bridged by the picture before it.
        ...[gap(5000, 6500, 'a', 'loss'), gap(7000, 9500, 'a', 'loss')],
        ...[fileEnd(20_000, 'f1'), went(15_000, 'a'), stopped(20_000)],
      ],
    ]);
    t.equal(spans(pieces[0]?.shown ?? []), '100-2000 4000-7000 9500-15000');
  },
);

t.test('a track that ended muted, and comes again, is not', async (t) => {
  const { pieces } = timelineOf([
    [
      ...[recording(), take(0), came(0, 'a'), camera(0, 'a'), file(0, 'f1', 'a')],
      ...[muted(2000, 'a', true), fileEnd(2000, 'f1')],
      ...[camera(5000, 'a'), file(5000, 'f2', 'a'), stopped(8000)],
    ],
  ]);
  t.same(
    pieces.map(({ shown }) => spans(shown)),
    ['0-2000', '5000-8000'],
  );
});

t.test('a file that was not closed lasts until the next one, or until all ends', async (t) => {
  const { pieces } = timelineOf([
    [
      ...[recording(), take(0), came(0, 'a'), camera(0, 'a'), file(0, 'f1', 'a')],
      ...[file(5000, 'f2', 'a'), stopped(8000)],
    ],
  ]);
  t.same(
    pieces.map((piece) => `${piece.fileId} ${spans(piece.shown)} ${piece.whole}`),
    ['f1 0-5000 null', 'f2 5000-8000 null'],
  );
});

t.test('who refused, or has not answered, is nowhere', async (t) => {
  const consent = (t: number, accepted: boolean | null) =>
    ({ type: 'consent', t, participant_id: 'b', accepted, text_version: '1' }) as const;
  const lines = [came(0, 'a'), came(0, 'b'), consent(0, null), consent(4000, true)];
  const more = [consent(7000, false), stopped(9000)];
  const asked = timelineOf([[recording('ask_each'), take(0), ...lines, ...more]]);
  t.equal(spans(asked.people[1]?.present ?? []), '4000-7000');
  const informed = timelineOf([[recording(), take(0), ...lines, ...more]]);
  t.equal(spans(informed.people[1]?.present ?? []), '0-9000');
});

t.test(
  'what no recorder wrote is said: away in one take, between takes, a full disk',
  async (t) => {
    const disk = (t: number, state: 'ok' | 'full') =>
      ({ type: 'disk', t, state, free_bytes: 0 }) as const;
    const first = [
      ...[recording(), take(0), came(0, 'a'), came(0, 'b'), camera(0, 'a'), file(0, 'f1', 'a')],
      ...[muted(3000, 'a', false), take(6000), came(6001, 'a'), came(6002, 'b')],
      ...[fileEnd(3050, 'f1'), gap(3050, 6100, 'a', 'recorder'), gap(0, 20_000, 'b', 'recorder')],
      ...[disk(8000, 'full'), disk(9000, 'ok'), muted(10_000, 'a', true)],
    ];
    const second = [recording(), take(14_000, 2), came(14_000, 'a'), stopped(20_000)];
    const { unrecorded, people } = timelineOf([first, second]);
    t.equal(spans(unrecorded), '3050-6000 8000-9000 10000-14000');
    t.same(
      people.map((one) => spans(one.present)),
      ['0-20000', '0-14000'],
      'who is not in the next take has left meanwhile',
    );
  },
);

t.test('a recorder that comes again tells of people, mutes and the disk anew', async (t) => {
  const first = [
    ...[recording(), take(0), came(0, 'a'), came(0, 'b'), came(0, 'c')],
    ...[camera(0, 'a'), file(0, 'f1', 'a'), muted(3000, 'a', true)],
    { type: 'disk', t: 4000, state: 'full', free_bytes: 0 } as const,
  ];
  const after = [
    ...[came(10_001, 'a'), file(10_100, 'f2', 'a'), came(17_000, 'b'), stopped(20_000)],
  ];
  for (const takes of [
    [[...first, take(10_000), fileEnd(3000, 'f1'), ...after]],
    [
      [...first, fileEnd(3000, 'f1')],
      [recording(), take(10_000, 2), camera(10_001, 'a'), ...after],
    ],
  ]) {
    const { people, pieces, unrecorded } = timelineOf(takes);
    t.same(
      people.map((one) => `${one.name} ${spans(one.present)}`),
      ['A 0-20000', 'B 0-10000 17000-20000', 'C 0-10000'],
    );
    t.equal(spans(unrecorded), '4000-10000');
    t.same(
      pieces.map(({ shown }) => spans(shown)),
      ['0-3000', '10100-20000'],
    );
  }
});

t.test('who left while the recorder was away, soon after the beginning', async (t) => {
  const first = [recording(), take(0), came(0, 'a'), came(0, 'b')];
  const { people, unrecorded } = timelineOf([
    [...first, take(8000), came(8000, 'a'), stopped(60_000)],
  ]);
  t.same(
    people.map((one) => `${one.name} ${spans(one.present)}`),
    ['A 0-60000', 'B 0-8000'],
  );
  t.equal(spans(unrecorded), '0-8000');
});

t.test('a manifest that is cut, or of a later version, is read as far as it goes', async (t) => {
  const lines = [recording(), take(0), came(0, 'a')].map((line) => JSON.stringify(line));
  const strange = [
    ...['{"type":"joined","t":"x","participant_id":"a","name":"A"}', '{"type":"__proto__"}', '7'],
    ...['{"type":"hologram","t":3}', '{"type":"left","t":-1,"participant_id":"a"}', '[]', 'null'],
    '{"type":"stopped","t":1e300}',
  ];
  const text = [...lines, ...strange, JSON.stringify(stopped(5000)), '{"type":"left","t":4'];
  t.same(
    readManifest(text.join('\n')).map((line) => line.type),
    ['recording', 'take', 'joined', 'stopped'],
  );
});
