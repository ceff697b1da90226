import t from 'tap';
import type { RecordingFile } from '../../../../client/src/index.js';
import {
  chapterAt,
  gapAt,
  lanesOf,
  messagesUntil,
  peopleAt,
  pieceAfter,
  pieceAt,
  shownLanes,
  wholeFile,
  wholeLayouts,
} from './timeline.js';

function track(
  file_id: string,
  start_ms: number,
  end_ms: number,
  more: Partial<RecordingFile> = {},
) {
  const media = { content_type: 'video/webm', size_bytes: 1, sha256: '' };
  const kind = 'track' as const;
  return { file_id, kind, start_ms, end_ms, source: 'camera' as const, ...media, ...more };
}

t.test('files of a track are the pieces of one lane, in order', (t) => {
  const lanes = lanesOf([
    track('b2', 9_000, 12_000, { track_id: 'b', participant_id: 'bo' }),
    track('a1', 4_000, 5_000, { track_id: 'a', participant_id: 'ada', source: 'microphone' }),
    track('b1', 0, 8_000, { track_id: 'b', participant_id: 'bo' }),
    track('empty', 3_000, 3_000, { track_id: 'c' }),
    track('m', 0, 12_000, { kind: 'audio' }),
  ]);
  t.same(
    lanes.map(({ id, kind, participantId, pieces }) => [id, kind, participantId, pieces.length]),
    [
      ['b', 'video', 'bo', 2],
      ['a', 'audio', 'ada', 1],
    ],
  );
  const [bo] = lanes;
  if (!bo) throw new Error('no lane');
  const at = (ms: number) => pieceAt(bo, ms)?.fileId;
  t.same(
    [at(0), at(7_999), at(8_000), at(9_000), at(12_000)],
    ['b1', 'b1', undefined, 'b2', undefined],
  );
  t.equal(pieceAfter(bo, 8_500)?.fileId, 'b2');
  t.equal(pieceAfter(bo, 9_000), undefined);
  t.end();
});

t.test('the newest composite of each layout, the sound apart', (t) => {
  const files = [
    track('old', 0, 9, { kind: 'composite', layout: 'speaker' }),
    track('new', 0, 9, { kind: 'composite', layout: 'speaker' }),
    track('s', 0, 9, { kind: 'audio', content_type: 'audio/mp4' }),
  ];
  t.equal(wholeFile(files, 'speaker')?.file_id, 'new');
  t.equal(wholeFile(files, 'gallery'), undefined);
  t.equal(wholeFile(files, 'audio')?.file_id, 's');
  t.same(wholeLayouts(files), ['speaker']);
  t.end();
});

t.test('who is there, what is missing, who speaks and what was written then', (t) => {
  const spans = [
    { from_ms: 0, to_ms: 10 },
    { from_ms: 20, to_ms: 30 },
  ];
  const people = [{ participant_id: 'ada', name: 'Ada', spans }];
  t.same(
    [5, 10, 25].map((ms) => peopleAt(people, ms).length),
    [1, 0, 1],
  );
  const gaps = [
    { track_id: null, from_ms: 3, to_ms: 5, reason: 'disk' },
    { track_id: 'a', from_ms: 4, to_ms: 6, reason: 'node' },
  ];
  t.same(
    [gapAt(gaps, 4)?.reason, gapAt(gaps, 4, 'a')?.reason, gapAt(gaps, 5)],
    ['disk', 'node', undefined],
  );
  const spoken = { kind: 'speaker' as const, participant_id: 'ada', from_ms: 0, to_ms: 50 };
  const shared = { kind: 'screen' as const, participant_id: 'bo', from_ms: 10, to_ms: 20 };
  t.equal(chapterAt([spoken, shared], 15), shared, 'the one that began last');
  t.equal(chapterAt([spoken, shared], 25), spoken);
  t.equal(chapterAt([spoken, shared], 50), undefined);
  const said = (at_ms: number) => ({
    message_id: 'm',
    participant_id: 'a',
    name: 'A',
    at_ms,
    body: '',
  });
  t.same(
    [0, 1, 2].map((ms) => messagesUntil([said(1), said(1), said(2)], ms)),
    [0, 2, 3],
  );
  t.end();
});

t.test('of too many pictures the screens and the last speakers are played', (t) => {
  const camera = (id: string) => track(id, 0, 100, { track_id: id, participant_id: id });
  const lanes = lanesOf([
    ...['a', 'b', 'c'].map(camera),
    track('s', 50, 100, { track_id: 's', participant_id: 'a', source: 'screen' }),
  ]);
  const spoke = (participant_id: string, from_ms: number, to_ms: number) => ({
    ...{ kind: 'speaker' as const, participant_id, from_ms, to_ms },
  });
  const chapters = [spoke('c', 0, 5), spoke('b', 5, 9), spoke('a', 80, 90)];
  const at = (ms: number) => shownLanes(lanes, { chapters, limit: 2, ms }).map(({ id }) => id);
  t.same(at(20), ['b', 'c']);
  t.same(at(60), ['b', 's']);
  t.same(at(85), ['a', 's']);
  t.same(shownLanes(lanes, { chapters, limit: 9, ms: 60 }).length, 4);
  t.end();
});
