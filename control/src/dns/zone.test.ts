import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { projectRoot } from '../config.js';
import { parseRegionTable, type RegionTable, readRegionTable } from './region-table.js';
import { answering, ttlSeconds, writeZone, zoneOf } from './zone.js';

const shipped = join(projectRoot, 'deploy', 'dns', 'regions.yaml');

const table: RegionTable = {
  domain: 'meet.example.org',
  name_servers: ['ns1.example.org', 'ns2.example.org'],
  contact: 'hostmaster.example.org',
  otherwise: 'east',
  regions: {
    west: { addresses: ['192.0.2.1', '2001:db8::1'], reserve: 'east', countries: ['US-CA'] },
    east: { addresses: ['192.0.2.2'], reserve: 'west', countries: ['US'], continents: ['NA'] },
    north: { addresses: [], reserve: 'east', countries: ['CA'] },
    far: { addresses: ['192.0.2.3'], continents: ['AS'] },
  },
};
const allBut =
  (...lost: string[]) =>
  (address: string) =>
    !lost.includes(address);

t.test('each place has the addresses of its region, the nearest word for it first', (t) => {
  const [zone] = zoneOf(table, () => true).domains;
  t.match(zone, {
    domain: 'meet.example.org',
    ttl: ttlSeconds,
    records: {
      'ca.us.part.meet.example.org': [{ a: '192.0.2.1' }, { aaaa: '2001:db8::1' }],
      'us.country.meet.example.org': [{ a: '192.0.2.2' }],
      'na.continent.meet.example.org': [{ a: '192.0.2.2' }],
      'as.continent.meet.example.org': [{ a: '192.0.2.3' }],
      'anywhere.meet.example.org': [{ a: '192.0.2.2' }],
    },
    services: {
      'meet.example.org': [
        '%re.%cc.part.meet.example.org',
        '%cc.country.meet.example.org',
        '%cn.continent.meet.example.org',
        'anywhere.meet.example.org',
      ],
    },
  });
  const [soa, ...ns] = zone?.records['meet.example.org'] ?? [];
  t.match(soa, { soa: { content: /^ns1\.example\.org hostmaster\.example\.org 1 .* 30$/ } });
  t.match(ns, [{ ns: { content: 'ns1.example.org' } }, { ns: { content: 'ns2.example.org' } }]);
  t.end();
});

t.test('who answers for a region', (t) => {
  const west = (...lost: string[]) => answering(table, 'west', allBut(...lost));
  t.strictSame(west(), ['192.0.2.1', '2001:db8::1'], 'itself');
  t.strictSame(west('2001:db8::1'), ['192.0.2.1'], 'what of it is well');
  t.strictSame(west('192.0.2.1', '2001:db8::1'), ['192.0.2.2'], 'its reserve');
  t.strictSame(
    west('192.0.2.1', '2001:db8::1', '192.0.2.2'),
    ['192.0.2.3'],
    'with the reserve gone too, whoever is well',
  );
  t.strictSame(
    west('192.0.2.1', '2001:db8::1', '192.0.2.2', '192.0.2.3'),
    ['192.0.2.1', '2001:db8::1'],
    'when nobody is, the watcher is cut off: as if all were well',
  );
  t.strictSame(
    answering(table, 'north', () => true),
    ['192.0.2.2'],
    'a region of no addresses',
  );
  t.end();
});

t.test('a region that is drained answers nobody, unless there is no other', (t) => {
  const drained = (...names: string[]): RegionTable => ({
    ...table,
    regions: Object.fromEntries(
      Object.entries(table.regions).map(([name, region]) => [
        name,
        { ...region, drained: names.includes(name) },
      ]),
    ),
  });
  t.strictSame(
    answering(drained('west'), 'west', () => true),
    ['192.0.2.2'],
  );
  t.strictSame(
    answering(drained('west'), 'west', () => false),
    ['192.0.2.2'],
    'all seem down',
  );
  const all = drained('west', 'east', 'north', 'far');
  t.strictSame(
    answering(all, 'west', () => true),
    ['192.0.2.1', '2001:db8::1'],
  );
  t.end();
});

t.test('the shipped table has the twelve data centres and their reserves', (t) => {
  const { regions } = readRegionTable(shipped);
  const reserveOf = Object.entries(regions).map(([name, { reserve }]) => [name, reserve]);
  t.strictSame(Object.fromEntries(reserveOf), {
    ...{ sfo: 'nyc', nyc: 'sfo', mkc: undefined, lon: 'fra', fra: 'lon', tyo: 'sin', bom: 'sin' },
    ...{ ast: 'fra', sin: 'tyo', nbo: 'fra', rio: 'nyc', syd: 'sin' },
  });
  const continents = Object.values(regions).flatMap((region) => region.continents ?? []);
  t.strictSame(continents.sort(), ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'], 'the whole world');
  t.end();
});

t.test('a zone is written as YAML that says the same', (t) => {
  const zone = zoneOf(table, () => true);
  t.strictSame(parse(writeZone(zone)), JSON.parse(JSON.stringify(zone)));
  t.notMatch(writeZone(zone), /[&*]a\d/, 'without anchors');
  t.end();
});

t.test('a table says everything that is wrong with it', (t) => {
  const complaints = { message: /^(?=[\s\S]*domain)[\s\S]*regions/ };
  t.throws(() => parseRegionTable('domain: x\nregionz: {}'), complaints);
  const wrong = {
    ...table,
    otherwise: 'nowhere',
    regions: {
      west: { addresses: ['west.example.org'], reserve: 'gone', countries: ['US', 'US'] },
    },
  };
  t.throws(() => parseRegionTable(JSON.stringify(wrong)), {
    message: [
      ...['nowhere is no region', 'gone is no region'],
      ...['west: west.example.org is no address', 'US is served twice'],
    ].join('\n'),
  });
  t.end();
});
