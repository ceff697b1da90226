import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../clock.js';
import type { NodeFleet, NodePresence, NodeState, ToldNode } from '../../fleet/node-fleet.js';
import type { Ids } from '../../ids.js';
import { type Database, isUnreachable } from '../../store/database.js';
import { WorkLoop } from '../../work-loop.js';
import type { FleetEvent, WebhookFeed } from '../webhooks/service.js';
import * as repository from './repository.js';

export interface NodeNewsContext {
  database: Pick<Database, 'transaction'>;
  clock: Clock;
  ids: Ids;
  log: Pick<FastifyBaseLogger, 'error'>;
  fleet: Pick<NodeFleet, 'presenceOf' | 'toldNodes' | 'onPresence'>;
  webhooks: Pick<WebhookFeed, 'tell' | 'taken'>;
}

/** What failed is tried again. */
const idleMs = 1000;

/**
 * Tells webhooks which nodes came, drain and are lost. What was told last is in the row of the node,
 * written in one transaction with what is to be delivered, by the process that speaks for the node:
 * so each change is told once, and whoever speaks next sees what is still to be told. Rows are those
 * that the fleet read last: where one is older than what was told, nothing is written.
 */
export class NodeNews {
  private readonly loop: WorkLoop;
  /** Rows of which something was told since they were read. */
  private readonly outdated = new WeakSet<ToldNode>();

  constructor(private readonly context: NodeNewsContext) {
    this.loop = new WorkLoop({
      clock: context.clock,
      idleMs,
      turn: () => this.look(),
      // While the database is away, health says so.
      onFailure: (err) => {
        if (!isUnreachable(err)) context.log.error({ err }, 'failed to tell of nodes');
      },
    });
    context.fleet.onPresence(() => this.loop.poke());
  }

  start(): void {
    this.loop.start();
  }

  /** Resolves when the look that runs is over. */
  settled(): Promise<void> {
    return this.loop.settled();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async look(): Promise<void> {
    for (const told of this.context.fleet.toldNodes) {
      if (this.outdated.has(told)) continue;
      const present = this.context.fleet.presenceOf(told);
      if (present === null) continue;
      await this.tell(told, told.isRemoved ? { state: 'lost', incarnation: null } : present);
    }
  }

  private async tell(told: ToldNode, present: NodePresence): Promise<void> {
    const { database, webhooks } = this.context;
    const events = this.eventsOf(told, statesTo(told, present));
    if (events.length === 0) return;
    const next = { ...present, seq: told.seq + events.length };
    const isTold = await database.transaction(async (tx) => {
      if (!(await repository.setTold(tx, told, next))) return false;
      await webhooks.tell(tx, events);
      return true;
    });
    this.outdated.add(told);
    if (isTold) webhooks.taken();
  }

  private eventsOf(told: ToldNode, states: readonly NodeState[]): FleetEvent[] {
    const { nodeId, name, region } = told;
    return states.map((state, index) => ({
      eventId: this.context.ids.next(),
      type: `node.${state}` as const,
      ...{ nodeId, seq: told.seq + index + 1 },
      facts: { name, region, was: states[index - 1] ?? told.state },
    }));
  }
}

/** What is to be told, one after the other. Another process of the node: the one before is lost. */
function statesTo(told: ToldNode, present: NodePresence): NodeState[] {
  if (present.state === 'lost') return told.state === 'lost' ? [] : ['lost'];
  const isSame = told.state !== 'lost' && told.incarnation === present.incarnation;
  if (isSame) return told.state === present.state ? [] : [present.state];
  const lost: NodeState[] = told.state === 'lost' ? [] : ['lost'];
  return [...lost, 'joined', ...(present.state === 'draining' ? [present.state] : [])];
}
