import type { Machine } from '../machine.js';
import { isLoopback, isPublic } from './hosts.js';
import type { Config } from './settings.js';
import { isKnown, leastClientSecretBytes, leastKeyBytes, weaknessOf } from './weak-secrets.js';

/** Each meeting has several, and so has each request. */
export const leastOpenFiles = 65_536;

/** Why a start for others than this machine does not go on, each with what to do. */
export interface Refusals {
  /** Whatever else is allowed. */
  secrets: string[];
  /** What `security.allow_insecure` lets pass. */
  circumstances: string[];
}

export function refusalsOf(config: Config, machine: Machine): Refusals {
  if (!isPublic(config)) return { secrets: [], circumstances: [] };
  return {
    secrets: weakSecrets(config),
    circumstances: [
      ...generatedKeys(config),
      ...plainHttp(config),
      ...smallBuffers(config, machine),
      ...fewFiles(machine),
    ],
  };
}

function weakSecrets(config: Config): string[] {
  const key = config.keys.secret && weaknessOf(config.keys.secret, leastKeyBytes);
  const fresh = 'make one: openssl rand -base64 32';
  const clients = config.oidc.flatMap(({ id, clientSecret }) => {
    const weakness = weaknessOf(clientSecret, leastClientSecretBytes);
    return weakness ? [`oidc.${id}.client_secret ${weakness}; let the provider make one`] : [];
  });
  const urls = (['store', 'bus', 'mail'] as const).filter((name) =>
    isKnown(passwordIn(config[name].url)),
  );
  return [
    ...(key ? [`keys.secret ${key}; ${fresh}`] : []),
    ...clients,
    ...urls.map((name) => `the password in ${name}.url is one that everybody knows; set another`),
  ];
}

/** No password at all is somebody's decision (a socket, a client certificate). */
function passwordIn(url: string): string {
  const [, password = ''] = /^[^/]*\/\/[^/:]*:([^/]*)@/.exec(url) ?? [];
  return password;
}

function generatedKeys({ keys, security }: Config): string[] {
  if (keys.secret !== null || security.allowGeneratedKeys) return [];
  return [
    'the keys would be generated ones, of which keys.json in the data folder is the only copy; ' +
      'set keys.secret (openssl rand -base64 32), or security.allow_generated_keys: true',
  ];
}

function plainHttp({ http }: Config): string[] {
  if (http.origin?.startsWith('https:')) return [];
  if (http.origin === null && isLoopback(http.host)) return [];
  return [
    'pages would come over plain HTTP, to which browsers give no camera; put a TLS proxy in front ' +
      'of http.port and set http.origin to its https:// address',
  ];
}

function smallBuffers({ media }: Config, machine: Machine): string[] {
  const wanted = media.leastBufferBytes;
  const limits = [
    ['net.core.rmem_max', machine.receiveBufferBytes],
    ['net.core.wmem_max', machine.sendBufferBytes],
  ] as const;
  return limits.flatMap(([name, bytes]) =>
    bytes === null || bytes >= wanted
      ? []
      : [`UDP sockets get ${bytes} bytes of buffer; sysctl -w ${name}=${wanted}`],
  );
}

function fewFiles({ openFiles }: Machine): string[] {
  if (openFiles === null || openFiles >= leastOpenFiles) return [];
  return [
    `${openFiles} files may be open, ${leastOpenFiles} are the least; ` +
      'systemd: LimitNOFILE=1048576, a shell: ulimit -n 1048576',
  ];
}
