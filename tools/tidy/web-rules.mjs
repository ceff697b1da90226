// The web client: strings come from the catalogue, CSS is logical (no left and right).
export const name = 'web: catalogue strings and logical CSS';

const physical =
  /(?:^|[\s;{])((?:margin|padding|border|inset)-(?:left|right|top|bottom)|left|right|(?:min-|max-)?width|(?:min-|max-)?height)\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right)/m;
const visibleText = />\s*[A-Z][A-Za-z]+(?: [A-Za-z]+)*[.!?]?\s*<\//;
const visibleAttribute = /\b(?:aria-label|placeholder|title|alt)="[A-Za-z]/;

export function check(tree) {
  const complaints = [];
  const report = (file, pattern, what) => {
    const match = pattern.exec(tree.text(file));
    if (!match) return;
    const line = tree
      .text(file)
      .slice(0, match.index + 1)
      .split('\n').length;
    complaints.push(`${file}:${line}: ${what}: ${match[0].trim()}`);
  };
  for (const file of tree.files.filter((path) => path.startsWith('web/src/'))) {
    if (file.endsWith('.css')) report(file, physical, 'physical property');
    if (file.endsWith('.tsx')) {
      report(file, visibleText, 'a string outside the catalogue');
      report(file, visibleAttribute, 'a string outside the catalogue');
    }
  }
  return complaints;
}
