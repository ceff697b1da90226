import type { PlayableFile } from './repository.js';

const maxNameLength = 80;

/** `Content-Disposition` (RFC 6266): shown, or saved under the title of the meeting and what it is. */
export function dispositionOf(
  { title, key, kind, layout, source, fileId }: PlayableFile & { title: string },
  isDownload: boolean,
): string {
  if (!isDownload) return 'inline';
  const what = { composite: layout ?? 'composite', audio: 'audio' };
  // Of the same source there are several, of several people.
  const part = kind === 'track' ? `${source ?? 'track'} ${fileId.slice(-6)}` : what[kind];
  const ending = /\.[A-Za-z0-9]+$/.exec(key)?.[0] ?? '';
  const name = `${cleanTitle(title)} ${part}${ending}`;
  const plain = name.replace(/[^\w .()-]/g, '_');
  // RFC 8187: encodeURIComponent leaves four signs that are none of its own.
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Fit for a file's name on every system. */
function cleanTitle(title: string): string {
  const clean = title
    .replace(/[\p{C}/\\:*?"<>|]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return [...clean].slice(0, maxNameLength).join('') || 'Recording';
}
