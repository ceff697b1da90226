import type { Machine } from '../machine.js';
import { isLoopback, isPublic } from './hosts.js';
import type { Config } from './settings.js';
import { isKnown, leastClientSecretBytes, leastKeyBytes, weaknessOf } from './weak-secrets.js';

/** Each meeting has several, and so has each request. */
export const leastOpenFiles = 65_536;

/** Something that is not as it has to be, and what to do about it. */
export interface Lack {
  what: string;
  fix: string;
}

/** What a start for others than this machine lacks. */
export interface Verdict {
  /** It does not go on. */
  refused: Lack[];
  /** `security.allow_insecure` lets it. A bad secret nothing does. */
  passed: Lack[];
}

export function said({ what, fix }: Lack): string {
  return `${what}; ${fix}`;
}

/**
 * @param role of the process that starts: a media node, or a recorder, has no pages and no keys of ours, control no
 *   media; without one it is everything.
 */
export function judgeStart(config: Config, machine: Machine, role: string | null = null): Verdict {
  if (!isPublic(config)) return { refused: [], passed: [] };
  const hasPages = role === null || role === 'control';
  const hasMedia = role === null || role === 'node' || role === 'recorder';
  const secrets = hasPages ? weakSecrets(config) : [];
  const others = [
    ...(hasPages ? [...generatedKeys(config), ...plainHttp(config)] : []),
    ...(hasMedia ? smallBuffers(config, machine) : []),
    ...fewFiles(machine),
  ];
  return config.security.allowInsecure
    ? { refused: secrets, passed: others }
    : { refused: [...secrets, ...others], passed: [] };
}

function weakSecrets(config: Config): Lack[] {
  const key = config.keys.secret && weaknessOf(config.keys.secret, leastKeyBytes);
  const fresh = 'make one: openssl rand -base64 32';
  const clients = config.oidc.flatMap(({ id, clientSecret }) => {
    const weakness = weaknessOf(clientSecret, leastClientSecretBytes);
    const what = `oidc.${id}.client_secret ${weakness}`;
    return weakness ? [{ what, fix: 'let the provider make one' }] : [];
  });
  const urls = (['store', 'bus', 'queue', 'events', 'mail'] as const).filter((name) =>
    isKnown(passwordIn(config[name].url)),
  );
  const { secretAccessKey } = config.objects;
  const isBucketOpen = secretAccessKey !== null && isKnown(secretAccessKey);
  return [
    ...(key ? [{ what: `keys.secret ${key}`, fix: fresh }] : []),
    ...clients,
    ...(isBucketOpen
      ? [{ what: 'objects.secret_access_key is one that everybody knows', fix: 'make another' }]
      : []),
    ...urls.map((name) => ({
      what: `the password in ${name}.url is one that everybody knows`,
      fix: 'set another one there',
    })),
  ];
}

/** No password at all is somebody's decision (a socket, a client certificate). */
function passwordIn(url: string): string {
  const [, password = ''] = /^[^/]*\/\/[^/:]*:([^/]*)@/.exec(url) ?? [];
  return password;
}

function generatedKeys({ keys, security }: Config): Lack[] {
  if (keys.secret !== null || security.allowGeneratedKeys) return [];
  return [
    {
      what: 'keys would be generated ones, of which keys.json in the data folder is the only copy',
      fix: 'set keys.secret (openssl rand -base64 32), or security.allow_generated_keys: true',
    },
  ];
}

function plainHttp({ http }: Config): Lack[] {
  if (http.origin?.startsWith('https:')) return [];
  if (http.origin === null && isLoopback(http.host)) return [];
  return [
    {
      what: 'pages would come over plain HTTP, to which browsers give no camera',
      fix: 'put a TLS proxy in front of http.port and set http.origin to its https:// address',
    },
  ];
}

export function smallBuffers({ media }: Config, machine: Machine): Lack[] {
  const wanted = media.leastBufferBytes;
  const limits = [
    ['net.core.rmem_max', machine.receiveBufferBytes],
    ['net.core.wmem_max', machine.sendBufferBytes],
  ] as const;
  return limits.flatMap(([name, bytes]) =>
    bytes === null || bytes >= wanted
      ? []
      : [{ what: `UDP sockets get ${bytes} bytes of buffer`, fix: `sysctl -w ${name}=${wanted}` }],
  );
}

export function fewFiles({ openFiles }: Machine): Lack[] {
  if (openFiles === null || openFiles >= leastOpenFiles) return [];
  return [
    {
      what: `${openFiles} files may be open, ${leastOpenFiles} are the least`,
      fix: 'systemd: LimitNOFILE=1048576, a shell: ulimit -n 1048576',
    },
  ];
}
