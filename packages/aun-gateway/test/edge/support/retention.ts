import { noopLogger, systemClock } from 'aun-core';
import { defaultEdgeLimits } from '../../../src/default-edge-limits.js';
import type { EdgeLimits } from '../../../src/ports.js';
import type { RetentionDeps } from '../../../src/services/message/retention.js';
import { createAckMarks } from '../../../src/store/ack-marks.js';
import { createBodyStore } from '../../../src/store/body-store.js';
import { createDeviceStore } from '../../../src/store/device-store.js';
import { createInboxStore } from '../../../src/store/inbox-store.js';
import type { TestEdge } from './edge.js';

/** The sweeps of a running edge, at a time of the test's choice. */
export const retentionDeps = (
  { db }: Pick<TestEdge, 'db'>,
  limits: Partial<EdgeLimits>,
  now: number,
): RetentionDeps => ({
  db,
  bodies: createBodyStore(db),
  inbox: createInboxStore(db),
  devices: createDeviceStore(db),
  marks: createAckMarks(db),
  limits: { ...defaultEdgeLimits, ...limits },
  clock: { ...systemClock, now: () => now },
  log: noopLogger,
});
