/** A timeline and a layout → scenes: which pictures are to be seen, from which frame to which. Pure. */
import type { RenderLayout } from '../contract.js';
import { covers, type Span } from './spans.js';
import { steadyTurns, type Turn } from './speakers.js';
import type { Person, Piece, Timeline } from './timeline.js';

export type PictureLayout = Exclude<RenderLayout, 'audio'>;

export const framesPerSecond = 25;
const frameMs = 1000 / framesPerSecond;

/** A place on the canvas for a person or for a shared screen. */
export interface Tile {
  participantId: string;
  name: string;
  isScreen: boolean;
  /** Whose picture it is; null: there is none now. */
  fileId: string | null;
  isSpeaking: boolean;
}

export interface Scene {
  /** Frames of the composite; `toFrame` is no part of it. */
  fromFrame: number;
  toFrame: number;
  isRecorded: boolean;
  /** The one that is larger than all others; null: all are equal. */
  large: Tile | null;
  tiles: readonly Tile[];
}

export interface Plan {
  frames: number;
  scenes: readonly Scene[];
  /** Who was shown as the one who speaks, when. */
  turns: readonly Turn[];
}

/** Tiles of equal size; of more people some are heard only. */
export const mostTiles = 16;
/** Beside the large one. */
export const mostInStrip = 5;
/** A speaker is shown for so long at least. */
const shortestTurnMs = 1_500;
/** Who spoke last is rather seen than who did not, for so long. */
const rememberedMs = 60_000;

const frameOf = (ms: number) => Math.round(ms / frameMs);

export function planOf(timeline: Timeline, layout: PictureLayout): Plan {
  const turns = steadyTurns(timeline.turns, shortestTurnMs);
  const frames = Math.max(1, frameOf(timeline.durationMs));
  const cuts = [...new Set([0, frames, ...boundaries(timeline, turns).map(frameOf)])]
    .filter((frame) => frame >= 0 && frame <= frames)
    .sort((a, b) => a - b);
  const scenes: Scene[] = [];
  let key = '';
  for (const [index, fromFrame] of cuts.slice(0, -1).entries()) {
    const toFrame = cuts[index + 1] as number;
    const moment = new Moment(timeline, turns, ((fromFrame + toFrame) / 2) * frameMs);
    const content = moment.scene(layout);
    const nextKey = JSON.stringify(content);
    const last = scenes.at(-1);
    if (last && nextKey === key) last.toFrame = toFrame;
    else scenes.push({ fromFrame, toFrame, ...content });
    key = nextKey;
  }
  return { frames, scenes, turns };
}

function boundaries(timeline: Timeline, turns: readonly Turn[]): number[] {
  const spans: Span[] = [
    ...timeline.people.flatMap((person) => person.present),
    ...timeline.pieces.flatMap((piece) => piece.shown),
    ...timeline.unrecorded,
  ];
  return [
    ...spans.flatMap((span) => [span.from, span.to]),
    // Who is not remembered any more makes room for others.
    ...turns.flatMap((turn) => [turn.from, turn.to, turn.to + rememberedMs]),
  ];
}

type Content = Omit<Scene, 'fromFrame' | 'toFrame'>;

/** All that there is at one time. */
class Moment {
  private readonly people: Person[];
  private readonly pieces: Piece[];
  private readonly speaker: string | null;

  constructor(
    private readonly timeline: Timeline,
    private readonly turns: readonly Turn[],
    private readonly t: number,
  ) {
    this.people = timeline.people.filter((person) => covers(person.present, t));
    this.pieces = timeline.pieces.filter((piece) => covers(piece.shown, t));
    const turn = turns.find(({ from, to }) => from <= t && t < to);
    this.speaker = turn?.participantId ?? null;
  }

  scene(layout: PictureLayout): Content {
    if (covers(this.timeline.unrecorded, this.t)) {
      return { isRecorded: false, large: null, tiles: [] };
    }
    const screens = this.screens();
    if (layout === 'gallery') {
      const people = this.chosen(mostTiles - screens.length);
      return { isRecorded: true, large: null, tiles: [...screens, ...people] };
    }
    return {
      isRecorded: true,
      ...this.withLarge(layout === 'screen_first' ? screens : [], screens),
    };
  }

  /** The newest of `preferred`, or who speaks, is large. */
  private withLarge(
    preferred: readonly Tile[],
    screens: readonly Tile[],
  ): Omit<Content, 'isRecorded'> {
    const all = this.people.map((person) => this.personTile(person));
    const large =
      preferred.at(-1) ??
      all.find((tile) => tile.participantId === this.speaker) ??
      all.find((tile) => tile.fileId !== null) ??
      all[0] ??
      null;
    const otherScreens = screens.filter((tile) => tile !== large).slice(-2);
    const alone = large && !large.isScreen ? large.participantId : null;
    const people = this.chosen(mostInStrip - otherScreens.length, alone);
    return { large, tiles: [...otherScreens, ...people] };
  }

  private screens(): Tile[] {
    return this.pieces
      .filter((piece) => piece.source === 'screen')
      .map((piece) => ({
        participantId: piece.participantId,
        name: this.people.find((one) => one.participantId === piece.participantId)?.name ?? '',
        isScreen: true,
        fileId: piece.fileId,
        isSpeaking: false,
      }))
      .slice(-4);
  }

  private personTile(person: Person): Tile {
    const camera = this.pieces.findLast(
      (piece) => piece.source === 'camera' && piece.participantId === person.participantId,
    );
    return {
      participantId: person.participantId,
      name: person.name,
      isScreen: false,
      fileId: camera?.fileId ?? null,
      isSpeaking: person.participantId === this.speaker,
    };
  }

  /** `count` people at most: who spoke of late, then whose picture there is, then who came first; shown as they came. */
  private chosen(count: number, except: string | null = null): Tile[] {
    const tiles = this.people
      .filter((person) => person.participantId !== except)
      .map((person) => this.personTile(person));
    if (tiles.length <= count) return tiles;
    const speakers = this.whoSpokeOfLate();
    const rank = (tile: Tile) =>
      (speakers.has(tile.participantId) ? 0 : 2) + (tile.fileId === null ? 1 : 0);
    const kept = new Set([...tiles].sort((a, b) => rank(a) - rank(b)).slice(0, count));
    return tiles.filter((tile) => kept.has(tile));
  }

  private whoSpokeOfLate(): Set<string | null> {
    const late = this.turns.filter(
      (turn) => turn.from <= this.t && this.t < turn.to + rememberedMs,
    );
    return new Set(late.map((turn) => turn.participantId));
  }
}
