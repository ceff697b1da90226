import type { Clock } from '../../clock.js';

interface Report {
  roomId: string;
  participantId: string;
  at: number;
}

/** Reports that belong together. */
const windowMs = 1000;
/** Of a node's people. */
const manyOf = 0.5;
/** Reports that are kept of one node; more say nothing more. */
const maxReports = 1000;

/**
 * What clients say of nodes from which nothing comes. One alone may have a bad line, or lie: when two
 * rooms, or half of all people on a node, say so within a second, the node is looked at.
 */
export class LossReports {
  private readonly byNode = new Map<string, Report[]>();

  constructor(private readonly clock: Clock) {}

  /** @param people on the node. @returns whether it is to be looked at; then counting begins anew. */
  add(nodeId: string, report: Omit<Report, 'at'>, people: number): boolean {
    const now = this.clock.monotonic();
    const recent = (this.byNode.get(nodeId) ?? []).filter(
      ({ at, participantId }) => now - at < windowMs && participantId !== report.participantId,
    );
    const reports = [...recent, { ...report, at: now }].slice(-maxReports);
    const rooms = new Set(reports.map(({ roomId }) => roomId));
    const isSuspect = rooms.size >= 2 || (reports.length > 1 && reports.length >= people * manyOf);
    if (isSuspect) this.byNode.delete(nodeId);
    else this.byNode.set(nodeId, reports);
    return isSuspect;
  }
}
