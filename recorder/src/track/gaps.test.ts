import t from 'tap';
import type { GapReason } from '../manifest/lines.js';
import { Gaps } from './gaps.js';

function written(act: (gaps: Gaps) => void) {
  const lines: [GapReason, number, number][] = [];
  act(new Gaps(({ reason, from, to }) => lines.push([reason, from, to])));
  return lines;
}

t.test('one gap at a time; another reason begins where it is seen', async (t) => {
  const lines = written((gaps) => {
    gaps.open('loss', 100);
    gaps.open('loss', 100, 300);
    gaps.open('key_frame', 100, 400);
    gaps.close(500);
    gaps.close(900);
  });
  t.strictSame(lines, [
    ['loss', 100, 400],
    ['key_frame', 400, 500],
  ]);
});

t.test('what is gone again of what was written widens it', async (t) => {
  const lines = written((gaps) => {
    gaps.open('disk', 300);
    gaps.widen('disk', 100);
    gaps.close(500);
    gaps.widen('disk', 700);
    gaps.close(800);
  });
  t.strictSame(lines, [
    ['disk', 100, 500],
    ['disk', 700, 800],
  ]);
});

t.test('it is named beside another reason', async (t) => {
  const lines = written((gaps) => {
    gaps.open('loss', 300);
    gaps.widen('disk', 100);
    gaps.close(500);
  });
  t.strictSame(lines, [
    ['disk', 100, 300],
    ['loss', 300, 500],
  ]);
});
