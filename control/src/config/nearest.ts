/**
 * The path (`http.port`) that somebody meant who wrote this one. The last word counts, wherever it
 * stands; of two that are as near, the one in the same section.
 */
export function nearestPath(written: string, paths: readonly string[]): string {
  const [section, key] = parts(written);
  const distance = (path: string) => {
    const [otherSection, otherKey] = parts(path);
    const moved = section === otherSection ? 0 : 0.5;
    return Math.min(editDistance(written, path), editDistance(key, otherKey) + moved);
  };
  return nearest(paths, distance);
}

export function nearestWord(written: string, words: readonly string[]): string {
  return nearest(words, (word) => editDistance(written, word));
}

function nearest(words: readonly string[], distance: (word: string) => number): string {
  const ranked = words.map((word) => ({ word, far: distance(word) }));
  return ranked.reduce((best, one) => (one.far < best.far ? one : best)).word;
}

function parts(path: string): [section: string, key: string] {
  const dot = path.indexOf('.');
  return dot < 0 ? ['', path] : [path.slice(0, dot), path.slice(dot + 1)];
}

/** Letters to add, drop, replace or swap with the next one (optimal string alignment). */
export function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, next];
  }
  return at(last, other.length);
}

function at(row: number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
