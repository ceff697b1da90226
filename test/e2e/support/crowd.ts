/** People without a browser: a seat, a name and a socket, no media. By the typed client. */

import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { createApi, openWebSocket, realTimers, Signaling } from '../../../client/src/index.js';

/** They come all at once, and leave with the test, or when what is returned is called. */
export async function joinCrowd(
  t: Test,
  link: string,
  names: readonly string[],
): Promise<() => void> {
  const crowd = await Promise.all(names.map((name) => joinAlone(link, name)));
  const leave = () => {
    for (const one of crowd.splice(0)) one.leave();
  };
  t.teardown(leave);
  return leave;
}

async function joinAlone(link: string, display_name: string): Promise<Signaling> {
  const { origin, pathname, hash } = new URL(link);
  const api = createApi((path, init) => fetch(new URL(path, origin), init));
  const shown = { code: pathname.replace('/m/', ''), secret: hash.replace('#k=', '') };
  const seat = await api.join({ ...shown, display_name }, randomUUID());
  return new Promise((resolve, reject) => {
    const environment = {
      ...{ openSocket: openWebSocket, timers: realTimers, random: Math.random },
      newId: () => randomUUID(),
    };
    const options = {
      urls: seat.signaling.map(({ url }) => url),
      joinToken: seat.join_token,
      client: { name: 'crowd', version: '0', platform: 'tap' },
      caps: { codecs: ['opus', 'VP8'], slots: { audio: 1, video: 1 } },
    };
    const signaling = new Signaling(environment, options, {
      connection(state, reason) {
        if (state === 'online') resolve(signaling);
        if (state === 'ended') reject(new Error(`${display_name} is out: ${reason}`));
      },
      ...{ joined() {}, waiting() {}, message() {} },
    });
    signaling.start();
  });
}
