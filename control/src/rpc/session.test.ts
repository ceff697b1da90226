import fc from 'fast-check';
import t from 'tap';
import { seedOf } from '../testing/seed.js';
import { Session, type Wire } from './session.js';

/** Two ends, and a line between them that carries what it is told to and can be cut. */
class Line {
  readonly taken: { a: unknown[]; b: unknown[] } = { a: [], b: [] };
  readonly broken: string[] = [];
  readonly a = this.end('a');
  readonly b = this.end('b');
  private towards: { a: string[]; b: string[] } = { a: [], b: [] };
  private wires: { a: Wire; b: Wire } | null = null;

  private end(name: 'a' | 'b'): Session {
    return new Session({
      message: (message) => this.taken[name].push(message),
      broken: (reason) => this.broken.push(reason),
    });
  }

  /** What was under way is lost with a cut. */
  cut(): void {
    this.towards = { a: [], b: [] };
    if (this.wires === null) return;
    this.a.detach(this.wires.a);
    this.b.detach(this.wires.b);
    this.wires = null;
  }

  connect(): boolean {
    this.cut();
    const wires = {
      a: { send: (text: string) => this.towards.b.push(text), close: () => {} },
      b: { send: (text: string) => this.towards.a.push(text), close: () => {} },
    };
    this.wires = wires;
    const [fromA, fromB] = [this.a.received, this.b.received];
    return this.a.attach(wires.a, fromB) && this.b.attach(wires.b, fromA);
  }

  /** Up to so many frames arrive, on either side. */
  carry(count: number): void {
    for (let carried = 0; carried < count; carried++) {
      const [toA, toB] = [this.towards.a.shift(), this.towards.b.shift()];
      if (toA !== undefined) this.a.handle(toA);
      if (toB !== undefined) this.b.handle(toB);
      if (toA === undefined && toB === undefined) return;
    }
  }
}

t.test('whatever is cut, each message arrives once and in order', async () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant('post' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ does: fc.constant('carry' as const), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ does: fc.constant('tell' as const), count: fc.constant(1) }),
    fc.record({ does: fc.constant('cut' as const), count: fc.constant(1) }),
    fc.record({ does: fc.constant('connect' as const), count: fc.constant(1) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const line = new Line();
      let posted = 0;
      const act = {
        post: () => {
          posted += 1;
          line.a.post(posted);
          line.b.post(-posted);
        },
        carry: () => line.carry(1),
        tell: () => {
          line.a.tellTaken();
          line.b.tellTaken();
        },
        cut: () => line.cut(),
        connect: () => line.connect(),
      };
      for (const { does, count } of steps) for (let n = 0; n < count; n++) act[does]();
      if (!line.connect()) return false;
      line.carry(10_000);
      const wanted = Array.from({ length: posted }, (_, index) => index + 1);
      const isWhole = (taken: unknown[], sign: number) =>
        taken.length === posted && wanted.every((n, index) => taken[index] === sign * n);
      return isWhole(line.taken.b, 1) && isWhole(line.taken.a, -1) && line.broken.length === 0;
    }),
    { numRuns: 1000, seed: seedOf(t) },
  );
});

t.test('what was acknowledged is not kept; who lacks it cannot go on', async (t) => {
  const line = new Line();
  line.connect();
  line.a.post('one');
  line.carry(10);
  line.b.tellTaken();
  line.carry(10);
  const sent: string[] = [];
  const wire = { send: (text: string) => sent.push(text), close: () => {} };
  t.notOk(line.a.attach(wire, 0), 'the first message is not there any more');
  t.notOk(line.a.attach(wire, 2), 'it was never sent');
  t.ok(line.a.attach(wire, 1));
  t.strictSame(sent, [], 'nothing again');
});

t.test('who takes nothing is lost, once, and its wire is closed', async (t) => {
  const line = new Line();
  let closed = 0;
  line.a.attach({ send: () => {}, close: () => closed++ }, 0);
  for (let n = 0; n < 30_000; n++) line.a.post(n);
  t.equal(line.broken.length, 1);
  t.equal(closed, 1);
  t.notOk(line.a.attach({ send: () => {}, close: () => {} }, 0), 'for good');
});

t.test('a gap is no message', async (t) => {
  const line = new Line();
  t.throws(() => line.a.handle('{"n":2,"a":0,"m":"two"}'), /message 2 after 0/);
  t.strictSame(line.taken.a, []);
});
