import * as client from 'openid-client';
import type { OidcProvider } from '../../config.js';
import { ControlError } from '../../control-error.js';

/** What must fit between the way to the provider and the way back. */
export interface Checks {
  state: string;
  nonce: string;
  verifier: string;
}

/** Who somebody is, as the provider says. */
export interface Claims {
  subject: string;
  /** Only what the provider has verified; null else. */
  email: string | null;
  name: string;
  /** Does it say that several factors were shown (RFC 8176)? */
  secondFactor: boolean;
}

/** One provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), state and nonce. */
export class ProviderClient {
  private found: Promise<client.Configuration> | null = null;

  /** @param onFailure hears why, for the operator: whoever logs in is not told. */
  constructor(
    readonly provider: OidcProvider,
    private readonly onFailure: (reason: string) => void,
  ) {}

  /** @throws ControlError `dependency_down` when the provider cannot be reached. */
  async begin(redirectUri: string): Promise<{ url: string; checks: Checks }> {
    const configuration = await this.discover();
    const checks: Checks = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, checks };
  }

  /** @throws ControlError `unauthenticated` for whatever does not fit. */
  async finish(comeBack: URL, { state, nonce, verifier }: Checks): Promise<Claims> {
    const configuration = await this.discover();
    try {
      const tokens = await client.authorizationCodeGrant(configuration, comeBack, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('no id_token');
      const more =
        claims.email === undefined && configuration.serverMetadata().userinfo_endpoint
          ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
          : {};
      return read({ ...more, ...claims });
    } catch (error) {
      if (error instanceof ControlError) throw error;
      this.onFailure(reasonOf(error));
      throw new ControlError('unauthenticated', 'The provider did not log you in.');
    }
  }

  /** Once; what failed is tried again at the next login. */
  private discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.provider;
    const url = new URL(issuer);
    const execute = url.protocol === 'http:' ? [client.allowInsecureRequests] : [];
    this.found ??= client
      .discovery(url, clientId, clientSecret, undefined, { execute, timeout: 10 })
      .catch((error) => {
        this.found = null;
        this.onFailure(reasonOf(error));
        throw new ControlError('dependency_down', 'The provider cannot be reached.');
      });
    return this.found;
  }
}

/**
 * What openid-client says, with the provider's code (RFC 6749 §5.2) or that of the connection. Not the
 * error itself: tokens and claims hang on it.
 */
function reasonOf(thrown: unknown): string {
  const { message, error, cause } = thrown as Record<string, unknown>;
  const { message: reason, code } = (cause ?? {}) as Record<string, unknown>;
  const said = [message, error, reason, code];
  return said.filter((part) => typeof part === 'string' && part !== '').join(': ');
}

function read(claims: Record<string, unknown>): Claims {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
  const { amr, email, email_verified: isVerified, name, preferred_username: nick } = claims;
  return {
    subject: textOf(claims.sub),
    email: isVerified === true && textOf(email) !== '' ? textOf(email) : null,
    name: textOf(name) || textOf(nick) || textOf(email).split('@', 1)[0] || 'Somebody',
    secondFactor: Array.isArray(amr) && amr.includes('mfa'),
  };
}
