import type { FastifyBaseLogger } from 'fastify';
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import { KafkaReader } from '../queue/kafka-reader.js';
import { KafkaWriter } from '../queue/kafka-writer.js';
import type { KafkaAddress } from '../queue/queue-address.js';
import { TopicDeadLetters } from './dead-letters.js';
import type { EventStore } from './event-store.js';
import { Sink } from './sink.js';
import { SinkMetrics } from './sink-metrics.js';

export interface SinkParts {
  queue: KafkaAddress;
  store: EventStore;
  registry: Registry;
  clock: Clock;
  log: FastifyBaseLogger;
  /** As KafkaReaderOptions has it. */
  sessionMs?: number;
}

/** Sinks of one installation share the partitions. */
const group = 'plenum-sink';

/** From Kafka into a store; dead letters to the topic with `.dead` behind its name. */
export function openSink({ queue, store, registry, clock, log, ...options }: SinkParts): Sink {
  return new Sink({
    reader: new KafkaReader(queue, { group, log, ...options }),
    store,
    deadLetters: new TopicDeadLetters(new KafkaWriter(queue, log, `${queue.topic}.dead`)),
    metrics: new SinkMetrics(registry),
    clock,
  });
}
