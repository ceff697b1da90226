import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { testFolder } from '../../../control/src/testing/test-database.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { childrenOf } from '../../../control/src/testing/test-process.js';
import { eventually } from '../../../control/src/testing/test-redis.js';
import { deploy } from './places.js';
import { startProgram } from './processes.js';

export const name = 'meet.example.org';

export interface Ingress {
  port: number;
  /** Whom its certificate is of. */
  ca: Buffer;
  /** Resolves when new workers have taken over. */
  reload(): Promise<void>;
}

/** How a kind of ingress is set up and asked to read its configuration again. */
interface Kind {
  file: string;
  /** What a test says otherwise: what stands in the file, and what takes its place. */
  changes(place: { folder: string; port: number; plainPort: number }): [string, string][];
  start(file: string): [string, ...string[]];
  reloadSignal: NodeJS.Signals;
}

export const kinds: Record<string, Kind> = {
  nginx: {
    file: 'nginx.conf',
    changes: ({ folder, port, plainPort }) => [
      ['user www-data;', ''],
      ['pid /run/nginx.pid;', `pid ${folder}/pid;`],
      ['error_log /var/log/nginx/error.log warn;', 'error_log stderr warn;'],
      ['access_log /var/log/nginx/access.log short;', `access_log ${folder}/access.log short;`],
      ['http {\n', `http {\n${temporaryPaths(folder)}\n`],
      ['listen 80;', `listen 127.0.0.1:${plainPort};`],
      ['listen [::]:80;', ''],
      ['listen 443 ssl http2;', `listen 127.0.0.1:${port} ssl http2;`],
      ['listen [::]:443 ssl http2;', ''],
      ['/etc/plenum/tls/fullchain.pem', `${folder}/certificate.pem`],
      ['/etc/plenum/tls/privkey.pem', `${folder}/key.pem`],
    ],
    start: (file) => ['nginx', '-c', file, '-g', 'daemon off;'],
    reloadSignal: 'SIGHUP',
  },
  haproxy: {
    file: 'haproxy.cfg',
    changes: ({ folder, port, plainPort }) => [
      ['log /dev/log local0 notice', ''],
      ['maxconn 100000', 'maxconn 2000'],
      ['user haproxy', ''],
      ['group haproxy', ''],
      ['bind :80', `bind 127.0.0.1:${plainPort}`],
      ['bind :::80 v6only', ''],
      ['bind :443 ssl', `bind 127.0.0.1:${port} ssl`],
      ['bind :::443 v6only ssl crt /etc/plenum/tls/haproxy.pem alpn h2,http/1.1', ''],
      ['/etc/plenum/tls/haproxy.pem', `${folder}/both.pem`],
    ],
    start: (file) => ['haproxy', '-W', '-db', '-f', file],
    reloadSignal: 'SIGUSR2',
  },
};

/** Where Debian's nginx keeps bodies only its own user may write. */
function temporaryPaths(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
}

/** The configuration that we ship, before those control processes, on a port of loopback. */
export async function startIngress(
  t: Test,
  { file, changes, start, reloadSignal }: Kind,
  controls: readonly [number, number],
): Promise<Ingress> {
  const folder = testFolder(t);
  const [port, plainPort] = [await claimPort(), await claimPort()];
  const ca = makeCertificate(folder);
  let text = readFileSync(join(deploy, 'ingress', file), 'utf8');
  for (const [from, to] of [
    ...changes({ folder, port, plainPort }),
    ['10.0.0.11:8080', `127.0.0.1:${controls[0]}`],
    ['10.0.0.12:8080', `127.0.0.1:${controls[1]}`],
  ] as [string, string][]) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from} any more`);
    text = text.replace(from, to);
  }
  writeFileSync(join(folder, file), text);
  const [program, ...words] = start(join(folder, file));
  const { child, said } = startProgram(t, program, words, { ending: 'SIGTERM' });
  const pid = child.pid as number;
  await eventually('it has workers', async () => {
    if (child.exitCode !== null) throw new Error(`it ended at once: ${said()}`);
    return childrenOf(pid).length > 0 ? true : undefined;
  });
  const reload = async () => {
    const before = childrenOf(pid);
    child.kill(reloadSignal);
    await eventually('new workers', async () =>
      childrenOf(pid).some((worker) => !before.includes(worker)) ? true : undefined,
    );
  };
  return { port, ca, reload };
}

function makeCertificate(folder: string): Buffer {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const both = Buffer.concat([readFileSync(certificate), readFileSync(key)]);
  writeFileSync(join(folder, 'both.pem'), both);
  return readFileSync(certificate);
}
