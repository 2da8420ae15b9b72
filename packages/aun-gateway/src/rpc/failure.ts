import type { JsonObject } from 'aun-core';

/** The `error` member of a JSON-RPC response (02 §3.2, §18). `message` starts with a stable snake_case reason. */
export interface RpcErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonObject;
}

/** Thrown by a handler to answer its request with this code, message and `data`. Anything else becomes 5000. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  readonly code: number;
  readonly data: JsonObject | undefined;

  constructor(code: number, message: string, data?: JsonObject, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.data = data;
  }

  toBody(): RpcErrorBody {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }
}

/** -32602 for one field: `data.field` names it, the sentence says what was wrong. */
export const invalidParams = (field: string, sentence: string, data: JsonObject = {}): RpcFailure =>
  new RpcFailure(-32602, sentence, { field, ...data });
