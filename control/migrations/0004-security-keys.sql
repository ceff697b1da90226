-- Second factors by WebAuthn: security keys and passkeys.

alter table factors
  drop constraint factors_kind_check,
  alter column secret_sealed drop not null,
  -- Of a security key, from its confirmation on. What is kept of it is public.
  add column credential_id bytea,
  -- A COSE key (RFC 9052 §7).
  add column public_key bytea,
  add column sign_count bigint,
  add column transports text[],
  add column last_used_at timestamptz,
  add constraint factors_kind_check check (
    kind = 'totp' and secret_sealed is not null
    or kind = 'webauthn' and (confirmed_at is null) = (credential_id is null)
      and (credential_id is null) = (public_key is null)
      and (credential_id is null) = (sign_count is null)
  );
-- One of another account is never looked for: its copy would open nothing.
create unique index factors_by_credential on factors (user_id, credential_id)
  where credential_id is not null;

-- What a security key is to sign, kept as hashes: each is good once, for the account it was made for.
create table webauthn_challenges (
  user_id uuid not null,
  challenge_hash bytea not null,
  -- The key that is being added; null: a login.
  factor_id uuid,
  expires_at timestamptz not null,
  primary key (user_id, challenge_hash)
);
create index webauthn_challenges_by_expiry on webauthn_challenges (expires_at);
