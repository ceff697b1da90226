import t from 'tap';
import { rangeOf } from './byte-ranges.js';
import { dispositionOf } from './disposition.js';
import type { PlayableFile } from './repository.js';

t.test('the range that is asked for (RFC 9110 §14)', async (t) => {
  const size = 10;
  for (const [header, expected] of [
    [undefined, null],
    ['bytes=0-', { first: 0, last: 9 }],
    ['bytes=0-0', { first: 0, last: 0 }],
    ['bytes=3-6', { first: 3, last: 6 }],
    ['bytes=9-9', { first: 9, last: 9 }],
    ['bytes=5-100', { first: 5, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-100', { first: 0, last: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=10-20', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=6-3', null],
    ['bytes=-', null],
    ['bytes=0-1,3-4', null],
    ['items=0-1', null],
    ['bytes=a-b', null],
    ['bytes=0-99999999999999999999', null],
  ] as const) {
    t.strictSame(rangeOf(header, size), expected, String(header));
  }
  t.equal(rangeOf('bytes=0-', 0), 'unsatisfiable');
  t.equal(rangeOf('bytes=-1', 0), 'unsatisfiable');
});

t.test('under which name a file is saved', async (t) => {
  const file: PlayableFile = {
    ...{ fileId: 'x-abcdef', take: 1, key: 'recordings/x/1/y.webm', contentType: '', bytes: 1 },
    ...{ sha256: '', startMs: 0, endMs: 1, trackId: null, participantId: null, codec: null },
    ...{ kind: 'track', source: 'camera', layout: null },
  };
  t.equal(dispositionOf({ ...file, title: 'x' }, false), 'inline');
  t.equal(
    dispositionOf({ ...file, title: 'Tea' }, true),
    `attachment; filename="Tea camera abcdef.webm"; filename*=UTF-8''Tea%20camera%20abcdef.webm`,
  );
  const key = 'recordings/x/z.mp4';
  const composite: PlayableFile = { ...file, kind: 'composite', layout: 'gallery', key };
  t.equal(
    dispositionOf({ ...composite, title: `Größe "1"\r\n../..` }, true),
    `attachment; filename="Gr__e 1 .. .. gallery.mp4"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201%20..%20..%20gallery.mp4`,
  );
  t.match(
    dispositionOf({ ...file, kind: 'audio', title: '\u202e' }, true),
    /filename="Recording audio.webm"/,
  );
  const long = dispositionOf({ ...file, title: '🙂'.repeat(200) }, true);
  t.equal(
    decodeURIComponent(long.split("''")[1] as string),
    `${'🙂'.repeat(80)} camera abcdef.webm`,
  );
});
