/** JSON text that is spliced into a frame as it is: stored bodies are never parsed and printed again. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Prints a reply member: spliced text, or `JSON.stringify`. */
export const jsonText = (value: unknown): string =>
  value instanceof RawJson ? value.text : (JSON.stringify(value) ?? 'null');
