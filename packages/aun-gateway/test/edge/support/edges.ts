import type { Clock } from 'aun-core';
import { afterEach, expect } from 'vitest';
import type { EdgeLimits } from '../../../src/ports.js';
import { startEdge, type TestEdge } from './edge.js';

/** Edges that know `nora` and `otto`; stopped after each test, without errors. */
export const edges = () => {
  const running: TestEdge[] = [];
  afterEach(async () => {
    for (const edge of running.splice(0)) {
      expect(edge.errors).toEqual([]);
      await edge.stop();
    }
  });
  return async (limits: Partial<EdgeLimits> = {}, clock?: Clock): Promise<TestEdge> => {
    const edge = await startEdge({ limits, ...(clock ? { clock } : {}) });
    edge.register('nora');
    edge.register('otto');
    running.push(edge);
    return edge;
  };
};
