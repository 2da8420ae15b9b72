import { describe, expect, it } from 'vitest';
import { InOrder } from '../../src/e2ee/in-order.js';

const after = async <T>(turns: number, value: T): Promise<T> => {
  for (let i = 0; i < turns; i++) await null;
  return value;
};
const failing = (turns: number): Promise<string> =>
  after(turns, '').then(() => Promise.reject(new Error('no')));

describe('InOrder', () => {
  it('uses results in the order of the calls, however long each takes', async () => {
    const order = new InOrder();
    const used: string[] = [];
    const run = (key: string, work: Promise<string>) =>
      order.use(key, work, async (value) => {
        used.push(`${key}${value}`);
        return value;
      });
    const results = await Promise.allSettled([
      run('a', after(50, '1')),
      run('a', after(1, '2')),
      run('b', after(3, '1')),
      run('a', failing(1)),
      run('a', after(10, '4')),
      run('a', after(0, '5')),
    ]);
    expect(used).toEqual(['b1', 'a1', 'a2', 'a4', 'a5']);
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    ]);
  });

  it('does not wait until a use has ended, only until it has begun', async () => {
    const order = new InOrder();
    const begun: number[] = [];
    const never = order.use('a', after(1, 1), (value) => {
      begun.push(value);
      return new Promise<number>(() => undefined);
    });
    expect(await order.use('a', after(0, 2), async (value) => value)).toBe(2);
    expect(begun).toEqual([1]);
    expect(never).toBeInstanceOf(Promise);
  });

  it('goes on after a use that throws at once', async () => {
    const order = new InOrder();
    const thrown = order.use('a', after(1, 1), () => {
      throw new Error('cannot be sent');
    });
    const next = order.use('a', after(0, 2), async (value) => value);
    await expect(thrown).rejects.toThrow('cannot be sent');
    expect(await next).toBe(2);
  });
});
