import type { Clock } from '../../clock.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';

/** What a command is answered with. */
export type CommandAnswer =
  | { t: 'ok'; d: ServerPayloads['ok'] }
  | { t: 'publish.answer'; d: ServerPayloads['publish.answer'] }
  | { t: 'error'; d: ServerPayloads['error'] };

const keptMs = 600_000;
/** More commands than this in 10 minutes and the oldest answers go: a repeat would run again. */
const maxKept = 2000;

interface Result {
  at: number;
  answer: Promise<CommandAnswer>;
}

/** Runs each command id once and gives a repeat the same answer, for 10 minutes. */
export class CommandResults {
  private readonly results = new Map<string, Result>();

  constructor(private readonly clock: Clock) {}

  once(id: string, run: () => Promise<CommandAnswer>): Promise<CommandAnswer> {
    const known = this.results.get(id);
    if (known !== undefined) return known.answer;
    const answer = run();
    this.results.set(id, { at: this.clock.monotonic(), answer });
    this.forget();
    return answer;
  }

  private forget(): void {
    const oldest = this.clock.monotonic() - keptMs;
    for (const [id, { at }] of this.results) {
      if (at >= oldest && this.results.size <= maxKept) return;
      this.results.delete(id);
    }
  }
}
