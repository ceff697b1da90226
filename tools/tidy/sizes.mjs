// No file over 600 lines (tests and generated files aside), no line over 100 columns in C++.
export const name = 'files stay small';

const limitLines = 600;
const limitColumns = 100;

export function check(tree) {
  const complaints = [];
  for (const file of tree.files.filter((path) => /\.(h|cpp|ts|tsx|mjs|css|sql)$/.test(path))) {
    if (/\.gen\.|_test\.cpp$|\.test\.tsx?$|^test\/|^native\/(fuzz|testing|sim)\//.test(file))
      continue;
    const lines = tree.text(file).split('\n');
    if (lines.length > limitLines) complaints.push(`${file}: ${lines.length} lines`);
    if (!/\.(h|cpp)$/.test(file)) continue;
    const long = lines.findIndex((line) => [...line].length > limitColumns);
    if (long >= 0) complaints.push(`${file}:${long + 1}: over ${limitColumns} columns`);
  }
  return complaints;
}
