/**
 * What stands still in the composite: tiles, names, initials of who has no picture. Each look is a card of the canvas' size,
 * drawn once by libass from a subtitle script: it shapes any writing, right to left too, and takes a glyph that a font lacks from
 * another one. Text is only ever text there: what would be a command is escaped.
 */
import { canvas, type PlacedTile, placed, type Rectangle } from './layout.js';
import type { Scene, Tile } from './plan.js';

/** 0xRRGGBB. */
export const colours = {
  ground: 0x16181d,
  tile: 0x262a33,
  name: 0x2f3440,
  speaking: 0x2563eb,
  text: 0xf3f4f6,
} as const;

/** Of people without a picture; who has which is the same in each composite. */
const avatarColours = [0x7c3aed, 0x0f766e, 0xb45309, 0xbe185d, 0x4d7c0f, 0x1d4ed8, 0x9f1239];

/** Graphemes of a name on a tile. */
const longestName = 48;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

const parted = (text: string) => [...graphemes.segment(text)].map(({ segment }) => segment);

/** Control characters, line ends, and what turns the direction of all that follows. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is to find
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A name as it can stand in one line. */
export function shortName(name: string): string {
  const clean = name.replace(unprintable, ' ').replace(/\s+/gu, ' ').trim();
  const parts = parted(clean.slice(0, 400)).map((part) => [...part].slice(0, 12).join(''));
  return parts.length > longestName
    ? `${parts.slice(0, longestName - 1).join('')}…`
    : parts.join('');
}

export function initials(name: string): string {
  const words = shortName(name)
    .split(' ')
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words.slice(0, 1);
  const letters = ends.map((word) => /[\p{L}\p{N}]\p{M}*/u.exec(word ?? '')?.[0] ?? '');
  return letters.join('').toLocaleUpperCase('und') || '?';
}

/** A backslash begins a command unless a word joiner follows; braces surround one. */
const escaped = (text: string) =>
  text.replaceAll('\\', '\\\u2060').replaceAll('{', '\\{').replaceAll('}', '\\}');

const colour = (rgb: number) => {
  const hex = rgb.toString(16).padStart(6, '0');
  return `&H${hex.slice(4)}${hex.slice(2, 4)}${hex.slice(0, 2)}&`;
};

function box({ x, y, width, height }: Rectangle, rgb: number): string {
  const [right, bottom] = [x + width, y + height];
  const path = `m ${x} ${y} l ${right} ${y} l ${right} ${bottom} l ${x} ${bottom}`;
  return `{\\an7\\pos(0,0)\\1c${colour(rgb)}\\p1}${path}`;
}

function disc(cx: number, cy: number, radius: number, rgb: number): string {
  const r = Math.round(radius);
  const k = Math.round(radius * 0.5523);
  const path = [
    `m ${cx - r} ${cy}`,
    `b ${cx - r} ${cy - k} ${cx - k} ${cy - r} ${cx} ${cy - r}`,
    `b ${cx + k} ${cy - r} ${cx + r} ${cy - k} ${cx + r} ${cy}`,
    `b ${cx + r} ${cy + k} ${cx + k} ${cy + r} ${cx} ${cy + r}`,
    `b ${cx - k} ${cy + r} ${cx - r} ${cy + k} ${cx - r} ${cy}`,
  ].join(' ');
  return `{\\an7\\pos(0,0)\\1c${colour(rgb)}\\p1}${path}`;
}

function text(words: string, place: Rectangle, size: number, isCentred: boolean): string {
  const { x, y, width, height } = place;
  const at = isCentred ? `\\an5\\pos(${x + width / 2},` : `\\an4\\pos(${x + 8},`;
  const clip = `\\clip(${x},${y},${x + width},${y + height})`;
  const style = `\\fs${size}\\1c${colour(colours.text)}`;
  return `{${at}${y + height / 2})${clip}${style}}${escaped(words)}`;
}

function avatarColour(tile: Tile): number {
  let sum = 0;
  for (const char of tile.participantId) sum = (sum * 31 + char.charCodeAt(0)) % 65_521;
  return avatarColours[sum % avatarColours.length] as number;
}

function drawnTile({ tile, whole, picture, name }: PlacedTile): string[] {
  const words = shortName(tile.name);
  const label = tile.isScreen ? `▣ ${words}` : words;
  const drawn = [
    box(whole, tile.fileId === null ? colours.tile : 0),
    box(name, tile.isSpeaking ? colours.speaking : colours.name),
    text(label, name, name.height > 24 ? 22 : 16, false),
  ];
  if (tile.fileId !== null) return drawn;
  const radius = Math.min(picture.width, picture.height) * 0.3;
  const [cx, cy] = [picture.x + picture.width / 2, picture.y + picture.height / 2];
  return [
    ...drawn,
    disc(cx, cy, radius, avatarColour(tile)),
    text(initials(tile.name), picture, Math.round(radius * 0.9), true),
  ];
}

/** One event for each thing that is drawn. */
function drawnScene(scene: Scene): string[] {
  if (!scene.isRecorded) return [text('Not recorded', { x: 0, y: 0, ...canvas }, 40, true)];
  return placed(scene).flatMap(drawnTile);
}

export interface Cards {
  /** An ASS script: card `n` is what is to be seen in second `n`. */
  script: string;
  count: number;
  /** Of each scene, which card it has. */
  ofScene: readonly number[];
}

const head = `[Script Info]
ScriptType: v4.00+
PlayResX: ${canvas.width}
PlayResY: ${canvas.height}
WrapStyle: 2
YCbCr Matrix: None

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,DejaVu Sans,20,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
`;

const time = (second: number) => {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(second / 3600)}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}.00`;
};

export function cardsOf(scenes: readonly Scene[]): Cards {
  const known = new Map<string, number>();
  const lines: string[] = [];
  const ofScene = scenes.map((scene) => {
    const drawn = drawnScene(scene);
    const look = drawn.join('\n');
    const before = known.get(look);
    if (before !== undefined) return before;
    const card = known.size;
    known.set(look, card);
    const when = `${time(card)},${time(card + 1)}`;
    for (const [layer, line] of drawn.entries()) {
      lines.push(`Dialogue: ${layer},${when},Default,,0,0,0,,${line}`);
    }
    return card;
  });
  return { script: `${head}${lines.join('\n')}\n`, count: known.size, ofScene };
}
