import { pino } from 'pino';
import { systemClock } from '../clock.js';
import { OutboxRelay } from '../domains/outbox/service.js';
import { WebhookDispatcher, WebhookFeed } from '../domains/webhooks/service.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import { Outgoing } from '../outgoing/outgoing.js';
import { Database, type DatabaseAddress } from '../store/database.js';

export interface WebhookProcessOptions {
  address: DatabaseAddress;
  /** Of the keys. */
  folder: string;
}

/** A process that relays and delivers, and does nothing else: to be killed. */
const options = JSON.parse(process.argv[2] ?? '') as WebhookProcessOptions;
const database = new Database(options.address);
const clock = systemClock;
const log = pino({ level: 'error' }, pino.destination(2));
const outbox = new OutboxRelay({ database, clock, log });
const dispatcher = new WebhookDispatcher({
  database,
  keys: KeyRing.open(options.folder),
  clock,
  outgoing: new Outgoing({ allowPrivate: true }),
  log,
  random: Math.random,
  onAttempt: () => {},
});
outbox.add(new WebhookFeed({ clock, ids: systemIds(clock), onFed: () => dispatcher.poke() }));
outbox.start();
dispatcher.start();
