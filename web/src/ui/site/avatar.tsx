/** The person's picture, or the first letter of the name; says nothing to a screen reader. */
export function Avatar({ name, url }: { name: string; url: string | null }) {
  if (url) return <img className="portrait" src={url} alt="" />;
  return <span className="portrait" data-letter={firstLetter(name)} aria-hidden="true" />;
}

/** By grapheme: a letter may be several code points. */
function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name.trim());
  return (first?.segment ?? '').toLocaleUpperCase();
}
