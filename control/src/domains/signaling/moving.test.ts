import t from 'tap';
import { createMeeting, enter } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test(
  'what clients say of a lost or moved node is answered, of another epoch refused',
  async (t) => {
    const { origin } = await testControl(t, await testDatabase(t, server));
    const { client, joined } = await enter(origin, await createMeeting(origin));
    const { epoch } = joined.d;
    t.equal(joined.d.media_beat_ms, 300, 'silence is a loss');
    const loss = { direction: 'subscribe', silence_ms: 1_250, failed_checks: 1 } as const;
    t.match(await client.ask('media.lost', { epoch, ...loss }), { t: 'ok' });
    t.match(await client.ask('media.lost', { epoch, ...loss, ticket: 'of a standby' }), {
      t: 'ok',
    });
    t.match(await client.ask('migrate.done', { epoch }), { t: 'ok' });
    const stale = { t: 'error', d: { code: 'stale_epoch', fatal: false } };
    t.match(await client.ask('media.lost', { epoch: epoch + 1, ...loss }), stale);
    t.match(await client.ask('migrate.done', { epoch: epoch + 1 }), stale);
  },
);
