/** The links of a meeting of one's own: to hand out, and to go in by as its host. */
import type { Api, Meeting } from '../../../client/src/index.js';
import { readJoinLink } from '../protocol/link.js';
import type { Settings } from './settings.js';

type Named = Pick<Meeting, 'meeting_id' | 'code'>;

/** The one for participants; the same each time. */
export async function participantLink(api: Api, { meeting_id }: Named): Promise<string> {
  const params = { meeting_id };
  return (await api.call('GET /v1/meetings/{meeting_id}/invites/default', { params })).url;
}

/**
 * Of a meeting that nobody's account owns: keeps the host's secret of a link apart from the address bar
 * (`Settings.hostSecret`). An account needs none: it is the host of its meetings by any link.
 */
export function keepHostLink(settings: Settings, url: string): void {
  const { pathname, hash } = new URL(url);
  const link = readJoinLink(pathname, hash);
  if (link?.secret) settings.keepHostSecret(link.code, link.secret);
}

/** What follows the origin: a link is opened on the server that this page came from. */
export function addressIn(url: string): string {
  const { pathname, hash } = new URL(url);
  return `${pathname}${hash}`;
}
