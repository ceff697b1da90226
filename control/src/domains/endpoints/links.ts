import type { IceServer } from '../../schemas/values.js';

/** A `Link` value for each URL of the ICE servers (RFC 9725 §4.6, RFC 8288). */
export function iceServerLinks(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) => {
    const secrets = [
      ...(username === undefined ? [] : [`username=${quote(username)}`]),
      ...(credential === undefined
        ? []
        : [`credential=${quote(credential)}`, 'credential-type="password"']),
    ];
    return urls.map((url) => [`<${encodeURI(url)}>`, 'rel="ice-server"', ...secrets].join('; '));
  });
}

/** RFC 9110 §5.6.4 */
function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
