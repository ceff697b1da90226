/** Of a key that we make others from. */
export const leastKeyBytes = 32;
/** Of a client secret: the provider made it, and it is guessed against the provider only. */
export const leastClientSecretBytes = 16;

/** Parts of secrets that stand in examples, templates and lists of what people choose. */
const knownParts = [
  ...['changeme', 'changethis', 'changeit', 'replaceme', 'replacethis', 'placeholder', 'example'],
  ...['password', 'passw0rd', 'passphrase', 'letmein', 'yoursecret', 'yoursuper', 'yourkey'],
  ...['supersecret', 'topsecret', 'mysecret', 'secretkey', 'notsecret', 'insecure', 'default'],
  ...['0123456789', '1234567890', 'abcdefghij', 'qwertyuiop', 'plenumsecret', '256bitsecret'],
];
/** Of a service, as it comes. */
const knownWhole = ['admin', 'guest', 'plenum', 'postgres', 'redis', 'root', 'secret', 'test'];
/** A unit again and again: `aaaa…`, `0123456789abcdef` twice. */
const repeated = /^(.{1,16}?)\1+(.{0,15})$/s;

/** Could somebody guess it from documentation or habit? */
export function isKnown(secret: string): boolean {
  const plain = secret.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (knownWhole.includes(plain) || /^1?2345\d*$/.test(plain)) return true;
  if (knownParts.some((part) => plain.includes(part))) return true;
  const [, unit = '', rest = ''] = repeated.exec(secret) ?? [];
  return unit !== '' && unit.startsWith(rest);
}

/** What is wrong with a secret that needs so many bytes; null: nothing. */
export function weaknessOf(secret: string, leastBytes: number): string | null {
  const bytes = Buffer.byteLength(secret);
  if (bytes < leastBytes) return `has ${bytes} bytes, ${leastBytes} are the least`;
  return isKnown(secret) ? 'is one that everybody knows' : null;
}
