/**
 * Three people who can be told apart (a colour and a tone each) are recorded: one comes later, one goes, one
 * is mute for a while, one shares a screen. The film is looked at and listened to, picture by picture.
 */

import { writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import t, { type Test } from 'tap';
import type { Api, Recording } from '../../client/src/index.js';
import { person, signUp } from './support/accounts.js';
import { type ChromiumPage, waitInPage } from './support/browsers.js';
import { type Look, looksAt, tonesAt } from './support/film.js';
import { looksGood } from './support/looks.js';
import { join, joinByLink, newMeeting, says, useTool, waitForMedia } from './support/people.js';
import { emptyFolder, eventually, pause } from './support/plenum.js';
import { signalDevices } from './support/signal-devices.js';
import { setStage } from './support/stage.js';

const signals = {
  ada: { camera: 'rgb(200 30 30)', screen: 'rgb(120 120 120)', toneHz: 400 },
  bo: { camera: 'rgb(30 160 30)', screen: 'rgb(220 200 30)', toneHz: 900 },
  cy: { camera: 'rgb(40 60 210)', screen: 'rgb(120 120 120)', toneHz: 1500 },
};
const colours = {
  ada: [200, 30, 30],
  bo: [30, 160, 30],
  cy: [40, 60, 210],
  screen: [220, 200, 30],
} as const;
const tones = { ada: 400, bo: 900, cy: 1500 };

/** What is said of a moment holds from so long after it: signals travel, pages draw, a film decides. */
const slackMs = 1500;

/** When things happened, in recorded time. */
class Story {
  private readonly beganAt: number;
  readonly moments = new Map<string, number>();

  constructor() {
    this.beganAt = performance.now();
  }

  note(what: string): void {
    this.moments.set(what, performance.now() - this.beganAt);
  }

  at(what: string): number {
    return this.moments.get(what) as number;
  }

  /** All of those that lie between two moments, and not near to either. */
  between<T extends { atMs: number }>(those: readonly T[], from: string, to: string): T[] {
    const [after, before] = [this.at(from) + slackMs, this.at(to) - slackMs / 3];
    return those.filter(({ atMs }) => atMs > after && atMs < before);
  }
}
