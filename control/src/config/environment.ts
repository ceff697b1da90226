import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearestWord } from './nearest.js';
import { places, variableOf } from './settings.js';
import type { Source, Written } from './source.js';

const oidcVariable = /^PLENUM_OIDC_[A-Z0-9_]+_CLIENT_SECRET(_FILE)?$/;
const oidcPath = /^oidc\.[^.]+\.client_secret$/;

/**
 * The environment: `PLENUM_SECTION_KEY`; a secret also as the name of a file that holds it,
 * `PLENUM_SECTION_KEY_FILE`, or as a file `section.key` in the folder of systemd's credentials
 * (`LoadCredential=`, systemd.exec(5)). A variable that is empty is none.
 */
export function readEnvironment(environment: NodeJS.ProcessEnv, complaints: string[]): Source {
  complaints.push(...strangeVariables(environment));
  const settingOf = new Map(places.map((place) => [place.path, place.setting]));
  return {
    get(path) {
      const setting = settingOf.get(path);
      const isSecret = setting?.isSecret === true || oidcPath.test(path);
      const names = [variableOf(path), ...(setting?.alias ? [setting.alias] : [])];
      const found = names.flatMap((name) => valuesOf(name, isSecret, environment, complaints));
      if (found.length > 1) {
        complaints.push(`${found.map(({ where }) => where).join(' and ')}: one of them is enough`);
      }
      return found[0] ?? (isSecret ? credential(path, environment, complaints) : undefined);
    },
  };
}

function valuesOf(
  name: string,
  isSecret: boolean,
  environment: NodeJS.ProcessEnv,
  complaints: string[],
): Written[] {
  const found: Written[] = [];
  if (environment[name]) found.push({ text: environment[name], where: name });
  const file = environment[`${name}_FILE`];
  if (isSecret && file) {
    const text = contentOf(file, `${name}_FILE`, complaints);
    if (text !== undefined) found.push({ text, where: `${name}_FILE` });
  }
  return found;
}

function credential(
  path: string,
  environment: NodeJS.ProcessEnv,
  complaints: string[],
): Written | undefined {
  const folder = environment.CREDENTIALS_DIRECTORY;
  if (!folder) return undefined;
  const where = `the credential ${path}`;
  const text = contentOf(join(folder, path), where, complaints, 'ENOENT');
  return text === undefined ? undefined : { text, where };
}

/** Without the line's end that editors and `echo` leave. */
function contentOf(
  file: string,
  where: string,
  complaints: string[],
  forgiven?: string,
): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return text;
    complaints.push(`${where}: ${file} is empty`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== forgiven) complaints.push(`${where}: ${file} cannot be read (${code})`);
  }
  return undefined;
}

/** Variables of one of our sections that are no setting; others may be anybody's. */
function strangeVariables(environment: NodeJS.ProcessEnv): string[] {
  const known = places.flatMap(({ variable, setting }) =>
    setting.isSecret ? [variable, `${variable}_FILE`] : [variable],
  );
  const sections = [...new Set(places.map(({ section }) => variableOf(section)))];
  return Object.keys(environment)
    .filter((name) => [...sections, 'PLENUM_OIDC'].some((one) => name.startsWith(`${one}_`)))
    .filter((name) => !known.includes(name) && !oidcVariable.test(name))
    .map((name) => `${name}: there is no such setting; the nearest is ${nearestWord(name, known)}`);
}
