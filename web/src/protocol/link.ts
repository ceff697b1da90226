/**
 * The join link: `https://host/m/{code}#k={secret}`. The secret stays in the fragment, so it
 * never reaches a server log; it is sent in the body of the join alone (api §3).
 */

export interface JoinLink {
  code: string;
  /** Absent in a link that relies on a passcode or a login. */
  secret?: string;
}

const pathPattern = /^\/m\/([0-9A-Za-z-]{1,64})\/?$/;

/** Reads path and fragment of a page address. Undefined: that is no meeting's page. */
export function readJoinLink(pathname: string, hash: string): JoinLink | undefined {
  const code = pathPattern.exec(pathname)?.[1];
  if (code === undefined) return undefined;
  const secret = new URLSearchParams(hash.replace(/^#/, '')).get('k');
  return secret ? { code, secret } : { code };
}

/**
 * What a person pasted: a whole link, or one without its scheme. Undefined: not a join link.
 * `base` is the origin of this page.
 */
export function readPastedLink(text: string, base: string): URL | undefined {
  const trimmed = text.trim();
  const candidates = [trimmed, `${new URL(base).protocol}//${trimmed}`];
  for (const candidate of candidates) {
    const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
    if (!url || !/^https?:$/.test(url.protocol)) continue;
    if (readJoinLink(url.pathname, url.hash)) return url;
  }
  return undefined;
}
