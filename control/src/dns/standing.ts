/**
 * Looks that fail, one after the other, until an address leaves: one or two are a lost packet or a
 * busy second. More would keep people waiting at a door that is shut; with looks a second apart and
 * the answers' 30 s all are elsewhere within 35 s.
 */
const leavesAfter = 3;
/**
 * Good looks until it comes back: what has just come up may fall again, and every turn moves people.
 * It stays away longer than a control process takes to start.
 */
const returnsAfter = 10;

/** Whether an address may be among the answers, judged by looks at it. The first one decides. */
export class Standing {
  private well = true;
  private hasBeenSeen = false;
  /** Looks in a row that contradict `well`. */
  private against = 0;

  get isWell(): boolean {
    return this.well;
  }

  /** @returns whether it has left or come back by this. */
  judge(isGood: boolean): boolean {
    this.against = isGood === this.well ? 0 : this.against + 1;
    const enough = !this.hasBeenSeen ? 1 : this.well ? leavesAfter : returnsAfter;
    this.hasBeenSeen = true;
    if (this.against < enough) return false;
    this.well = isGood;
    this.against = 0;
    return true;
  }
}
