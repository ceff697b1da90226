/**
 * A language for tests: English with accents on every letter and 40 % more of it, in brackets. What
 * stays plain is outside of the catalogue; a missing bracket is clipped text.
 */
import { type Catalogue, en, type TextKey } from './en/index.js';

const accented: Readonly<Record<string, string>> = Object.fromEntries(
  [...'AÅBƁCÇDĐEÉFƑGĜHĤIÎJĴKĶLĻMṀNÑOÖPÞQǪRŔSŠTŢUÛVṼWŴXẊYÝZŽ'].flatMap((letter, index, all) => {
    const to = all[index + 1] ?? letter;
    return index % 2 === 0
      ? [
          [letter, to],
          [letter.toLowerCase(), to.toLowerCase()],
        ]
      : [];
  }),
);

const filler = ' ļöŕéṁ îþšûṁ đöļöŕ šîţ åṁéţ';

/** `pattern` with its literal text changed; arguments and plural selectors stay as they are. */
export function pseudoOf(pattern: string): string {
  let result = '';
  let literals = 0;
  /** What the braces around the place mean: text in an option, or the inside of an argument. */
  const around: ('text' | 'argument')[] = ['text'];
  for (const char of pattern) {
    const isText = around.at(-1) === 'text';
    if (char === '{') around.push(isText ? 'argument' : 'text');
    else if (char === '}') around.pop();
    else if (isText) literals += 1;
    result += isText ? (accented[char] ?? char) : char;
  }
  const padding = filler.repeat(Math.ceil(literals / 50)).slice(0, Math.ceil(literals * 0.4));
  return `[${result}${padding}]`;
}

export const pseudo: Catalogue = Object.fromEntries(
  Object.entries(en).map(([key, pattern]) => [key, pseudoOf(pattern)]),
) as Record<TextKey, string>;
