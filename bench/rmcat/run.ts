/** One run of a scenario: a real node, a real limit, a real browser. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { createNode, type MediaNode } from '../../lib/index.js';
import { chromiumFlags } from '../../test/e2e/support/browsers.js';
import { pause } from '../../test/e2e/support/plenum.js';
import { type LimitedLink, openLimitedLink } from '../adaptation/link.js';
import type { Conditions, MediaFlow } from '../scorecard/conditions.js';
import type { CapacityStep } from '../scorecard/link.js';
import type { RunRecord } from '../scorecard/simulation.js';
import { nowUs } from './delay-line.js';
import { estimatesOf, RunningFlow } from './media-flow.js';
import { type DelayedPath, openPath } from './path.js';
import { ADDRESS_BYTES, recordsOf } from './record.js';

/** Ethernet, IPv4 and UDP: what the queue counts of a packet beyond its payload. */
const FRAME_BYTES = 14 + 20 + 8;
const FOLLOW_MS = 40;
/** What is under way at the end still arrives. */
const LAST_MS = 1000;

/** Cleaned up at any end of this process; browsers see to themselves. */
export async function runOnce(conditions: Conditions): Promise<RunRecord> {
  const timeline = conditions.links.forward?.timeline ?? [];
  const firstKbps = (timeline[0]?.bps ?? 0) / 1000;
  const link = openLimitedLink(firstKbps, ADDRESS_BYTES - FRAME_BYTES);
  const closeLink = () => link.close();
  process.once('exit', closeLink);
  const path = await openPath(link, conditions);
  const node = createNode({ announce: [path.announced] });
  const [media] = node.addresses;
  path.setNode(media?.address ?? '', media?.port ?? 0);
  node.on('refused', (error) => console.error(`rmcat: ${error.message}`));
  const browser = await launchInside(link);
  try {
    const page = await browser.newPage();
    return await new Stage(conditions, { link, path, node, page }).play();
  } finally {
    await browser.close();
    node.close();
    path.close();
    process.off('exit', closeLink);
    closeLink();
  }
}

function launchInside(link: LimitedLink): Promise<Browser> {
  return chromium.launch({
    executablePath: link.wrapper('/usr/bin/chromium'),
    args: chromiumFlags,
    ...{ handleSIGINT: false, handleSIGTERM: false },
  });
}

interface Parts {
  readonly link: LimitedLink;
  readonly path: DelayedPath;
  readonly node: MediaNode;
  readonly page: Page;
}

class Stage {
  readonly #conditions: Conditions;
  readonly #parts: Parts;
  readonly #running = new Set<RunningFlow>();
  readonly #flowOf = new Map<number, string>();
  readonly #targets: { id: string; atUs: number; bps: number }[] = [];

  constructor(conditions: Conditions, parts: Parts) {
    this.#conditions = conditions;
    this.#parts = parts;
  }

  /** The clock of the scenario starts when its first flow does. */
  async play(): Promise<RunRecord> {
    const flows = [...this.#conditions.media].sort((a, b) => a.startUs - b.startUs);
    const [first, ...others] = flows;
    if (!first) throw new Error('a scenario without media');
    await this.#start(first);
    const zeroUs = nowUs();
    const timer = setInterval(() => this.#follow(zeroUs), FOLLOW_MS);
    try {
      await Promise.all([
        this.#stop(first, zeroUs),
        ...others.map((flow) => this.#perform(flow, zeroUs)),
        this.#moveLink(zeroUs),
      ]);
    } finally {
      clearInterval(timer);
      for (const flow of this.#running) flow.stop();
    }
    await pause(LAST_MS);
    const { entered, left } = await this.#parts.path.collect();
    const flowOf = this.#flowOf;
    const records = recordsOf(this.#conditions, { zeroUs, entered, left, flowOf });
    for (const { id, atUs, bps } of this.#targets) {
      records.find((record) => record.id === id)?.targets.push({ atUs, bps });
    }
    return { flows: records };
  }

  async #perform(flow: MediaFlow, zeroUs: number): Promise<void> {
    await until(zeroUs + flow.startUs);
    await this.#start(flow);
    await this.#stop(flow, zeroUs);
  }

  async #start(flow: MediaFlow): Promise<void> {
    const { node, page } = this.#parts;
    const { startBps } = this.#conditions.config;
    const running = await RunningFlow.start({ flow, startBps, node, page });
    for (const ssrc of running.ssrcs) this.#flowOf.set(ssrc, flow.id);
    this.#running.add(running);
  }

  async #stop(flow: MediaFlow, zeroUs: number): Promise<void> {
    await until(zeroUs + flow.stopUs);
    for (const running of this.#running) {
      if (running.id !== flow.id) continue;
      running.stop();
      this.#running.delete(running);
    }
  }

  async #moveLink(zeroUs: number): Promise<void> {
    const steps: readonly CapacityStep[] = this.#conditions.links.forward?.timeline ?? [];
    for (const { atUs, bps } of steps.slice(1)) {
      await until(zeroUs + atUs);
      this.#parts.link.setRate(bps / 1000);
    }
  }

  #follow(zeroUs: number): void {
    const estimates = estimatesOf(this.#parts.node);
    const atUs = nowUs() - zeroUs;
    for (const running of this.#running) {
      const bps = estimates.get(running.id) ?? 0;
      running.follow(bps);
      this.#targets.push({ id: running.id, atUs, bps });
    }
  }
}

async function until(atUs: number): Promise<void> {
  await pause(Math.max(0, (atUs - nowUs()) / 1000));
}
