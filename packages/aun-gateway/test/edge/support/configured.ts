import { afterEach, expect } from 'vitest';
import { loadConfig } from '../../../src/config/load.js';
import type { GatewayConfigInput } from '../../../src/config/schema.js';
import { configuredLimits } from '../../../src/edge-limits.js';
import type { TestClient } from './client.js';
import { startEdge, type TestEdge } from './edge.js';

export const nora = 'nora.demo.example';
export const otto = 'otto.demo.example';
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const text = (body: string) => ({ type: 'text', text: body });

/** Connections of the two. */
export const pair = async (edge: TestEdge): Promise<readonly [TestClient, TestClient]> => [
  await edge.connect(nora),
  await edge.connect(otto),
];

/** Edges whose limits come from a configuration, as the operator writes them; stopped after each test, without errors. */
export const configuredEdges = () => {
  const running: TestEdge[] = [];
  afterEach(async () => {
    for (const edge of running.splice(0)) {
      expect(edge.errors).toEqual([]);
      await edge.stop();
    }
  });
  return async (limits: GatewayConfigInput['limits'] = {}): Promise<TestEdge> => {
    const config = loadConfig({ overrides: { limits } });
    const edge = await startEdge({ limits: configuredLimits(config.limits) });
    edge.register('nora');
    edge.register('otto');
    running.push(edge);
    return edge;
  };
};
