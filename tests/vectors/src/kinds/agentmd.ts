import * as agentmd from 'aun-agentmd';
import { type Api, casesOf, vectorChecks } from '../../../../packages/aun-agentmd/test/vector-checks.js';
import { unknownSections, type VectorKind } from '../plan.js';

// The checks name the types of the sources; the classes of a build are others to the compiler.
const built = agentmd as unknown as Api;

const descriptive = ['format', 'version', 'about', 'trust', 'identities'];

export const agentmdKind: VectorKind = (file) => ({
  cases: [
    ...unknownSections(file, [...descriptive, ...Object.keys(vectorChecks)]),
    ...Object.entries(vectorChecks).flatMap(([section, check]) =>
      casesOf(file, section).map((vector, index) => ({
        section,
        name: String(vector.id ?? vector.value ?? index),
        run: () => check(built, vector, file),
      })),
    ),
  ],
  notCovered: [],
});
