const encoder = new TextEncoder();

/** True when the text takes more than `maxBytes` in UTF-8. Encodes only when the length leaves a doubt. */
export function exceedsUtf8Bytes(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  // No UTF-16 unit takes more than three bytes in UTF-8.
  return text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes;
}
