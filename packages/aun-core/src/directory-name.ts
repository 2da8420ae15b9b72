/** Name under which an AID or group id stands on disk and in key scopes: `/`, `\` and `:` become `_` (08 §2). */
export function aidDirectoryName(aid: string): string {
  return aid.replace(/[/\\:]/g, '_');
}
