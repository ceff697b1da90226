/**
 * A plan → what ffmpeg is to do: one decoder for each file, since key frames are rare; its pictures in the canvas' rhythm, scaled to
 * where they lie at that moment, and laid over the card of the scene. Size and place are functions of recorded time, evaluated for each
 * picture, so they change at the very frame. Pure.
 */
import { placed, type Rectangle } from './layout.js';
import { framesPerSecond, type Scene } from './plan.js';

/** Where the picture of a file lies from a frame on; null: it is not seen. */
export interface Step {
  fromFrame: number;
  place: Rectangle | null;
}

export interface SeenFile {
  steps: readonly Step[];
  isWhole: boolean;
}

/** Of each file that is seen at all, in the order in which they are first seen. */
export function stepsOf(scenes: readonly Scene[]): Map<string, Step[]> {
  const steps = new Map<string, Step[]>();
  for (const scene of scenes) {
    const places = new Map<string, Rectangle>();
    for (const { tile, picture } of placed(scene)) {
      if (tile.fileId !== null) places.set(tile.fileId, picture);
    }
    for (const fileId of places.keys()) {
      if (!steps.has(fileId)) steps.set(fileId, [{ fromFrame: 0, place: null }]);
    }
    for (const [fileId, list] of steps) addStep(list, scene.fromFrame, places.get(fileId) ?? null);
  }
  return steps;
}

function addStep(list: Step[], fromFrame: number, place: Rectangle | null): void {
  const last = list.at(-1) as Step;
  if (JSON.stringify(last.place) === JSON.stringify(place)) return;
  if (last.fromFrame === fromFrame) last.place = place;
  else list.push({ fromFrame, place });
}

/** The value that holds at time `t`, found in a tree: one of a thousand takes ten comparisons. */
function inTime(steps: readonly Step[], value: (place: Rectangle | null) => number): string {
  const kept = steps.filter(
    (step, index) => index === 0 || value(step.place) !== value((steps[index - 1] as Step).place),
  );
  const tree = (from: number, to: number): string => {
    if (to - from === 1) return String(value((kept[from] as Step).place));
    const middle = (from + to) >> 1;
    // Between two frames, so that no rounding decides.
    const border = ((kept[middle] as Step).fromFrame - 0.5) / framesPerSecond;
    return `if(lt(t,${border.toFixed(2)}),${tree(from, middle)},${tree(middle, to)})`;
  };
  return tree(0, kept.length);
}

/** What is not seen for long is made small: it costs next to nothing. */
const unseen = 16;
const longFrames = 20 * framesPerSecond;

/** Through a short absence the size stays: a scaler whose size never changes is set up once, not for each picture. */
function sizesOf(steps: readonly Step[]): Step[] {
  const sizes = steps.filter(({ place, fromFrame }, index) => {
    const toFrame = steps[index + 1]?.fromFrame ?? fromFrame;
    return place !== null || toFrame - fromFrame >= longFrames;
  });
  return sizes.map((step, index) => (index === 0 ? { ...step, fromFrame: 0 } : step));
}

/** The picture keeps its shape; `dar` is that of the picture that comes, which may change. */
function scaleOf(all: readonly Step[]): string {
  const steps = sizesOf(all);
  const width = inTime(steps, (place) => place?.width ?? unseen);
  const height = inTime(steps, (place) => place?.height ?? unseen);
  const w = `max(2,2*floor(min(${width},(${height})*dar)/2+0.01))`;
  const h = `max(2,2*floor(min(${height},(${width})/dar)/2+0.01))`;
  return `scale=w='${w}':h='${h}':eval=frame:flags=bilinear`;
}

/** A file that breaks off leaves no picture standing; one that was closed has its last one until the next begins. */
function overlayOf({ steps, isWhole }: SeenFile): string {
  const x = inTime(steps, (place) => place?.x ?? 0);
  const y = inTime(steps, (place) => place?.y ?? 0);
  const width = inTime(steps, (place) => place?.width ?? 0);
  const height = inTime(steps, (place) => place?.height ?? 0);
  const end = isWhole ? 'repeat' : 'pass';
  const isSeen = inTime(steps, (place) => (place ? 1 : 0));
  const at = `x='${x}+2*floor((${width}-w)/4)':y='${y}+2*floor((${height}-h)/4)'`;
  return `overlay=${at}:enable='${isSeen}':eval=frame:format=yuv420:eof_action=${end}`;
}

/** @param files input 0 is the cards, input n + 1 the n-th of these. The result is called `out`. */
export function graphOf(files: readonly SeenFile[], frames: number): string {
  const chains = [
    `[0:v]scale=out_color_matrix=bt601:out_range=tv,format=yuv420p,fps=${framesPerSecond}[c0]`,
  ];
  for (const [index, file] of files.entries()) {
    chains.push(`[${index + 1}:v]fps=${framesPerSecond},${scaleOf(file.steps)}[p${index}]`);
    chains.push(`[c${index}][p${index}]${overlayOf(file)}[c${index + 1}]`);
  }
  // Cards or pictures may go on for longer.
  chains.push(`[c${files.length}]trim=end_frame=${frames}[out]`);
  return `${chains.join(';\n')}\n`;
}

/** The cards one after the other, as ffmpeg's concat format has it. */
export function cardList(scenes: readonly Scene[], ofScene: readonly number[]): string {
  const lines = ['ffconcat version 1.0'];
  for (const [index, scene] of scenes.entries()) {
    const seconds = (scene.toFrame - scene.fromFrame) / framesPerSecond;
    lines.push(`file ${cardName(ofScene[index] as number)}`, `duration ${seconds.toFixed(2)}`);
  }
  // The last one stands until the end.
  lines.push(`file ${cardName(ofScene.at(-1) as number)}`);
  return `${lines.join('\n')}\n`;
}

/** As ffmpeg numbers pictures: from 1. */
export const cardPattern = 'card-%06d.png';

const cardName = (card: number) => cardPattern.replace('%06d', String(card + 1).padStart(6, '0'));
