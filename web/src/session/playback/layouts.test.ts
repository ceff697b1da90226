import t from 'tap';
import type { RecordingFile, Render } from '../../../../client/src/index.js';
import { doneKey, isUnderWay, layoutStates } from './layouts.js';

function render(render_id: string, state: Render['state'], minute: number): Render {
  const created_at = `2026-01-01T00:0${minute}:00.000Z`;
  const file_id = state === 'done' ? `f-${render_id}` : null;
  const job = { layout: 'gallery' as const, progress: 0, attempts: 1, finished_at: null };
  return { render_id, recording_id: 'r', state, file_id, created_at, ...job };
}

const film = {
  ...{ file_id: 'f', kind: 'composite', layout: 'gallery', content_type: 'video/mp4' },
} as RecordingFile;

t.test('each layout: its file, and the newest job for it', (t) => {
  const states = layoutStates([film], [render('2', 'failed', 2), render('1', 'done', 1)]);
  t.same(
    states.map(({ layout }) => layout),
    ['gallery', 'speaker', 'screen_first', 'audio'],
  );
  t.match(states[0], { file: { file_id: 'f' }, render: { render_id: '2' } });
  t.match(states[1], { file: undefined, render: undefined });
  t.equal(layoutStates([film], [render('1', 'done', 1)])[0]?.render, undefined, 'its file says it');
  t.match(layoutStates([], [render('1', 'done', 1)])[0], { render: { state: 'done' } }, 'not yet');
  t.ok(isUnderWay(render('1', 'queued', 1)));
  t.notOk(isUnderWay(render('1', 'canceled', 1)));
  t.not(doneKey([render('1', 'done', 1)]), doneKey([render('1', 'running', 1)]));
  t.end();
});
