import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { answersWell } from '../../control/src/dns/probe.js';
import { readRegionTable } from '../../control/src/dns/region-table.js';
import { ZoneWatch } from '../../control/src/dns/zone-watch.js';
import { TestClock } from '../../control/src/testing/test-clock.js';
import { testFolder } from '../../control/src/testing/test-database.js';
import { claimPort } from '../../control/src/testing/test-ports.js';
import { program } from '../../control/src/testing/test-process.js';
import { eventually } from '../../control/src/testing/test-redis.js';
import { type NameServer, nameServerOf, writePlaces } from './support/name-server.js';
import { endProgram, startProgram } from './support/processes.js';

const name = 'meet.example.org';
const west = '127.0.0.21';
const east = '127.0.0.22';
const europe = '127.0.0.23';
/** Clients, told apart by the addresses from which they ask. */
const californian = '127.0.0.11';
const newYorker = '127.0.0.12';
const berliner = '127.0.0.13';
const stranger = '127.0.0.14';
const places = {
  [californian]: { continent: 'NA', country: 'US', state: 'CA' },
  [newYorker]: { continent: 'NA', country: 'US', state: 'NY' },
  [berliner]: { continent: 'EU', country: 'DE' },
};

/** An ingress as a probe sees it: it answers `/readyz` by that status, for its own name alone. */
async function ingress(t: Test, address: string, port: number) {
  const state = { status: 200 };
  const server: Server = createServer((request, response) => {
    const isAsked = request.url === '/readyz' && request.headers.host === `${name}:${port}`;
    response.writeHead(isAsked ? state.status : 404).end();
  });
  server.listen(port, address);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return state;
}

function writeTable(file: string, port: number, drained: string[] = []): void {
  const region = (name: string, rest: object) => ({ ...rest, drained: drained.includes(name) });
  const table = {
    ...{ domain: name, name_servers: ['ns1.example.org'], contact: 'hostmaster.example.org' },
    probe: `http://${name}:${port}/readyz`,
    otherwise: 'east',
    regions: {
      west: region('west', { addresses: [west], reserve: 'east', countries: ['US-CA'] }),
      east: region('east', { addresses: [east], reserve: 'west', countries: ['US'] }),
      europe: region('europe', { addresses: [europe], reserve: 'east', continents: ['EU'] }),
    },
  };
  writeFileSync(file, stringify(table));
}

const reload = async ({ folder }: NameServer) => {
  await promisify(execFile)('pdns_control', [`--config-dir=${folder}`, 'reload']);
};

t.test('answers follow place and health', async (t) => {
  const port = await claimPort();
  const table = join(testFolder(t), 'regions.yaml');
  writeTable(table, port);
  const [inWest = { status: 0 }] = await Promise.all(
    [west, east, europe].map((address) => ingress(t, address, port)),
  );
  const server = nameServerOf(t);
  writePlaces(server, places);
  const clock = new TestClock();
  let isServing = false;
  const said: string[] = [];
  const watch = new ZoneWatch({
    clock,
    readTable: () => readRegionTable(table),
    zoneFile: server.zoneFile,
    look: answersWell,
    reload: async () => (isServing ? reload(server) : undefined),
    say: (line) => said.push(line),
  });
  t.teardown(() => watch.stop());
  await watch.start();
  await server.start();
  isServing = true;
  const looks = async (count: number) => {
    for (let done = 0; done < count; done++) {
      clock.advance(1000);
      await watch.settled();
    }
  };
  const told = async (from: string) => {
    const answers = await server.ask(from, name);
    return answers?.map(({ address }) => address);
  };

  t.strictSame(await server.ask(californian, name), [{ address: west, ttl: 30 }]);
  t.strictSame(await told(newYorker), [east]);
  t.strictSame(await told(berliner), [europe]);
  t.strictSame(await told(stranger), [east], 'whom nobody knows');

  inWest.status = 503;
  await looks(2);
  t.strictSame(await told(californian), [west], 'two bad looks are no outage');
  await looks(1);
  t.strictSame(await told(californian), [east], 'its reserve takes its place');
  t.strictSame(await told(berliner), [europe], 'others stay where they are');
  inWest.status = 200;
  await looks(9);
  t.strictSame(await told(californian), [east]);
  await looks(1);
  t.strictSame(await told(californian), [west], 'it is back after ten good looks');

  writeTable(table, port, ['europe']);
  await looks(1);
  t.strictSame(await told(berliner), [east], 'a line in the table takes a region out at once');
  writeFileSync(table, 'domain: [');
  await looks(1);
  t.strictSame(await told(berliner), [east], 'a table that cannot be read changes nothing');
  t.match(said.at(-1), /^the last table holds: /);
  writeTable(table, port);
  await looks(1);
  t.strictSame(await told(berliner), [europe]);
});

t.test(
  'the command writes the zone before it says that it is ready, and ends when told',
  async (t) => {
    const port = await claimPort();
    const table = join(testFolder(t), 'regions.yaml');
    writeTable(table, port);
    await Promise.all([west, east].map((address) => ingress(t, address, port)));
    const server = nameServerOf(t);
    writePlaces(server, places);
    const words = ['dns', '--regions', table, '--zone', server.zoneFile];
    const watcher = startProgram(t, process.execPath, [
      ...[program, ...words, '--pdns-config', server.folder],
    ]);
    await eventually('a zone', async () => (existsSync(server.zoneFile) ? true : undefined));
    await server.start();
    t.strictSame(await server.ask(newYorker, name), [{ address: east, ttl: 30 }]);
    t.strictSame(
      await server.ask(berliner, name),
      [{ address: east, ttl: 30 }],
      'a region that refuses connections is out from the first look on',
    );
    t.match(watcher.said(), new RegExp(`${europe} does not answer`));
    await endProgram(watcher.child, 'SIGTERM');
    t.equal(watcher.child.exitCode, 0);
  },
);
