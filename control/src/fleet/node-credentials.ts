import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { enrol, readToken } from './enrolment.js';
import { type Credentials, isExpiredAfter, type MemberRole, uriOf } from './identity.js';

interface Kept extends Credentials {
  nodeId: string;
}

/** What a node, or a recorder, shows of itself; kept in `node.json` (mode 0600) of its data folder. */
export class NodeCredentials {
  private constructor(
    private readonly file: string,
    private kept: Kept,
    private readonly role: MemberRole,
  ) {}

  /** Enrols at the first start. @throws Error which says what an operator can do. */
  static async open(
    folder: string,
    config: Config,
    { clock, role = 'node' }: { clock: Clock; role?: MemberRole },
  ): Promise<NodeCredentials> {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'node.json');
    const kept = read(file);
    if (kept !== null && !isExpiredAfter(kept.certificate, clock.now())) {
      return new NodeCredentials(file, kept, role);
    }
    const fresh = await enrolled(config);
    if (!isOf(fresh, role)) throw new Error(`node.token enrols no ${role}: make one of that kind`);
    write(file, fresh);
    return new NodeCredentials(file, fresh, role);
  }

  get nodeId(): string {
    return this.kept.nodeId;
  }

  get current(): Credentials {
    return this.kept;
  }

  /** SPKI, PEM. */
  get publicKey(): string {
    return createPublicKey(this.kept.key).export({ format: 'pem', type: 'spki' }) as string;
  }

  /** Another one for the same key. @throws Error when it is not this node's: nothing is changed. */
  renew(certificate: string): void {
    const next = new X509Certificate(certificate);
    const isOurs =
      next.checkPrivateKey(createPrivateKey(this.kept.key)) &&
      next.verify(new X509Certificate(this.kept.authority).publicKey) &&
      next.subjectAltName === `URI:${uriOf({ role: this.role, id: this.nodeId })}`;
    if (!isOurs) throw new Error('the certificate is not of this node');
    this.kept = { ...this.kept, certificate };
    write(this.file, this.kept);
  }
}

function isOf({ certificate, nodeId: id }: Kept, role: MemberRole): boolean {
  return new X509Certificate(certificate).subjectAltName === `URI:${uriOf({ role, id })}`;
}

async function enrolled({ node, fleet }: Config): Promise<Kept> {
  if (node.token === null) {
    throw new Error(
      'this machine is no node of a fleet yet: make a token (POST /v1/node-tokens) and set node.token',
    );
  }
  const token = readToken(node.token);
  if (token === null) throw new Error('node.token is no enrolment token');
  const failures: string[] = [];
  for (const address of node.controls) {
    try {
      const who = { name: node.name.slice(0, 64), region: fleet.region };
      const { nodeId, credentials } = await enrol(address, token, who);
      return { nodeId, ...credentials };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(`no control process takes it: ${failures.join('; ')}`);
}

function read(file: string): Kept | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function write(file: string, kept: Kept): void {
  const descriptor = openSync(`${file}.partial`, 'w', 0o600);
  writeSync(descriptor, JSON.stringify(kept));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${file}.partial`, file);
}
