import type { RoomFact } from '../../../../recorder/src/index.js';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { type ConsentRule, type Room, type Seat, write } from '../rooms/service.js';
import { type Answer, type Consents, consentTextVersion } from './consent.js';
import { consentNoted } from './live-effects.js';
import { consentFact } from './live-facts.js';

export interface LiveConsentContext {
  clock: Clock;
  recordingId: string;
  /** Nothing follows from what is still being written. */
  isOver: () => boolean;
  tell: (facts: readonly RoomFact[]) => void;
  /** Somebody has another answer. */
  changed: () => void;
}

/** Who is asked of a recording that goes on, and what they say: in the room, and on record. */
export class LiveConsent {
  /** What is being written of somebody: of two answers the later one counts. */
  private readonly answering = new Map<string, { accepted: Answer; written: Promise<void> }>();

  /** Whose last answer is not on record, as it could not be written. */
  private readonly unwritten = new Set<string>();

  constructor(
    private readonly room: Room,
    private readonly consents: Consents,
    private readonly context: LiveConsentContext,
  ) {}

  private get rule(): ConsentRule {
    return this.consents.rule;
  }

  /**
   * What they said at the door counts; who was not asked there is asked now.
   * @param hasAgreed to this recording, as they began it.
   */
  ask(seat: Seat, hasAgreed = false): void {
    if (this.consents.has(seat.id)) {
      this.welcomed(seat);
      return;
    }
    this.consents.note(seat.id, null);
    if (this.rule !== 'inform') this.context.tell([consentFact(seat.id, null)]);
    const answer = hasAgreed && this.rule !== 'inform' ? true : this.knownAnswer(seat);
    if (answer === true) this.consents.expect(seat.id);
    this.note(seat, answer).catch((error) => this.room.context.report(error, 'write who agrees'));
    if (answer === null && this.rule !== 'inform') this.request(seat);
  }

  /** Asked again with each snapshot, until there is an answer. */
  welcomed(seat: Seat): void {
    if (!this.consents.awaits(seat.id) || this.answering.has(seat.id)) return;
    if (this.consents.has(seat.id)) this.request(seat);
  }

  /** @throws ControlError `conflict`: nobody is asked; what the journal says. */
  async answer(seat: Seat, accept: boolean): Promise<void> {
    if (this.rule === 'inform') {
      throw new ControlError('conflict', 'Everybody here is told, and nobody is asked.');
    }
    // A no is of what is recorded later as well; a yes of this one alone, but for one said at the door.
    if (!accept) seat.consented = false;
    else if (seat.consented === false) seat.consented = null;
    const pending = this.answering.get(seat.id);
    if (pending?.accepted === accept) return pending.written;
    const isKnown = pending === undefined && this.consents.answerOf(seat.id) === accept;
    if (isKnown && !this.unwritten.has(seat.id)) return;
    await this.note(seat, accept);
  }

  /** Where all must accept, whoever said no is asked again: else nothing would ever be recorded. */
  private knownAnswer({ consented }: Seat): Answer {
    if (this.rule === 'inform') return null;
    return this.rule === 'all_must_accept' && consented === false ? null : consented;
  }

  private request(seat: Seat): void {
    const { recordingId: recording_id } = this.context;
    const asked = { recording_id, policy: this.rule, text_version: consentTextVersion };
    if (seat.welcomed) seat.emit(write('recording.consent_request', asked));
  }

  /** A yes counts when it is durable, and not before; a no at once. */
  private async note(seat: Seat, accepted: Answer): Promise<void> {
    const { clock, recordingId } = this.context;
    const { name } = seat.participant;
    const { userId } = seat.identity;
    const about = { recordingId, participantId: seat.id, name, userId };
    const said = { accepted, textVersion: consentTextVersion, at: clock.now() };
    const effects = [consentNoted({ ...about, ...said })];
    const type = accepted === null ? null : accepted ? 'consent.given' : 'consent.refused';
    const facts = { recording_id: recordingId, policy: this.rule, text_version: said.textVersion };
    if (accepted !== true) this.counts(seat.id, accepted);
    const isLast = () => this.answering.get(seat.id)?.written === written;
    const committed = () => {
      if (isLast()) this.counts(seat.id, accepted);
    };
    const payload = type === null ? {} : facts;
    const written = this.room.record(type, seat.id, payload, { effects, committed });
    if (accepted !== null) this.answering.set(seat.id, { accepted, written });
    if (accepted !== null) this.unwritten.add(seat.id);
    try {
      await written;
      if (isLast()) this.unwritten.delete(seat.id);
    } finally {
      if (isLast()) this.answering.delete(seat.id);
      if (this.consents.isExpected(seat.id) && !this.answering.has(seat.id)) this.unheard(seat);
    }
  }

  /** A yes that could not be written is none. */
  private unheard(seat: Seat): void {
    if (this.context.isOver()) return;
    this.consents.note(seat.id, null);
    this.request(seat);
    this.context.changed();
  }

  private counts(participantId: string, accepted: Answer): void {
    if (this.context.isOver() || this.consents.answerOf(participantId) === accepted) return;
    this.consents.note(participantId, accepted);
    this.context.tell([consentFact(participantId, accepted)]);
    this.context.changed();
  }
}
