import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { readBusAddress } from '../bus/bus-address.js';
import { readEventsAddress } from '../clickhouse/clickhouse-address.js';
import { readQueueAddress } from '../queue/queue-address.js';
import { readObjectsAddress } from '../store/objects-address.js';

/** What stands in a YAML file for a value. */
export type Plain = string | number | boolean | string[];

/** How the value of a setting is written, in a file, a variable or an option alike. */
export interface Kind<T> {
  /** What it has to be, as complaints and the documentation say it: `a whole number, 1 to 32`. */
  readonly shape: string;
  /** Undefined: it does not fit. @throws Error with more to say than that. */
  read(text: string): T | undefined;
  write(value: T): Plain;
  readonly isList?: true;
}

export const text: Kind<string> = {
  shape: 'text',
  read: (written) => written,
  write: (value) => value,
};

/** Text of a form; the form need not be anchored. */
export function form(shape: string, pattern: RegExp): Kind<string> {
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags);
  return { ...text, shape, read: (written) => (whole.test(written) ? written : undefined) };
}

export function count(least: number, most?: number): Kind<number> {
  return {
    shape: `a whole number, ${least} ${most === undefined ? 'or more' : `to ${most}`}`,
    read: (written) => within(/^\d+$/, written, least, most ?? 2 ** 31),
    write: (value) => value,
  };
}

export function fraction(least: number, most: number): Kind<number> {
  return {
    shape: `a number, ${least} to ${most}`,
    read: (written) => within(/^\d*\.?\d+$/, written, least, most),
    write: (value) => value,
  };
}

/** Disks are larger than any other number here. */
export const bytes: Kind<number> = {
  ...count(0, Number.MAX_SAFE_INTEGER),
  shape: 'a whole number, 0 or more',
};

export const port: Kind<number> = { ...count(0, 65_535), shape: 'a port, 0 to 65535' };

export const flag: Kind<boolean> = {
  shape: '`true` or `false`',
  read: (written) => ({ true: true, false: false })[written],
  write: (value) => value,
};

export function choice<const T extends string>(...values: T[]): Kind<T> {
  return {
    shape: values.map((value) => `\`${value}\``).join(' or '),
    read: (written) => values.find((value) => value === written),
    write: (value) => value,
  };
}

/** `none` is null. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return {
    shape: `${kind.shape}, or \`none\``,
    read: (written) => (written === 'none' ? null : kind.read(written)),
    write: (value) => (value === null ? 'none' : kind.write(value)),
  };
}

/** A YAML list; in a variable separated by commas. */
export function list<T extends string>(kind: Kind<T>): Kind<T[]> {
  return {
    shape: `a list, each ${kind.shape}`,
    isList: true,
    read(written) {
      const values = written.split(',').filter(Boolean);
      const read = values.map((value) => kind.read(value.trim()));
      return read.every((value) => value !== undefined) ? read : undefined;
    },
    write: (value) => value,
  };
}

export const host = form('an address or a host name', /[\w.:-]+/);

/** `host:port`, an IPv6 address in brackets. */
export const fleetAddress = form(
  'an address such as `control.example.org:8443`',
  /(?:[\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}/,
);

export const region = form('1 to 32 of a–z, 0–9 and -', /[a-z0-9-]{1,32}/);

/** An address, or a range of them in CIDR notation. */
export const addressRange: Kind<string> = {
  ...text,
  shape: 'an address or a range such as `10.0.0.0/8`',
  read(written) {
    const [, address = '', bits = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(written) ?? [];
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return Number(bits) <= most ? written : undefined;
  },
};

/** Scheme, host and port, as a browser's Origin header has it. */
export const origin: Kind<string> = {
  ...text,
  shape: 'an origin such as `https://meet.example.org`',
  read(written) {
    const url = URL.canParse(written) ? new URL(written) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
    return url.href === `${url.origin}/` ? url.origin : undefined;
  },
};

export const httpUrl: Kind<string> = {
  ...text,
  shape: 'an `https:` or `http:` URL',
  read: (written) =>
    URL.canParse(written) && /^https?:$/.test(new URL(written).protocol) ? written : undefined,
};

/** Made absolute, from the working directory. */
export const folder: Kind<string> = { ...text, shape: 'a folder', read: (path) => resolve(path) };

/** The URL of a part that can be one of several. */
export function backend(schemes: string[]): Kind<string> {
  const shape = `a URL that begins with ${schemes.map((name) => `\`${name}:\``).join(' or ')}`;
  const read = (written: string) => {
    const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/i.exec(written) ?? [];
    const isWhole = scheme !== 'file' || /^file:(\/\/\/.*)?$/.test(written);
    return schemes.includes(scheme) && isWhole ? written : undefined;
  };
  return { ...text, shape, read };
}

/** See bus/bus-address.ts. */
export const busUrl: Kind<string> = {
  ...text,
  shape:
    '`memory:`, `redis://HOST:PORT`, `redis+sentinel://HOST:PORT,…/MASTER` or ' +
    '`redis+cluster://HOST:PORT,…` (`rediss` for TLS)',
  read: (written) => (readBusAddress(written) === null ? undefined : written),
};

/** See queue/queue-address.ts. */
export const queueUrl: Kind<string> = {
  ...text,
  shape: '`local:` or `kafka://HOST:PORT,…/TOPIC` (`kafkas` for TLS)',
  read: (written) => (readQueueAddress(written) === null ? undefined : written),
};

/** See clickhouse/clickhouse-address.ts. */
export const eventsUrl: Kind<string> = {
  ...text,
  shape: '`local:` or `clickhouse://HOST:PORT/DATABASE` (`clickhouses` for TLS)',
  read: (written) => (readEventsAddress(written) === null ? undefined : written),
};

/** See store/objects-address.ts. */
export const objectsUrl: Kind<string> = {
  ...text,
  shape: '`file:`, `file:///FOLDER` or `s3://BUCKET/PREFIX?region=…&endpoint=https://…`',
  read: (written) => (readObjectsAddress(written) === null ? undefined : written),
};

export interface MediaAddress {
  address: string;
  port?: number;
}

/** `192.0.2.1`, `192.0.2.1:40000`, `2001:db8::1`, `[2001:db8::1]:40000`. */
export const mediaAddress: Kind<MediaAddress> = {
  shape: '`ADDRESS` or `ADDRESS:PORT`',
  read(written) {
    const [, bracketed, plain, end] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(written) ?? [];
    const address = bracketed ?? plain ?? written;
    if (end === undefined) return { address };
    const found = port.read(end);
    return found === undefined ? undefined : { address, port: found };
  },
  write: ({ address, port }) =>
    port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`,
};

/** The engine's limit. */
const maxShards = 32;

export const shards: Kind<number> = {
  shape: `a whole number, 1 to ${maxShards}, or \`auto\`: one per core`,
  read: (written) =>
    written === 'auto'
      ? Math.min(availableParallelism(), maxShards)
      : count(1, maxShards).read(written),
  write: (value) => value,
};

function within(form: RegExp, text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return form.test(text) && value >= least && value <= most ? value : undefined;
}
