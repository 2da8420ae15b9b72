import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowControl, type FlowTicket } from '../src/index.js';

describe('flow control', () => {
  it('starts at once what has a place and the rest in order, foreground before background', () => {
    const started: string[] = [];
    const flow = new FlowControl({ maxInFlight: 2, maxBackground: 1 });
    const enter = (name: string, background = false) => flow.enter(() => started.push(name), background);
    const tickets = [enter('f1'), enter('b1', true), enter('b2', true), enter('f2'), enter('f3')];
    expect(started).toEqual(['f1', 'b1']);
    expect([flow.inFlight, flow.queued]).toEqual([2, 3]);
    tickets[0]?.release();
    tickets[0]?.release();
    expect(started).toEqual(['f1', 'b1', 'f2']);
    tickets[4]?.release();
    tickets[1]?.release();
    expect(started).toEqual(['f1', 'b1', 'f2', 'b2']);
    tickets[3]?.release();
    tickets[2]?.release();
    expect([flow.inFlight, flow.queued]).toEqual([0, 0]);
    expect(tickets.map((ticket) => ticket.started)).toEqual([true, true, true, true, false]);
  });

  it('lets a request end the moment it starts', () => {
    const flow = new FlowControl({ maxInFlight: 1 });
    const first = flow.enter(() => {});
    const order: number[] = [];
    const tickets: FlowTicket[] = [];
    for (let index = 0; index < 1_000; index += 1) {
      tickets.push(
        flow.enter(() => {
          order.push(index);
          tickets[index]?.release();
        }),
      );
    }
    first.release();
    expect(order.length).toBe(1_000);
    expect([flow.inFlight, flow.queued]).toEqual([0, 0]);
  });

  it('keeps its limits, forgets nobody and starts nobody twice, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('enter' as const), background: fc.boolean() }),
      fc.record({ kind: fc.constant('release' as const), which: fc.nat(200) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const flow = new FlowControl();
        const tickets: FlowTicket[] = [];
        const running = new Set<number>();
        const background = new Set<number>();
        for (const action of steps) {
          if (action.kind === 'enter') {
            const index = tickets.length;
            if (action.background) background.add(index);
            const start = () => {
              expect(running.has(index)).toBe(false);
              running.add(index);
            };
            tickets.push(flow.enter(start, action.background));
          } else if (tickets.length > 0) {
            const index = action.which % tickets.length;
            running.delete(index);
            tickets[index]?.release();
          }
          expect(flow.inFlight).toBe(running.size);
          expect(running.size).toBeLessThanOrEqual(16);
          expect([...running].filter((index) => background.has(index)).length).toBeLessThanOrEqual(8);
          if (flow.queued > 0) expect(running.size).toBeGreaterThanOrEqual(8);
        }
        for (const ticket of tickets) ticket.release();
        for (const ticket of tickets) ticket.release();
        expect([flow.inFlight, flow.queued]).toEqual([0, 0]);
      }),
      { numRuns: process.env.AUN_SOAK === '1' ? 5_000 : 200 },
    );
  });
});
