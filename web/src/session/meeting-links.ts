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

/** Keeps the host's secret of a link apart from the address bar (`Settings.hostSecret`). */
export function keepHostLink(settings: Settings, url: string): void {
  const { pathname, hash } = new URL(url);
  const link = readJoinLink(pathname, hash);
  if (link?.secret) settings.keepHostSecret(link.code, link.secret);
}

/**
 * Path and fragment of the meeting's page. A browser that does not have the host's secret of this
 * meeting yet gets one of its own.
 */
export async function hostAddress(
  api: Api,
  settings: Settings,
  meeting: Named,
  key: string,
): Promise<string> {
  if (settings.hostSecret(meeting.code) === undefined) {
    const params = { meeting_id: meeting.meeting_id };
    const body = { role: 'host' } as const;
    const invite = await api.call('POST /v1/meetings/{meeting_id}/invites', { params, body, key });
    keepHostLink(settings, invite.url);
  }
  return addressIn(await participantLink(api, meeting));
}

/** What follows the origin: a link is opened on the server that this page came from. */
export function addressIn(url: string): string {
  const { pathname, hash } = new URL(url);
  return `${pathname}${hash}`;
}
