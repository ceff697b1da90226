import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { NodeClient } from '../../nodes/node-client.js';
import type { Database } from '../../store/database.js';

export type Dependencies = Record<string, 'up' | 'down'>;

/** A dependency that takes longer to answer counts as down: probes are answered in 100 ms. */
const probeMs = 80;

/** Whether this process lives, and whether it can let anybody in. */
export class HealthService {
  private readonly delay = monitorEventLoopDelay({ resolution: 20 });
  private draining = false;

  constructor(
    private readonly database: Database,
    private readonly node: NodeClient,
  ) {
    this.delay.enable();
  }

  /** Longest pause of the event loop since the last call, in seconds. */
  takeLag(): number {
    const lag = this.delay.max / 1e9;
    this.delay.reset();
    return lag;
  }

  async dependencies(): Promise<Dependencies> {
    const [database, node] = await Promise.all([
      answers(this.database.query('select 1')),
      answers(this.node.stats()),
    ]);
    return { database, node };
  }

  isReady(dependencies: Dependencies): boolean {
    return !this.draining && Object.values(dependencies).every((state) => state === 'up');
  }

  drain(): void {
    this.draining = true;
    this.delay.disable();
  }
}

async function answers(probe: Promise<unknown>): Promise<'up' | 'down'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'down'>((resolve) => {
    timer = setTimeout(resolve, probeMs, 'down');
  });
  const state = await Promise.race([
    probe.then(
      () => 'up' as const,
      () => 'down' as const,
    ),
    late,
  ]);
  clearTimeout(timer);
  return state;
}
