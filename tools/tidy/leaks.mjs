// What must never enter the repository: secrets, absolute home paths, registry hosts, download
// addresses in the lockfile, unfinished marks.
export const name = 'no secrets, machine paths, registry hosts or unfinished marks';

const patterns = [
  [/\/(?:home|Users)\/[A-Za-z]/, 'a home folder'],
  [new RegExp(`/${'root'}/`), "a machine's home folder"],
  [new RegExp(`${'registry'}\\.npmjs|${'deb'}\\.debian\\.org|${'pypi'}\\.org`), 'a registry host'],
  [/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/, 'a private key'],
  [new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'})\\b`), 'an unfinished mark'],
];

export function check(tree) {
  const complaints = [];
  for (const file of tree.files) {
    if (
      /^test\/fixtures\/|^native\/fuzz\/corpus\/|\.(png|pcap|rtpdump|ico|woff2|bin)$|^LICENSE$/.test(
        file,
      )
    )
      continue;
    const text = tree.text(file);
    if (file === 'package-lock.json') {
      if (text.includes('"resolved": "http')) complaints.push(`${file}: holds download addresses`);
      continue;
    }
    for (const [pattern, what] of patterns) {
      const match = pattern.exec(text);
      if (!match) continue;
      const line = text.slice(0, match.index).split('\n').length;
      complaints.push(`${file}:${line}: ${what}: ${match[0]}`);
    }
  }
  return complaints;
}
