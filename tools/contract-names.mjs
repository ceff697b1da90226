// Names and comments for the two generators of tools/contract.mjs.

/** `transport_create` → `TransportCreate`. */
export function pascal(name) {
  return name.replace(/(?:^|_)([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** `transport_create` → `transportCreate`. */
export function camel(name) {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/** Breaks prose into lines that fit, each behind `prefix`. */
export function comment(text, prefix, width = 100) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line && prefix.length + line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map((line) => `${prefix}${line}`);
}
