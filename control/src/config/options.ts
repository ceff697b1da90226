import { parseArgs } from 'node:util';
import { ConfigError } from './config-error.js';
import { nearestWord } from './nearest.js';
import { places } from './settings.js';
import type { Source } from './source.js';

const withOption = places.filter(({ setting }) => setting.option !== undefined);

const known = new Map([
  ['config', null],
  ...withOption.map(({ path, setting }) => [setting.option as string, path] as const),
]);

export interface Options extends Source {
  /** `--config`. */
  file: string | undefined;
}

/** @throws ConfigError for what is no option. */
export function readOptions(args: string[]): Options {
  const options = Object.fromEntries(
    [...known.keys()].map((name) => [name, { type: 'string' as const }]),
  );
  const { tokens, values } = parseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const complaints = tokens.flatMap((token) => {
    if (token.kind === 'positional') return [`${token.value}: not understood`];
    if (token.kind !== 'option') return [];
    if (!known.has(token.name)) return [strange(token.rawName)];
    return token.value === undefined ? [`${token.rawName}: has no value`] : [];
  });
  if (complaints.length > 0) throw new ConfigError(complaints);
  const nameOf = new Map(withOption.map(({ path, setting }) => [path, setting.option as string]));
  return {
    file: values.config as string | undefined,
    get(path) {
      const name = nameOf.get(path);
      const text = name && (values[name] as string | undefined);
      return text === undefined ? undefined : { text, where: `--${name}` };
    },
  };
}

function strange(name: string): string {
  const names = [...known.keys()].map((one) => `--${one}`);
  return `${name}: there is no such option; the nearest is ${nearestWord(name, names)}`;
}
