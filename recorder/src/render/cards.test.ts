import t from 'tap';
import { cardsOf, initials, shortName } from './cards.js';
import { chaptersOf, metadataOf } from './chapters.js';
import { planOf, type Scene } from './plan.js';
import type { Timeline } from './timeline.js';

const sceneOf = (name: string, fromFrame = 0): Scene => ({
  ...{ fromFrame, toFrame: fromFrame + 25, isRecorded: true, large: null },
  tiles: [{ participantId: 'a', name, isScreen: false, fileId: null, isSpeaking: false }],
});

t.test('a name has one line and an end, and turns no direction', async (t) => {
  t.equal(shortName('  a\nb\r\n\tc '), 'a b c');
  t.equal(shortName('x\u202egpj.exe\u2066'), 'x gpj.exe');
  t.equal(shortName('é'.repeat(300)).length, 48);
  const family = '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}';
  t.equal(shortName(family.repeat(50)), `${family.repeat(47)}…`, 'whole graphemes');
  t.ok(shortName(`a${'\u0301'.repeat(5000)}`).length < 20, 'no tower of accents');
});

t.test('initials', async (t) => {
  t.same(['anna b. müller', 'Łukasz', '田中 太郎', '(guest)', '', '?!', 'ßeta'].map(initials), [
    'AM',
    'Ł',
    '田太',
    'G',
    '?',
    '?',
    'SS',
  ]);
});

t.test('no name is a command of the drawing', async (t) => {
  const hostile = [
    '{\\p1}m 0 0 l 9 9',
    '\\N\\n\\h',
    '{',
    '}',
    'a\nDialogue: 9,0:00:00.00,9:00:00.00',
  ];
  for (const name of hostile) {
    const events = cardsOf([sceneOf(name)])
      .script.split('\n')
      .filter((line) => /^Dialogue/.test(line));
    const plain = cardsOf([sceneOf('plain')])
      .script.split('\n')
      .filter((line) => /^Dialogue/.test(line));
    t.equal(events.length, plain.length, 'no event more');
    // All braces that are not escaped belong to the commands of ours, one at the beginning of each event.
    const texts = events.map((line) => line.replace(/^([^,]*,){9}/, '').replace(/^\{[^}]*\}/, ''));
    t.notMatch(texts.join('\n'), /(?<!\\)[{}]/);
    t.notMatch(texts.join('\n'), /\\(?![{}\u2060])/);
  }
});

t.test('scenes that look the same have the same card', async (t) => {
  const cards = cardsOf([sceneOf('a'), sceneOf('b', 25), sceneOf('a', 50)]);
  t.same([cards.count, cards.ofScene], [2, [0, 1, 0]]);
});

const talk: Timeline = {
  title: 'Weekly = all; #1',
  durationMs: 90_000,
  people: ['a', 'b'].map((id) => ({
    ...{ participantId: id, name: `${id}\\=;#`, present: [{ from: 0, to: 90_000 }] },
  })),
  pieces: [
    {
      ...{ fileId: 's', trackId: 's', participantId: 'b', source: 'screen', codec: 'vp8' },
      ...{ startMs: 40_000, shown: [{ from: 40_000, to: 60_000 }], whole: null },
    },
  ],
  turns: [
    { participantId: 'a', from: 0, to: 20_000 },
    { participantId: 'b', from: 20_000, to: 25_000 },
    { participantId: 'a', from: 25_000, to: 70_000 },
    { participantId: 'b', from: 70_000, to: 90_000 },
  ],
  unrecorded: [],
  diskFull: [],
  recorderAway: [],
};

t.test('chapters: who speaks, or the screen; without holes; what is short has none', async (t) => {
  const chapters = chaptersOf(talk, planOf(talk, 'gallery'));
  t.same(
    chapters.map((one) => `${one.fromMs}-${one.toMs} ${one.title}`),
    ['0-40000 a\\=;#', '40000-60000 ▣ b\\=;#', '60000-70000 a\\=;#', '70000-90000 b\\=;#'],
  );
});

t.test('chapters: who refused, or has left, has none, whoever is said to speak', async (t) => {
  const people = talk.people.map((one) => {
    return one.participantId === 'a' ? { ...one, present: [{ from: 12_000, to: 45_000 }] } : one;
  });
  const partly = { ...talk, people, pieces: [] };
  const chapters = chaptersOf(partly, planOf(partly, 'gallery'));
  t.same(
    chapters.map((one) => `${one.fromMs}-${one.toMs} ${one.title}`),
    [
      '0-25000 Weekly = all; #1',
      '25000-45000 a\\=;#',
      '45000-70000 Weekly = all; #1',
      '70000-90000 b\\=;#',
    ],
  );
});

t.test('no name is a line of the metadata', async (t) => {
  const lines = metadataOf('x\n[CHAPTER]', [{ fromMs: 0, toMs: 5, title: 'a\\=;#' }]).split('\n');
  t.same(lines.slice(0, 3), [';FFMETADATA1', 'title=x [CHAPTER]', '[CHAPTER]']);
  t.equal(lines[6], 'title=a\\\\\\=\\;\\#');
});
