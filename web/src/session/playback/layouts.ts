/** Which layouts of a recording there are, and which are being made: pure. */
import type { RecordingFile, Render, RenderLayout } from '../../../../client/src/index.js';
import { wholeFile } from './timeline.js';

export const renderLayouts = ['gallery', 'speaker', 'screen_first', 'audio'] as const;

export interface LayoutState {
  layout: RenderLayout;
  /** The newest one that is stored. */
  file?: RecordingFile | undefined;
  /** The newest job for it, while that says more than the file. */
  render?: Render | undefined;
}

/** A job that was done says nothing more than its file; one that failed after it does. */
export function layoutStates(
  files: readonly RecordingFile[],
  renders: readonly Render[],
): readonly LayoutState[] {
  return renderLayouts.map((layout) => {
    const file = wholeFile(files, layout);
    const newest = renders
      .filter((render) => render.layout === layout)
      .reduce<Render | undefined>((best, one) => (isLater(one, best) ? one : best), undefined);
    const isTold = newest?.state === 'done' && file !== undefined;
    return { layout, file, render: isTold ? undefined : newest };
  });
}

function isLater(one: Render, other: Render | undefined): boolean {
  return other === undefined || Date.parse(one.created_at) >= Date.parse(other.created_at);
}

export function isUnderWay({ state }: Render): boolean {
  return state === 'queued' || state === 'running';
}

/** Changes when a job has brought a file that was not there before. */
export function doneKey(renders: readonly Render[]): string {
  const done = renders.flatMap(({ state, file_id }) => (state === 'done' ? [file_id ?? ''] : []));
  return done.sort().join(' ');
}
