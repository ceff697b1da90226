import type { KeyRing } from '../../keys/key-ring.js';
import type { App } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { ClientConfig, Keys, Version } from '../../schemas/http.js';
import type { IceServer } from '../../schemas/values.js';

export interface About {
  version: string;
  protocol: number[];
  anonymousMeetings: boolean;
  signUp: boolean;
  oidc: readonly { id: string; name: string }[];
  iceServers: readonly IceServer[];
  maxMessageBytes: number;
  keys: KeyRing;
}

/** What anybody may know about this installation. */
export function aboutRoutes(app: App, about: About): void {
  app.get(
    '/v1/version',
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'Version of the server',
        headers: etag.reading,
        response: { 200: Version, ...etag.unchanged },
      },
    },
    etag.fixed({ version: about.version, protocol: about.protocol }),
  );
  app.get(
    '/v1/client-config',
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'What a client needs first',
        headers: etag.reading,
        response: { 200: ClientConfig, ...etag.unchanged },
      },
    },
    etag.fixed({
      anonymous_meetings: about.anonymousMeetings,
      sign_up: about.signUp,
      oidc: [...about.oidc],
      protocol: about.protocol,
      ice_servers: [...about.iceServers],
      max_message_bytes: about.maxMessageBytes,
    }),
  );
  app.get(
    '/v1/keys',
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'Keys that verify our tokens (RFC 7517)',
        headers: etag.reading,
        response: { 200: Keys, ...etag.unchanged },
      },
    },
    async (request, reply) => etag.sendByContent(request, reply, { keys: about.keys.publicKeys() }),
  );
}
