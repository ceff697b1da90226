/** Camera, microphone and speaker before a meeting. Most functions run inside the page. */

import type { Locator } from 'playwright-core';
import type { ChromiumPage } from './browsers.js';

/** The button that shows which device of a kind is chosen. */
export function picker(page: ChromiumPage, kind: string): Locator {
  return page.page.locator('.field', { hasText: kind }).locator('.select-button');
}

interface Sounding extends Window {
  played?: number;
  level?: number | undefined;
}

export function noteSounds(): void {
  const { play } = HTMLAudioElement.prototype;
  HTMLAudioElement.prototype.play = function noted(this: HTMLAudioElement) {
    (window as Sounding).played = ((window as Sounding).played ?? 0) + 1;
    return play.call(this);
  };
}

export function hasPlayed(): boolean {
  return ((window as Sounding).played ?? 0) > 0;
}

/** Another value than at the last look. */
export function meterMoves(): boolean {
  const page = window as Sounding;
  const before = page.level;
  page.level = document.querySelector('meter')?.value;
  return before !== undefined && page.level !== undefined && page.level !== before;
}

/** Labels of the devices behind what is captured. */
export function usesDevices(labels: string[]): boolean {
  const stream = document.querySelector('video')?.srcObject;
  const camera = stream instanceof MediaStream ? stream.getVideoTracks()[0]?.label : undefined;
  return camera !== undefined && labels.includes(camera);
}

export function noDevices(): void {
  const none = () => Promise.reject(new DOMException('none', 'NotFoundError'));
  navigator.mediaDevices.getUserMedia = none;
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve([]);
}
