import { Resolver } from 'node:dns/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { testFolder } from '../../../control/src/testing/test-database.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { eventually } from '../../../control/src/testing/test-redis.js';
import { mmdbOf, type Place } from './mmdb.js';
import { deploy } from './places.js';
import { startProgram } from './processes.js';

export interface NameServer {
  /** Of pdns.conf, as `pdns_control --config-dir` wants it. */
  folder: string;
  zoneFile: string;
  /** The addresses that a client at this address is told, with their TTL; null: nothing. */
  ask(from: string, name: string): Promise<{ address: string; ttl: number }[] | null>;
}

/** The name server with the configuration that we ship, on a port of loopback, before any zone is there. */
export function nameServerOf(t: Test): NameServer & { start(): Promise<void> } {
  const folder = testFolder(t);
  const zoneFile = join(folder, 'zone.yaml');
  let port = 0;
  const ask = async (from: string, name: string) => {
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.0.0.1:${port}`]);
    resolver.setLocalAddress(from);
    return resolver.resolve4(name, { ttl: true }).catch(() => null);
  };
  const start = async () => {
    port = await claimPort();
    writeFileSync(join(folder, 'pdns.conf'), configuration(folder, zoneFile, port));
    const words = ['--guardian=no', '--daemon=no', '--disable-syslog'];
    const { child, said } = startProgram(t, 'pdns_server', [`--config-dir=${folder}`, ...words]);
    await eventually('the name server answers', async () => {
      if (child.exitCode !== null) throw new Error(`it ended at once: ${said()}`);
      return said().includes('ready to distribute questions') ? true : undefined;
    });
  };
  return { folder, zoneFile, ask, start };
}

/** Where clients are, by their addresses. */
export function writePlaces({ folder }: NameServer, places: Record<string, Place>): void {
  writeFileSync(join(folder, 'city.mmdb'), mmdbOf(places));
}

function configuration(folder: string, zoneFile: string, port: number): string {
  const own: Record<string, string> = {
    'geoip-zones-file': zoneFile,
    'geoip-database-files': `mmdb:${join(folder, 'city.mmdb')}`,
    'local-address': '127.0.0.1',
    'local-port': `${port}`,
    'socket-dir': folder,
  };
  return readFileSync(join(deploy, 'dns', 'pdns.conf'), 'utf8').replace(
    /^([a-z-]+)=.*$/gm,
    (line, name) => (own[name] === undefined ? line : `${name}=${own[name]}`),
  );
}
