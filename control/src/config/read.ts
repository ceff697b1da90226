import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from './config-error.js';
import { readEnvironment } from './environment.js';
import { readOptions } from './options.js';
import { Derived, type Known, type Setting, writtenName } from './setting.js';
import { type Config, oidcFields, places, settings, variableOf } from './settings.js';
import type { Source, Written } from './source.js';
import { readYamlFile } from './yaml-file.js';

export interface Reading {
  config: Config;
  /** Where each setting that is not at its default was said, by path. */
  said: Map<string, string>;
  /** The YAML file, if there is one. */
  file: string | null;
}

/**
 * The configuration: an option counts more than the environment, that more than the file.
 * @throws ConfigError with everything that does not fit.
 */
export function readConfig(args: string[], environment: NodeJS.ProcessEnv): Config {
  return readSettings(args, environment).config;
}

/** @throws ConfigError as `readConfig`. */
export function readSettings(args: string[], environment: NodeJS.ProcessEnv): Reading {
  const complaints: string[] = [];
  const options = readOptions(args);
  const variables = readEnvironment(environment, complaints);
  const reader = new Reader([options, variables], complaints);
  const file = fileOf(options.file ?? environment.PLENUM_CONFIG, reader, complaints);
  if (file !== null) reader.sources.push(readYamlFile(file, complaints));
  const config = { ...reader.table(), oidc: reader.oidc(environment) };
  if (complaints.length > 0) throw new ConfigError([...new Set(complaints)]);
  return { config, said: reader.said, file };
}

/** The file that was named (`none`: none), else `plenum.yaml` in the data folder where there is one. */
function fileOf(named: string | undefined, reader: Reader, complaints: string[]): string | null {
  if (named === 'none') return null;
  const file = resolve(named || join(reader.dataFolder(), 'plenum.yaml'));
  if (existsSync(file)) return file;
  if (named) complaints.push(`${file}: there is no such file`);
  return null;
}

/** For settings whose defaults follow from none. */
const nothingKnown: Known = {
  http: { host: '', origin: null },
  media: { host: '', port: 0 },
  fleet: { host: '', port: 0 },
  data: { folder: '' },
};

type Values = Record<string, unknown>;

class Reader {
  readonly said = new Map<string, string>();

  constructor(
    readonly sources: Source[],
    private readonly complaints: string[],
  ) {}

  /** As options and environment have it: the file that may say something else lies in it. */
  dataFolder(): string {
    const { folder } = settings.data;
    const value = this.value('data.folder', folder, nothingKnown);
    return value as string;
  }

  table(): Omit<Config, 'oidc'> {
    const table = new Map(Object.keys(settings).map((name) => [name, {} as Values]));
    const known = Object.fromEntries(table) as unknown as Known;
    const isDerived = ({ setting }: { setting: Setting<unknown> }) =>
      setting.byDefault instanceof Derived;
    const inOrder = [...places.filter((place) => !isDerived(place)), ...places.filter(isDerived)];
    for (const { section, key, path, setting } of inOrder) {
      Object.assign(table.get(section) as Values, { [key]: this.value(path, setting, known) });
    }
    return known as unknown as Omit<Config, 'oidc'>;
  }

  oidc(environment: NodeJS.ProcessEnv): Config['oidc'] {
    const ids = this.sources.flatMap((source) => source.oidcIds?.() ?? []);
    this.complaints.push(...strangeProviders(ids, environment));
    return ids.map((id) => {
      const fields = Object.entries(oidcFields).map(([key, field]) => {
        return [key, this.value(`oidc.${id}.${writtenName(key)}`, field, nothingKnown)];
      });
      return Object.fromEntries(fields) as Config['oidc'][number];
    });
  }

  private value(path: string, setting: Setting<unknown>, known: Known): unknown {
    for (const source of this.sources) {
      const written = source.get(path);
      if (written === undefined) continue;
      this.said.set(path, written.where);
      const value = this.understood(written, setting);
      if (value !== undefined) return value;
    }
    const { byDefault } = setting;
    if (byDefault === undefined && !this.said.has(path))
      this.complaints.push(missing(path, setting));
    return byDefault instanceof Derived ? byDefault.from(known) : byDefault;
  }

  private understood({ text, where }: Written, { kind, isSecret }: Setting<unknown>): unknown {
    const shown = isSecret ? 'the value' : text === '' ? 'nothing' : text;
    try {
      const value = kind.read(text);
      if (value !== undefined) return value;
      this.complaints.push(`${where}: ${shown} is not ${kind.shape}`);
    } catch (error) {
      this.complaints.push(`${where}: ${(error as Error).message}`);
    }
    return undefined;
  }
}

function missing(path: string, { isSecret }: Setting<unknown>): string {
  const elsewhere = isSecret ? ` (or ${variableOf(path)}, or ${variableOf(path)}_FILE)` : '';
  return `${path} is missing${elsewhere}`;
}

function strangeProviders(ids: string[], environment: NodeJS.ProcessEnv): string[] {
  const known = ids.map((id) => variableOf(`oidc.${id}`));
  return Object.keys(environment).flatMap((name) => {
    const [, provider] = /^(PLENUM_OIDC_.+?)_CLIENT_SECRET(?:_FILE)?$/.exec(name) ?? [];
    if (provider === undefined || known.includes(provider)) return [];
    return [`${name}: oidc in the file has no such provider`];
  });
}
