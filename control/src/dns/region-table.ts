import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Static, Type } from 'typebox';
import { Errors } from 'typebox/value';
import { parse } from 'yaml';

const hostName = Type.String({ pattern: '^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$' });
const regionName = Type.String({ pattern: '^[a-z0-9-]{1,32}$' });

const Region = Type.Object(
  {
    /** Of its ingress, IPv4 and IPv6. */
    addresses: Type.Array(Type.String()),
    /** Who answers in its place. */
    reserve: Type.Optional(regionName),
    /** Whom it serves: `JP`, or a part of it: `US-CA` (ISO 3166). */
    countries: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Z]{2}(-[A-Z0-9]{1,3})?$' }))),
    continents: Type.Optional(Type.Array(Type.Enum(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA']))),
    /** Taken out by hand. */
    drained: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const Table = Type.Object(
  {
    /** The zone, and the name that people open. */
    domain: hostName,
    name_servers: Type.Array(hostName, { minItems: 1 }),
    /** Of who answers for the zone, `@` written as a dot. */
    contact: hostName,
    /** What each address is asked; without it `https://` the domain `/readyz`. */
    probe: Type.Optional(Type.String({ pattern: '^https?://' })),
    /** The region of whom nothing is known. */
    otherwise: regionName,
    regions: Type.Record(regionName, Region),
  },
  { additionalProperties: false },
);

export type Region = Static<typeof Region>;
export type RegionTable = Static<typeof Table>;

/**
 * The table of regions (`regions.yaml`).
 * @throws Error with everything that is wrong with it, a line each.
 */
export function readRegionTable(file: string): RegionTable {
  return parseRegionTable(readFileSync(file, 'utf8'));
}

export function parseRegionTable(text: string): RegionTable {
  const table = parse(text) as RegionTable;
  const wrong = Errors(Table, table).map(
    ({ instancePath, message }) => `${instancePath || 'the table'} ${message}`,
  );
  const complaints = wrong.length > 0 ? wrong : contradictions(table);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  return table;
}

/** Of a table that has its form. */
function contradictions({ regions, otherwise }: RegionTable): string[] {
  const entries = Object.entries(regions);
  const isRegion = (name: string) => Object.hasOwn(regions, name);
  const missing = [otherwise, ...entries.flatMap(([, { reserve }]) => reserve ?? [])]
    .filter((name) => !isRegion(name))
    .map((name) => `${name} is no region`);
  const noAddress = entries.flatMap(([name, { addresses }]) =>
    addresses.filter((one) => isIP(one) === 0).map((one) => `${name}: ${one} is no address`),
  );
  const reached = entries.some(([, { addresses }]) => addresses.length > 0);
  return [
    ...missing,
    ...noAddress,
    ...(reached ? [] : ['no region has an address']),
    ...twice(entries.flatMap(([, { countries = [] }]) => countries)),
    ...twice(
      entries.flatMap(([, { continents = [] }]) => continents.map((one) => `all of ${one}`)),
    ),
  ];
}

function twice(places: string[]): string[] {
  return places
    .filter((place, index) => places.indexOf(place) !== index)
    .map((place) => `${place} is served twice`);
}
