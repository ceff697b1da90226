export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

export interface Reach {
  http: { host: string; origin: string | null };
  media: { host: string };
}

/** Is this process there for other machines, itself or behind a proxy? */
export function isPublic({ http, media }: Reach): boolean {
  const served = http.origin === null ? [] : [new URL(http.origin).hostname];
  return [http.host, media.host, ...served].some((host) => !isLoopback(host.replace(/[[\]]/g, '')));
}

/** A host as it stands in a URL: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
