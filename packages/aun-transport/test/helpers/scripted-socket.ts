import { ConnectionError, type JsonObject } from 'aun-core';
import type { CloseInfo, SocketListener, WireSocket } from '../../src/index.js';
import { SocketInbox } from '../../src/socket/inbox.js';

/** A socket whose other end is the test. */
export class ScriptedSocket implements WireSocket {
  readonly url = 'wss://gateway.example.test/aun';
  readonly sent: string[] = [];
  readonly calls: string[] = [];
  bufferedAmount = 0;
  failSends = false;
  readonly #inbox = new SocketInbox(() => this.calls.push('overflow'));

  listen(listener: SocketListener): void {
    this.#inbox.listen(listener);
  }

  async send(text: string): Promise<void> {
    if (this.failSends) throw new ConnectionError('websocket send failed: broken pipe');
    this.sent.push(text);
  }

  post(text: string, onFailure: (error: ConnectionError) => void): void {
    if (this.failSends)
      queueMicrotask(() => onFailure(new ConnectionError('websocket send failed: broken pipe')));
    else this.sent.push(text);
  }

  close(): void {
    this.calls.push('close');
  }

  terminate(): void {
    this.calls.push('terminate');
  }

  /** The server says something: text as it is, objects as JSON. */
  receive(frame: unknown): void {
    this.#inbox.message(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  drop(info: CloseInfo = { code: 1006, reason: '' }): void {
    this.#inbox.close(info);
  }

  get frames(): JsonObject[] {
    return this.sent.map((text) => JSON.parse(text) as JsonObject);
  }

  get methods(): unknown[] {
    return this.frames.map((frame) => frame.method);
  }

  /** Answers the nth frame that was sent. */
  answer(index: number, body: JsonObject): void {
    this.receive({ jsonrpc: '2.0', id: this.frames[index]?.id ?? null, ...body });
  }
}
