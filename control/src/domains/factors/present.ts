import { isoTime } from '../../clock.js';
import type { Factor } from '../../schemas/http.js';
import type { FactorRecord } from './repository.js';

export function present(factor: FactorRecord): Factor {
  const { confirmedAt, lastUsedAt } = factor;
  return {
    factor_id: factor.factorId,
    kind: factor.kind,
    name: factor.name,
    confirmed_at: confirmedAt && isoTime(confirmedAt.getTime()),
    last_used_at: lastUsedAt && isoTime(lastUsedAt.getTime()),
    created_at: isoTime(factor.createdAt.getTime()),
  };
}
