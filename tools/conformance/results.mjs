// What the test runs left behind (build/results), by acceptance test: which tests carry an id, whether
// they passed, and the figures that they reported as «conformance ID threshold=… got=…».
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const idPattern = /\bT\d+\.\d+\b/g;

/** Native tests carry their ids in the comment above them: suite.name → ids. */
function idsOfNativeTests(root) {
  const ids = new Map();
  const folder = join(root, 'native');
  const files = readdirSync(folder, { recursive: true }).filter((file) => /_test\.cpp$/.test(file));
  for (const file of files) {
    let comment = [];
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const test = /^TEST(?:_[FP])?\((\w+),\s*(\w+)?/.exec(line);
      if (test) {
        const name = `${test[1]}.${test[2] ?? ''}`;
        const inName = name.replace(/_T(\d+)_(\d+)/g, ' T$1.$2');
        ids.set(name, new Set(`${comment.join(' ')} ${inName}`.match(idPattern) ?? []));
      }
      comment = /^\s*\/\//.test(line) ? [...comment, line] : [];
    }
  }
  return ids;
}

function nativeResults(root, file) {
  const ids = idsOfNativeTests(root);
  const results = [];
  for (const suite of JSON.parse(readFileSync(file, 'utf8')).testsuites) {
    for (const test of suite.testsuite) {
      if (test.result !== 'COMPLETED') continue;
      // Parameterised: Prefix/Suite.name/3.
      const name = `${suite.name.split('/').at(-1)}.${test.name.split('/')[0]}`;
      const passed = !test.failures;
      for (const id of ids.get(name) ?? []) results.push({ id, test: name, passed });
      // GoogleTest writes each byte of UTF-8 as a character of its own.
      const figures = Buffer.from(String(test.conformance ?? ''), 'latin1').toString();
      if (figures) results.push(...figuresOf(figures, name, passed));
    }
  }
  return results;
}

function figuresOf(text, test, passed) {
  return text.split(';').flatMap((part) => {
    const [id] = part.match(idPattern) ?? [];
    if (!id) return [];
    return [{ id, test, passed, figure: part.slice(part.indexOf(id) + id.length).trim() }];
  });
}

/** TAP: names of tests and subtests with ids in brackets, and comments below them. */
function tapResults(file) {
  const results = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const point = /^\s*(not )?ok \d+ - (.*?)(?: # time=.*)?$/.exec(line);
    if (point) {
      const ids = point[2].match(/\[T\d+\.\d+\]/g) ?? [];
      const name = point[2].replace(/\[T\d+\.\d+\]\s*/g, '');
      for (const id of ids) {
        results.push({ id: id.slice(1, -1), test: name, passed: point[1] === undefined });
      }
    }
    const comment = /^\s*# conformance (.*)$/.exec(line);
    if (comment) results.push(...figuresOf(comment[1], '', true));
  }
  return results;
}

/** @returns {{id: string, test: string, passed: boolean, figure?: string}[]} */
export function readResults(root) {
  const folder = join(root, 'build', 'results');
  if (!existsSync(folder)) throw new Error('no results: run ./run test native lib replay first');
  return readdirSync(folder).flatMap((file) => {
    const path = join(folder, file);
    return file.endsWith('.json') ? nativeResults(root, path) : tapResults(path);
  });
}
