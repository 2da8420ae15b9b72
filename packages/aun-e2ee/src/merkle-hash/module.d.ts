/**
 * The type of `#merkle-hash`, whichever file package.json `imports` chooses for a platform. Declared here and not by
 * `paths` in tsconfig.json, which bundlers also follow.
 */
declare module '#merkle-hash' {
  export const hashLeaves: typeof import('./portable.js').hashLeaves;
  export const hashLeafHex: typeof import('./portable.js').hashLeafHex;
  export const hashParents: typeof import('./portable.js').hashParents;
}
