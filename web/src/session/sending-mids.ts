/**
 * The m-lines of a session description that send, by their mid (RFC 8866 §6.7, RFC 8843 §7.1).
 * What an offer says is read from the offer itself: the transceivers may have moved on since.
 */
export function sendingMids(sdp: string): Set<string> {
  const mids = new Set<string>();
  const [, ...sections] = sdp.split(/^m=/m);
  for (const section of sections) {
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
    if (mid !== undefined && /^a=send(only|recv)\r?$/m.test(section)) mids.add(mid);
  }
  return mids;
}
