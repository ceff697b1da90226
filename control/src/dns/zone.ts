import { isIPv6 } from 'node:net';
import { stringify } from 'yaml';
import type { RegionTable } from './region-table.js';

/** Whether an address is to be among the answers. */
export type IsWell = (address: string) => boolean;

/**
 * Seconds for which a resolver may keep an answer: a region that is lost is left within these and
 * the three seconds of `Standing`. Less is more questions, more is a longer outage.
 */
export const ttlSeconds = 30;
/** Of the zone's own records, which no failover changes. */
const steadyTtlSeconds = 3600;
/** Nobody transfers this zone: each name server makes its own. */
const soaNumbers = `1 3600 600 86400 ${ttlSeconds}`;

/** A record set of PowerDNS' GeoIP backend. */
type Records = Record<string, unknown>[];

export interface Zone {
  domains: {
    domain: string;
    ttl: number;
    records: Record<string, Records>;
    services: Record<string, string[]>;
  }[];
}

/**
 * What the name server answers to whom (the zone file of PowerDNS' GeoIP backend): a record set for
 * each place that a region serves, the nearest word for a client first: part of a country, country,
 * continent, anywhere.
 */
export function zoneOf(table: RegionTable, isWell: IsWell): Zone {
  const { domain, name_servers, contact, regions, otherwise } = table;
  const records: Record<string, Records> = {
    [domain]: [
      { soa: { content: `${name_servers[0]} ${contact} ${soaNumbers}`, ttl: steadyTtlSeconds } },
      ...name_servers.map((content) => ({ ns: { content, ttl: steadyTtlSeconds } })),
    ],
  };
  for (const [name, { countries = [], continents = [] }] of Object.entries(regions)) {
    const answer = recordsOf(answering(table, name, isWell));
    for (const country of countries) records[`${countryLabel(country)}.${domain}`] = answer;
    for (const one of continents) records[`${one.toLowerCase()}.continent.${domain}`] = answer;
  }
  records[`anywhere.${domain}`] = recordsOf(answering(table, otherwise, isWell));
  const places = ['%re.%cc.part', '%cc.country', '%cn.continent', 'anywhere'];
  const services = { [domain]: places.map((place) => `${place}.${domain}`) };
  return { domains: [{ domain, ttl: ttlSeconds, records, services }] };
}

export function writeZone(zone: Zone): string {
  return stringify(zone, { aliasDuplicateObjects: false });
}

/** As the placeholders `%re` and `%cc` become names. */
function countryLabel(country: string): string {
  const [code, part] = country.toLowerCase().split('-');
  return part === undefined ? `${code}.country` : `${part}.${code}.part`;
}

/**
 * The addresses that answer for a region: its own that are well, else those of its reserve, and so
 * on, else those of any region. When none is well anywhere, it is the watcher who is cut off, or
 * everything is down: then answers stay as if all were well.
 */
export function answering(table: RegionTable, name: string, isWell: IsWell): string[] {
  const order = [...new Set([...reserves(table, name), ...Object.keys(table.regions)])];
  const found = (isIn: (region: RegionTable['regions'][string], address: string) => boolean) =>
    order
      .map((one) => table.regions[one])
      .filter((region) => region !== undefined)
      .map((region) => region.addresses.filter((address) => isIn(region, address)))
      .find((addresses) => addresses.length > 0);
  return (
    found((region, address) => region.drained !== true && isWell(address)) ??
    found((region) => region.drained !== true) ??
    found(() => true) ??
    []
  );
}

/** The region, its reserve, the reserve of that, until one comes again. */
function reserves({ regions }: RegionTable, name: string): string[] {
  const chain: string[] = [];
  for (let next: string | undefined = name; next && !chain.includes(next); ) {
    chain.push(next);
    next = regions[next]?.reserve;
  }
  return chain;
}

function recordsOf(addresses: string[]): Records {
  return addresses.map((address) => (isIPv6(address) ? { aaaa: address } : { a: address }));
}
