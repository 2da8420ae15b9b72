import { PrivateKey } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import { KeyHandles } from '../src/key-handles.js';

const alive = (key: PrivateKey | null) => key?.toJSON().includes('sha256:') ?? false;
const all = () => true;

describe('handles of private keys', () => {
  it('are looked up once; two look-ups at the same time end in one handle, the other is wiped', async () => {
    const handles = new KeyHandles([]);
    const made: PrivateKey[] = [];
    const find = async () => {
      const key = PrivateKey.generate();
      made.push(key);
      return key;
    };
    const use = () => handles.use('id', find, async (key) => key);
    const [a, b] = await Promise.all([use(), use()]);
    expect(a).toBe(b);
    expect(await use()).toBe(a);
    expect(made.map(alive)).toEqual([true, false]);
  });

  it('let go of in use, they are wiped by the last one who used them', async () => {
    const handles = new KeyHandles([]);
    const key = PrivateKey.generate();
    await handles.use(
      'id',
      async () => key,
      async () => {
        await handles.use(
          'id',
          async () => null,
          async () => handles.forget(all),
        );
        expect(alive(key)).toBe(true);
      },
    );
    expect(alive(key)).toBe(false);
    expect(
      await handles.use(
        'id',
        async () => null,
        async (found) => found,
      ),
    ).toBeNull();
  });

  it('what was being looked up when they were let go of is used, wiped and not kept, also after a failure', async () => {
    const handles = new KeyHandles([]);
    const key = PrivateKey.generate();
    const find = async () => {
      handles.forget(all);
      return key;
    };
    const work = async (found: PrivateKey | null) => {
      expect(alive(found)).toBe(true);
      throw new Error('work');
    };
    await expect(handles.use('id', find, work)).rejects.toThrow('work');
    expect(alive(key)).toBe(false);
  });

  it('of keys that others own are never wiped', async () => {
    const key = PrivateKey.generate();
    const handles = new KeyHandles([key]);
    await handles.use(
      'id',
      async () => key,
      async () => handles.forget(all),
    );
    handles.forget(all);
    expect(alive(key)).toBe(true);
  });
});
