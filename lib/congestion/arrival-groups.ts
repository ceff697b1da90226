/**
 * Arrival grouping (§1.3; libwebrtc inter_arrival_delta): packets that left within 5 ms, or arrived
 * as a burst of a radio link, are one group; what is measured is the change from group to group.
 */

const GROUP_US = 5000;
const BURST_GAP_US = 5000;
const BURST_US = 100_000;
const CLOCK_JUMP_US = 3_000_000;
const MAX_REORDERED = 3;

interface Group {
  firstSentUs: number;
  lastSentUs: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
  /** When the feedback of its last packet came: tells a clock jump of the receiver. */
  lastFeedbackUs: number;
}

export interface GroupDelta {
  readonly receivedUs: number;
  readonly sentUs: number;
  readonly arrivalUs: number;
}

export class ArrivalGroups {
  #previous: Group | undefined;
  #current: Group | undefined;
  #reordered = 0;

  /**
   * One received packet, in the order of arrival. Gives the change between the last two complete
   * groups when this packet starts a new one.
   */
  add(sentUs: number, arrivalUs: number, feedbackUs: number): GroupDelta | undefined {
    const current = this.#current;
    if (!current) {
      this.#current = startGroup(sentUs, arrivalUs, feedbackUs);
      return undefined;
    }
    if (sentUs < current.firstSentUs) return undefined;
    if (!isNewGroup(current, sentUs, arrivalUs)) {
      current.lastSentUs = Math.max(current.lastSentUs, sentUs);
      current.lastArrivalUs = arrivalUs;
      current.lastFeedbackUs = feedbackUs;
      return undefined;
    }
    const delta = this.#previous && this.#deltaBetween(this.#previous, current);
    if (delta === 'unusable') return undefined;
    this.#previous = current;
    this.#current = startGroup(sentUs, arrivalUs, feedbackUs);
    return delta && { ...delta, arrivalUs };
  }

  #deltaBetween(previous: Group, current: Group) {
    const receivedUs = current.lastArrivalUs - previous.lastArrivalUs;
    const systemUs = current.lastFeedbackUs - previous.lastFeedbackUs;
    if (receivedUs - systemUs >= CLOCK_JUMP_US) return this.#reset();
    if (receivedUs < 0) {
      this.#reordered += 1;
      return this.#reordered >= MAX_REORDERED ? this.#reset() : 'unusable';
    }
    this.#reordered = 0;
    return { receivedUs, sentUs: current.lastSentUs - previous.lastSentUs };
  }

  #reset(): 'unusable' {
    this.#previous = undefined;
    this.#current = undefined;
    this.#reordered = 0;
    return 'unusable';
  }
}

function startGroup(sentUs: number, arrivalUs: number, feedbackUs: number): Group {
  return {
    firstSentUs: sentUs,
    lastSentUs: sentUs,
    firstArrivalUs: arrivalUs,
    lastArrivalUs: arrivalUs,
    lastFeedbackUs: feedbackUs,
  };
}

function isNewGroup(current: Group, sentUs: number, arrivalUs: number): boolean {
  const sent = sentUs - current.lastSentUs;
  const arrived = arrivalUs - current.lastArrivalUs;
  const isBurst =
    sent === 0 ||
    (arrived - sent < 0 &&
      arrived <= BURST_GAP_US &&
      arrivalUs - current.firstArrivalUs < BURST_US);
  return !isBurst && sentUs - current.firstSentUs > GROUP_US;
}
