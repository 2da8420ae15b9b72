/**
 * The type of `#backend`, whichever file package.json `imports` chooses for a platform. Declared here and not by
 * `paths` in tsconfig.json, which bundlers also follow.
 */
declare module '#backend' {
  export const backend: import('./types.js').Backend;
}
