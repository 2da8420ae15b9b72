import type { VectorFile, VectorPlan } from '../../../vectors/src/plan.js';
import { vectorKinds } from './vector-kinds.js';

export interface VectorOutcome {
  readonly passed: number;
  readonly failures: readonly string[];
}

/** The cases of a known-answer file. */
export async function planOf(kind: string, text: string): Promise<VectorPlan> {
  const make = vectorKinds[kind];
  if (make === undefined) throw new Error(`no checks for files named ${kind}`);
  return make(JSON.parse(text) as VectorFile);
}

export async function runVectors(kind: string, text: string): Promise<VectorOutcome> {
  const failures: string[] = [];
  let passed = 0;
  for (const { section, name, run } of (await planOf(kind, text)).cases) {
    try {
      await run();
      passed += 1;
    } catch (error) {
      failures.push(`${section} ${name}: ${String(error)}`.trim());
    }
  }
  return { passed, failures };
}
