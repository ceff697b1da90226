/** `If-Match` (RFC 9110 §13.1.1). */

/** RFC 9725 writes the asterisk of its examples in quotes, and so do clients. */
export function isAnyEtag(condition: string): boolean {
  return /^\s*(?:\*|"\*")\s*$/.test(condition);
}

/** Strong comparison: a weak tag matches nothing. */
export function matchesEtag(condition: string, etag: string): boolean {
  return condition.split(',').some((tag) => tag.trim() === `"${etag}"`);
}
