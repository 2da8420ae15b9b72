import { FRAME_BUDGET, FRAME_OVERHEAD } from './frame-budget.js';
import type { SessionIndex } from './session-index.js';
import type { SessionInfo } from './session-info.js';

/** Bytes that the result of a call may have: as its connection can take, or what travels between gateways. */
export const resultBudget = (index: SessionIndex, session: SessionInfo): number => {
  const budget = session.federation === undefined ? 0 : FRAME_BUDGET;
  return (index.byConnection(session.connectionId)?.frameBudget ?? budget) - FRAME_OVERHEAD;
};
