import { type EffectKind, effectKind } from '../../store/effects.js';
import { insertBlock, type NewBlock } from './repository.js';

export const blockMade = effectKind<Omit<NewBlock, 'at'> & { at: number }>(
  'block.made',
  (tx, { at, ...block }) => insertBlock(tx, { ...block, at: new Date(at) }),
  { isLasting: true },
);

export const moderationEffects: readonly EffectKind[] = [blockMade];
