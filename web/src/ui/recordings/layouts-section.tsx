import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Render, RenderLayout } from '../../../../client/src/index.js';
import type { LiveList } from '../../session/live-list.js';
import { isUnderWay, type LayoutState, layoutStates } from '../../session/playback/layouts.js';
import { RepeatKey } from '../../session/repeat-key.js';
import { percentText, sizeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { Problem } from '../site/problem.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { useStore } from '../use-store.js';
import { useRecordings } from './use-recordings.js';
import type { ReplayState } from './use-replay.js';

interface LayoutsSectionProps {
  recordingId: string;
  list: LiveList<Render>;
  replay: ReplayState;
}

/** The films that there are, are being made, and can be made. */
export function LayoutsSection({ recordingId, list, replay }: LayoutsSectionProps) {
  const recordings = useRecordings();
  const renders = useStore(list.store, (state) => state.items) ?? [];
  const { problem, act } = useAct();
  const repeat = useRef(new RepeatKey());
  const states = layoutStates(replay.playback.recording.files, renders);
  const make = (layout: RenderLayout) =>
    act(async () => {
      await recordings.render(recordingId, layout, repeat.current.of(layout));
      repeat.current.done();
      await list.refresh();
    });
  const cancel = ({ render_id }: Render) =>
    act(async () => {
      await recordings.cancelRender(recordingId, render_id);
      await list.refresh();
    });
  return (
    <Section title={text('layouts.title')} lead={text('layouts.lead')}>
      <Arrivals states={states} />
      <ul className="rows">
        {states.map((state) => (
          <LayoutRow key={state.layout} {...{ state, replay, make, cancel }} />
        ))}
      </ul>
      <Problem {...problem} />
    </Section>
  );
}

interface LayoutRowProps {
  state: LayoutState;
  replay: ReplayState;
  make: (layout: RenderLayout) => void;
  cancel: (render: Render) => void;
}

function LayoutRow({ state, replay, make, cancel }: LayoutRowProps) {
  const { layout, file, render } = state;
  const name = text(`layout.${layout}`);
  const isBusy = render !== undefined && isUnderWay(render);
  const isAgain = render?.state === 'failed' || render?.state === 'canceled';
  const isFinishing = render?.state === 'done';
  const action = (key: 'make' | 'again' | 'cancel' | 'watch', act: () => void) => {
    const label = text(`layouts.${key}`);
    return (
      <Button
        className="button"
        aria-label={text('meeting.named', { action: label, title: name })}
        onPress={act}
      >
        {label}
      </Button>
    );
  };
  const watch = () => {
    replay.choose(layout);
    document.querySelector('.replay')?.scrollIntoView({ block: 'start' });
  };
  return (
    <li className="row">
      <div>
        <p className="row-title">{name}</p>
        <p className="hint">{stateText(state)}</p>
        {render?.state === 'running' && (
          <progress
            className="progress"
            aria-label={text('layouts.progress', { layout: name })}
            value={render.progress}
            max={1}
          />
        )}
      </div>
      <div className="row-actions">
        {file && replay.view !== layout && action('watch', watch)}
        {isBusy && action('cancel', () => cancel(render))}
        {isAgain && action('again', () => make(layout))}
        {!file && !isBusy && !isAgain && !isFinishing && action('make', () => make(layout))}
      </div>
    </li>
  );
}

function stateText({ file, render }: LayoutState): string {
  const ready = file && text('layouts.ready', { size: sizeText(file.size_bytes) });
  switch (render?.state) {
    case 'queued':
      return text('layouts.queued');
    case 'running':
      return text('layouts.running', { share: percentText(render.progress) });
    case 'failed':
    case 'canceled':
      return [ready, text(`layouts.${render.state}`)].filter(Boolean).join(' · ');
    case 'done':
      return text('layouts.finishing');
    case undefined:
      return ready ?? text('layouts.none');
  }
}

/** Says when a film has become ready while somebody waits for it. */
function Arrivals({ states }: { states: readonly LayoutState[] }) {
  const there = states.flatMap(({ layout, file }) => (file ? [layout] : [])).join(' ');
  const [known, setKnown] = useState(there);
  const [told, setTold] = useState('');
  useEffect(() => {
    if (there === known) return;
    const fresh = states.find(({ layout, file }) => file && !known.split(' ').includes(layout));
    setKnown(there);
    if (fresh) {
      setTold(text('layouts.arrived', { layout: text(`layout.${fresh.layout}`) }));
    }
  }, [there, known, states]);
  return (
    <p role="status" className="form-done">
      {told}
    </p>
  );
}
