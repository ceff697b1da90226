/** Without a valid credential nothing tells one meeting from another: not status, body or time. */
import { quantile } from '../results.js';
import { type LoadRequest, Wire } from './http-load.js';
import { type BenchMeeting, makeAccount, makeMeeting } from './meetings.js';
import { freshKey, type Product } from './product.js';
import type { Figures, Row } from './rows.js';

const tries = 1000;
const wrongSecret = 'A'.repeat(43);

type Shown = Pick<BenchMeeting, 'code' | 'secret'>;

/** What is wrong, by name. */
async function wrongLinks(product: Product): Promise<Record<string, Shown>> {
  const { headers } = await makeAccount(product);
  const make = (body: object = {}) => makeMeeting(product, body, headers);
  const [open, ended, deleted] = [await make(), await make(), await make()];
  const locked = await make({ policy: { locked: true } });
  await product.ask({ path: `/v1/meetings/${ended.id}/end`, headers, body: {} }, 200);
  const gone = { method: 'DELETE', path: `/v1/meetings/${deleted.id}` };
  await product.ask({ ...gone, headers: { ...headers, 'if-match': '*' } }, 204);
  const guessed = ({ code }: BenchMeeting) => ({ code, secret: wrongSecret });
  return {
    unknown_code: { code: '0'.repeat(12), secret: wrongSecret },
    wrong_secret: guessed(open),
    ended: guessed(ended),
    locked: guessed(locked),
    deleted: { code: deleted.code, secret: deleted.secret },
  };
}

function requestFor(shown: Shown): LoadRequest {
  return { path: '/v1/join', headers: freshKey(), body: { ...shown, display_name: 'Mallory' } };
}

export const answersRow: Row = {
  name: 'answers',
  bars: [
    { figure: 'refusals_different_answers', is: 'at most', bar: 1 },
    { figure: 'refusals_median_spread_ms', is: 'at most', bar: 5 },
  ],
  async measure(product) {
    const links = Object.entries(await wrongLinks(product));
    const times = new Map(links.map(([name]) => [name, [] as number[]]));
    const answers = new Set<string>();
    const wire = new Wire(product.url);
    for (let round = 0; round < tries; round += 1) {
      for (const [name, shown] of links) {
        const { status, body, ms } = await wire.ask(requestFor(shown));
        const { instance: _, ...told } = JSON.parse(body) as Record<string, unknown>;
        answers.add(`${status} ${JSON.stringify(told)}`);
        times.get(name)?.push(ms);
      }
    }
    wire.close();
    return figuresOf(times, answers.size);
  },
};

function figuresOf(times: ReadonlyMap<string, number[]>, answers: number): Figures {
  const medians = [...times].map(([name, values]) => [name, quantile(values, 0.5)] as const);
  const values = medians.map(([, median]) => median);
  return {
    ...Object.fromEntries(medians.map(([name, median]) => [`refusal_${name}_p50_ms`, median])),
    refusals_different_answers: answers,
    refusals_median_spread_ms: Math.max(...values) - Math.min(...values),
  };
}
