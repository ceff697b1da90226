/** Who spoke and what was shared, as chapters of a film. Pure. */
import { shortName } from './cards.js';
import { framesPerSecond, type Plan } from './plan.js';
import { covers } from './spans.js';
import { spokenBy, type Timeline } from './timeline.js';

export interface Chapter {
  fromMs: number;
  toMs: number;
  title: string;
}

/** Nobody looks for less. */
const shortestMs = 10_000;

interface Part {
  fromMs: number;
  toMs: number;
  /** Null: nobody in particular. */
  title: string | null;
}

/** Without holes, in order, from 0 to the end; a shared screen goes before who speaks. */
export function chaptersOf(timeline: Timeline, plan: Plan): Chapter[] {
  const endMs = (plan.frames * 1000) / framesPerSecond;
  const screens = timeline.pieces.filter((piece) => piece.source === 'screen');
  const cuts = new Set([0, endMs]);
  const spoken = spokenBy({ people: timeline.people, turns: plan.turns }, 0);
  const shown = screens.flatMap((piece) => piece.shown);
  for (const { from, to } of [...shown, ...spoken.flatMap((one) => one.spans)]) {
    for (const t of [from, to]) if (t > 0 && t < endMs) cuts.add(Math.round(t));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const nameOf = new Map(timeline.people.map((one) => [one.participantId, shortName(one.name)]));
  const parts = sorted.slice(0, -1).map((fromMs, index): Part => {
    const screen = screens.findLast((piece) => covers(piece.shown, fromMs));
    const speaker = spoken.find((one) => covers(one.spans, fromMs))?.person.participantId ?? '';
    const title = screen
      ? `▣ ${nameOf.get(screen.participantId) ?? ''}`
      : (nameOf.get(speaker) ?? null);
    return { fromMs, toMs: sorted[index + 1] as number, title };
  });
  const longEnough = merged(parts).filter((part) => part.toMs - part.fromMs >= shortestMs);
  return closed(merged(longEnough), endMs).map((part) => ({
    ...part,
    title: part.title ?? timeline.title,
  }));
}

function merged(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last && last.title === part.title) last.toMs = part.toMs;
    else result.push({ ...part });
  }
  return result;
}

/** What was too short belongs to what came before. */
function closed(parts: readonly Part[], endMs: number): Part[] {
  return parts.map((part, index) => ({
    ...part,
    fromMs: index === 0 ? 0 : part.fromMs,
    toMs: parts[index + 1]?.fromMs ?? endMs,
  }));
}

/** In ffmpeg's own form for metadata. */
export function metadataOf(title: string, chapters: readonly Chapter[]): string {
  const lines = [';FFMETADATA1', `title=${escaped(title)}`];
  for (const { fromMs, toMs, title: words } of chapters) {
    lines.push('[CHAPTER]', 'TIMEBASE=1/1000', `START=${fromMs}`, `END=${toMs}`);
    lines.push(`title=${escaped(words)}`);
  }
  return `${lines.join('\n')}\n`;
}

const escaped = (text: string) => shortName(text).replace(/[=;#\\]/g, (char) => `\\${char}`);
