/**
 * The way to one control process: everybody is told to come by it. Those of its own region pass always,
 * those of other regions while the way between regions is open. On loopback all have one address: who
 * comes is found out by the process that has the socket.
 */
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const established = '01';

export class RegionWay {
  private readonly far = new Set<Socket>();
  private readonly all = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    private readonly isNear: (inode: string) => Promise<boolean>,
  ) {}

  /** @param nearPids the processes of its region, whenever somebody comes. */
  static async open(target: number, nearPids: () => readonly number[]): Promise<RegionWay> {
    const server = createServer({ pauseOnConnect: true });
    const isNear = async (inode: string) => {
      const found = await Promise.all(nearPids().map((pid) => hasSocket(pid, inode)));
      return found.includes(true);
    };
    const way = new RegionWay(server, target, isNear);
    server.on('connection', (client) => void way.take(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return way;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Nothing passes from other regions, and nothing is closed. */
  setCut(isCut: boolean): void {
    this.isCut = isCut;
    for (const socket of this.far) {
      if (isCut) socket.pause();
      else socket.resume();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.all) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(client: Socket): Promise<void> {
    this.keep(client, this.all);
    const inode = await inodeOf(client.remotePort as number, this.port).catch(() => undefined);
    const isFar = inode === undefined || !(await this.isNear(inode));
    if (client.destroyed) return;
    const upstream = connect(this.target, '127.0.0.1');
    this.keep(upstream, this.all);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      if (isFar) this.keep(from, this.far);
      from.on('data', (bytes) => to.write(bytes));
      from.on('close', () => to.destroySoon());
      if (isFar && this.isCut) from.pause();
      else from.resume();
    }
  }

  private keep(socket: Socket, among: Set<Socket>): void {
    among.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => among.delete(socket));
  }
}

/** Of the socket that this connection has at its other end; Linux, proc(5). */
async function inodeOf(port: number, to: number): Promise<string | undefined> {
  const hex = (of: number) => of.toString(16).toUpperCase().padStart(4, '0');
  const rows = (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const mine = rows.find(
    ([, local, remote, state]) =>
      state === established && local?.endsWith(`:${hex(port)}`) && remote?.endsWith(`:${hex(to)}`),
  );
  return mine?.[9];
}

async function hasSocket(pid: number, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  );
  return links.includes(`socket:[${inode}]`);
}
