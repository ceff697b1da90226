/** Who is shown as the one who speaks: a picture does not jump at each cough. */

/** From `from` to `to`, in ms of recorded time, `participantId` speaks; null: nobody so far. */
export interface Turn {
  participantId: string | null;
  from: number;
  to: number;
}

function withoutRepeats(turns: readonly Turn[]): Turn[] {
  const result: Turn[] = [];
  for (const turn of turns) {
    const last = result.at(-1);
    if (last && last.participantId === turn.participantId) last.to = turn.to;
    else result.push({ ...turn });
  }
  return result;
}

/** What is short, or silence, belongs to the turn before it; at the beginning to nobody. */
function absorbed(turns: readonly Turn[], minMs: number): Turn[] {
  const result: Turn[] = [];
  for (const turn of turns) {
    const last = result.at(-1);
    const isPassedOver = turn.participantId === null || turn.to - turn.from < minMs;
    if (!isPassedOver) result.push({ ...turn });
    else if (last) last.to = turn.to;
    else result.push({ ...turn, participantId: null });
  }
  return withoutRepeats(result);
}

/** A word in between, or taking breath, parts no turn. */
const interjectionMs = 600;

/**
 * Turns as they were heard, in order and without holes → turns to be shown, each `minMs` long at least. Who speaks for
 * less is passed over; in silence the last one stays. A turn that is kept begins where it began: all is known beforehand.
 */
export function steadyTurns(turns: readonly Turn[], minMs: number): Turn[] {
  return absorbed(absorbed(turns, Math.min(interjectionMs, minMs)), minMs);
}
