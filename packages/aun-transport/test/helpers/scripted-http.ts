import type { HttpBackend, HttpResponse } from '../../src/index.js';

type Answer = Error | { readonly status: number; readonly text: string };

export const json = (value: unknown, status = 200): Answer => ({ status, text: JSON.stringify(value) });
export const systemError = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

/** Answers requests from lists per host and notes what was asked. */
export class ScriptedHttp implements HttpBackend {
  readonly asked: string[] = [];
  readonly #script: Map<string, Answer[]>;

  constructor(script: Readonly<Record<string, readonly Answer[]>>) {
    this.#script = new Map(Object.entries(script).map(([host, answers]) => [host, [...answers]]));
  }

  async exchange({ url }: { readonly url: URL }): Promise<HttpResponse> {
    this.asked.push(url.href);
    const answers = this.#script.get(url.host) ?? [];
    // The last answer stays.
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined) throw systemError('ECONNREFUSED');
    if (answer instanceof Error) throw answer;
    return { status: answer.status, headers: {}, body: new TextEncoder().encode(answer.text), url: url.href };
  }

  close(): void {}
}
