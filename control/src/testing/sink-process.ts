import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type ClickHouseAddress, readEventsAddress } from '../clickhouse/clickhouse-address.js';
import { ClickHouseStore } from '../clickhouse/clickhouse-store.js';
import { systemClock } from '../clock.js';
import { type KafkaAddress, readQueueAddress } from '../queue/queue-address.js';
import { openSink } from '../sink/open-sink.js';

export interface SinkProcessOptions {
  queue: string;
  events: string;
  sessionMs: number;
}

/** A sink that says on stdout where it is in a block, and does nothing else: to be killed. */
const options = JSON.parse(process.argv[2] ?? '') as SinkProcessOptions;
const store = new ClickHouseStore(readEventsAddress(options.events) as ClickHouseAddress);
const say = (line: string) => process.stdout.write(`${line}\n`);
const sink = openSink({
  ...options,
  queue: readQueueAddress(options.queue) as KafkaAddress,
  store: {
    async insert(events, token) {
      say('begun');
      const inserted = store.insert(events, token);
      say('sent');
      await inserted;
      say('stored');
    },
    ping: () => store.ping(),
    close: () => store.close(),
  },
  registry: new Registry(),
  clock: systemClock,
  log: pino({ level: 'warn' }, pino.destination(2)),
});
await sink.start();
say('ready');
