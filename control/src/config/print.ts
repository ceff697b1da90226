import { stringify } from 'yaml';
import type { Plain } from './kinds.js';
import type { Reading } from './read.js';
import { type Setting, writtenName } from './setting.js';
import { oidcFields, places } from './settings.js';

const mask = '****';

/**
 * The configuration as a YAML file, each value with where it was said. Secrets are masked; a URL shows
 * what is no secret in it.
 */
export function printed({ config, said }: Reading): string {
  const lines: string[] = [];
  let last = '';
  for (const { section, key, path, setting } of places) {
    if (section !== last) lines.push(`${section}:`);
    last = section;
    const value = (config[section as keyof typeof config] as Record<string, unknown>)[key];
    const where = said.get(path) ?? 'default';
    lines.push(`  ${writtenName(key)}: ${shown(key, setting, value)}  # ${where}`);
  }
  if (config.oidc.length > 0) lines.push('oidc:');
  for (const provider of config.oidc) {
    for (const [key, field] of Object.entries(oidcFields)) {
      const name = writtenName(key);
      const value = provider[key as keyof typeof provider];
      const where = said.get(`oidc.${provider.id}.${name}`);
      lines.push(`  ${key === 'id' ? '-' : ' '} ${name}: ${shown(key, field, value)}  # ${where}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function shown(key: string, setting: Setting<unknown>, value: unknown): string {
  const plain = setting.kind.write(value);
  if (!setting.isSecret || plain === 'none') return written(plain);
  return written(key === 'url' ? maskedUrl(String(plain)) : mask);
}

function written(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  return stringify(value, { lineWidth: 0 }).trim();
}

/** Without its password, and what its parameters are. */
export function maskedUrl(url: string): string {
  return url
    .replace(/^([^/]*\/\/[^/:]*):[^/]*@/, `$1:${mask}@`)
    .replace(/([?&][^=&#]+)=[^&#]*/g, `$1=${mask}`);
}
