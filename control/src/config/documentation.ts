import { Derived, type Setting, writtenName } from './setting.js';
import { oidcFields, places } from './settings.js';

/** The tables of docs/configuration.md: written by tools/configuration.mjs, compared in a test. */
export function documentation(): string {
  const sections = [...new Set(places.map(({ section }) => section))];
  const parts = sections.map((section) => {
    const rows = places.filter((place) => place.section === section);
    return table(
      section,
      rows.map(({ path, setting }) => row(path, setting)),
    );
  });
  const fields = Object.entries(oidcFields as Record<string, Setting<unknown>>);
  const oidc = fields.map(([key, field]) => row(writtenName(key), field));
  return [...parts, table('oidc, a list', oidc)].join('\n\n');
}

function table(section: string, rows: string[]): string {
  const head = '| Setting | Default | | What it has to be |\n|---|---|---|---|';
  return `### ${section}\n\n${head}\n${rows.join('\n')}`;
}

function row(path: string, setting: Setting<unknown>): string {
  const names = [
    `\`${path}\``,
    ...(setting.option ? [`\`--${setting.option}\``] : []),
    ...(setting.alias ? [`\`${setting.alias}\``] : []),
  ].join(', ');
  const help = setting.isSecret ? `${setting.help} (secret)` : setting.help;
  return `| ${names} | ${defaultOf(setting)} | ${help} | ${setting.kind.shape} |`;
}

function defaultOf({ byDefault, kind }: Setting<unknown>): string {
  if (byDefault === undefined) return 'has to be given';
  if (byDefault instanceof Derived) return byDefault.said;
  const written = kind.write(byDefault);
  if (Array.isArray(written)) return written.length === 0 ? 'none' : written.join(', ');
  return `\`${written}\``;
}
