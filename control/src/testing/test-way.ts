import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';
import { Database, type DatabaseAddress, type DatabaseOptions } from '../store/database.js';
import { addressOf } from './test-database.js';

/** The way to a database server, which a test breaks. */
export interface TestWay {
  /** A database on that server, by this way. */
  open(options?: DatabaseOptions): Database;
  /** As when the server is killed: connections break, new ones are refused. */
  break(): Promise<void>;
  /** As when its machine is gone: nothing is answered, nothing is closed. */
  silence(): void;
  /** As it was. */
  mend(): Promise<void>;
}

/** @param direct a database of the test's own. */
export async function testWay(
  t: Test,
  server: DatabaseAddress,
  direct: Database,
): Promise<TestWay> {
  const [row] = await direct.query<{ name: string }>('select current_database() as name');
  const to = targetOf(addressOf(server, row?.name as string));
  const relay = new Relay(to.where);
  await relay.listen();
  t.teardown(() => relay.break());
  return {
    open: (options) => {
      const database = new Database({ ...to.who, host: '127.0.0.1', port: relay.port }, options);
      t.teardown(() => database.close());
      return database;
    },
    break: () => relay.break(),
    silence: () => relay.silence(),
    mend: () => relay.mend(),
  };
}

function targetOf({ connectionString, host = '', port = 5432, ...who }: DatabaseAddress) {
  if (connectionString !== undefined) {
    const url = new URL(connectionString);
    const where = { host: url.hostname, port: Number(url.port || 5432) };
    return { where, who: { user: url.username, database: url.pathname.slice(1) } };
  }
  const where = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  return { where, who };
}

/** The same to any other server on this machine. */
export async function testRelay(t: Test, port: number): Promise<Relay> {
  const relay = new Relay({ host: '127.0.0.1', port });
  await relay.listen();
  t.teardown(() => relay.break());
  return relay;
}

export class Relay {
  port = 0;
  private server: Server | null = null;
  private isSilent = false;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly target: { path: string } | { host: string; port: number }) {}

  async listen(): Promise<void> {
    this.server = createServer((client) => {
      const upstream = connect(this.target);
      this.join(client, upstream);
      this.join(upstream, client);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as { port: number }).port;
  }

  async break(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
    if (server === null) return;
    server.close();
    await once(server, 'close');
  }

  silence(): void {
    this.isSilent = true;
    for (const socket of this.sockets) socket.pause();
  }

  async mend(): Promise<void> {
    this.isSilent = false;
    for (const socket of this.sockets) socket.resume();
    if (this.server === null) await this.listen();
  }

  private join(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.on('error', () => {});
    from.on('data', (bytes) => to.write(bytes));
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroySoon();
    });
    if (this.isSilent) from.pause();
  }
}
