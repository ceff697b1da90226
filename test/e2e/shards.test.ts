/** A meeting over two media threads: everybody sees and hears everybody, wherever they are. */

import t from 'tap';
import { join, joinByLink, newMeeting, waitForMedia, waitForTiles } from './support/people.js';
import { setStage } from './support/stage.js';

t.test('three people on two shards', async (t) => {
  const { plenum, open } = await setStage(t, { plenum: { shards: 2 } });
  const pages = await Promise.all(['ada', 'bo', 'cy'].map((name) => open(`${name}-shards`)));
  const [ada, ...others] = pages as [(typeof pages)[0], ...typeof pages];
  const link = await newMeeting(ada, plenum.url);
  await join(ada, 'Ada');
  for (const page of others) await joinByLink(page, link, page.label);
  for (const page of pages) {
    await waitForTiles(page, 3);
    const seen = await waitForMedia(page, 2);
    t.comment(`${page.label} receives ${JSON.stringify(seen)}`);
    await page.screenshot('shards');
  }
  const metrics = await (await fetch(`${plenum.adminUrl}metrics`)).text();
  const counterOf = (series: string) => {
    const line = metrics.split('\n').find((it) => it.startsWith(`${series} `));
    return Number(line?.split(' ')[1] ?? Number.NaN);
  };
  const crossed = counterOf('plenum_sfu_relayed_total{direction="out"}');
  t.ok(crossed > 100, `${crossed} packets crossed`);
  for (const kind of ['relay_video', 'relay_audio']) {
    t.equal(counterOf(`plenum_sfu_dropped_total{reason="${kind}"}`), 0, kind);
  }
});
