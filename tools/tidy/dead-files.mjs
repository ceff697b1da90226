// Every file is reached from somewhere: headers are included, modules are imported from an entrance,
// pages of docs/ are linked, tools are called.
import { dirname, join } from 'node:path/posix';

export const name = 'no file is dead';

const entrances = [
  /^lib\/index\.ts$/,
  /^control\/src\/server\.ts$/,
  /^recorder\/src\/index\.ts$/,
  // Read by tools/client-types.mjs.
  /^control\/src\/schemas\/index\.ts$/,
  /^client\/src\/index\.ts$/,
  /^web\/src\/main\.tsx$/,
  /^web\/.*\.config\.ts$/,
  /^(bench|test)\/.*\/(main|worker)\.ts$/,
  /^bench\/[^/]+\.ts$/,
  /\.test\.tsx?$/,
  /\.d\.ts$/,
];

function resolve(tree, from, target) {
  const base = join(dirname(from), target).replace(/\.js$/, '');
  return [`${base}.ts`, `${base}.tsx`, base, `${base}/index.ts`].find((path) =>
    tree.files.includes(path),
  );
}

function deadModules(tree) {
  const modules = tree.files.filter((path) => /\.(ts|tsx)$/.test(path));
  const queue = modules.filter((path) => entrances.some((pattern) => pattern.test(path)));
  const reached = new Set(queue);
  while (queue.length > 0) {
    const file = queue.pop();
    for (const [, target] of tree
      .text(file)
      .matchAll(/(?:from|import|import\(|new URL\()\s*['"](\.[^'"]+)['"]/g)) {
      const path = resolve(tree, file, target);
      if (path && !reached.has(path)) {
        reached.add(path);
        queue.push(path);
      }
    }
  }
  return modules.filter((path) => !reached.has(path)).map((path) => `${path}: imported by nothing`);
}

function deadHeaders(tree) {
  const sources = tree.files.filter((path) => /^native\/.*\.(h|cpp)$/.test(path));
  const included = new Set();
  for (const file of sources) {
    for (const [, target] of tree.text(file).matchAll(/^#include "([^"]+)"/gm)) {
      const own = file.replace(/\.cpp$/, '.h') === `native/${target}`;
      if (!own) included.add(`native/${target}`);
    }
  }
  return sources
    .filter((path) => path.endsWith('.h') && !included.has(path))
    .map((path) => `${path}: included by nothing but its own source`);
}

function deadPages(tree) {
  const pages = tree.files.filter((path) => path.endsWith('.md'));
  const text = pages.map((path) => [path, tree.text(path)]);
  return pages
    .filter((path) => path.startsWith('docs/'))
    .filter(
      (path) => !text.some(([from, body]) => from !== path && body.includes(path.split('/').pop())),
    )
    .map((path) => `${path}: linked from no page`);
}

function deadTools(tree) {
  const callers = tree.files
    .filter((path) =>
      /^(run|package\.json|CMakeLists\.txt|web\/package\.json)$|\.(mjs|md|ts|cpp|yml)$/.test(path),
    )
    .map((path) => [path, tree.text(path)]);
  return tree.files
    .filter((path) => /^tools\/.*\.mjs$/.test(path))
    .filter(
      (path) =>
        !callers.some(([from, body]) => from !== path && body.includes(path.split('/').pop())),
    )
    .map((path) => `${path}: called by nothing`);
}

export function check(tree) {
  return [...deadModules(tree), ...deadHeaders(tree), ...deadPages(tree), ...deadTools(tree)];
}
