import { createHmac } from 'node:crypto';

/** What is signed, besides the secret (Standard Webhooks 1.0.0, "Signature scheme"). */
export interface SignedMessage {
  id: string;
  /** Seconds since 1970, of the attempt. */
  timestamp: number;
  body: string;
}

const prefix = 'whsec_';

/** How a secret is shown and kept. @param secret base64url of 24 to 64 bytes. */
export function writeSecret(secret: string): string {
  return prefix + Buffer.from(secret, 'base64url').toString('base64');
}

/** The header `webhook-signature`: `v1,` and HMAC-SHA256 in base64, for each secret. */
export function signaturesOf(
  secrets: readonly string[],
  { id, timestamp, body }: SignedMessage,
): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(prefix.length), 'base64');
      const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`);
      return `v1,${mac.digest('base64')}`;
    })
    .join(' ');
}

/** What binds a sealed secret to its webhook. */
export function secretContext(webhookId: string): string {
  return `webhook ${webhookId}`;
}
